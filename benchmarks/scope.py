"""How many pictures are refused or warned about? python -m benchmarks.scope --labels faces.csv [--split val]

Counts the reasons that `detector.scope` gives for the real pictures of a list, by source, with 95 % Wilson intervals,
and measures how long an assessment of a 1024×1024 portrait takes. The limits were chosen on `train`. `--others` counts
them for folders of pictures, drawings for example, each a row; those in which no face is found are left out.
"""

import argparse
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

import cv2
import numpy as np

from benchmarks.speed import portrait_1024
from detector import Analyser, PictureError, answers, scope
from detector.data import Example, read_labels
from detector.faces import Box
from detector.images import Source
from detector.localisation_metrics import wilson


def reasons_of(analyser: Analyser, source: Source, known: tuple[Box, ...] = ()) -> tuple[scope.Reason, ...]:
    """What is said of a picture; `known`: its faces, for a picture that hides them."""
    found = analyser.prepare(source)
    boxes = known if known and found.boxes == (None,) else found.boxes
    [analysis] = analyser.judge([found])
    return answers.with_look(scope.assess(found.picture, boxes), analysis.faces)


def in_folder(analyser: Analyser, folder: Path) -> list[tuple[scope.Reason, ...]]:
    """Of each picture that can be read and shows a face."""
    reasons = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            of = reasons_of(analyser, path)
        except PictureError:
            continue
        if "no_face" not in {reason.key for reason in of}:
            reasons.append(of)
    return reasons


def sample(examples: list[Example], count: int, seed: int) -> dict[str, list[Example]]:
    """Of each source at most `count` real pictures, drawn at random."""
    by_source = defaultdict(list)
    for example in examples:
        if not example.target:
            by_source[example.source or "all"].append(example)
    rng = np.random.default_rng(seed)
    return {name: [held[i] for i in rng.permutation(len(held))[:count]] for name, held in sorted(by_source.items())}


def share(hits: int, count: int) -> str:
    low, high = wilson(hits / count, count)
    return f"{hits / count:.1%} [{low:.1%}, {high:.1%}]"


def milliseconds(analyser: Analyser, times: int) -> float:
    """Median of one assessment on one core, without loading the picture, finding its faces and asking the network."""
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        found = analyser.prepare(portrait_1024(Path(folder)))
    spent = []
    for _ in range(times):
        started = time.process_time()
        scope.assess(found.picture, found.boxes)
        spent.append((time.process_time() - started) * 1e3)
    return statistics.median(spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--images", type=Path)
    parser.add_argument("--split", default="val")
    parser.add_argument("--count", type=int, default=100, help="pictures of each source at most (default: 100)")
    parser.add_argument("--others", type=Path, nargs="*", default=[], help="folders of pictures that are no photos")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    sources = sample(read_labels(args.labels, args.images, args.split), args.count, args.seed)
    if not sources:
        raise SystemExit(f"{args.labels} has no real pictures in split {args.split}")
    analyser = Analyser()
    print("| source | real pictures | refused | warned, not refused | reasons |")
    print("| --- | --- | --- | --- | --- |")
    every = []
    for name, examples in sources.items():
        found = [reasons_of(analyser, example.path) for example in examples]
        every += found
        row(name, len(examples), *counted(found))
    row("all", len(every), *counted(every))
    for folder in args.others:
        found = in_folder(analyser, folder)
        if found:
            row(folder.name, len(found), *counted(found))
    print(f"\none assessment of a 1024×1024 portrait: {milliseconds(analyser, 20):.1f} ms on one core")


def counted(found: list[tuple[scope.Reason, ...]]) -> tuple[Counter[str], Counter[str]]:
    counts = Counter(
        refused=sum(map(scope.refused, found)),
        warned=sum(bool(reasons) and not scope.refused(reasons) for reasons in found),
    )
    return counts, Counter(f"{reason.key} ({reason.kind})" for reasons in found for reason in reasons)


def row(name: str, count: int, counts: Counter[str], why: Counter[str]) -> None:
    said = ", ".join(f"{key} {number}" for key, number in why.most_common())
    print(f"| {name} | {count} | {share(counts['refused'], count)} | {share(counts['warned'], count)} | {said} |")


if __name__ == "__main__":
    main()
