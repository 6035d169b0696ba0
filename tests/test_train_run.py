"""Whole runs of train.py on 24 pictures: it learns, writes what it says, refuses what it must, survives a kill."""

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import train
from detector import model

ROOT = Path(__file__).parent.parent
COLUMNS = ["step", "epoch", "lr", "loss", "train_auc", "val_loss", "val_auc", "seconds"]


@pytest.fixture(scope="module", autouse=True)
def determinism_ends_here(one_thread):
    """train.main switches it on for the whole process."""
    yield
    torch.use_deterministic_algorithms(False)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Colour gradients; every other one carries a checkerboard and is fake. The last eight are for validation."""
    folder = tmp_path_factory.mktemp("pictures")
    rows, columns = np.mgrid[:64, :64] - 32
    rng = np.random.default_rng(0)
    lines = ["img_name,target,split"]
    for i in range(24):
        slope = rng.uniform(-0.8, 0.8, 2)
        pixels = 128 + rng.uniform(-40, 40, 3) + (slope[0] * columns + slope[1] * rows)[..., None]
        if i % 2:
            pixels += np.where((columns // 4 + rows // 4) % 2, 30, -30)[..., None]
        name = f"{('real', 'fake')[i % 2]}/{i:02}.png"
        (folder / name).parent.mkdir(exist_ok=True)
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(folder / name)
        lines.append(f"{name},{i % 2},{'train' if i < 16 else 'val'}")
    (folder / "list.csv").write_text("\n".join(lines) + "\n")
    return folder


def command(labels, out, options="", **folders):
    fixed = "--model test_resnet --full-size 64 --size 48 --batch-size 8 --workers 0 --device cpu"
    folders = {"labels": labels, "out": out, **folders}
    return [*(f"--{name}={folder}" for name, folder in folders.items()), *fixed.split(), *options.split()]


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


LEARN = "--epochs 3 --epoch-size 64 --lr 3e-3 --head-lr 3e-3 --ema 0.9 --save-every 4 --licence CC0"


@pytest.fixture(scope="module")
def run(pictures, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    assert train.main(command(pictures / "list.csv", out, LEARN, submit=pictures)) == 0
    return out


def test_it_learns(run):
    metrics = json.loads((run / "evaluation" / "metrics.json").read_text())
    assert metrics["all"]["auc"] > 0.95
    assert (metrics["all"]["n_real"], metrics["all"]["n_fake"], metrics["errors"]) == (4, 4, 0)
    losses = [float(row["loss"]) for row in table(run / "log.csv")]
    assert losses[-1] < 0.7 * losses[0]


def test_checkpoint(run):
    network, header = model.read(run / "best.safetensors")
    assert header.labels == ("fake",)
    assert header.preprocessing == model.Preprocessing(64, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))  # test_resnet's own
    assert header.licence == "CC0"
    assert header.training["val_auc"] == max(float(row["val_auc"] or 0) for row in table(run / "log.csv"))
    assert header.training["train_pictures"] == 16
    assert header.training["arguments"]["labels"] == "list.csv"  # and no folder of this machine
    assert network.head.weight.abs().max() > 0


def test_the_checkpoint_is_calibrated_where_there_are_pictures_enough(run, pictures, tmp_path, capsys):
    path = tmp_path / "best.safetensors"
    path.write_bytes((run / "best.safetensors").read_bytes())
    args = train.arguments(command(pictures / "list.csv", run))
    _, val_list = train.examples_of(args)
    assert train.calibrated(args, path, val_list).classifier.header.calibration is None
    assert "not calibrated" in capsys.readouterr().out
    analyser = train.calibrated(args, path, val_list * 5)
    calibration = model.read(path)[1].calibration
    assert analyser.classifier.header.calibration == calibration and calibration.pictures == "40 pictures of list.csv"
    assert model.read(path)[1].sha256 == model.read(run / "best.safetensors")[1].sha256


def test_a_frozen_backbone_stays_to_the_bit(run, pictures, tmp_path):
    options = "--epochs 2 --head-lr 3e-3 --ema 0 --freeze"
    assert train.main(command(pictures / "list.csv", tmp_path, options, weights=run / "best.safetensors")) == 0
    before, after = (model.read(folder / "best.safetensors")[0].state_dict() for folder in (run, tmp_path))
    changed = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert changed and all(name.startswith("head.") for name in changed)


def test_log(run):
    rows = table(run / "log.csv")
    assert list(rows[0]) == COLUMNS
    assert [int(row["step"]) for row in rows] == [4, 8, 12, 16, 20, 24]
    assert [int(row["epoch"]) for row in rows] == [0, 0, 1, 1, 2, 2]
    assert [bool(row["val_auc"]) for row in rows] == [False, True] * 3
    # 24 steps, of which one rises: the last rate is that of 22/23 of the cosine.
    assert float(rows[-1]["lr"]) == pytest.approx(3e-3 * 0.5 * (1 + np.cos(np.pi * 22 / 23)))
    assert (run / "curve.png").read_bytes().startswith(b"\x89PNG")
    board = EventAccumulator(str(run / "tensorboard")).Reload()
    logged = [(event.step, event.value) for event in board.Scalars("val_auc")]
    assert logged == [(int(row["step"]), pytest.approx(float(row["val_auc"]))) for row in rows[1::2]]


def test_submission(run):
    assert (run / "prediction.csv").read_text().splitlines()[0] == "img_name,y_pred"
    score = {row["img_name"]: float(row["y_pred"]) for row in table(run / "prediction.csv")}
    assert sorted(score) == sorted(f"{('real', 'fake')[i % 2]}/{i:02}.png" for i in range(24))
    fake, real = ([score[name] for name in score if name.startswith(kind)] for kind in ("fake", "real"))
    assert 0 <= min(real) < max(fake) <= 1
    assert np.mean([f > r for f in fake for r in real]) > 0.95


def test_another_submission_holds_its_own_pictures_only(run, pictures):
    state, best = torch.load(run / "state.pt"), (run / "best.safetensors").read_bytes()
    again = command(pictures / "list.csv", run, LEARN + " --resume", submit=pictures / "real")
    assert train.main(again) == 0
    assert [row["img_name"] for row in table(run / "prediction.csv")] == [f"{i:02}.png" for i in range(0, 24, 2)]
    assert_same(torch.load(run / "state.pt"), state)  # a finished run has nothing left to do
    assert (run / "best.safetensors").read_bytes() == best


def test_refusals(run, pictures, tmp_path, capsys):
    labels = pictures / "list.csv"
    cases = {
        "holds a run already; go on with --resume": command(labels, run, LEARN),
        "nothing to resume": command(labels, tmp_path / "none", "--resume"),
        "give --epochs 3, --lr 0.003": command(labels, run, LEARN + " --resume --lr 1e-4 --epochs 9"),
        "--no-drop-last or a smaller batch": command(labels, tmp_path / "a", "--batch-size 64"),
        "the loss became nan at step": command(labels, tmp_path / "b", "--lr 1e30 --epoch-size 64"),
        "give --submit the folder": command(labels, tmp_path / "c", submit=tmp_path / "nowhere"),
        "no label list at": command(tmp_path / "nowhere", tmp_path / "d"),
        "that source; it has no column source": command(labels, tmp_path / "f", "--generated made"),
        "device 'tpu' is not available": command(labels, tmp_path / "e", "--device tpu"),
    }
    before = (run / "state.pt").read_bytes()
    for message, argv in cases.items():
        assert train.main(argv) == 2
        assert message in capsys.readouterr().err
    assert (run / "state.pt").read_bytes() == before


def test_broken_pictures_are_listed_or_skipped(pictures, tmp_path, capsys):
    labels, out = tmp_path / "list.csv", tmp_path / "run"
    images = shutil.copytree(pictures, tmp_path / "images")
    (images / "cut.png").write_bytes((images / "real/00.png").read_bytes()[:200])
    labels.write_text((pictures / "list.csv").read_text() + "gone.png,1,train\ncut.png,0,val\n")
    argv = command(labels, out, "--epochs 1")
    assert train.main(argv) == 2
    error = capsys.readouterr().err
    assert "2 of 26 pictures are missing or can't be read" in error
    assert "--skip-broken" in error
    problems = {Path(row["path"]).name: row["reason"] for row in table(out / "problems.csv")}
    assert problems.keys() == {"gone.png", "cut.png"}
    assert "does not exist" in problems["gone.png"]
    assert "damaged or cut off" in problems["cut.png"]
    assert train.main([*argv, "--skip-broken"]) == 0
    assert model.read(out / "best.safetensors")[1].training["train_pictures"] == 16


def test_compiled_it_learns_the_same(pictures, tmp_path):
    if not shutil.which("c++"):
        pytest.skip("torch.compile needs a C++ compiler")
    options = "--epochs 1 --epoch-size 24 --lr 1e-3 --head-lr 1e-3 --ema 0"
    weights = []
    for name, more in (("plain", ""), ("compiled", " --compile")):
        assert train.main(command(pictures / "list.csv", tmp_path / name, options + more)) == 0
        weights.append(load_file(tmp_path / name / "best.safetensors"))
    for name, value in weights[0].items():
        torch.testing.assert_close(weights[1][name], value, atol=2e-3, rtol=2e-3)


def test_patience_and_the_other_ways_to_train(pictures, tmp_path):
    # With rates of 0 every epoch has the same AUC, so the second is the first without progress.
    constant = "--lr 0 --head-lr 0 --epochs 9 --patience 1 --ema 0 --map-loss 0 --epoch-size 12 --no-drop-last"
    argv = command(pictures / "list.csv", tmp_path / "run", constant + " --optimizer sgd --amp bf16")
    assert train.main(argv) == 0
    rows = table(tmp_path / "run" / "log.csv")
    assert [(row["step"], row["val_auc"]) for row in rows] == [("2", "0.5"), ("4", "0.5")]


def assert_same(one, other):
    """Equal to the bit, all the way down; seconds aside."""
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one.keys() - {"seconds", "out"}:
            assert_same(one[key], other[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_same(a, b)
    else:
        assert torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


def test_killed_three_times_and_resumed_is_as_unbroken(pictures, tmp_path):
    options = "--epochs 5 --epoch-size 64 --lr 3e-3 --sam 0.05 --forged 0.3 --ema 0.9 --workers 1 --save-every 2"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def start(out, extra=""):
        argv = [sys.executable, "train.py", *command(pictures / "list.csv", out, options + extra)]
        silent = subprocess.DEVNULL
        return subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=silent, stderr=silent, start_new_session=True)

    unbroken, killed = tmp_path / "unbroken", tmp_path / "killed"
    other = start(unbroken)
    rng = random.Random(0)
    for attempt in range(3):
        process = start(killed, " --resume" if attempt else "")
        _wait_for_saves(process, killed / "state.pt", 3)
        time.sleep(rng.uniform(0, 0.2))
        os.killpg(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert torch.load(killed / "state.pt")["step"] < 40  # it was cut short indeed
    assert start(killed, " --resume").wait(600) == 0
    assert other.wait(600) == 0

    assert_same(load_file(killed / "best.safetensors"), load_file(unbroken / "best.safetensors"))
    assert_same(torch.load(killed / "state.pt"), torch.load(unbroken / "state.pt"))
    logs = [[{**row, "seconds": ""} for row in table(out / "log.csv")] for out in (killed, unbroken)]
    assert logs[0] == logs[1]
    assert len(logs[0]) == 20
    predictions = [(out / "evaluation" / "prediction.csv").read_text() for out in (killed, unbroken)]
    assert predictions[0] == predictions[1]


def _wait_for_saves(process, path, count, seconds=600):
    """Returns once `path` was replaced `count` times."""
    seen, end = set(), time.monotonic() + seconds
    before = path.stat().st_mtime_ns if path.exists() else None
    while len(seen - {before}) < count:
        assert process.poll() is None, f"train.py ended by itself with {process.returncode}"
        assert time.monotonic() < end
        if path.exists():
            seen.add(path.stat().st_mtime_ns)
        time.sleep(0.002)
