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

import train
from detector.data import Example
from detector.dataset import BalancedSampler
from detector.distributed import Team

ROOT = Path(__file__).parent.parent
# No batch norm: on CPU that would see each process's share of a batch, and the weights would differ a little.
OPTIONS = (
    "--model test_convnext --full-size 64 --size 48 --batch-size 8 --epoch-size 18 --epochs 6 --lr 3e-3 --head-lr 3e-3 "
    "--ema 0.9 --sam 0.05 --workers 0 --save-every 1 --device cpu"
)

STEPS = 12
LAUNCHER = ("-m", "torch.distributed.run", "--standalone")


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
    launcher = () if processes == 1 else (*LAUNCHER, f"--nproc-per-node={processes}")
    options = (f"--labels={labels}", f"--out={out}", *OPTIONS.split(), *extra.split())
    argv = [sys.executable, *launcher, "train.py", *options]
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
    """The same training in one process, and in two of which one is killed on the way; then it is resumed."""
    folder = tmp_path_factory.mktemp("runs")
    one, two = start(listed, folder / "one", 1), start(listed, folder / "two", 2)
    end = time.monotonic() + 200
    while not (folder / "two" / "state.pt").exists():
        assert two.poll() is None and time.monotonic() < end, two.communicate()
        time.sleep(0.002)
    children = Path(f"/proc/{two.pid}/task/{two.pid}/children").read_text().split()
    os.kill(int(children[-1]), signal.SIGKILL)
    two.communicate(timeout=100)
    assert two.returncode != 0
    assert torch.load(folder / "two" / "state.pt", weights_only=True)["step"] < STEPS  # it was cut short indeed
    again = start(listed, folder / "two", 2, "--resume")
    return folder, (finished(one), finished(again))


def weights(out):
    state = torch.load(out / "state.pt", weights_only=True)
    return torch.cat([value.flatten() for value in state["average"].values()]), state["step"]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the process to kill in /proc")
def test_two_processes_of_which_one_was_killed_end_with_the_weights_of_one(runs):
    folder, (alone, together) = runs
    (one, steps), (two, same) = weights(folder / "one"), weights(folder / "two")
    assert steps == same == STEPS  # 18 pictures fill two batches of 8
    assert torch.allclose(one, two, atol=2e-5)
    for ours, theirs in zip(table(folder / "one" / "log.csv"), table(folder / "two" / "log.csv"), strict=True):
        for key in ("step", "lr", "loss", "train_auc", "val_loss", "val_auc"):
            assert (ours[key] == theirs[key] == "") or float(ours[key]) == pytest.approx(float(theirs[key]), abs=1e-4)
    assert "on cpu: 15 pictures" in alone and "on 2 × cpu: 15 pictures" in together
    assert together.count(f"step {STEPS}/{STEPS}") == 1 and "batch norm" not in together  # one process speaks
    predictions = [table(folder / name / "evaluation" / "prediction.csv") for name in ("one", "two")]
    assert [[row["img_name"] for row in rows] for rows in predictions] == [[f"{i:02}.png" for i in range(15, 24)]] * 2


# --- the parts


def test_each_process_draws_its_share_of_the_very_batches():
    examples = [Example(Path(str(i)), str(i), i % 2) for i in range(50)]
    whole = list(BalancedSampler(examples, seed=3, draws=43))
    shares = [BalancedSampler(examples, seed=3, draws=43, rank=rank, size=3) for rank in range(3)]
    for begin in (0, 12):
        for share in shares:
            share.start = begin
        drawn = [list(share) for share in shares]
        assert [len(part) for part in drawn] == [len(share) for share in shares] == [(43 - begin) // 3] * 3
        for batch in range(2):  # of 12 pictures, 4 for each process
            together = [pair for part in drawn for pair in part[4 * batch : 4 * batch + 4]]
            assert sorted(together) == sorted(whole[begin + 12 * batch : begin + 12 * batch + 12])


def test_a_batch_that_can_not_be_split_is_refused(listed, tmp_path):
    args = train.arguments([f"--labels={listed}", f"--out={tmp_path / 'run'}", "--batch-size=7"])
    with pytest.raises(ValueError, match=r"--batch-size 7 can't be split evenly over 2 processes"):
        train.train(args, Team(0, 2), torch.device("cpu"))


def test_two_processes_sum_average_and_gather(tmp_path):
    code = (
        "import torch; from detector import distributed as d\n"
        "team, _ = d.join(torch.device('cpu')); norm = torch.nn.BatchNorm2d(2)\n"
        "a, b = torch.full((2, 1), 1.0 + team.rank), torch.tensor(5.0 * team.rank)\n"
        "team.sum(a, b); norm.running_mean += team.rank; team.average_statistics(norm)\n"
        "assert a.tolist() == [[3], [3]] and float(b) == 5 and norm.running_mean.tolist() == [0.5, 0.5]\n"
        "assert team.gather([7] * team.rank) == [[], [7]]\n"  # of unlike lengths, as an odd number's halves are
        "assert d.split_batch_norm(norm, team, torch.device('cpu')); d.leave()\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    argv = [sys.executable, *LAUNCHER, "--nproc-per-node=2", str(script)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
