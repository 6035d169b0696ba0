"""The scan on Ray: every picture ends up in exactly one part, whatever breaks."""

import csv
import hashlib
import io
import os
import signal
import tarfile
from types import SimpleNamespace

import pytest
from PIL import Image

from detector import ray_scan
from detector.ray_scan import COLUMNS, Scorer, begin, find_shares, jobs_of, todo
from detector.scan import ScanError


def picture(number):
    file = io.BytesIO()
    Image.new("RGB", (48, 40), (40 * number, 90, 250 - 40 * number)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def folder(tmp_path):
    """Five loose pictures, one of them broken, and a shard of two."""
    place = tmp_path / "pictures"
    (place / "deep").mkdir(parents=True)
    for number, name in enumerate(("a.png", "b ü.png", "deep/a.png", "deep/c.png")):
        (place / name).write_bytes(picture(number))
    (place / "broken.jpg").write_bytes(b"no picture")
    (place / "notes.txt").write_text("left out")
    write_tar(place / "shard.tar", {"x.png": picture(4), "x.json": b"{}", "y.png": picture(5)})
    return place


def write_tar(path, members):
    with tarfile.open(path, "w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


NAMES = ["a.png", "b ü.png", "broken.jpg", "deep/a.png", "deep/c.png", "shard.tar/x.png", "shard.tar/y.png"]


def rows_of(out):
    rows = []
    for part in out.glob("part-*.csv"):
        with part.open(newline="") as file:
            rows += csv.DictReader(file)
    return sorted(rows, key=lambda row: row["img_name"])


# --- without Ray


def test_shares(folder):
    shares = find_shares([str(folder)], per_share=3)
    assert [len(share.files) for share in shares] == [1, 3, 2]  # the shard; five loose pictures
    assert [job.name for share in shares for job in jobs_of(share, 999)] == NAMES[5:] + NAMES[:5]
    assert len({share.part for share in shares}) == 3
    assert find_shares([str(folder)], per_share=3) == shares
    with pytest.raises(ScanError, match="no pictures, tar or Parquet files at"):
        find_shares([str(folder / "gone")])
    with pytest.raises(ScanError, match="named twice"):
        find_shares([str(folder), str(folder)])


def test_an_object_store(folder):
    import fsspec

    store = fsspec.filesystem("memory")
    store.pipe_file("/bucket/in/a.png", picture(1))
    [share] = find_shares(["memory://bucket/in"])
    [job] = jobs_of(share, 999)
    assert (job.name, job.path.read(10_000), job.path.read(9)) == ("a.png", picture(1), b"")


def test_a_part(tiny, tiny_checkpoint, folder, tmp_path):
    out = tmp_path / "out"
    shares = find_shares([str(folder)], per_share=9)
    assert todo(shares, str(out), "csv", False, "abc") == shares
    begin(shares, str(out), "csv", "abc")
    scorer = Scorer(str(tiny_checkpoint), "cpu", str(out), "csv")
    assert [scorer.share(share) for share in shares] == [(2, 0), (4, 1)]
    rows = rows_of(out)
    assert [row["img_name"] for row in rows] == NAMES
    for number, name in ((0, "a.png"), (4, "shard.tar/x.png")):
        [row] = [row for row in rows if row["img_name"] == name]
        assert float(row["y_pred"]) == pytest.approx(tiny.analyse(picture(number), None).probability, abs=1e-5)
        assert row["sha256"] == hashlib.sha256(picture(number)).hexdigest() and row["error"] == ""
    assert rows[2]["y_pred"] == "" and '"broken.jpg" is not a picture' in rows[2]["error"]
    assert sorted(path.suffix for path in out.iterdir()) == [".csv", ".csv", ".json"]  # nothing half-written is left


def test_a_shard_cut_off_keeps_what_came_before(tiny_checkpoint, tmp_path):
    noise = os.urandom(40_000)
    write_tar(tmp_path / "cut.tar", {"x.png": picture(1), "y.png": picture(2) + noise, "z.png": picture(3)})
    (tmp_path / "cut.tar").write_bytes((tmp_path / "cut.tar").read_bytes()[:30_000])
    shares, out = find_shares([str(tmp_path / "cut.tar")]), tmp_path / "out"
    begin(shares, str(out), "csv", "abc")
    Scorer(str(tiny_checkpoint), "cpu", str(out), "csv").share(shares[0])
    first, last = rows_of(out)[1], rows_of(out)[0]
    assert first["img_name"] == "cut.tar/x.png" and first["error"] == ""
    assert last["img_name"] == "cut.tar" and "cut.tar can't be read to its end" in last["error"]


def test_what_is_done_is_not_done_again(folder, tmp_path):
    out = tmp_path / "out"
    shares = find_shares([str(folder)], per_share=2)
    for _ in range(2):  # asking begins nothing
        assert todo(shares, str(out), "csv", False, "abc") == shares
    begin(shares, str(out), "csv", "abc")
    (out / f"{shares[1].part}.csv").write_text("done")
    (out / f".{shares[2].part}.0.partial").write_text("hal")
    assert todo(shares, str(out), "csv", True, "abc") == [shares[0], *shares[2:]]
    begin(shares, str(out), "csv", "abc")
    assert not list(out.glob(".*")) and (out / f"{shares[1].part}.csv").read_text() == "done"
    for arguments in ((shares, "csv", False, "abc"), (shares[1:], "csv", True, "abc"), (shares, "csv", True, "other")):
        with pytest.raises(ScanError, match=r"give another --out"):
            todo(arguments[0], str(out), *arguments[1:])


def test_parquet_of_bytes_and_of_structs(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    pictures = [picture(0), None, picture(2)]
    pq.write_table(pa.table({"id": [1, 2, 3], "image": pictures}), tmp_path / "a.parquet")
    structs = [{"bytes": data, "path": "x"} for data in pictures]
    pq.write_table(pa.table({"label": [0, 1, 0], "image": structs}), tmp_path / "b.parquet")
    pq.write_table(pa.table({"label": [0]}), tmp_path / "c.parquet")
    *good, bad = find_shares([str(tmp_path)])
    for name, share in zip("ab", good, strict=True):
        jobs = list(jobs_of(share, 999))
        assert [job.name for job in jobs] == [f"{name}.parquet/{row}" for row in range(3)]
        assert [job.path for job in jobs] == [picture(0), b"", picture(2)]
    with pytest.raises(ValueError, match="no column of encoded pictures"):
        list(jobs_of(bad, 999))


def test_what_dead_workers_leave_is_swept_at_the_end(folder, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"

    def scan(shares, *_):
        for share in shares[1:]:
            (out / f"{share.part}.csv").write_text(",".join(COLUMNS) + "\n")
        (out / f".{shares[0].part}.0.partial").write_text("hal")
        return len(shares) - 1, 0  # judged, unreadable

    monkeypatch.setitem(__import__("sys").modules, "ray", SimpleNamespace(init=lambda *_, **__: 0, shutdown=lambda: 0))
    monkeypatch.setattr(ray_scan, "scan", scan)
    assert ray_scan.main([str(folder), "--out", str(out), "--format", "csv", "--per-share", "2"]) == 1
    assert "1 shares were left undone" in capsys.readouterr().err
    assert out.joinpath("scan.json").exists() and not list(out.glob(".*"))


def test_a_cluster_that_cannot_be_reached_is_named(folder, tmp_path, capsys, monkeypatch):
    def init(address, **_):
        raise ConnectionError(f"Failed to connect to Ray cluster at {address}")

    monkeypatch.setitem(__import__("sys").modules, "ray", SimpleNamespace(init=init))
    assert ray_scan.main([str(folder), "--out", str(tmp_path / "out"), "--address", "10.0.0.1:6379"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: Failed") and "10.0.0.1:6379" in said and "RAY_AUTH_MODE=token" in said
    assert not (tmp_path / "out").exists()  # so the next try needs no --resume


def test_without_ray_it_says_what_to_install(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    assert ray_scan.main([str(folder), "--out", str(tmp_path / "out")]) == 2
    assert 'pip install "ray[data]"' in capsys.readouterr().err


# --- with it


class DiesOnce(Scorer):
    """Its first worker to meet a shard kills itself, as the system does when memory ends."""

    def share(self, share):
        marker = self.out + ".died"
        if share.files[0].endswith(".tar") and not os.path.exists(marker):
            open(marker, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().share(share)


def test_on_ray_a_dead_worker_and_a_broken_picture_lose_nothing(tiny_checkpoint, folder, tmp_path, monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.getcwd(), os.path.dirname(__file__)]))
    monkeypatch.setattr(ray_scan, "Scorer", DiesOnce)
    out = tmp_path / "out"
    arguments = [str(folder), f"--out={out}", "--format=csv", "--per-share=2", f"--checkpoint={tiny_checkpoint}"]
    assert ray_scan.main([*arguments, "--workers=1"]) == 1  # one picture is broken
    assert os.path.exists(f"{out}.died")
    assert [row["img_name"] for row in rows_of(out)] == NAMES
    assert [row["img_name"] for row in rows_of(out) if row["error"]] == ["broken.jpg"]
    before = {path: path.stat().st_mtime_ns for path in out.glob("part-*")}
    lost = min(before)
    lost.unlink()  # as if the run had been stopped before this one
    assert ray_scan.main([*arguments, "--workers=1", "--resume"]) in (0, 1)
    assert [row["img_name"] for row in rows_of(out)] == NAMES
    assert [path for path in before if path.stat().st_mtime_ns != before[path]] == [lost]
