"""Does hostile input end in one clear sentence? python -m benchmarks.fuzz [--inputs 5000] [--seed 0]

Feeds damaged pictures, archives, checkpoints, analysis.json files and label lists, and the corpus tests/hostile.py, to
a process of its own. Counts what became of them; prints the slowest and the one that took most memory. What ends
neither in what was asked for nor in a clear error is a fault: its bytes are kept for `--replay`, the exit code is 1.
Linux only: the memory is read from /proc.
"""

import argparse
import hashlib
import json
import random
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import asdict
from pathlib import Path

import torch
from hypothesis import HealthCheck, Phase, given, seed, settings

from benchmarks import fuzz_inputs
from benchmarks.fuzz_worker import TARGETS, Outcome, Worker
from detector import provenance
from detector.analyse import Analyser
from detector.model import Architecture, Header, Network, default_preprocessing, save

SHARES = {"picture": 0.68, "archive": 0.1, "checkpoint": 0.08, "analysis": 0.07, "labels": 0.07}
NO_CHECKS = tuple(HealthCheck)


def sound_files() -> dict[str, dict[str, bytes]]:
    """Target → name → a file that is read without complaint."""
    with tempfile.TemporaryDirectory() as name, torch.random.fork_rng():
        torch.manual_seed(0)
        path, architecture, labels = (
            Path(name) / "sound.safetensors",
            Architecture("test_resnet"),
            ("fake", "face_edge"),
        )
        network = Network(architecture, labels)
        save(path, network, Header(architecture, default_preprocessing(network, 64), labels))
        found = fuzz_inputs.encoded("PNG", fuzz_inputs.scene(128, 128))
        analyser = Analyser(path, "cpu")
        prepared = analyser.prepare(found)
        made = analyser.judge([prepared], "gradcam")[0]
        facts = provenance.facts(analyser.classifier, analyser.limits, prepared.picture, "gradcam")
        sealed = provenance.sealed(made.to_dict() | {"reproduce": asdict(facts)})
        weights = path.read_bytes()
    return {
        "picture": fuzz_inputs.pictures(),
        "archive": fuzz_inputs.archives(),
        "checkpoint": {"checkpoint": weights},
        "analysis": {"analysis.json": json.dumps(sealed, indent=2).encode()},
        "labels": fuzz_inputs.LISTS,
    }


class Tally:
    """What became of the inputs, by format; and the faults, kept in `folder`."""

    def __init__(self, folder: Path):
        self.folder, self.kinds, self.faults = folder, defaultdict(Counter), 0
        self.slowest, self.largest = ("", Outcome("read", "")), ("", Outcome("read", ""))

    def add(self, target: str, name: str, data: bytes, outcome: Outcome) -> None:
        self.kinds[name.split()[0] if target != "corpus" else "corpus"][outcome.kind] += 1
        self.slowest = max(self.slowest, (name, outcome), key=lambda one: one[1].seconds)
        self.largest = max(self.largest, (name, outcome), key=lambda one: one[1].megabytes)
        if outcome.fault:
            self.faults += 1
            self.folder.mkdir(parents=True, exist_ok=True)
            kind = name.split(":")[0] if target == "corpus" else target
            path = self.folder / f"{kind}-{hashlib.sha256(data).hexdigest()[:12]}"
            path.write_bytes(data)
            print(f"FAULT {outcome.kind}: {name}: {outcome.said}\n  python -m benchmarks.fuzz --replay {path}")

    def report(self) -> None:
        print("| format | inputs | read | refused | faults |\n| --- | --- | --- | --- | --- |")
        total: Counter[str] = Counter()
        for name, kinds in (*sorted(self.kinds.items()), ("all", total)):
            known = kinds["read"], kinds["refused"]
            print(f"| {name} | {kinds.total()} | {known[0]} | {known[1]} | {kinds.total() - sum(known)} |")
            total += kinds
        (slow, one), (large, other) = self.slowest, self.largest
        print(f"\nslowest: {one.seconds:.2f} s of processor time ({slow}: {one.said or 'read'})")
        print(f"most memory: {other.megabytes} MB ({large}: {other.said or 'read'})")


def feed(worker: Worker, tally: Tally, target: str, files: dict[str, bytes], count: int, start: int) -> None:
    """`count` inputs drawn by Hypothesis; a fault is counted, and does not end the run."""

    @seed(start)
    @settings(
        max_examples=count, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=NO_CHECKS
    )
    @given(fuzz_inputs.damaged(files))
    def one(made: tuple[str, bytes]) -> None:
        name, data = made
        tally.add(target, name, data, worker.read(target, data))

    one()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--inputs", type=int, default=5000, help="damaged files beside the corpus (default: 5000)")
    parser.add_argument("--seed", type=int, default=0, help="-1: another one each time (default: 0)")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-faults"), help="folder for the inputs of faults")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="feed one kept input again")
    args = parser.parse_args()
    worker, tally = Worker(), Tally(args.keep)
    if args.replay:
        outcome = worker.read(args.replay.name.split("-")[0], args.replay.read_bytes())
        print(outcome)
        worker.close()
        return outcome.fault
    start = args.seed if args.seed >= 0 else random.randrange(2**32)
    began, files = time.monotonic(), sound_files()
    print(f"seed {start}")
    for target, name, data in fuzz_inputs.hostile():
        tally.add("corpus", f"{target}: {name}", data, worker.read(target, data))
    for target in TARGETS:
        feed(worker, tally, target, files[target], round(SHARES[target] * args.inputs), start)
    worker.close()
    tally.report()
    print(f"{tally.faults} faults, {time.monotonic() - began:.0f} s")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
