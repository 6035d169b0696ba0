"""How quick is it on a GPU? python -m benchmarks.gpu [--pictures DIR]

Prints what share of the chip's peak judging reaches: the rate of a large matrix product in half precision, then the
network's forward passes in full precision, in half (as in use), and compiled, for batches of several sizes; then
Analyses with maps, and `scan` over a folder, from file to answer.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.speed import PORTRAIT, copies
from detector import heap, model, quick
from detector.analyse import Analyser
from detector.classifier import Classifier
from detector.scan import find_jobs, scan
from detector.stream import run

BATCHES = (1, 8, 32, 128, 512)
SIDE = 8192  # of the matrices


def milliseconds(call: Callable[[], object], least: float = 0.5) -> float:
    """Median of as many calls as `least` seconds hold, five at least, after three more; the device is waited for."""
    for _ in range(3):
        call()
    torch.cuda.synchronize()
    spent: list[float] = []
    while len(spent) < 5 or sum(spent) < least * 1e3:
        started = time.perf_counter()
        call()
        torch.cuda.synchronize()
        spent.append((time.perf_counter() - started) * 1e3)
    return statistics.median(spent)


def peak() -> float:
    """Floating-point operations a second of a matrix product in half precision, on random numbers."""
    a, b = (torch.randn(SIDE, SIDE, device="cuda", dtype=torch.float16) for _ in range(2))
    return 2 * SIDE**3 / (milliseconds(lambda: a @ b) / 1e3)


def operations(network: nn.Module, size: int) -> int:
    """Of one picture's features, convolutions alone."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.features(torch.zeros(1, 3, size, size, device="cuda"))
    return counter.get_total_flops()


def forward_passes(classifier: Classifier, path: str | None, compile_too: bool) -> None:
    """Features alone, of pictures that are on the device already; then `Classifier.run`, which moves them there."""
    network, header = model.read(path or model.EMBEDDED)
    network, size = network.to("cuda", memory_format=torch.channels_last), header.preprocessing.size
    best, count = peak(), operations(network, size)
    print(f"matrix product of {SIDE}, half precision: {best / 1e12:.0f} Tflop/s; a picture: {count / 1e9:.2f} Gflop")
    features = quick.folded(network, size)
    ways = {"fp32": features, "fp16": _half(features)}
    if compile_too:
        ways["compiled"] = _half(torch.compile(features, dynamic=True))
    print("pictures/s, and of features the share of the peak")
    print(f"{'batch':>6}" + "".join(f"{name:>18}" for name in (*ways, "run")))
    for batch in BATCHES:
        x = torch.randn(batch, 3, size, size, device="cuda").to(memory_format=torch.channels_last)
        pixels = np.random.default_rng(0).integers(0, 256, (batch, size, size, 3), dtype=np.uint8)
        with torch.no_grad():
            rates = [batch / milliseconds(partial(way, x)) * 1e3 for way in ways.values()]
        line = "".join(f"{rate:10.0f} {rate * count / best:7.2%}" for rate in rates)
        print(f"{batch:>6}{line}{batch / milliseconds(partial(classifier.run, pixels)) * 1e3:10.0f}")


def _half(features: quick.Extractor) -> quick.Extractor:
    return torch.autocast("cuda", torch.float16)(features)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--pictures", help="folder to scan; default: 1,000 copies of the example portrait at 352 px")
    parser.add_argument("--checkpoint")
    parser.add_argument("--compile", action="store_true", help="torch.compile too; it takes minutes")
    args = parser.parse_args()
    heap.keep_freed()
    analyser = Analyser(args.checkpoint, "cuda")
    print(f"{torch.cuda.get_device_name()}, {os.cpu_count()} CPU cores, PyTorch {torch.__version__}")
    forward_passes(analyser.classifier, args.checkpoint, args.compile)
    bare, maps = (
        milliseconds(lambda method=method: analyser.analyse(PORTRAIT, method)) for method in (None, "gradcam")
    )
    print(f"Analysis of one portrait: {bare:.1f} ms; with maps, evidence and checks: {maps:.1f} ms")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures = Path(args.pictures) if args.pictures else copies(folder / "many")
        jobs, _ = find_jobs([pictures])
        list(run(analyser, jobs[:64]))  # loads the cascades, and chooses kernels
        for batch in (32, 128):
            started = time.perf_counter()
            scan(analyser, [pictures], folder / f"{batch}.csv", batch_size=batch, progress=False)
            rate = len(jobs) / (time.perf_counter() - started)
            print(f"scan of {len(jobs)} pictures, batch {batch}: {rate:.0f} pictures/s")


if __name__ == "__main__":
    main()
