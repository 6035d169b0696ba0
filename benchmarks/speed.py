"""How quick is it? python -m benchmarks.speed [--pictures DIR]

Prints the median time of the bare forward pass and of an Analysis (bare, with maps and evidence, with the checks of the
verdict) for a 1024×1024 portrait, and the rate of `scan` over a folder beside bare forward passes of the same model and
batch size.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from detector.analyse import Analyser
from detector.scan import find_jobs, run, scan

PORTRAIT = Path(__file__).parents[1] / "assets" / "example-hopper.jpg"
BATCH = 32


def median_ms(call, times: int) -> float:
    call()
    spent = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        spent.append((time.perf_counter() - started) * 1e3)
    return statistics.median(spent)


def portrait_1024(folder: Path) -> Path:
    image = Image.open(PORTRAIT).convert("RGB")
    image = image.crop((0, 44, 512, 556)).resize((1024, 1024), Image.Resampling.LANCZOS)
    path = folder / "portrait.jpg"
    image.save(path, quality=92)
    return path


def unchecked(analyser: Analyser, path: Path) -> None:
    analyser.judge([analyser.prepare(path)], "gradcam", checks=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--pictures", help="folder to scan; default: 1,000 copies of the example portrait at 352 px")
    parser.add_argument("--checkpoint")
    parser.add_argument("--device", default="auto")
    args = parser.parse_args()
    analyser = Analyser(args.checkpoint, args.device)
    identity = analyser.identity
    print(f"{identity.architecture} at {identity.size} px on {identity.device}, {torch.get_num_threads()} threads")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = portrait_1024(folder)
        inputs = analyser.prepare(path).inputs
        print(f"bare forward pass, one crop      {median_ms(lambda: analyser.classifier.run(inputs), 50):8.1f} ms")
        print(f"Analysis, no heatmap             {median_ms(lambda: analyser.analyse(path, None), 50):8.1f} ms")
        print(f"  with maps, regions, cues       {median_ms(lambda: unchecked(analyser, path), 50):8.1f} ms")
        print(f"  with scope and checks too      {median_ms(lambda: analyser.analyse(path), 50):8.1f} ms")
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
