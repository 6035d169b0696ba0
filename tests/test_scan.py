"""A scan writes each picture once under its own name, whatever the name, and goes on where it was stopped."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image

from detector.scan import ScanError, Summary, find_jobs, scan


@pytest.fixture
def folder(tmp_path):
    """Seven pictures no face is in (quick), of different colours, one of them broken."""
    place = tmp_path / "pictures"
    (place / "deep" / "er").mkdir(parents=True)
    for number, name in enumerate(("a.png", "b.jpg", "deep/a.png", "deep/er/c.webp", "e.png", "f.BMP")):
        Image.new("RGB", (48, 40), (40 * number, 90, 255 - 40 * number)).save(place / name)
    (place / "broken.jpg").write_bytes(b"not a picture")
    (place / "notes.txt").write_text("left out")
    (place / ".hidden.png").write_bytes(b"left out")
    return place


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def values_of(path):
    header, *rows = rows_of(path)
    assert header == ["img_name", "y_pred"] and len({name for name, _ in rows}) == len(rows)
    return {name: float(value) for name, value in rows}


def names(jobs):
    return [job.name for job in jobs]


# --- what is scanned


def test_names_and_order(folder):
    jobs, ignored = find_jobs([folder])
    assert names(jobs) == ["a.png", "b.jpg", "broken.jpg", "deep/a.png", "deep/er/c.webp", "e.png", "f.BMP"]
    assert ignored == 2
    assert names(find_jobs([folder / "deep" / "a.png", folder / "e.png"])[0]) == ["a.png", "e.png"]


def test_unreadable_kinds_are_not_dropped_silently(tmp_path):
    for name in ("photo.heic", "photo.AVIF", "download", "clip.mp4"):
        (tmp_path / name).write_bytes(b"?")
    jobs, ignored = find_jobs([tmp_path])
    assert names(jobs) == ["download", "photo.AVIF", "photo.heic"] and ignored == 1


def test_hidden_folders_are_left_out(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref")
    (tmp_path / "a.png").write_bytes(b"")
    jobs, ignored = find_jobs([tmp_path])
    assert names(jobs) == ["a.png"] and ignored == 1


def test_what_can_not_be_scanned_is_refused(folder, tmp_path):
    with pytest.raises(ScanError, match=r"1 names occur more than once, as a\.png; scan their common parent"):
        find_jobs([folder / "a.png", folder / "deep" / "a.png"])
    with pytest.raises(ScanError, match="gone does not exist"):
        find_jobs([tmp_path / "gone"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ScanError, match="no pictures found"):
        find_jobs([tmp_path / "empty"])


# --- the table


def test_a_scan(tiny, folder, tmp_path):
    out, details = tmp_path / "new" / "out.csv", tmp_path / "details.jsonl"
    summary = scan(tiny, [folder], out, details, batch_size=2, progress=False)
    assert summary == Summary(judged=6, errors=1, resumed=0, ignored=2)
    assert out.read_text().startswith("img_name,y_pred\na.png,0.")
    rows = rows_of(out)[1:]
    assert [name for name, _ in rows] == ["a.png", "b.jpg", "deep/a.png", "deep/er/c.webp", "e.png", "f.BMP"]
    for name, value in rows:
        assert float(value) == pytest.approx(tiny.analyse(folder / name, None).probability, abs=2e-6)
    assert len(set(values_of(out).values())) == 6
    header, (name, reason) = rows_of(tmp_path / "new" / "out.csv.errors.csv")
    assert header == ["img_name", "reason"] and name == "broken.jpg" and '"broken.jpg" is not a picture' in reason
    lines = [json.loads(line) for line in details.read_text().splitlines()]
    assert [(line["img_name"], f"{line['probability']:.6f}") for line in lines] == [tuple(row) for row in rows]
    assert lines[2]["file"]["sha256"] == tiny.analyse(folder / "deep" / "a.png", None).file.sha256


def test_nothing_is_overwritten(tiny, folder, tmp_path):
    for taken, arguments in (("out.csv", {}), ("d.jsonl", {"details": tmp_path / "d.jsonl"})):
        (tmp_path / taken).write_text("mine")
        with pytest.raises(ScanError, match=f"{taken} exists; go on with it by --resume"):
            scan(tiny, [folder], tmp_path / "out.csv", **arguments)
        assert (tmp_path / taken).read_text() == "mine"
        (tmp_path / taken).unlink()
    (tmp_path / "letter.csv").write_text("Dear Sir,\n")
    with pytest.raises(ScanError, match="is no prediction list"):
        scan(tiny, [folder], tmp_path / "letter.csv", resume=True)
    assert (tmp_path / "letter.csv").read_text() == "Dear Sir,\n"


BREAKS = ["line\nbreak.png", "carriage\rreturn.png"]
STRANGE = ['comma, quote".png', *BREAKS, "ünïcödé 顔.png", "'; --.png", " space .png", "=1+1.png"]


def test_strange_names_survive(tiny, tmp_path):
    place = tmp_path / "pictures"
    place.mkdir()
    for name in STRANGE:
        Image.new("RGB", (20, 20), "red").save(place / name)
    raw = os.fsdecode(b"caf\xe9.png")  # Latin-1, as old archives unpack to
    Image.new("RGB", (20, 20), "red").save(place / raw)
    (place / 'bad\n,".png').write_bytes(b"?")
    out = tmp_path / "out.csv"
    assert scan(tiny, [place], out, tmp_path / "d.jsonl", progress=False) == Summary(8, 1, 0, 0)
    assert values_of(out).keys() == {*STRANGE, "caf\\udce9.png"}
    assert rows_of(tmp_path / "out.csv.errors.csv")[1][0] == 'bad\n,".png'
    assert {json.loads(line)["img_name"] for line in (tmp_path / "d.jsonl").open()} == {*STRANGE, "caf\\udce9.png"}
    assert scan(tiny, [place], out, tmp_path / "d.jsonl", resume=True, progress=False) == Summary(0, 1, 8, 0)


# --- going on after a stop


# in the header line, in the first row, after it, in a later one; details that lag behind, or are ahead
@pytest.mark.parametrize(
    ("left_of_table", "left_of_details"),
    [(0, 0), (5, 700), (15, 10_000), (20, 0), (31, 700), (55, 1_400), (55, 10_000)],
)
def test_resume_after_a_cut(tiny, folder, tmp_path, left_of_table, left_of_details):
    whole, out = (tmp_path / "whole.csv", tmp_path / "whole.jsonl"), (tmp_path / "out.csv", tmp_path / "out.jsonl")
    scan(tiny, [folder], *whole, progress=False)
    for path, cut, size in zip(whole, out, (left_of_table, left_of_details), strict=True):
        cut.write_bytes(path.read_bytes()[:size])
    summary = scan(tiny, [folder], *out, resume=True, progress=False)
    assert summary.judged + summary.resumed == 6 and summary.errors == 1
    assert values_of(out[0]) == pytest.approx(values_of(whole[0]), abs=2e-6)
    lines = [json.loads(line) for line in out[1].read_text().splitlines()]
    assert sorted(line["img_name"] for line in lines) == sorted(values_of(whole[0]))


def test_resume_does_only_what_is_left(tiny, folder, tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("img_name,y_pred\na.png,0.123456\ne.png,0.654321\ndeep/a.p")
    assert scan(tiny, [folder], out, resume=True, progress=False) == Summary(4, 1, 2, 2)
    assert out.read_text().startswith("img_name,y_pred\na.png,0.123456\ne.png,0.654321\nb.jpg,0.")
    assert len(values_of(out)) == 6


def test_resume_after_a_cut_inside_a_name(tiny, tmp_path):
    for name in ("a.png", "line\nbreak.png"):
        Image.new("RGB", (20, 20), "red").save(tmp_path / name)
    out = tmp_path / "out.csv"
    out.write_text('img_name,y_pred\na.png,0.500000\n"line\nbr')
    assert scan(tiny, [tmp_path], out, resume=True, progress=False) == Summary(1, 0, 1, 1)
    assert [row[0] for row in rows_of(out)] == ["img_name", "a.png", "line\nbreak.png"]


def test_errors_of_the_run_before_are_forgotten(tiny, folder, tmp_path):
    out = tmp_path / "out.csv"
    scan(tiny, [folder], out, progress=False)
    Image.new("RGB", (20, 20), "red").save(folder / "broken.jpg")
    assert scan(tiny, [folder], out, resume=True, progress=False) == Summary(1, 0, 6, 2)
    assert not (tmp_path / "out.csv.errors.csv").exists() and len(values_of(out)) == 7


def test_a_kill_loses_nothing(tiny, tiny_checkpoint, folder, tmp_path):
    out = tmp_path / "out.csv"
    # The last picture's reader waits for ever, so the kill comes for certain in the middle.
    code = (
        "import sys, time; from detector import Analyser; from detector import scan as s; a = Analyser(sys.argv[1])\n"
        "p = a.prepare; a.prepare = lambda path: time.sleep(999) if path.name == 'f.BMP' else p(path)\n"
        "s.scan(a, [sys.argv[2]], sys.argv[3], batch_size=1, progress=False)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tiny_checkpoint), str(folder), str(out)])
    limit = time.monotonic() + 120
    while not (out.exists() and b"e.png" in out.read_bytes()) and time.monotonic() < limit and process.poll() is None:
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(values_of(out)) == 5
    assert scan(tiny, [folder], out, resume=True, progress=False) == Summary(1, 1, 5, 2)
    assert values_of(out).keys() == {"a.png", "b.jpg", "deep/a.png", "deep/er/c.webp", "e.png", "f.BMP"}
