"""Results come in order, whatever takes how long, and no more is read ahead than is said."""

import threading
import time

import numpy as np
import pytest
import torch
from PIL import Image

from detector import stream
from detector.stream import Job, run


@pytest.fixture(params=["side by side", "batched"])
def way(request, monkeypatch):
    """The way of a CPU, and that of everything else, tried on a CPU."""
    if request.param == "batched":
        monkeypatch.setattr(stream, "_side_by_side", stream._batched)


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """Seven pictures no face is in (quick), of different colours, one of them broken."""
    folder = tmp_path_factory.mktemp("stream")
    for number in range(6):
        Image.new("RGB", (48, 40), (40 * number, 90, 255 - 40 * number)).save(folder / f"{number}.png")
    (folder / "2b.jpg").write_bytes(b"not a picture")
    return [Job(path.name, path) for path in sorted(folder.iterdir())]


def logits(results):
    return [result.analysis.faces[0].logit for result in results]


def test_order_is_kept_though_readers_differ_in_speed(tiny, jobs, monkeypatch, way):
    prepare = tiny.prepare

    def slow_first(path):
        time.sleep(0.2 if path.name == "0.png" else 0)
        return prepare(path)

    monkeypatch.setattr(tiny, "prepare", slow_first)
    results = list(run(tiny, jobs, batch_size=3))
    assert [result.job for result in results] == jobs
    assert [result.job.name for result in results if result.analysis is None] == ["2b.jpg"]
    sizes = {result.job.name: result.analysis.file.sha256 for result in results if result.analysis}
    assert sizes == {job.name: prepare(job.path).picture.facts.sha256 for job in jobs if job.name != "2b.jpg"}


def test_closed_early_it_leaves_no_thread_and_reads_no_more(tiny, jobs, monkeypatch, way):
    prepare, seen = tiny.prepare, []

    def slow(path):
        seen.append(path)
        time.sleep(0.02)
        return prepare(path)

    monkeypatch.setattr(tiny, "prepare", slow)
    before = set(threading.enumerate())
    results = run(tiny, jobs * 30, batch_size=16)
    next(results)
    assert set(threading.enumerate()) - before
    results.close()
    assert not set(threading.enumerate()) - before  # one of somebody else's may have ended meanwhile
    assert len(seen) < 32 + 7


@pytest.mark.parametrize("batch_size", [1, 4, 9])
def test_reading_stays_about_two_batches_ahead(tiny, jobs, batch_size, monkeypatch, way):
    prepare, seen = tiny.prepare, []
    monkeypatch.setattr(tiny, "prepare", lambda path: seen.append(path) or prepare(path))
    results = run(tiny, [Job(str(i), jobs[0].path) for i in range(100)], batch_size=batch_size)
    next(results)
    time.sleep(0.3)  # however long the reader of the results takes, no more is read meanwhile
    assert batch_size <= len(seen) <= 2 * batch_size + 2
    results.close()


def test_other_errors_are_not_swallowed_and_leave_no_thread(tiny, jobs, monkeypatch, way):
    def broken(path):
        raise RuntimeError("a bug")

    before = set(threading.enumerate())
    monkeypatch.setattr(tiny, "prepare", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        list(run(tiny, jobs * 10))
    assert not set(threading.enumerate()) - before


def test_on_a_cpu_an_answer_does_not_depend_on_its_neighbours(tiny, tmp_path):
    rng = np.random.default_rng(0)
    for number in range(8):
        Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save(tmp_path / f"{number}.png")
    noisy = [Job(path.name, path) for path in sorted(tmp_path.iterdir())]
    expected = logits(run(tiny, noisy))
    assert logits(run(tiny, noisy, batch_size=1)) == expected
    assert logits(run(tiny, noisy[::-1], batch_size=5)) == expected[::-1]


def test_it_leaves_the_threads_of_others_as_they_are(tiny, jobs, monkeypatch):
    prepare, inside = tiny.prepare, set()
    monkeypatch.setattr(tiny, "prepare", lambda path: inside.add(torch.get_num_threads()) or prepare(path))
    ours, later = torch.get_num_threads(), []
    results = run(tiny, jobs)
    next(results)
    thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    list(results)
    assert inside == {1}
    assert torch.get_num_threads() == ours and later == [ours]
