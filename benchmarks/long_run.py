"""Does the page leak? python -m benchmarks.long_run [--pictures 5000] [--out long-run.png]

Starts demo.py and lets two clients send picture after picture to /inspect, each a file that the page has not seen
before. Every 100 pictures it notes the server's memory, threads and open handles, and the files in the folder of
uploads, which are kept for --keep minutes. Prints a table, what grew, and draws the memory. Linux only: it reads /proc.
"""

import argparse
import io
import os
import random
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from itertools import islice
from pathlib import Path
from statistics import median

from gradio_client import Client
from PIL import Image

from benchmarks.load import ask
from benchmarks.page import connect, peak_mib, serving

ROOT = Path(__file__).parents[1]
WARM_UP = 0.1  # share of the pictures before which nothing is compared
BOUND = 0.05  # by which the memory may move after that
RUNNING = 5  # samples whose median counts: memory goes back every ten seconds, so each of them falls somewhere


@dataclass(frozen=True)
class Sample:
    pictures: int
    seconds: float
    memory: float  # MiB
    threads: int
    handles: int
    files: int
    megabytes: float


def sample(pid: int, uploads: Path, pictures: int, seconds: float) -> Sample:
    files = [path for path in uploads.rglob("*") if path.is_file()]
    threads, handles = (len(os.listdir(f"/proc/{pid}/{kind}")) for kind in ("task", "fd"))
    size = sum(path.stat().st_size for path in files) / 1e6
    return Sample(pictures, seconds, peak_mib(pid, "VmRSS"), threads, handles, len(files), size)


def pictures(folder: Path, count: int):
    """Paths of portraits that differ in size and bytes."""
    rng = random.Random(0)
    examples = []
    for path in sorted((ROOT / "assets").glob("example-*.jpg")):
        with Image.open(path) as image:
            examples.append(image.convert("RGB"))
    for number in range(count):
        image = rng.choice(examples)
        factor, file = rng.uniform(0.5, 1.5), io.BytesIO()
        image.resize([round(side * factor) for side in image.size]).save(file, "JPEG", quality=rng.randint(60, 95))
        path = folder / f"{number}.jpg"
        path.write_bytes(file.getvalue() + b"%d" % number)  # never twice the same bytes
        yield path


def run(clients: list[Client], pid: int, uploads: Path, count: int, every: int) -> list[Sample]:
    began, samples = time.monotonic(), []
    print("pictures  seconds  memory MiB  threads  handles  files    MB", flush=True)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(len(clients)) as pool:
        shown, done = pictures(Path(folder), count), 0
        while paths := list(islice(shown, len(clients))):  # a round: one picture for each client
            list(pool.map(ask, clients, paths))
            for path in paths:
                path.unlink()
            before, done = done, done + len(paths)
            if done // every > before // every:
                samples.append(sample(pid, uploads, done, time.monotonic() - began))
                print("{:8} {:8.0f} {:11.0f} {:8} {:8} {:6} {:5.0f}".format(*astuple(samples[-1])), flush=True)
    return samples


def verdict(samples: list[Sample]) -> str:
    """What moved between the end of the warm-up and the end."""
    warm = [one for one in samples if one.pictures > WARM_UP * samples[-1].pictures]
    memory = [one.memory for one in warm]
    first, last = warm[0], warm[-1]
    medians = [median(memory[i : i + RUNNING]) for i in range(max(1, len(memory) - RUNNING + 1))]
    moved = max(abs(value / medians[0] - 1) for value in medians)
    flat = "flat" if moved <= BOUND else "NOT flat"
    return (
        f"after {first.pictures} pictures: memory {min(memory):.0f} to {max(memory):.0f} MiB, medians of {RUNNING} "
        f"samples within {moved:.1%} ({flat}), threads {first.threads} → {last.threads}, "
        f"handles {first.handles} → {last.handles}, at most {max(one.files for one in warm)} files"
    )


def draw(samples: list[Sample], path: str) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.plot([one.pictures for one in samples], [one.memory for one in samples])
    axes.set(xlabel="pictures", ylabel="memory, MiB", ylim=(0, None), title="Memory of the page's process")
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--pictures", type=int, default=5000)
    parser.add_argument("--clients", type=int, default=2, help="who ask at once (default: 2)")
    parser.add_argument("--every", type=int, default=100)
    parser.add_argument("--keep", type=int, default=60, help="minutes, as for demo.py (default: 60)")
    parser.add_argument("--out", help="PNG of the memory")
    parser.add_argument("--checkpoint")
    parser.add_argument("--port", type=int, default=7973)
    args = parser.parse_args()
    if args.pictures < args.every:
        parser.error("--pictures must be --every or more")
    options = ["--keep", str(args.keep), *(("--checkpoint", args.checkpoint) if args.checkpoint else ())]
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(args.port, *options, GRADIO_TEMP_DIR=folder) as server,
    ):
        clients = [connect(args.port) for _ in range(args.clients)]
        samples = run(clients, server.pid, Path(folder), args.pictures, args.every)
    print(verdict(samples))
    if args.out:
        draw(samples, args.out)


if __name__ == "__main__":
    main()
