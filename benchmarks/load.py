"""Many people at once: python -m benchmarks.load [--clients 1 4 16 64]

Starts demo.py and lets clients, each with a session of its own, send pictures to /inspect: the next one as soon as the
answer to the last is there, or after a --pause, as people do who look at an answer. Every answer is compared with the
one that the same page gave when it was asked alone; only the times in it may differ. Then one rush, more requests at
one moment than may wait: what is not taken must be told so. Prints waiting times, rate, errors and the server's memory
(Linux only: it reads /proc).
"""

import argparse
import json
import random
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from gradio_client import Client, handle_file
from PIL import Image

from benchmarks.page import connect, peak_mib, serving

ROOT = Path(__file__).parents[1]
HEADER = "clients  answers  wrong  other    p50 s    p95 s    p99 s  p95/alone  answers/s  memory MiB"
PATIENCE = 900  # seconds until an answer counts as lost; a browser would wait for ever


@dataclass
class Tally:
    """What became of the requests: seconds of those that were answered, and how many ended otherwise."""

    seconds: list[float] = field(default_factory=list)
    ended: Counter = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, seconds: float, end: str) -> None:
        with self.lock:
            self.ended[end] += 1
            if end in ("right", "wrong"):
                self.seconds.append(seconds)


def varied(folder: Path, count: int) -> list[Path]:
    """Portraits of different sizes and qualities, made of the examples."""
    examples = sorted((ROOT / "assets").glob("example-*.jpg"))
    rng = random.Random(0)
    paths = []
    for number in range(count):
        path = folder / f"{number:04}.jpg"
        with Image.open(examples[number % len(examples)]) as image:
            factor = rng.uniform(0.7, 1.3)
            size = [round(side * factor) for side in image.size]
            image.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(path, quality=rng.randint(75, 95))
        paths.append(path)
    return paths


def ask(client: Client, path: Path) -> dict[str, Any]:
    """An Analysis, less the times it took."""
    answer = client.submit(handle_file(str(path)), "gradcam", api_name="/inspect").result(timeout=PATIENCE)
    if not isinstance(answer, dict):
        raise ValueError(f"no analysis: {str(answer)[:80]}")
    return {key: value for key, value in answer.items() if key != "timings"}


def send(client: Client, path: Path, alone: str, tally: Tally) -> None:
    began = time.perf_counter()
    try:
        end = "right" if json.dumps(ask(client, path)) == alone else "wrong"
    except TimeoutError:
        end = "lost"
    except Exception as error:  # whatever the client raises: it is counted by its words
        end = str(error)[:100] or type(error).__name__
    tally.add(time.perf_counter() - began, end)


def crowd(clients: list[Client], alone: dict[Path, str], each: int, pause: float) -> tuple[Tally, float]:
    """Lets every client send `each` pictures; also gives the seconds that it took."""
    tally = Tally()

    def visit(number: int) -> None:
        rng = random.Random(number)
        for _ in range(each):
            time.sleep(rng.expovariate(1 / pause) if pause else 0)  # before the first too: people come one by one
            path = rng.choice(list(alone))
            send(clients[number], path, alone[path], tally)

    return tally, together([threading.Thread(target=visit, args=(number,)) for number in range(len(clients))])


def rush(clients: list[Client], alone: dict[Path, str], count: int) -> Tally:
    """`count` requests at one moment, from all the clients: one alone sends no more than 40 at a time."""
    tally, paths = Tally(), list(alone)
    requests = [(clients[number % len(clients)], paths[number % len(paths)]) for number in range(count)]
    together([threading.Thread(target=send, args=(who, path, alone[path], tally)) for who, path in requests])
    return tally


def together(threads: list[threading.Thread]) -> float:
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def by_itself(client: Client, paths: list[Path]) -> tuple[dict[Path, str], list[float]]:
    """Each picture's answer when nobody else asks, and the seconds it took."""
    ask(client, paths[0])
    alone, seconds = {}, []
    for path in paths:
        began = time.perf_counter()
        alone[path] = json.dumps(ask(client, path))
        seconds.append(time.perf_counter() - began)
    return alone, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16, 64])
    parser.add_argument("--each", type=int, default=8, help="pictures that every client sends (default: 8)")
    parser.add_argument("--pause", type=float, default=0, help="mean seconds before each of a client's (default: 0)")
    parser.add_argument("--rush", type=int, default=100, help="requests at one moment; 0: none (default: 100)")
    parser.add_argument("--pictures", type=int, default=16, help="different pictures (default: 16)")
    parser.add_argument("--checkpoint")
    parser.add_argument("--port", type=int, default=7972)
    args = parser.parse_args()
    options = ("--checkpoint", args.checkpoint) if args.checkpoint else ()
    with serving(args.port, *options) as server, tempfile.TemporaryDirectory() as folder:
        clients = [connect(args.port, PATIENCE)]
        alone, seconds = by_itself(clients[0], varied(Path(folder), args.pictures))
        base = float(np.percentile(seconds, 50))
        print(f"alone, p50 of {len(seconds)} pictures: {base:.2f} s; memory {peak_mib(server.pid, 'VmRSS'):.0f} MiB")
        print(HEADER, flush=True)
        for count in args.clients:
            clients += [connect(args.port, PATIENCE) for _ in range(count - len(clients))]
            tally, took = crowd(clients[:count], alone, args.each, args.pause)
            report(count, tally, took, base, peak_mib(server.pid, "VmRSS"))
        if args.rush:
            clients += [connect(args.port, PATIENCE) for _ in range(args.rush // 20 - len(clients))]
            tally = rush(clients, alone, args.rush)
            print(f"a rush of {args.rush}: " + "; ".join(f"{n} × {end}" for end, n in tally.ended.most_common()))


def report(count: int, tally: Tally, took: float, base: float, memory: float) -> None:
    answered = len(tally.seconds)
    p50, p95, p99 = np.percentile(tally.seconds, [50, 95, 99]) if answered else [float("nan")] * 3
    other = tally.ended.total() - answered
    print(
        f"{count:7} {answered:8} {tally.ended['wrong']:6} {other:6} {p50:8.2f} {p95:8.2f} {p99:8.2f} {p95 / base:10.1f}"
        f" {answered / took:10.2f} {memory:11.0f}",
        flush=True,
    )
    for end, number in tally.ended.items():
        if end not in ("right", "wrong"):
            print(f"        {number} × {end}")


if __name__ == "__main__":
    main()
