"""What does calibration on a few pictures of one's own bring? python -m benchmarks.own_source --labels faces.csv

The pictures of a split are judged once. Some of them, half of each class, are drawn at random, the detector is
calibrated on those as `python -m detector calibrate` does it, and judged on all others: how far its probability is off,
and how its three answers fare, before other deliveries are checked.
"""

import argparse
import copy
from collections.abc import Sequence

import numpy as np
import torch

from detector import metrics, verdict
from detector.analyse import Analyser
from detector.artifacts import FAKE
from detector.calibrate import deaf, fitted, highest
from detector.data import read_labels
from detector.evaluate import logits
from detector.model import Header, Network

COLUMNS = ("AUC", "off by", "off by, even classes", "false alarms", "misses", "left open")


def of_fake(network: Network, header: Header, seen: Sequence[np.ndarray], shift: np.ndarray) -> np.ndarray:
    """Logits (n,) of pictures; `seen`: of each its faces' (faces, labels), from a deaf network; `shift`: added."""
    faces = [torch.from_numpy(of + shift).float() for of in seen]
    heard = [network.probe.heard(of) if network.probe else of for of in faces]
    return highest([of.numpy() for of in heard])[:, header.labels.index(FAKE)]


def figures(header: Header, target: np.ndarray, values: np.ndarray) -> list[float]:
    """COLUMNS, 0…1, of pictures with targets (n,) and logits (n,)."""
    score = header.calibration.probability(values)
    on = verdict.on(verdict.limits(header.calibration), target, values)
    off = metrics.ece(target, score), metrics.ece(target, score, weight=metrics.even(target))
    rates = (on.false_alarms.value, on.misses.value, on.undecided.value)
    return [metrics.roc_auc_score(target, values), *off, *rates]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--labels", required=True)
    parser.add_argument("--images")
    parser.add_argument("--split", default="test", help="of a source that training did not meet (default: test)")
    parser.add_argument("--checkpoint")
    parser.add_argument("--counts", type=int, nargs="+", default=[100, 200, 400], help="pictures to calibrate on")
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    analyser = Analyser(args.checkpoint)
    network, header = analyser.classifier.network.cpu(), analyser.classifier.header
    with deaf(network):
        seen, kept = logits(analyser, read_labels(args.labels, args.images, args.split))
    target = np.array([example.target for example in kept])
    print(f"{len(seen)} pictures, {(target == 0).sum()} of them real; mean of {args.draws} draws, lowest and highest")
    print("| calibrated on | " + " | ".join(COLUMNS) + " |")
    print("| --- |" + " --- |" * len(COLUMNS))
    before = figures(header, target, of_fake(network, header, seen, np.zeros(len(header.labels))))
    print(f"| {header.calibration.data} | " + " | ".join(f"{value:.3f}" for value in before) + " |")
    for count in args.counts:
        rows = []
        for draw in range(args.draws):
            rng, own = np.random.default_rng([args.seed, count, draw]), copy.deepcopy(network)
            chosen = np.zeros(len(seen), bool)
            for kind in (0, 1):
                chosen[rng.choice(np.flatnonzero(target == kind), count // 2, replace=False)] = True
            new, _ = fitted(own, header, [seen[at] for at in np.flatnonzero(chosen)], target[chosen], "own")
            shift = (own.head.bias - network.head.bias).detach().numpy()
            rest = of_fake(own, new, [seen[at] for at in np.flatnonzero(~chosen)], shift)
            rows.append(figures(new, target[~chosen], rest))
        columns = zip(np.mean(rows, 0), np.min(rows, 0), np.max(rows, 0), strict=True)
        cells = (f"{mean:.3f} ({low:.3f}–{high:.3f})" for mean, low, high in columns)
        print(f"| {count} of these, judged on the others | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
