"""The short version of benchmarks/kills.py; trainings are killed in test_train_run.py."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
