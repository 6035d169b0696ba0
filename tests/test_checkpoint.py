"""The checkpoint file: what comes back of what was saved, and that nothing else is accepted."""

import json
import pickle
import stat

import pytest
import torch
from conftest import header_of, small_network
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from detector import model
from detector.model import CheckpointError, read, save


@pytest.fixture
def saved(tmp_path):
    """A checkpoint of its own, to be damaged."""
    network = small_network()
    save(tmp_path / "own.safetensors", network, header_of(network))
    return tmp_path / "own.safetensors"


def facts_of(path):
    with safe_open(path, "pt") as file:
        return json.loads(file.metadata()["detector"])


def with_facts(path, **changes):
    """The same weights under another header; None takes an entry out."""
    facts = {key: value for key, value in (facts_of(path) | changes).items() if value is not None}
    save_file(load_file(path), path, metadata={"detector": json.dumps(facts)})


def refusal(path):
    with pytest.raises(CheckpointError) as caught:
        read(path)
    return str(caught.value)


def test_round_trip(saved):
    network, wanted = small_network(), header_of(small_network())
    again, header = read(saved)
    assert len(header.sha256) == 64
    assert (header.architecture, header.preprocessing, header.labels) == (
        wanted.architecture,
        wanted.preprocessing,
        ("fake", "face_edge"),
    )
    assert header.training == {"epochs": 1} and header.licence == "CC0-1.0"
    there = again.state_dict()
    for name, value in network.state_dict().items():
        kernel = value.ndim > 1
        assert there[name].dtype == value.dtype
        assert torch.allclose(there[name], value, rtol=1e-3 if kernel else 0, atol=1e-7 if kernel else 0), name


def test_saving_what_was_read_changes_nothing(saved, tmp_path):
    network, header = read(saved)
    save(tmp_path / "deep" / "second.safetensors", network, header)
    assert (tmp_path / "deep" / "second.safetensors").read_bytes() == saved.read_bytes()
    other = small_network(seed=1)
    save(tmp_path / "other.safetensors", other, header_of(other))
    assert read(tmp_path / "other.safetensors")[1].sha256 != header.sha256


def test_others_may_read_the_file(saved, tmp_path):
    (tmp_path / "plain").write_text("")
    assert stat.S_IMODE(saved.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_a_failed_save_leaves_the_old_file_and_no_part(saved, monkeypatch):
    before = saved.read_bytes()

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(model.os, "replace", full_disk)
    network = small_network(seed=1)
    with pytest.raises(OSError, match="No space left"):
        save(saved, network, header_of(network))
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["own.safetensors"]


def test_a_flipped_bit_is_noticed(saved):
    data = bytearray(saved.read_bytes())
    data[-1000] ^= 1
    saved.write_bytes(data)
    assert "weights differ from their checksum; get it again" in refusal(saved)


@pytest.mark.parametrize("content", [b"", b"hello, I am a text file\n" * 50, b"\x89PNG\r\n\x1a\n" + bytes(100)])
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "weights.safetensors").write_bytes(content)
    message = refusal(tmp_path / "weights.safetensors")
    assert message.startswith("weights.safetensors is damaged or no safetensors file") and "get it again" in message


@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
def test_a_cut_off_file_is_refused(saved, share):
    data = saved.read_bytes()
    saved.write_bytes(data[: int(len(data) * share)])
    assert "damaged or no safetensors file" in refusal(saved)


def test_bare_weights_are_refused(saved):
    save_file(load_file(saved), saved)
    assert "bare weights; give a checkpoint that train.py wrote" in refusal(saved)


def test_a_missing_file_is_named(tmp_path):
    message = refusal(tmp_path / "gone.safetensors")
    assert f"no checkpoint at {tmp_path / 'gone.safetensors'}" in message and "--checkpoint" in message
    assert "no checkpoint at" in refusal(tmp_path)  # a folder


def test_another_version_is_refused(saved):
    with_facts(saved, format="face-deepfake-detector/2")
    message = refusal(saved)
    assert "has format face-deepfake-detector/2, this version reads face-deepfake-detector/1" in message


@pytest.mark.parametrize(
    "changes",
    [{"labels": None}, {"preprocessing": {"size": 64}}, {"preprocessing": "big"}, {"architecture": {"nom": "x"}}],
)
def test_a_broken_header_is_refused(saved, changes):
    with_facts(saved, **changes)
    assert "header that can't be read" in refusal(saved)


@pytest.mark.parametrize(
    "changes",
    [
        {"architecture": {"name": "test_efficientnet"}},
        {"architecture": {"name": "hf-hub:someone/network"}},  # must not reach for the network
        {"architecture": {"name": "test_resnet", "pool": "median"}},
        {"architecture": {"name": "test_resnet", "kwargs": {"wings": 2}}},
        {"labels": ["fake"]},
        {"labels": ["fake", "teeth"]},
    ],
)
def test_a_header_that_does_not_fit_the_weights_is_refused(saved, changes):
    with_facts(saved, **changes)
    assert "does not fit timm" in refusal(saved)


def test_code_in_a_pickle_never_runs(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "boom"), "w"))

    (tmp_path / "weights.pt").write_bytes(pickle.dumps(Bomb()))
    assert "no safetensors file" in refusal(tmp_path / "weights.pt")
    torch.save({"weights": Bomb()}, tmp_path / "zipped.pt")
    assert "no safetensors file" in refusal(tmp_path / "zipped.pt")
    assert not (tmp_path / "boom").exists()
