"""How quick is it? python -m benchmarks.speed [--pictures DIR]

Prints, for a portrait of 1024 and one of 352 px, the median time of the bare forward pass, of an Analysis (bare, with
maps, with evidence, with the checks of the verdict) and its stages, and of the common way in the forms that
benchmarks.common_way has, each in a process of its own, in the same rounds; then a cold start, and the rate of `scan`
over a folder beside bare forward passes of the same model and batch size.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.common_way import Apart, available
from detector import explain, heap
from detector.analyse import Analyser
from detector.artifacts import FAKE
from detector.scan import find_jobs, scan
from detector.stream import run

PORTRAIT = Path(__file__).parents[1] / "assets" / "example-hopper.jpg"
BATCH = 32
REST = 0.05  # seconds before each call, in which the threads of the one before come to rest


def portrait_1024(folder: Path) -> Path:
    image = Image.open(PORTRAIT).convert("RGB")
    image = image.crop((0, 44, 512, 556)).resize((1024, 1024), Image.Resampling.LANCZOS)
    path = folder / "portrait.jpg"
    image.save(path, quality=92)
    return path


def in_turn(calls: dict[str, Callable[[], object]], times: int) -> dict[str, float]:
    """Median milliseconds of each call, all of them in every round, so that a slow minute hits all alike."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(times + 1):  # the first is a warm-up
        for name, call in calls.items():
            time.sleep(REST)
            started = time.perf_counter()
            call()
            if turn:
                spent[name].append((time.perf_counter() - started) * 1e3)
    return {name: statistics.median(values) for name, values in spent.items()}


def compare(analyser: Analyser, path: Path, times: int) -> None:
    """One picture: forward pass, Analysis by stage, and the common way, with what each draws."""
    inputs = analyser.prepare(path).inputs
    common, stages = {f"the common way, {way}": Apart(way) for way in available()}, []

    def analysed(drawn: bool, **which: bool) -> None:
        found = analyser.prepare(path)
        [analysis] = analyser.judge([found], "gradcam", **which)
        for label in (FAKE, *analysis.artifacts) if drawn else ():
            explain.overlay(found.picture.pixels, analysis.heatmap(label))
        if all(which.values()):
            stages.append(analysis.timings)

    count = len(analyser.labels)
    maps, drawn = f"  with {count} maps", f"  with {count} maps, each drawn"
    evidence, checks = "  with evidence (regions, cues) too", "  with scope and checks too"
    calls = {
        "bare forward pass, one crop": lambda: analyser.classifier.run(inputs),
        "Analysis, no heatmap": lambda: analyser.analyse(path, None),
        maps: lambda: analysed(False, evidence=False, checks=False),
        drawn: lambda: analysed(True, evidence=False, checks=False),
        evidence: lambda: analysed(False, evidence=True, checks=False),
        checks: lambda: analysed(False, evidence=True, checks=True),
        **{name: partial(way, path) for name, way in common.items()},
    }
    found = in_turn(calls, times)
    for way in common.values():
        way.close()
    for name, value in found.items():
        print(f"{name:<38}{value:8.1f} ms")
    print("its stages: " + ", ".join(f"{name} {statistics.median(s[name] for s in stages):.1f}" for name in stages[0]))
    for name in (maps, drawn, evidence, checks):
        ratios = ", ".join(f"{found[way] / found[name]:.2f} × ({way.split(', ')[1]})" for way in common)
        print(f"the common way takes the time of the Analysis{name[1:]}: {ratios}")


def cold_start(path: Path, checkpoint: str | None, times: int = 3) -> None:
    """A fresh process up to its first Analysis, page apart."""
    code = f"from detector import Analyser; Analyser({checkpoint!r}).analyse({str(path)!r}, None)"
    spent = [_seconds([sys.executable, "-c", code]) for _ in range(times)]
    print(f"{'cold start to the first answer':<38}{statistics.median(spent):8.1f} s")


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, cwd=Path(__file__).parents[1])
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--pictures", help="folder to scan; default: 1,000 copies of the example portrait at 352 px")
    parser.add_argument("--checkpoint")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--times", type=int, default=50, help="rounds of the comparison")
    args = parser.parse_args()
    heap.keep_freed()  # as page and command line do
    analyser = Analyser(args.checkpoint, args.device)
    identity = analyser.identity
    print(f"{identity.architecture} at {identity.size} px on {identity.device}, {torch.get_num_threads()} threads")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = portrait_1024(folder)
        small = folder / "small.jpg"
        Image.open(path).resize((352, 352)).save(small, quality=87)
        for portrait, side in ((path, 1024), (small, 352)):
            print(f"--- a portrait of {side} px")
            compare(analyser, portrait, args.times)
        print("--- many")
        cold_start(path, args.checkpoint)
        inputs = analyser.prepare(path).inputs
        pictures = Path(args.pictures) if args.pictures else copies(folder / "many")
        jobs, _ = find_jobs([pictures])
        batch = np.repeat(inputs, BATCH, axis=0)
        rounds = max(1, len(jobs) // BATCH)
        analyser.classifier.run(batch)
        next(run(analyser, jobs[:1]))  # the first picture pays for loading the cascades
        started = time.perf_counter()
        for _ in range(rounds // 2):  # half before the scan and half after, so that a slow minute hits both
            analyser.classifier.run(batch)
        bare = time.perf_counter() - started
        started = time.perf_counter()
        scan(analyser, [pictures], folder / "prediction.csv", batch_size=BATCH, progress=False)
        scan_rate = len(jobs) / (time.perf_counter() - started)
        started = time.perf_counter()
        for _ in range(rounds - rounds // 2):
            analyser.classifier.run(batch)
        bare_rate = rounds * BATCH / (bare + time.perf_counter() - started)
    print(f"bare forward passes, batch {BATCH}    {bare_rate:8.1f} pictures/s")
    print(f"scan of {len(jobs)} pictures           {scan_rate:8.1f} pictures/s: {bare_rate / scan_rate:.2f} × the time")


def copies(folder: Path) -> Path:
    folder.mkdir()
    image = Image.open(PORTRAIT).convert("RGB").crop((0, 44, 512, 556)).resize((352, 352))
    for i in range(1000):
        image.save(folder / f"{i:04}.jpg", quality=87)
    return folder


if __name__ == "__main__":
    main()
