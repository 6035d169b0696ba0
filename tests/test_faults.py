"""What breaks outside the program: disks, weights, GPUs. A clear message, a clean state, and a way on."""

import contextlib
import copy
import errno
import logging
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import header_of, small_network
from PIL import Image

from detector import cli, parts
from detector.analyse import Analyser
from detector.classifier import Classifier
from detector.model import CheckpointError
from detector.review_file import ReviewError
from detector.reviews import Reviews
from detector.scan import scan

resource = pytest.importorskip("resource", reason="needs a system with resource limits")


# ---- a GPU, played by the CPU


class Failing:
    """Stands where a network on a GPU would; raises `failure` for more than `most` pictures at once."""

    device = torch.device("cuda", 0)

    def __init__(self, place, failure, most):
        self.place, self.network, self.failure, self.most = place, place.network, failure, most
        self.sizes = []

    def forward(self, batch, shrunk):
        self.sizes.append(len(batch))
        if len(batch) > self.most:
            raise self.failure
        return self.place.forward(batch, shrunk)


FULL = RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB.")
GONE = RuntimeError("CUDA error: device-side assert triggered\nCUDA kernel errors might be reported later")


def failing(classifier, failure, most=0):
    classifier._spare = copy.deepcopy(classifier.network)
    classifier._place = Failing(classifier._place, failure, most)
    return classifier._place


@pytest.fixture
def classifier():
    network = small_network(output_stride=16)
    return Classifier(network, header_of(network, output_stride=16))


@pytest.fixture
def batch():
    return np.random.default_rng(0).integers(0, 256, (9, 64, 64, 3), np.uint8)


def test_memory_for_few_gives_smaller_batches_said_once(classifier, batch, caplog):
    expected = classifier.run(batch)
    gpu = failing(classifier, FULL, most=3)
    found = classifier.run(batch)
    assert gpu.sizes == [9, 4, 2, 2, 5, 2, 3]
    np.testing.assert_allclose(found.logits, expected.logits, atol=1e-5)
    np.testing.assert_allclose(found.features.numpy(), expected.features.numpy(), atol=1e-4)
    assert classifier.device.type == "cuda"
    assert caplog.messages == ["cuda:0 has not enough memory for a batch of 9; going on with smaller ones"]


@pytest.mark.parametrize("failure, said", [(FULL, "has not enough memory for one picture"), (GONE, "failed")])
def test_a_gpu_that_takes_nothing_is_left_for_the_cpu(classifier, batch, caplog, failure, said):
    expected = classifier.run(batch)
    gpu = failing(classifier, failure)
    found = classifier.run(batch)
    np.testing.assert_allclose(found.logits, expected.logits, atol=1e-5)
    assert classifier.device.type == "cpu"
    asked = len(gpu.sizes)
    classifier.run(batch)
    assert len(gpu.sizes) == asked  # and is not asked again
    last = caplog.messages[-1]
    assert last.startswith(f"cuda:0 {said}; going on on the CPU") and "\n" not in last
    assert sum("going on on the CPU" in message for message in caplog.messages) == 1


def test_any_other_error_is_not_hidden(classifier, batch):
    failing(classifier, RuntimeError("shapes do not fit"))
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        classifier.run(batch)


def test_a_cpu_without_memory_says_so(classifier, batch, monkeypatch):
    def full(_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(classifier, "_place", replace(classifier._place, extract=full))
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        classifier.run(batch)


def test_a_scan_and_an_analysis_go_on_when_the_gpu_vanishes(tiny_checkpoint, pictures, tmp_path, caplog):
    whole, out = tmp_path / "whole.csv", tmp_path / "out.csv"
    analyser = Analyser(tiny_checkpoint, "cpu")
    scan(analyser, [pictures], whole, progress=False)
    failing(analyser.classifier, GONE)
    with caplog.at_level(logging.WARNING):
        assert scan(analyser, [pictures], out, progress=False).judged == 6
    assert out.read_text() == whole.read_text()
    failing(analyser.classifier, GONE)
    analysis = analyser.analyse(next(pictures.iterdir()))
    assert analysis.model.device == "cpu" and analysis.faces[0].heatmaps


# ---- disks


@pytest.fixture
def pictures():
    """Outside of pytest's own folder, which only its owner may read."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for number in range(6):
            pixels = np.random.default_rng(number).integers(0, 256, (70, 70, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.png")
        yield folder


@contextlib.contextmanager
def no_file_above(size):
    """A file that would grow beyond `size` bytes fails to be written, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def nobody():
    """Root may write everywhere, so it becomes another."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_scan_on_a_full_disk_goes_on_when_there_is_room(tiny, pictures, tmp_path):
    whole, out = tmp_path / "whole.csv", tmp_path / "out.csv"
    scan(tiny, [pictures], whole, progress=False)
    with no_file_above(50), pytest.raises(OSError) as raised:
        scan(tiny, [pictures], out, progress=False)
    assert raised.value.errno == errno.EFBIG
    done = scan(tiny, [pictures], out, resume=True, progress=False)
    assert 0 < done.resumed < 6 and out.read_text() == whole.read_text()


def test_the_command_line_names_a_full_disk_in_one_line(tiny_checkpoint, pictures, tmp_path, capsys):
    with no_file_above(50):
        code = cli.main(["scan", str(pictures), "--out", str(tmp_path / "o.csv"), "--checkpoint", str(tiny_checkpoint)])
    error = capsys.readouterr().err
    assert code == 2 and "error: [Errno 27]" in error and "--resume" in error and "Traceback" not in error


def test_reviews_on_a_full_disk_keep_what_they_have(tmp_path, collins):
    store = Reviews(tmp_path / "reviews.db")
    with no_file_above(30_000), pytest.raises(ReviewError, match="can't be used"):
        store.add(collins.read_bytes(), "collins.jpg")
    assert store.verify().holds and store.claim("ann") is None
    assert store.add(collins.read_bytes(), "collins.jpg") and store.claim("ann")


def test_a_training_state_on_a_full_disk_keeps_the_one_before(tmp_path):
    import train

    path = tmp_path / "state.pt"
    train._write_atomically(path, lambda to: torch.save({"step": 1}, to))
    with no_file_above(4000), pytest.raises(OSError):
        train._write_atomically(path, lambda to: torch.save({"step": 2, "w": torch.zeros(50_000)}, to))
    assert torch.load(path) == {"step": 1} and [p.name for p in tmp_path.iterdir()] == ["state.pt"]


def test_a_folder_that_may_not_be_written(tiny, tiny_checkpoint, pictures):
    pictures.chmod(0o555)
    try:
        with nobody():
            with pytest.raises(PermissionError, match=r"out\.csv"):
                scan(tiny, [pictures], pictures / "out.csv", progress=False)
            with pytest.raises(ReviewError, match=r"reviews\.db can't be used"):
                Reviews(pictures / "reviews.db")
    finally:
        pictures.chmod(0o755)
    assert len(list(pictures.iterdir())) == 6


# ---- weights of the part parser; those of the classifier are in test_checkpoint.py


def test_parser_weights_missing_or_damaged(tmp_path):
    path = tmp_path / "parser.safetensors"
    with pytest.raises(
        CheckpointError, match=r"parser\.safetensors is missing or damaged .*install the detector again"
    ):
        parts.load(path)
    shutil.copy(parts.EMBEDDED, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="missing or damaged"):
        parts.load(path)
