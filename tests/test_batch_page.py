"""What a visitor sends for a batch and what is kept of it: nobody opens another's pictures."""

import zipfile
from pathlib import Path

import gradio as gr
import pytest
from gradio.data_classes import FileData, ListFiles

from detector import page
from detector.archive import ArchiveLimits, Refusal
from detector.batch import Entry, Row
from detector.page.batch_files import BatchFiles, Upload, collect
from detector.page.batch_store import Batches
from detector.page.texts import en as texts
from detector.page.texts.en import batch as english
from detector.page.texts.zh import batch as chinese
from detector.verdict import Answer

ROWS = [Row(Entry("a.jpg", Path("a")), Answer.MANIPULATED, 0.75), Row(Entry("b.jpg", None), error="broken")]


# ---- what is sent


def test_collecting(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    for name in ("a.jpg", "b.pdf", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"x")
    with zipfile.ZipFile(tmp_path / "z.zip", "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in (("a.jpg", b"x"), ("bomb.jpg", bytes(100_000)), ("read.me", b"x")):
            file.writestr(name, data)
    sent = {name: Upload(name, tmp_path / name) for name in ("a.jpg", "b.pdf", "Thumbs.db", "z.zip")}
    entries, ignored = collect(
        texts, [sent["a.jpg"], sent["b.pdf"]], [sent["Thumbs.db"], sent["z.zip"]], ArchiveLimits(ratio=50)
    )
    assert ignored == 2  # Thumbs.db and read.me; b.pdf was chosen by hand, so it is told that it cannot be read
    assert [entry.name for entry in entries] == ["a.jpg", "b.pdf", "a (2).jpg", "bomb.jpg"]
    assert entries[3].path is None and "more than 50 times its size" in entries[3].error
    assert entries[2].path.is_relative_to(tmp_path) and entries[2].path.read_bytes() == b"x"


def test_only_uploads_are_taken(tmp_path, monkeypatch):
    folder = tmp_path / "uploads"
    folder.mkdir()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    files = BatchFiles(file_count="multiple")

    def given(path, name):
        return files.preprocess(ListFiles(root=[FileData(path=str(path), orig_name=name)]))

    (folder / "a.jpg").write_bytes(b"x")
    (tmp_path / "secret.jpg").write_bytes(b"x")
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    assert given(folder / "a.jpg", "..\\..\\a b.jpg") == [Upload("a b.jpg", folder / "a.jpg")]
    assert files.preprocess(None) == []
    for path in (tmp_path / "secret.jpg", folder / ".." / "secret.jpg", folder / "link.jpg"):
        with pytest.raises(gr.Error, match="does not lie where uploads belong"):
            given(path, "a.jpg")
    with pytest.raises(gr.Error, match="no longer on the server"):
        given(folder / "gone.jpg", "a.jpg")


@pytest.fixture
def run(tiny):
    """What the Start button calls, of a page where a batch holds two pictures."""
    blocks = page.build(tiny, page.Settings(max_batch=2))
    return next(function.fn for function in blocks.fns.values() if function.name == "run")


def test_what_can_not_start_says_why(run, collins):
    upload = Upload("a.jpg", collins)

    def said(files, folder):
        *_, last = run(files, folder, False)
        assert last[0] == "" and last[2] == ""  # no secret, no table
        return last[1]

    assert english.NOTHING in said([], [])
    assert english.TOO_MANY.format(count=3, most=2) in said([upload] * 3, [])
    assert english.NO_PICTURES in said([], [Upload("notes.txt", collins)])


# ---- what is kept of it


def test_a_batch_is_found_by_its_secret_alone():
    batches = Batches()
    token, batch = batches.new(3, True)
    other, _ = batches.new(3, True)
    assert len(token) >= 32 and token != other
    assert batches.get(token) is batch
    for guess in ("", None, 0, ["x"], {}, token[:-1], token + "x"):
        assert batches.get(guess) is None


def test_batches_are_bounded_in_number_and_age():
    now = [0.0]
    batches = Batches(most=2, age=100, clock=lambda: now[0])
    first, second, third = (batches.new(3, True)[0] for _ in range(3))
    assert batches.get(first) is None and batches.get(second) and batches.get(third)
    now[0] = 90.0
    assert batches.get(third).add(ROWS[0])  # it is still at work, so it is kept
    now[0] = 150.0
    assert batches.get(second) is None and batches.get(third).seconds == 90.0
    now[0] = 190.1
    assert batches.get(third) is None


def test_a_stopped_batch_keeps_what_is_done_and_takes_no_more():
    _, batch = Batches().new(3, True)
    assert batch.add(ROWS[0])
    batch.stop()
    assert batch.stopped and not batch.add(ROWS[1]) and batch.rows == ROWS[:1]
    _, whole = Batches().new(1, True)
    assert whole.add(ROWS[0])
    whole.stop()
    assert not whole.stopped  # nothing was left to stop


# ---- sentences


def test_every_refusal_has_its_sentence_in_every_language():
    def names(module):
        return {name for name in vars(module) if name.isupper()}

    assert names(english) == names(chinese)
    for module in (english, chinese):
        assert set(module.REFUSALS) == {str(kind) for kind in Refusal}
        for sentence in module.REFUSALS.values():
            sentence.format(members=1, megabytes=1.5, total=2.5, ratio=3)
