"""Files made to do harm end in one sentence or in a picture, quickly and in little memory."""

import contextlib
import resource
import sys
import time

import hostile
import pytest

from detector import archive, metadata, model
from detector.images import PictureError, load

SECONDS = 5  # of processor time, for reading a file and its notes
MEGABYTES = 1500  # beside what the process has already; a WebP of 49 megapixels takes up to 1150


@contextlib.contextmanager
def bounded():
    """Fails what costs more than the two above."""
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    yield
    assert time.process_time() - began < SECONDS
    if sys.platform == "linux":  # elsewhere ru_maxrss has another unit
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1000 * MEGABYTES


def names(cases):
    return [case.name for case in cases]


@pytest.mark.filterwarnings("ignore")  # PIL's, of broken files
@pytest.mark.parametrize("case", hostile.PICTURES, ids=names(hostile.PICTURES))
def test_pictures(case):
    data = case.make()
    if case.says is None:
        with bounded():
            assert load(data).pixels.ndim == 3
    else:
        with bounded(), pytest.raises(PictureError, match=case.says) as caught:
            load(data)
        assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
    with bounded():
        metadata.read(data)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", hostile.NOTES, ids=names(hostile.NOTES))
def test_notes(case):
    data = case.make()
    if case.name != "xmp nested deeply":
        assert load(data).pixels.shape == (32, 48, 3)
    with bounded():
        found = metadata.read(data)
    if case.says is not None:
        assert case.says in f"{found.unreadable} {found.credentials}"
    assert "root:" not in repr(found)


EXPECTED = {
    "traversal": [None, None, None],
    "control characters": [None, None],
    "a very long name": [None, None],
    "overlapping": None,
    "a size too small": [archive.Refusal.DAMAGED],
    "a size too large": [archive.Refusal.DENSE],
    "nested": [archive.Refusal.NESTED],
    "a table outside": [archive.Refusal.DAMAGED],
    "an empty table": [],
}


@pytest.mark.parametrize("name", hostile.ARCHIVES)
def test_archives(name, tmp_path):
    sent, folder = tmp_path / "sent.zip", tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    sent.write_bytes(hostile.ARCHIVES[name]())
    with bounded():
        members, _ = archive.extract(sent, "sent.zip", folder, archive.ArchiveLimits())
    written = {path for path in tmp_path.rglob("*") if path.is_file()} - {sent}
    assert written == {member.path for member in members if member.path}
    assert all(path.parent == folder for path in written)
    if EXPECTED[name] is None:  # the same five megabytes two hundred times, of which the ratio lets none in
        assert {member.refusal for member in members} <= {archive.Refusal.DENSE, archive.Refusal.DAMAGED,
                                                          archive.Refusal.TOTAL}  # fmt: skip
        assert not written
    else:
        assert [member.refusal for member in members] == EXPECTED[name]


@pytest.mark.parametrize("name", hostile.CHECKPOINTS)
def test_checkpoints(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "strange.safetensors"
    path.write_bytes(hostile.CHECKPOINTS[name]())
    with bounded(), pytest.raises(model.CheckpointError):
        model.read(path)
    assert list(tmp_path.iterdir()) == [path]
