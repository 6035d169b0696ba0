"""The probe that stands beside a trained network (necks.Probe), fitted to whole pictures as they are used.

A network that was trained on crops for hours knows its training pictures by heart; its head then trusts traces that
other pictures lack. A small read-out of whole-picture statistics, held back by dropout and weight decay, has little to
learn by heart. Which read-outs are used is decided on pictures that none of them saw.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from scipy.optimize import minimize_scalar
from sklearn.metrics import roc_auc_score

from . import metrics, quick
from .model import Header, Network
from .necks import HIDDEN, NO_FLOOR, Reader

MEMBERS = 3  # perceptrons of one read-out, each from another start; their mean is one perceptron again
ROUNDS, BATCH, RATE, DECAY, SMOOTHING = 30, 128, 1e-3, 0.1, 0.1
DROPPED = (0.3, 0.5)  # shares of the statistics and of the hidden units
SOFTENED = (1.0, 0.7, 0.5, 0.35, 0.25)  # factors tried on the head's evidence
USED = ((False, False), (True, False), (False, True), (True, True))  # which read-outs, of those tried
FLOORS = (NO_FLOOR, -4.0, -3.0, -2.5, -2.0, -1.5, -1.0, -0.5)  # tried, logits
PRICE = 0.002  # of the AUC on held-out pictures, that a floor may cost; on damaged ones too
LEAST = 20  # pictures of a class below which no probe is fitted


@dataclass(frozen=True)
class Read:
    """What is known and seen of n pictures.

    `target` (n,): 1 fake, 0 real; `evidence`: the head's of fake, (n, h, w), logits; `trained`, `untouched`: statistics
    (n, features) of the two backbones, as necks.Probe reads them.
    """

    target: np.ndarray
    evidence: np.ndarray
    trained: np.ndarray
    untouched: np.ndarray


@dataclass(frozen=True)
class Weighing:
    """What the logit of fake is made of.

    AUC on the held-out pictures, 0…1: of the head alone, of each read-out alone, and of the sum. `factors`: on the
    head's evidence, and on each read-out. `floor`: of what the read-outs say together, logits.
    """

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
    index = network.probe.index
    network = quick.lighter(network.to(device, memory_format=torch.channels_last).eval(), size)
    found: list[tuple] = []
    with torch.no_grad():
        for images, targets, _ in loader:
            at_once = quick.AT_ONCE if device.type == "cpu" else len(images)
            for part, wanted in zip(images.split(at_once), targets.split(at_once), strict=True):
                part = part.to(device, memory_format=torch.channels_last)
                y, coarse = network.maps(part)
                statistics = network.probe.statistics(part, coarse)
                found.append((wanted[:, index], network.head(y)[:, index].cpu(), *(each.cpu() for each in statistics)))
    columns = [torch.cat(column).numpy() for column in zip(*found, strict=True)]
    known = ~np.isnan(columns[0])
    return Read(*(column[known] for column in columns))


def fit(network: Network, train: Read, held_out: Read, damaged: Read, seed: int = 0) -> Weighing:
    """Sets the probe's weights and softens the head's, in place.

    A read-out that does not help on `held_out` says nothing. `damaged`: the same pictures, shrunk and compressed; the
    floor must not cost much there either. Raises ValueError for fewer than LEAST pictures of a class.
    """
    for name, of in (("training", train), ("held-out", held_out)):
        if min(counts := np.bincount(of.target.astype(int), minlength=2)) < LEAST:
            raise ValueError(
                f"{counts[0]} real and {counts[1]} fake {name} pictures are too few for a probe; give {LEAST} of each"
            )
    target, probe = held_out.target.astype(int), network.probe
    pairs = ((probe.trained_reader, "trained"), (probe.untouched_reader, "untouched"))
    for number, (reader, name) in enumerate(pairs):
        _teach(reader, torch.from_numpy(getattr(train, name)), torch.from_numpy(train.target), seed + number)
    scores, worse = ([_says(reader, getattr(of, name)) for reader, name in pairs] for of in (held_out, damaged))
    sums = [_summed(network, held_out.evidence, scores, used, target) for used in USED]
    best = max(sums, key=lambda found: found.auc)
    seen = [(_pooled(network, of.evidence, best.factor), _weighed(best.shares, said) + best.bias)
            for of, said in ((held_out, scores), (damaged, worse))]  # fmt: skip
    floor = _floor(seen, target)
    _write(network, best, floor)
    aucs = [_auc(target, s) for s in (_pooled(network, held_out.evidence, 1.0), *scores)]
    return Weighing(*aucs, best.auc, (best.factor, *best.shares), floor)


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
            hidden = member.hidden(F.dropout(x[chosen], DROPPED[0])).relu()
            said = member.out(F.dropout(hidden, DROPPED[1]))[:, 0]
            F.binary_cross_entropy_with_logits(said, soft[chosen]).backward()
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
    return member.requires_grad_(False)


def _says(reader: Reader, x: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return reader(torch.from_numpy(x)).numpy().astype(float)


@dataclass(frozen=True)
class _Sum:
    auc: float
    factor: float  # on the head's evidence
    shares: tuple[float, ...]  # of the read-outs
    bias: float


def _summed(
    network: Network, evidence: np.ndarray, scores: Sequence[np.ndarray], used: Sequence[bool], target: np.ndarray
) -> _Sum:
    """The head and the read-outs that are `used`; both backbones weigh the same, by standard deviation.

    Equal weights lose little to fitted ones on pictures like those that they are fitted to, and hold better on others
    (Dawes, American Psychologist 1979). Head and first read-out are both the trained backbone's, so the untouched one's
    counts for both. Only scale and bias are fitted, by log loss with both classes even.
    """
    weight, votes = metrics.even(target), (used[0], used[1] * (1 + used[0]))
    tried = []
    for factor in SOFTENED:
        head = _pooled(network, evidence, factor).astype(float)
        shares = [float(head.std() / (score.std() + 1e-9)) * vote for score, vote in zip(scores, votes, strict=True)]
        logits = head + _weighed(shares, scores)

        def loss(bias: float, logits: np.ndarray = logits) -> float:
            return float((weight * np.logaddexp(0, np.where(target == 1, -1, 1) * (logits + bias))).mean())

        found = minimize_scalar(loss, bracket=(-float(logits.mean()) - 1, -float(logits.mean()) + 1))
        tried.append((found.fun, _Sum(_auc(target, logits), factor, tuple(shares), float(found.x))))
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


def _write(network: Network, found: _Sum, floor: float) -> None:
    probe, index = network.probe, network.probe.index
    with torch.no_grad():
        network.head.weight[index] *= found.factor
        network.head.bias[index] *= found.factor
        for reader, share in zip((probe.trained_reader, probe.untouched_reader), found.shares, strict=True):
            reader.out.weight *= share
            reader.out.bias *= share
        # The bias is the probe's, so that its floor means the same whatever the head's middle is.
        probe.trained_reader.out.bias += found.bias
        probe.floor.fill_(floor)
