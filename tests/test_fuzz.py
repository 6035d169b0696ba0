"""Damaged files of every kind end in what was asked for or in one clear sentence: the short form of benchmarks.fuzz."""

import sys

import pytest

pytest.importorskip("hypothesis")
if sys.platform != "linux":
    pytest.skip("the worker reads /proc", allow_module_level=True)

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import fuzz, fuzz_inputs
from benchmarks.fuzz_worker import Worker

COUNTS = {"picture": 200, "archive": 40, "checkpoint": 40, "analysis": 30, "labels": 30}


@pytest.fixture(scope="module")
def worker():
    worker = Worker()
    yield worker
    worker.close()


@pytest.fixture(scope="module")
def sound():
    return fuzz.sound_files()


@pytest.mark.parametrize("target", COUNTS)
def test_sound_files_are_read(worker, sound, target):
    """Else the fuzz would try nothing but the first look."""
    for name, data in sound[target].items():
        outcome = worker.read(target, data)
        assert outcome.kind == "read", (name, outcome)


@pytest.mark.parametrize("target", COUNTS)
def test_damaged_files(worker, sound, target):
    @settings(
        max_examples=COUNTS[target],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=tuple(HealthCheck),
    )
    @given(fuzz_inputs.damaged(sound[target]))
    def one(made):
        outcome = worker.read(target, made[1])
        assert not outcome.fault, outcome

    one()


@settings(max_examples=200, derandomize=True, database=None, deadline=None)
@given(st.sampled_from(sorted(fuzz_inputs.pictures().items())))
def test_pieces_are_the_whole(named):
    assert b"".join(fuzz_inputs.pieces(named[1])) == named[1]
    assert fuzz_inputs.mended(named[1]) == named[1]  # nothing is to be mended in a sound file


def test_a_worker_survives_what_kills_it(worker, monkeypatch):
    """A crash of the process that reads is counted, and the next input is read by another one."""
    assert worker.read("labels", b"img_name,target\na.jpg,1\n").kind == "read"
    worker.process.kill()
    assert worker.read("labels", b"").kind == "crash"
    assert worker.read("labels", b"").kind == "refused"
    monkeypatch.setattr("benchmarks.fuzz_worker.PATIENCE", -1)
    assert worker.read("labels", b"").kind == "hang"
