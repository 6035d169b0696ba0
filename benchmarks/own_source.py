"""What do a few labelled pictures of one's own bring? python -m benchmarks.own_source --labels faces.csv

The pictures of a split are judged once. Some of them, half of each class, are drawn at random; the detector is
calibrated on those as `python -m detector calibrate` does it, or taught them as `adapt` does, and judged on all others:
how well it tells them, how far its probability is off, and how its three answers fare, before other deliveries are
checked.
"""

import argparse
import copy
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from detector import adapt, metrics, verdict
from detector.analyse import Analyser
from detector.artifacts import FAKE
from detector.calibrate import deaf, fitted
from detector.data import read_labels
from detector.evaluate import logits
from detector.model import Header, Network

COLUMNS = ("AUC", "found at 1 % false alarms", "off by", "off by, even classes", "false alarms", "misses", "left open")
# From the pictures at some places (n,): a network, its header, and how the logits (pictures, labels) of all move.
Way = Callable[[np.ndarray], tuple[Network, Header, np.ndarray]]


def figures(network: Network, header: Header, target: np.ndarray, logits: np.ndarray) -> list[float]:
    """COLUMNS, 0…1, of pictures with targets (n,) and logits (n, labels) from a network that was deaf."""
    values = network.probe.heard(torch.from_numpy(logits).float())[:, header.labels.index(FAKE)].numpy()
    score, raw = header.calibration.probability(values), 1 / (1 + np.exp(-values))
    on = verdict.on(verdict.limits(header.calibration), target, values)
    off = metrics.ece(target, score), metrics.ece(target, score, weight=metrics.even(target))
    rates = (on.false_alarms.value, on.misses.value, on.undecided.value)
    return [roc_auc_score(target, raw), metrics.tpr_at_fpr(target, raw, 0.01), *off, *rates]


def drawn(way: Way, target: np.ndarray, logits: np.ndarray, count: int, draws: int, seed: int) -> str:
    """Cells of a table: the mean over `draws`, the lowest and the highest of each column."""
    rows = []
    for draw in range(draws):
        rng, chosen = np.random.default_rng([seed, count, draw]), np.zeros(len(target), bool)
        for kind in (0, 1):
            chosen[rng.choice(np.flatnonzero(target == kind), count // 2, replace=False)] = True
        network, header, moved = way(np.flatnonzero(chosen))
        rows.append(figures(network, header, target[~chosen], (logits + moved)[~chosen]))
    columns = zip(np.mean(rows, 0), np.min(rows, 0), np.max(rows, 0), strict=True)
    return " | ".join(f"{mean:.3f} ({low:.3f}–{high:.3f})" for mean, low, high in columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--labels", required=True)
    parser.add_argument("--images")
    parser.add_argument("--split", default="test", help="of a source that training did not meet (default: test)")
    parser.add_argument("--checkpoint", help="one with a probe (default: the embedded one)")
    parser.add_argument("--counts", type=int, nargs="+", default=[100, 200, 400], help="pictures drawn")
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    analyser = Analyser(args.checkpoint)
    network, header = analyser.classifier.network.cpu(), analyser.classifier.header
    with deaf(network):
        judged, kept = logits(analyser, read_labels(args.labels, args.images, args.split))
    target, largest = np.array([example.target for example in kept]), np.array([faces[0] for faces in judged])
    groups, seen = np.array([example.group or example.name for example in kept]), adapt.read(analyser, kept, 0, [])
    place = header.labels.index(FAKE)

    def calibrated(chosen: np.ndarray) -> tuple[Network, Header, np.ndarray]:
        own = copy.deepcopy(network)
        new, _ = fitted(own, header, list(largest[chosen, None]), target[chosen], "own")
        return own, new, levelled(own)

    def taught(chosen: np.ndarray, alone: bool = False) -> tuple[Network, Header, np.ndarray]:
        own, new, _ = adapt.learn(network, header, seen.at(chosen), largest[chosen], groups[chosen], "own", alone)
        moved = levelled(own) + np.zeros_like(largest)
        moved[:, place] += adapt.said(own, seen) - adapt.said(network, seen)
        return own, new, moved

    def levelled(own: Network) -> np.ndarray:
        """By how much the artifacts' zeros moved, (labels,)."""
        return (own.head.bias - network.head.bias).detach().numpy()

    print(f"{len(kept)} pictures, {(target == 0).sum()} of them real; mean of {args.draws} draws, lowest and highest")
    print("|  | " + " | ".join(COLUMNS) + " |")
    print("| --- |" + " --- |" * len(COLUMNS))
    print("| as it comes | " + " | ".join(f"{value:.3f}" for value in figures(network, header, target, largest)) + " |")
    ways = {"calibrated on": calibrated, "taught": taught, "taught --alone": partial(taught, alone=True)}
    for name, way in ways.items():
        for count in args.counts:
            print(f"| {name} {count} | {drawn(way, target, largest, count, args.draws, args.seed)} |", flush=True)


if __name__ == "__main__":
    main()
