"""The short version of benchmarks/kills.py; trainings are killed in test_train_run.py."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.kills import alike

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the lives are forked")
def test_kills_at_random_moments_lose_nothing():
    command = [sys.executable, "-m", "benchmarks.kills", "--kills", "4", "--only", "log", "scan"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    log, scan = done.stdout.splitlines()
    assert log.startswith("log      4 kills") and "its chain holds" in log
    assert scan.startswith("scan ") and "byte for byte" in scan


def test_alike_forgives_rounding_and_nothing_else():
    one = {"a": [1.0, {"b": 2.0}], "c": "x", "d": None}
    assert alike(one, {"a": [1.00001, {"b": 2.0}], "c": "x", "d": None})
    for other in (
        {"a": [1.001, {"b": 2.0}], "c": "x", "d": None},
        {"a": [1.0], "c": "x", "d": None},
        {"a": [1.0, {"b": 2.0}], "c": "y", "d": None},
        {"a": [1.0, {"b": 2.0}], "c": "x"},
    ):
        assert not alike(one, other)
