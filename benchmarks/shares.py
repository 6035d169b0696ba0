"""Where a scan's processor time goes: python -m benchmarks.shares [--side 352] [--times 30]

Processor seconds of one thread, which a busy machine distorts far less than the clock on the wall, for one portrait:
fetching its bytes from disk, decoding with face search and crop, and the network, in batches of 8.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.common_way import cascade
from benchmarks.speed import portrait_1024
from detector import faces
from detector.analyse import Analyser
from detector.images import load

BATCH = 8


def processor_ms(call, times: int) -> float:
    call()
    spent = []
    for _ in range(times):
        started = time.process_time()
        call()
        spent.append((time.process_time() - started) * 1e3)
    return statistics.median(spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--side", type=int, default=352, help="of the portrait, px")
    parser.add_argument("--times", type=int, default=30)
    args = parser.parse_args()
    torch.set_num_threads(1)
    analyser, common = Analyser(device="cpu"), cascade()
    with tempfile.TemporaryDirectory() as folder:
        path = portrait_1024(Path(folder))
        Image.open(path).resize((args.side, args.side)).save(path, quality=87)
        data = path.read_bytes()
        pixels, inputs = load(data).pixels, analyser.prepare(data).inputs
        batch = np.repeat(inputs, BATCH, axis=0)
        calls = {
            "read": lambda: path.read_bytes(),
            "decode": lambda: load(data),
            "face search": lambda: faces.find(pixels),
            "network": lambda: analyser.classifier.run(batch),
            "Analysis with maps": lambda: analyser.judge([analyser.prepare(path)], "gradcam", False, False),
            "Analysis with evidence": lambda: analyser.judge([analyser.prepare(path)], "gradcam", checks=False),
            "the common way": lambda: common(path),
        }
        print(f"{args.side} px, {len(data) / 1e3:.0f} kB, one thread, processor ms a picture")
        for name, call in calls.items():
            print(f"{name:<24}{processor_ms(call, args.times) / (BATCH if name == 'network' else 1):8.2f}")


if __name__ == "__main__":
    main()
