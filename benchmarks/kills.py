"""Does a kill lose anything? python -m benchmarks.kills [--kills 50] [--only log scan training]

Ends the work by SIGKILL at random moments and starts it again, until it was killed so often. After every kill: what had
been acknowledged is there, nothing is half-written, the log's chain holds. At the end scan and training must have
given, to the bit, what they give undisturbed, a scan's timings apart. The first thing that is not so ends the run with
an AssertionError. Needs a system that forks.
"""

import argparse
import csv
import json
import multiprocessing
import os
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

import train
from detector.analyse import Analyser
from detector.review_log import Phase
from detector.reviews import Reviews
from detector.scan import scan

PORTRAIT = Path(__file__).parents[1] / "assets" / "example-hopper.jpg"
FORK = multiprocessing.get_context("fork")  # a life then starts at once, with everything imported
LEARN = (
    "--model test_resnet --full-size 64 --size 48 --batch-size 8 --workers 0 --device cpu "
    "--epochs 4 --epoch-size 64 --lr 3e-3 --head-lr 3e-3 --ema 0.9 --forged 0.3 --save-every 2"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--kills", type=int, default=50, help="of each kind (default: 50)")
    parser.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)  # a fork does not take OpenMP's threads along
    for kind in args.only:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            found = KINDS[kind](Path(folder), args.kills, random.Random(args.seed))
        print(f"{kind:8} {found}; {time.monotonic() - began:.0f} s", flush=True)


def live(work: Callable[[], object], seconds: float) -> bool:
    """Runs `work` in a process of its own and kills that after `seconds`; False: it was done before."""
    process = FORK.Process(target=_silently, args=(work,))
    process.start()
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        process.join()
    assert process.exitcode in (0, -9), f"it ended by itself, with {process.exitcode}"
    return process.exitcode == -9


def _silently(work: Callable[[], object]) -> None:
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        work()


def undisturbed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes when nobody kills it."""
    began = time.monotonic()
    assert not live(work, 3600)
    return time.monotonic() - began


# --- review log ------------------------------------------------------------------------------------------------------


def review_log(folder: Path, kills: int, rng: random.Random) -> str:
    store = Reviews(folder / "reviews.db", reviewers=10**9, lease=0)
    store.add(PORTRAIT.read_bytes(), PORTRAIT.name)
    last = 0
    for number in range(kills):
        read, write = os.pipe()
        live(lambda number=number, write=write: _decide(store, number, write), rng.uniform(0.05, 0.5))
        os.close(write)
        with open(read, "rb") as acknowledged:
            last = int((acknowledged.read() or b"%08d" % last)[-8:])
        found = store.verify()
        assert found.holds and found.count >= last, (found, last)
    assert last, "no decision was acknowledged; the lives were too short"
    return f"{kills} kills, {last} decisions acknowledged, {found.count} in the log, its chain holds"


def _decide(store: Reviews, life: int, acknowledged: int) -> None:
    number = 0
    while True:
        held, number = store.claim(f"reviewer {life}.{number}"), number + 1
        for phase, decision in ((Phase.BLIND, "authentic"), (Phase.FINAL, "manipulated")):
            os.write(acknowledged, b"%08d" % store.decide(held.token, phase, decision).id)


# --- scan ------------------------------------------------------------------------------------------------------------


def scanned(folder: Path, kills: int, rng: random.Random) -> str:
    pictures = folder / "pictures"
    pictures.mkdir()
    with Image.open(PORTRAIT) as image:
        for number in range(48):
            size = 96 + number, 96 + number
            image.convert("RGB").resize(size).rotate(number).save(
                pictures / f"{number:02}.jpg", quality=60 + number % 40
            )
    analyser = Analyser(device="cpu")

    def work(out: Path) -> Callable[[], object]:
        details = out.with_suffix(".jsonl")
        return lambda: scan(analyser, [pictures], out, details, out.exists(), batch_size=4, progress=False)

    whole = folder / "whole.csv"
    span = undisturbed(work(whole))
    done, rounds = 0, 0
    while done < kills:
        rounds += 1
        out, kept = folder / f"{rounds}.csv", set()
        while live(work(out), rng.uniform(0, span / 2)):
            done += 1
            now = _rows(out)
            assert kept <= now <= _rows(whole), "rows were lost, or are not those of the undisturbed scan"
            kept = now
        assert out.read_text() == whole.read_text()
        for found, wanted in zip(_details(out), _details(whole), strict=True):
            assert found == wanted, f"not as in the undisturbed scan: {found}, which was {wanted}"
    return f"{done} kills; {rounds} scans of 48 pictures ended with the undisturbed table, byte for byte, and details"


def _rows(out: Path) -> set[str]:
    """Whole lines: a scan that goes on drops what stands behind the last line break."""
    return set(out.read_text().split("\n")[:-1]) if out.exists() else set()


def _details(out: Path) -> list[dict]:
    lines = [json.loads(line) for line in out.with_suffix(".jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "timings"} for line in lines]


# --- training --------------------------------------------------------------------------------------------------------


def trained(folder: Path, kills: int, rng: random.Random) -> str:
    labels = _lesson(folder / "lesson")

    def work(out: Path) -> Callable[[], object]:
        argv = [f"--labels={labels}", f"--out={out}", *LEARN.split()]
        return lambda: _succeed(argv + ["--resume"] * (out / "state.pt").exists())

    whole = folder / "whole"
    span = undisturbed(work(whole))
    done, rounds = 0, 0
    while done < kills:
        rounds += 1
        out, step = folder / str(rounds), 0
        while live(work(out), rng.uniform(0.2, 0.7) * span):
            done += 1
            if (out / "state.pt").exists():
                state = torch.load(out / "state.pt", weights_only=True)
                assert state["step"] >= step, "training went back"
                step = state["step"]
        found, wanted = _outcome(out), _outcome(whole)
        differing = [name for name in wanted.keys() | found.keys() if found.get(name) != wanted.get(name)]
        assert not differing, f"after {done} kills these are not those of the undisturbed training: {differing}"
    return f"{done} kills; {rounds} trainings of {step} steps ended as the undisturbed one, bit for bit"


def _succeed(argv: list[str]) -> None:
    if code := train.main(argv):
        raise SystemExit(code)


def _lesson(folder: Path) -> Path:
    """24 pictures of noise; every other one carries a checkerboard and is fake."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    lines = ["img_name,target,split"]
    for i in range(24):
        pixels = rng.uniform(60, 190, (64, 64, 3))
        if i % 2:
            pixels += np.where(np.add.outer(np.arange(64) // 4, np.arange(64) // 4) % 2, 30, -30)[..., None]
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{i:02}.png")
        lines.append(f"{i:02}.png,{i % 2},{'train' if i < 16 else 'val'}")
    (folder / "list.csv").write_text("\n".join(lines) + "\n")
    return folder / "list.csv"


def _outcome(out: Path) -> dict[str, object]:
    """All that a training leaves, less the time it took and its own folder's name."""
    state = torch.load(out / "state.pt", weights_only=True)
    found = {name: _plain(state[name]) for name in ("step", "best", "stale", "network", "optimizer", "average")}
    with (out / "log.csv").open(newline="") as file:
        found["log.csv"] = [{**row, "seconds": ""} for row in csv.DictReader(file)]
    found["best.safetensors"] = _plain(load_file(out / "best.safetensors"))
    found["prediction.csv"] = (out / "evaluation" / "prediction.csv").read_text()
    return found


def _plain(value: object) -> object:
    """Tensors as their bytes, all the way down."""
    if isinstance(value, dict):
        return {key: _plain(inside) for key, inside in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inside) for inside in value]
    return value.numpy().tobytes() if isinstance(value, torch.Tensor) else value


KINDS = {"log": review_log, "scan": scanned, "training": trained}

if __name__ == "__main__":
    main()
