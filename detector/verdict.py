"""The answer: a calibrated probability, and limits that keep error rates measured on held-out pictures.

Between the limits the answer stays open. An honest "cannot tell" harms nobody; a wrong accusation does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import betaincinv

from .messages import Message, message


class Answer(StrEnum):
    MANIPULATED = "manipulated"
    AUTHENTIC = "authentic"
    UNDECIDED = "undecided"
    NOT_ASSESSED = "not assessed"


def shown(probability: float) -> float:
    """A probability as people are shown it, 0.01…0.99: no picture is certain."""
    return min(max(probability, 0.01), 0.99)


@dataclass(frozen=True)
class Targets:
    """Error rates to keep, 0…1, of the pictures that are answered.

    `false_alarms`: real pictures called manipulated, of the real ones answered; `misses`: manipulated ones called
    authentic, of the manipulated ones answered. Raises ValueError outside 0…0.5.
    """

    false_alarms: float = 0.01
    misses: float = 0.05

    def __post_init__(self):
        for name, value in asdict(self).items():
            if not 0 <= value <= 0.5:
                raise ValueError(f"the target for {name.replace('_', ' ')} is {value:g}; give a share from 0 to 0.5")


@dataclass(frozen=True)
class Rate:
    """A share `count` / `of`, with its 95 % interval."""

    value: float
    low: float
    high: float
    count: int
    of: int

    @classmethod
    def measured(cls, count: int, of: int, level: float = 0.95) -> Rate:
        """With the exact interval of Clopper & Pearson (Biometrika 1934). With nothing counted: 0…1."""
        if not of:
            return cls(0.0, 0.0, 1.0, 0, 0)
        tail = (1 - level) / 2
        low = float(betaincinv(count, of - count + 1, tail)) if count else 0.0
        high = float(betaincinv(count + 1, of - count, 1 - tail)) if count < of else 1.0
        return cls(count / of, low, high, count, of)


LEAST_LEVEL = 200  # real pictures below which it is not known what one in a hundred of them reaches


@dataclass(frozen=True)
class Calibration:
    """What held-out pictures say about the logit of fake; it travels in the checkpoint.

    Probability = sigmoid(a · ln p - b · ln(1 - p) + c) with p = sigmoid(logit), where manipulated and real pictures are
    equally frequent (beta calibration: Kull et al., AISTATS 2017). `real`, `fake`: the logits of the held-out pictures,
    sorted; limits for any target follow from them. `data` names the list of those pictures; `damaged`: most of
    them were judged as people send them, compressed, shrunk and the like; `levelled`: these are too few for it, but the
    artifacts' logits were levelled before, on others (calibrate.level).
    """

    data: str
    a: float
    b: float
    c: float
    real: tuple[float, ...]
    fake: tuple[float, ...]
    damaged: bool = False
    levelled: bool = False

    @property
    def pictures(self) -> Message:
        """What it was fitted to, in words."""
        count = len(self.real) + len(self.fake)
        if self.damaged:
            return message("{count} pictures of {name}, most of them damaged on the way", count=count, name=self.data)
        return message("{count} pictures of {name}", count=count, name=self.data)

    def probability(self, logit: float | np.ndarray) -> float | np.ndarray:
        """Of fake, 0…1."""
        # ln p and -ln(1 - p) without the overflow of p = 0 or 1
        calibrated = -self.a * np.logaddexp(0, -logit) + self.b * np.logaddexp(0, logit) + self.c
        return 1 / (1 + np.exp(-calibrated))

    @property
    def levels(self) -> bool:
        """Whether the artifacts' logits were levelled, on these pictures or before."""
        return self.levelled or len(self.real) >= LEAST_LEVEL

    @cached_property  # 3 ms, once for each picture otherwise
    def sha256(self) -> str:
        values = asdict(self)
        if not self.levelled:  # as before there was such a field: old analyses are still of the same calibration
            del values["levelled"]
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def probability(calibration: Calibration | None, logit: float) -> float:
    """Of fake, 0…1; without calibration the network's own."""
    return float(calibration.probability(logit) if calibration else 1 / (1 + np.exp(-logit)))


@dataclass(frozen=True)
class Limits:
    """Logits at or above `upper` are called manipulated, at or below `lower` authentic, between them nothing.

    The rates are those of the held-out pictures at these limits, each with its 95 % interval: `found` and `alarmed`
    are the manipulated and the real ones called manipulated, of all of them, and `undecided` what stays open. `faces`:
    for a picture with so many; the false alarms of `targets` are shared among them.
    """

    lower: float
    upper: float
    targets: Targets
    false_alarms: Rate
    misses: Rate
    undecided: Rate
    found: Rate
    alarmed: Rate
    faces: int = 1

    def answer(self, logit: float) -> Answer:
        if logit >= self.upper:
            return Answer.MANIPULATED
        return Answer.AUTHENTIC if logit <= self.lower else Answer.UNDECIDED

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; a limit that nothing reaches is None."""
        return {key: None if value in (-np.inf, np.inf) else value for key, value in asdict(self).items()}


DEFAULT_TARGETS = Targets()
# Without calibration nothing is known about error rates, so the answer stays open.
OPEN = Limits(-np.inf, np.inf, DEFAULT_TARGETS, *[Rate.measured(0, 0)] * 5)


def limits(calibration: Calibration | None, targets: Targets = DEFAULT_TARGETS, faces: int = 1) -> Limits:
    """The narrowest limits whose error rates on the held-out pictures keep the targets; OPEN without calibration.

    One face called manipulated makes a picture manipulated, and each may be called so wrongly: of several `faces` each
    gets its part of the false alarms (Bonferroni). The held-out pictures show hardly more than one each.
    """
    if calibration is None or not calibration.real or not calibration.fake:
        return OPEN
    real, fake = np.array(calibration.real), np.array(calibration.fake)
    places = np.unique(np.concatenate([real, fake]))
    lower, upper = -np.inf, np.inf
    while True:  # each limit changes how many are answered, so the other one may move outwards after it
        alarms = real.size - np.searchsorted(real, places)  # called manipulated if this place were the upper limit
        answered = np.minimum(alarms + np.searchsorted(real, lower, "right"), real.size)
        keeps = alarms <= targets.false_alarms / faces * answered
        new_upper = float(places[keeps][0]) if keeps.any() else float(np.nextafter(places[-1], np.inf))
        missed = np.searchsorted(fake, places, "right")
        answered = np.minimum(missed + fake.size - np.searchsorted(fake, new_upper), fake.size)
        keeps = missed <= targets.misses * answered
        new_lower = float(places[keeps][-1]) if keeps.any() else float(np.nextafter(places[0], -np.inf))
        if (new_lower, new_upper) == (lower, upper):
            break
        lower, upper = new_lower, new_upper  # with more answered, each only ever moves inwards: this ends
    if lower >= upper:  # the classes hardly overlap: no open answers are needed
        lower = float(np.nextafter(upper, -np.inf))
    return replace(measured(real, fake, lower, upper, targets), faces=faces)


def measured(
    real: Sequence[float], fake: Sequence[float], lower: float, upper: float, targets: Targets = DEFAULT_TARGETS
) -> Limits:
    """The rates that the limits have on these logits of real and manipulated pictures."""
    real, fake = np.asarray(real), np.asarray(fake)
    alarms, cleared = int((real >= upper).sum()), int((real <= lower).sum())
    found, missed = int((fake >= upper).sum()), int((fake <= lower).sum())
    answered = alarms + cleared + found + missed
    return Limits(
        lower,
        upper,
        targets,
        false_alarms=Rate.measured(alarms, alarms + cleared),
        misses=Rate.measured(missed, missed + found),
        undecided=Rate.measured(real.size + fake.size - answered, real.size + fake.size),
        found=Rate.measured(found, fake.size),
        alarmed=Rate.measured(alarms, real.size),
    )


def on(limits: Limits, target: np.ndarray, logits: np.ndarray) -> Limits | None:
    """The same limits with the rates that they have on other pictures, of targets (n,) 0 real / 1 fake and logits (n,).

    None for OPEN. The rates are those of the limits alone, without the stability check.
    """
    if limits == OPEN:
        return None
    return measured(logits[target == 0], logits[target == 1], limits.lower, limits.upper, limits.targets)


def accused(limits: Limits, prevalence: float) -> tuple[float, float, float]:
    """Of the pictures called manipulated, the share that are real photos: (value, low, high), 0…1.

    By Bayes' rule, with `prevalence` the share of manipulated pictures among all that are judged, 0…1. Low and high
    take both rates at the unfavourable ends of their 95 % intervals, so they are wider than 95 %. Raises ValueError.
    """
    if not 0 <= prevalence <= 1:
        raise ValueError(f"prevalence is a share from 0 to 1, not {prevalence:g}")

    def share(alarmed: float, found: float) -> float:
        wrong, right = (1 - prevalence) * alarmed, prevalence * found
        return wrong / (wrong + right) if wrong + right else float(prevalence < 1)

    found, alarmed = limits.found, limits.alarmed
    return share(alarmed.value, found.value), share(alarmed.low, found.high), share(alarmed.high, found.low)
