"""Fits the probe that stands beside a trained network (necks.Probe) to whole pictures as they are used.

A network that was trained on crops for hours knows its training pictures by heart; its head then trusts traces that
other pictures lack. A small read-out of whole-picture statistics, held back by dropout and weight decay, has little to
learn by heart. Which read-outs are used is decided on pictures that none of them saw.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from scipy.optimize import minimize_scalar
from sklearn.metrics import roc_auc_score

from . import metrics
from .model import Network
from .necks import HIDDEN, NO_FLOOR, Pair, Reader
from .probe import Read

MEMBERS = 3  # perceptrons of one read-out, each from another start; their mean is one perceptron again
ROUNDS, BATCH, RATE, DECAY, SMOOTHING = 30, 128, 1e-3, 0.1, 0.1
DROPPED = (0.3, 0.5)  # shares of the statistics and of the hidden units
SOFTENED = (1.0, 0.7, 0.5, 0.35, 0.25)  # factors tried on the head's evidence
LOUDER = (1.0, 1.125, 1.25, 1.5, 2.0)  # tried, times the untouched read-out's even share
LOUD_PRICE = 0.001  # of the AUC on held-out pictures, that a louder one may cost
USED = ((False, False), (True, False), (False, True), (True, True))  # which read-outs, of those tried
FLOORS = (NO_FLOOR, -4.0, -3.0, -2.5, -2.0, -1.5, -1.0, -0.5)  # tried, logits
PRICE = 0.0005  # of the AUC on held-out pictures, that a floor may cost; on damaged ones too
LEAST = 20  # pictures of a class below which no probe is fitted


@dataclass(frozen=True)
class Weighing:
    """What the logit of fake is made of, where one of the probe's pairs alone is believed.

    AUC on held-out pictures, 0…1: of the head alone, of each read-out alone, and of the sum. `factors`: on the head's
    evidence, and on each read-out.
    """

    head: float
    trained: float
    untouched: float
    together: float
    factors: tuple[float, float, float]


@dataclass(frozen=True)
class Fitted:
    """`usual`, `shrunk`: by the pair for such pictures; `floor`: of what the probe says, logits."""

    usual: Weighing
    shrunk: Weighing
    floor: float


def fit(network: Network, usual: Read, shrunk: Read, held_out: Read, damaged: Read, seed: int = 0) -> Fitted:
    """Sets the probe's weights and softens the head's, in place.

    `usual`, `shrunk`: training pictures as they mostly arrive, and shrunk and compressed. A read-out that does not help
    on `held_out` says nothing. `damaged`: the same pictures, shrunk and compressed; the floor must not cost much there
    either. Raises ValueError for fewer than LEAST pictures of a class.
    """
    for name, of in (("training", usual), ("training", shrunk), ("held-out", held_out)):
        if min(counts := np.bincount(of.target.astype(int), minlength=2)) < LEAST:
            raise ValueError(
                f"{counts[0]} real and {counts[1]} fake {name} pictures are too few for a probe; give {LEAST} of each"
            )
    probe, target = network.probe, held_out.target.astype(int)
    for number, (pair, train) in enumerate(((probe.usual, [usual]), (probe.shrunk, [usual, shrunk]))):
        _teach_pair(pair, train, seed + 2 * number)
    best = _louder(network, probe.usual, held_out, _best(network, probe.usual, held_out, SOFTENED))
    # On the same pictures: their logits are compared.
    other = _best(network, probe.shrunk, held_out, (best.factor,), best.louder)
    weighings = (
        _weighing(network, probe.usual, held_out, best),
        _weighing(network, probe.shrunk, held_out, other),
    )
    _write(network, best, other)
    seen = (_seen(network, held_out, probe.usual, best.factor), _seen(network, damaged, probe.shrunk, best.factor))
    floor = _floor(seen, target)
    probe.floor.fill_(floor)
    return Fitted(*weighings, floor)


def _teach_pair(pair: Pair, sets: Sequence[Read], seed: int) -> None:
    target = torch.from_numpy(np.concatenate([of.target for of in sets]))
    for number, (reader, name) in enumerate(_readers(pair)):
        x = torch.from_numpy(np.concatenate([getattr(of, name) for of in sets]))
        _teach(reader, x, target, seed + number)


def _readers(pair: Pair) -> tuple[tuple[Reader, str], tuple[Reader, str]]:
    return (pair.trained, "trained"), (pair.untouched, "untouched")


def _scores(pair: Pair, of: Read) -> list[np.ndarray]:
    """What each read-out says, logits (n,)."""
    with torch.no_grad():
        return [reader(torch.from_numpy(getattr(of, name))).numpy().astype(float) for reader, name in _readers(pair)]


def _best(network: Network, pair: Pair, of: Read, factors: Sequence[float], louder: float = 1.0) -> _Sum:
    scores, target = _scores(pair, of), of.target.astype(int)
    sums = [_summed(network, of.evidence, scores, used, target, factors, louder) for used in USED]
    return max(sums, key=lambda found: found.auc)


def _louder(network: Network, pair: Pair, of: Read, even: _Sum) -> _Sum:
    """`even` with the untouched read-out as loud as costs no more than LOUD_PRICE.

    The longer a network learns some kinds of fakes, the less it and its read-out know of others; what no fake has
    touched stays as it was (weights/tried.md).
    """
    sums = [_best(network, pair, of, (even.factor,), louder) for louder in LOUDER]
    return [one for one in sums if one.auc >= even.auc - LOUD_PRICE][-1]


def _weighing(network: Network, pair: Pair, of: Read, found: _Sum) -> Weighing:
    aucs = [_auc(of.target, said) for said in (_pooled(network, of.evidence, 1.0), *_scores(pair, of))]
    return Weighing(*aucs, found.auc, (found.factor, *found.shares))


def _seen(network: Network, of: Read, pair: Pair, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """The head's logits (n,), with its `factor`, and what a pair says once it is written, without its floor."""
    return _pooled(network, of.evidence, factor), sum(_scores(pair, of))


def _teach(reader: Reader, x: torch.Tensor, target: torch.Tensor, seed: int) -> None:
    """Fits MEMBERS perceptrons and writes their mean into the reader."""
    x = reader.standardise(x)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        members = [_taught(Reader(x.shape[1], HIDDEN // MEMBERS), x, target) for _ in range(MEMBERS)]
    with torch.no_grad():
        reader.hidden.weight.copy_(torch.cat([member.hidden.weight for member in members]))
        reader.hidden.bias.copy_(torch.cat([member.hidden.bias for member in members]))
        reader.out.weight.copy_(torch.cat([member.out.weight for member in members], 1) / MEMBERS)
        reader.out.bias.copy_(sum(member.out.bias for member in members) / MEMBERS)


def _taught(member: Reader, x: torch.Tensor, target: torch.Tensor) -> Reader:
    torch.nn.init.kaiming_uniform_(member.out.weight, a=math.sqrt(5))
    optimizer = torch.optim.AdamW(member.parameters(), RATE, weight_decay=DECAY)
    size = min(BATCH, len(x))
    steps = len(x) // size
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, ROUNDS * steps)
    soft = target * (1 - SMOOTHING) + SMOOTHING / 2
    for _ in range(ROUNDS):
        for chosen in torch.randperm(len(x))[: steps * size].split(size):
            F.binary_cross_entropy_with_logits(member(x[chosen], DROPPED), soft[chosen]).backward()
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
    return member.requires_grad_(False)


@dataclass(frozen=True)
class _Sum:
    auc: float
    factor: float  # on the head's evidence
    shares: tuple[float, ...]  # of the read-outs
    louder: float  # of LOUDER
    bias: float


def _summed(
    network: Network,
    evidence: np.ndarray,
    scores: Sequence[np.ndarray],
    used: Sequence[bool],
    target: np.ndarray,
    factors: Sequence[float],
    louder: float,
) -> _Sum:
    """The head and the read-outs that are `used`; both backbones weigh the same, by standard deviation.

    Equal weights lose little to fitted ones on pictures like those that they are fitted to, and hold better on others
    (Dawes, American Psychologist 1979). Head and first read-out are both the trained backbone's, so the untouched one's
    counts for both, and `louder` times that. Only scale and bias are fitted, by log loss with both classes even.
    """
    weight, votes = metrics.even(target), (used[0], used[1] * (1 + used[0]) * louder)
    tried = []
    for factor in factors:
        head = _pooled(network, evidence, factor).astype(float)
        shares = [float(head.std() / (score.std() + 1e-9)) * vote for score, vote in zip(scores, votes, strict=True)]
        logits = head + _weighed(shares, scores)

        def loss(bias: float, logits: np.ndarray = logits) -> float:
            return float((weight * np.logaddexp(0, np.where(target == 1, -1, 1) * (logits + bias))).mean())

        found = minimize_scalar(loss, bracket=(-float(logits.mean()) - 1, -float(logits.mean()) + 1))
        tried.append((found.fun, _Sum(_auc(target, logits), factor, tuple(shares), louder, float(found.x))))
    return min(tried, key=lambda one: one[0])[1]


def _pooled(network: Network, evidence: np.ndarray, factor: float) -> np.ndarray:
    """The head's logits (n,) of evidence (n, h, w)."""
    return network.pool(torch.from_numpy(evidence[:, None] * np.float32(factor)))[:, 0].numpy()


def _weighed(shares: Sequence[float], scores: Sequence[np.ndarray]) -> np.ndarray:
    """What the read-outs say together, less its bias, logits (n,)."""
    return sum(share * score for share, score in zip(shares, scores, strict=True))


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


def _write(network: Network, best: _Sum, other: _Sum) -> None:
    """`best`: of the usual pair; `other`: of the one for shrunk pictures, both with one factor on the head."""
    probe, index = network.probe, network.probe.index
    with torch.no_grad():
        network.head.weight[index] *= best.factor
        network.head.bias[index] *= best.factor
        for pair, found in ((probe.usual, best), (probe.shrunk, other)):
            for (reader, _), share in zip(_readers(pair), found.shares, strict=True):
                reader.out.weight *= share
                reader.out.bias *= share
            # The bias is the probe's, so that its floor means the same whatever the head's middle is.
            pair.trained.out.bias += found.bias
