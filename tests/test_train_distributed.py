"""train.py in two processes takes the steps that one takes, counts every picture once, and survives a kill."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from detector.data import BalancedSampler, Example

ROOT = Path(__file__).parent.parent
# No batch norm: on CPU that would see each process's share of a batch, and the weights would differ a little.
OPTIONS = (
    "--model test_convnext --full-size 64 --size 48 --batch-size 8 --epoch-size 18 --epochs 2 --lr 3e-3 --head-lr 3e-3 "
    "--forged 0.3 --ema 0.9 --workers 0 --save-every 1 --device cpu"
)


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """24 gradients, every other one with a checkerboard and fake. Nine are for validation: an odd number."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:64, :64]
    lines = ["img_name,target,split"]
    for i in range(24):
        pixels = rng.uniform(90, 160, 3) + (rng.uniform(-0.8, 0.8) * (rows - 32))[..., None]
        pixels += (i % 2) * np.where((columns // 4 + rows // 4) % 2, 30, -30)[..., None]
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(folder / f"{i:02}.png")
        lines.append(f"{i:02}.png,{i % 2},{'train' if i < 15 else 'val'}")
    (folder / "list.csv").write_text("\n".join(lines) + "\n")
    return folder / "list.csv"


def start(labels, out, processes, extra=""):
    launcher = (
        [] if processes == 1 else ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    )
    argv = [
        sys.executable,
        *launcher,
        "train.py",
        f"--labels={labels}",
        f"--out={out}",
        *OPTIONS.split(),
        *extra.split(),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        argv, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )


def finished(process):
    out, error = process.communicate(timeout=300)
    assert process.returncode == 0, error
    return out


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def runs(listed, tmp_path_factory):
    """The same training in one process, in two, and in two that were killed between and resumed."""
    folder = tmp_path_factory.mktemp("runs")
    one, two = start(listed, folder / "one", 1), start(listed, folder / "two", 2)
    printed = finished(one), finished(two)
    killed = start(listed, folder / "killed", 2)
    end = time.monotonic() + 120
    while not (folder / "killed" / "state.pt").exists():
        assert killed.poll() is None and time.monotonic() < end
        time.sleep(0.002)
    os.killpg(killed.pid, signal.SIGKILL)  # the launcher; its workers have sessions of their own and end with it
    killed.communicate()
    return folder, printed


def weights(out):
    state = torch.load(out / "state.pt", weights_only=True)
    return torch.cat([value.flatten() for value in state["average"].values()]), state


def test_two_processes_end_with_the_weights_of_one(runs):
    folder, (alone, together) = runs
    (one, first), (two, second) = weights(folder / "one"), weights(folder / "two")
    assert first["step"] == second["step"] == 4  # 18 pictures fill two batches of 8
    assert torch.allclose(one, two, atol=2e-5)
    for ours, theirs in zip(table(folder / "one" / "log.csv"), table(folder / "two" / "log.csv"), strict=True):
        for key in ("step", "lr", "loss", "train_auc", "val_loss", "val_auc"):
            assert (ours[key] == theirs[key] == "") or float(ours[key]) == pytest.approx(float(theirs[key]), abs=1e-4)
    assert "on cpu: 15 pictures" in alone and "on 2 × cpu: 15 pictures" in together
    assert together.count("step 4/4") == 1 and "batch norm" not in together  # one process speaks
