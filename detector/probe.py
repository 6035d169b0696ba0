"""The linear probe that stands beside a trained network (necks.Probe), fitted to whole pictures as they are used.

A network that was trained on crops for hours knows its training pictures by heart; its head then trusts traces that
other pictures lack. A linear read-out of whole-picture statistics, held back by a strong penalty, has little to learn
by heart. Which read-outs are used is decided on pictures that none of them saw.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from . import metrics, quick
from .model import AT_ONCE, Header, Network
from .necks import NO_FLOOR

PENALTIES = (0.0001, 0.0003, 0.001, 0.003, 0.01)  # C of scikit-learn: the smaller, the stronger
SOFTENED = (1.0, 0.7, 0.5, 0.35, 0.25)  # factors tried on the head's evidence
USED = ((False, False), (True, False), (False, True), (True, True))  # which read-outs, of those tried
FLOORS = (NO_FLOOR, -4.0, -3.0, -2.5, -2.0, -1.5, -1.0, -0.5)  # tried, logits
PRICE = 0.002  # of the AUC on held-out pictures, that a floor may cost; on damaged ones too
LEAST = 20  # pictures of a class below which a label gets no probe


@dataclass(frozen=True)
class Read:
    """What is known and seen of n pictures.

    `targets`: (n, labels), 1, 0 or NaN for unknown; `evidence`: the head's, (n, labels, h, w), logits; `trained`,
    `untouched`: statistics (n, features) of the two backbones, as necks.Probe reads them.
    """

    targets: np.ndarray
    evidence: np.ndarray
    trained: np.ndarray
    untouched: np.ndarray


@dataclass(frozen=True)
class Weighing:
    """What one label's logit is made of.

    AUC on the held-out pictures, 0…1: of the head alone, of each read-out alone, and of the sum. `factors`: on the
    head's evidence, and on each read-out. `floor`: of what the read-outs say together, logits.
    """

    label: str
    head: float
    trained: float
    untouched: float
    together: float
    factors: tuple[float, float, float]
    floor: float


def attached(
    network: Network, header: Header, start: torch.nn.Module, mean: Sequence[float], std: Sequence[float]
) -> tuple[Network, Header]:
    """A network with a probe that says nothing yet.

    `start`: what necks.untouched gave, trained on channels in 0…1 less `mean`, over `std`, three of each.
    """
    header = replace(header, architecture=replace(header.architecture, probe=True))
    fresh = Network(header.architecture, header.labels)
    fresh.load_state_dict(network.state_dict(), strict=False)
    fresh.probe.untouched.load_state_dict(start.state_dict())
    # From the network's input back to 0…1, and on to the other backbone's.
    own, their = (
        (np.array(header.preprocessing.mean), np.array(header.preprocessing.std)),
        (np.array(mean), np.array(std)),
    )
    for buffer, values in ((fresh.probe.gain, own[1] / their[1]), (fresh.probe.shift, (own[0] - their[0]) / their[1])):
        buffer.copy_(torch.from_numpy(values).view(3, 1, 1))
    return fresh.eval(), header


def read(network: Network, loader: Iterable, device: torch.device, size: int) -> Read:
    """Runs over batches of a data.FaceData, pictures of `size` px. `network` has a probe."""
    network = quick.lighter(network.to(device, memory_format=torch.channels_last).eval(), size)
    found: list[tuple] = []
    with torch.no_grad():
        for images, targets, _ in loader:
            at_once = AT_ONCE if device.type == "cpu" else len(images)
            for part, wanted in zip(images.split(at_once), targets.split(at_once), strict=True):
                part = part.to(device, memory_format=torch.channels_last)
                y, last = network.maps(part)
                statistics = network.probe.statistics(part, last)
                found.append((wanted, network.head(y).cpu(), *(each.cpu() for each in statistics)))
    return Read(*(torch.cat(column).numpy() for column in zip(*found, strict=True)))


def fit(network: Network, labels: Sequence[str], train: Read, held_out: Read, damaged: Read) -> list[Weighing]:
    """Sets the probe's weights and softens the head's, in place, for each label that the sets have examples of.

    A read-out that does not help on `held_out` gets no weight. `damaged`: the same pictures, shrunk and compressed; the
    floor must not cost much there either.
    """
    weighed = []
    for index, label in enumerate(labels):
        ours, theirs = train.targets[:, index], held_out.targets[:, index]
        known, judged = ~np.isnan(ours), ~np.isnan(theirs)
        if min(_counts(ours[known])) < LEAST or min(_counts(theirs[judged])) < LEAST:
            continue
        ours, target = ours[known].astype(int), theirs[judged].astype(int)
        weights, scores = [], []
        for x, z in ((train.trained, held_out.trained), (train.untouched, held_out.untouched)):
            weights.append(_reader(x[known], ours, z[judged], target))
            scores.append(z[judged] @ weights[-1])
        evidence = torch.from_numpy(held_out.evidence[judged, index][:, None])
        sums = [_summed(network, evidence, scores, used, target) for used in USED]
        best = max(sums, key=lambda found: found.auc)
        seen = [(_pooled(network, of.evidence[judged, index], best.factor), _said(of, judged, best, weights))
                for of in (held_out, damaged)]  # fmt: skip
        floor = _floor(seen, target)
        _write(network, index, best, weights, floor)
        aucs = [_auc(target, s) for s in (network.pool(evidence)[:, 0].numpy(), *scores)]
        weighed.append(Weighing(label, *aucs, best.auc, (best.factor, *best.shares), floor))
    return weighed


def _counts(target: np.ndarray) -> list[int]:
    return [int((target == kind).sum()) for kind in (0, 1)]


def _reader(x: np.ndarray, target: np.ndarray, z: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """Weights on raw statistics; the penalty is the one with the best AUC on the held-out pictures."""
    scale = x.std(0) + 1e-6
    found = []
    for penalty in PENALTIES:
        reader = LogisticRegression(C=penalty, class_weight="balanced", max_iter=300)
        weight = reader.fit((x - x.mean(0)) / scale, target).coef_[0] / scale
        found.append((_auc(held_out, z @ weight), weight))
    return max(found, key=lambda one: one[0])[1]


@dataclass(frozen=True)
class _Sum:
    auc: float
    factor: float  # on the head's evidence
    shares: tuple[float, ...]  # of the read-outs
    bias: float


def _summed(
    network: Network, evidence: torch.Tensor, scores: Sequence[np.ndarray], used: Sequence[bool], target: np.ndarray
) -> _Sum:
    """The head and the read-outs that are `used`, each with the same standard deviation.

    Equal weights lose little to fitted ones on pictures like those that they are fitted to, and hold better on others
    (Dawes, American Psychologist 1979). Only scale and bias are fitted, by log loss with both classes even.
    """
    weight = metrics.even(target)
    tried = []
    for factor in SOFTENED:
        head = network.pool(evidence * factor)[:, 0].numpy().astype(float)
        shares = [float(head.std() / (score.std() + 1e-9)) * use for score, use in zip(scores, used, strict=True)]
        logits = head + sum(share * score for share, score in zip(shares, scores, strict=True))

        def loss(bias: float, logits: np.ndarray = logits) -> float:
            return float((weight * np.logaddexp(0, np.where(target == 1, -1, 1) * (logits + bias))).mean())

        found = minimize_scalar(loss, bracket=(-float(logits.mean()) - 1, -float(logits.mean()) + 1))
        tried.append((found.fun, _Sum(_auc(target, logits), factor, tuple(shares), float(found.x))))
    return min(tried, key=lambda one: one[0])[1]


def _pooled(network: Network, evidence: np.ndarray, factor: float) -> np.ndarray:
    """The head's logits (n,) of one label's evidence (n, h, w)."""
    return network.pool(torch.from_numpy(evidence[:, None] * np.float32(factor)))[:, 0].numpy()


def _said(of: Read, judged: np.ndarray, found: _Sum, weights: Sequence[np.ndarray]) -> np.ndarray:
    """What the read-outs say together, logits (n,)."""
    read = zip(found.shares, weights, (of.trained, of.untouched), strict=True)
    return sum(share * (x[judged] @ weight) for share, weight, x in read) + found.bias


def _floor(seen: Sequence[tuple[np.ndarray, np.ndarray]], target: np.ndarray) -> float:
    """The highest of FLOORS that costs no more than PRICE in any set, each the head's logits and what the probe says.

    A forged place is seen by the head alone; the higher the floor, the less can the rest of the picture deny it. But
    a damaged picture's traces are faint, and then how loudly the rest denies is all that is left to tell by.
    """

    def cheap(floor: float) -> bool:
        falls = (_auc(target, head + said) - _auc(target, head + np.logaddexp(said, floor)) for head, said in seen)
        return max(falls) <= PRICE

    return max(floor for floor in FLOORS if floor == NO_FLOOR or cheap(floor))


def _auc(target: np.ndarray, score: np.ndarray) -> float:
    return float(roc_auc_score(target, score))


def _write(network: Network, index: int, found: _Sum, weights: Sequence[np.ndarray], floor: float) -> None:
    with torch.no_grad():
        network.head.weight[index] *= found.factor
        network.head.bias[index] *= found.factor
        # The bias is the probe's, so that its floor means the same whatever the head's middle is.
        network.probe.trained_head.bias[index] = found.bias
        network.probe.floor[index] = floor
        heads = network.probe.trained_head, network.probe.untouched_head
        for head, share, weight in zip(heads, found.shares, weights, strict=True):
            head.weight[index] = torch.from_numpy(share * weight).float()
