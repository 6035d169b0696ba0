"""How far reviewers agree with each other and with the model, and how far they lean on it.

All of it comes from the log, where a decision taken blind stands apart from the one taken with the model's answer in
view. "Unsure" is a decision of its own wherever reviewers are compared with each other.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from sklearn.metrics import cohen_kappa_score

from .review_log import Decision, Review
from .verdict import Answer, Rate

DECIDED = {Answer.AUTHENTIC: Decision.AUTHENTIC, Answer.MANIPULATED: Decision.MANIPULATED}  # the others are no advice


@dataclass(frozen=True)
class Pair:
    """Two reviewers on the `pictures` that both decided blind; `kappa` None where it is not defined."""

    first: str
    second: str
    pictures: int
    kappa: float | None


@dataclass(frozen=True)
class Reliance:
    """What became of blind decisions that the model contradicted.

    `switched`: the final decision is the model's answer, of all that were contradicted: the switch fraction of Yin,
    Wortman Vaughan & Wallach (Understanding the effect of accuracy on trust in machine learning models, CHI 2019).
    A switch is no fault where the model was right, and who was right is mostly unknown. So two rates say more where
    something independent is known:

    `over`: of the blind decisions that were right against a wrong model, the share given up for it. This is one minus
    the relative self-reliance of Schemmer et al. (Appropriate reliance on AI advice, IUI 2023).
    `under`: of the blind decisions that were wrong against a right model, the share kept in spite of it, or changed
    to "unsure": one minus their relative AI reliance.

    Counted are reviews with a final decision whose blind one was authentic or manipulated, and where the model gave
    the opposite answer.
    """

    switched: Rate
    over: Rate
    under: Rate


@dataclass(frozen=True)
class Agreement:
    """All figures of a log. `alpha` None where no picture has two reviews, or all decisions are the same.

    `blind_with_model`, `final_with_model`: equal answers, of reviews where both sides are authentic or manipulated.
    `truth` says what the rates `over` and `under` rest on.
    """

    reviews: int
    reviewers: int
    pictures: int
    alpha: float | None
    pairs: tuple[Pair, ...]
    blind_with_model: Rate
    final_with_model: Rate
    reliance: Reliance
    truth: str


def measure(reviews: Sequence[Review], truth: Mapping[str, Decision] | None = None) -> Agreement:
    """`truth`: SHA-256 of a picture → what it is, where that is known from elsewhere.

    Without it, a picture counts as what most of the *other* reviewers, at least two, said blind: see `consensus`.
    """
    right = [truth.get(one.picture) for one in reviews] if truth is not None else consensus(reviews)
    return Agreement(
        reviews=len(reviews),
        reviewers=len({one.reviewer for one in reviews}),
        pictures=len({one.picture for one in reviews}),
        alpha=krippendorff(_blind(reviews)),
        pairs=tuple(_pairs(reviews)),
        blind_with_model=_with_model(reviews, [one.blind for one in reviews]),
        final_with_model=_with_model(reviews, [one.final for one in reviews]),
        reliance=_reliance(reviews, right),
        truth="known" if truth is not None else "consensus",
    )


def krippendorff(units: Sequence[Sequence[str]]) -> float | None:
    """Krippendorff's alpha for nominal data: any number of reviewers, each unit the values that it did get.

    1: full agreement, 0: as by chance, below 0: less than that. None where there is nothing to pair, or only one value.
    K. Krippendorff, Computing Krippendorff's alpha-reliability (2011), section D.
    """
    paired = [Counter(unit) for unit in units if len(unit) > 1]
    total = Counter()
    for unit in paired:
        total.update(unit)
    n, expected = total.total(), _unequal(total)
    if not expected:
        return None
    # Pairs of unequal values within a unit of m, each weighted by 1 / (m - 1), so that every value counts once.
    observed = sum(_unequal(unit) / (unit.total() - 1) for unit in paired)
    return 1 - (n - 1) * observed / expected


def _unequal(counts: Counter) -> int:
    """Ordered pairs of unequal values, of values that occur so often."""
    return counts.total() ** 2 - sum(count * count for count in counts.values())


def kappa(first: Sequence[str], second: Sequence[str]) -> float | None:
    """Cohen's kappa of two reviewers on the same pictures (J. Cohen, Educ. Psychol. Meas. 20, 1960); None undefined."""
    if not first:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # both gave one and the same answer throughout: 0 / 0
        value = float(cohen_kappa_score(list(map(str, first)), list(map(str, second))))
    return None if np.isnan(value) else value


def consensus(reviews: Sequence[Review]) -> list[Decision | None]:
    """For each review, what more than half of the other reviewers of its picture, at least two, decided blind.

    Their decisions were taken without the model and without this reviewer, so they can't agree with either by
    construction. "Unsure" is no truth, and gives None.
    """
    votes: dict[str, Counter] = {}
    for one in reviews:
        votes.setdefault(one.picture, Counter())[one.blind] += 1
    found = []
    for one in reviews:
        others = votes[one.picture] - Counter([one.blind])
        value, most = others.most_common(1)[0] if others.total() >= 2 else (None, 0)
        found.append(value if value != Decision.UNSURE and 2 * most > others.total() else None)
    return found


def _blind(reviews: Sequence[Review]) -> list[list[Decision]]:
    units: dict[str, list[Decision]] = {}
    for one in reviews:
        units.setdefault(one.picture, []).append(one.blind)
    return list(units.values())


def _pairs(reviews: Sequence[Review]) -> list[Pair]:
    by: dict[str, dict[str, Decision]] = {}
    for one in reviews:
        by.setdefault(one.reviewer, {})[one.picture] = one.blind
    pairs = []
    for first, second in combinations(sorted(by), 2):
        both = sorted(by[first].keys() & by[second].keys())
        if both:
            value = kappa([by[first][name] for name in both], [by[second][name] for name in both])
            pairs.append(Pair(first, second, len(both), value))
    return pairs


def _with_model(reviews: Sequence[Review], decisions: Sequence[Decision | None]) -> Rate:
    said = [(_advice(one), decision) for one, decision in zip(reviews, decisions, strict=True)]
    both = [(advice, decision) for advice, decision in said if advice and decision in DECIDED.values()]
    return Rate.measured(sum(advice == decision for advice, decision in both), len(both))


def _advice(review: Review) -> Decision | None:
    return DECIDED.get(review.model.answer) if review.model else None


def _reliance(reviews: Sequence[Review], right: Sequence[Decision | None]) -> Reliance:
    contradicted = [
        (one, advice, truth)
        for one, truth in zip(reviews, right, strict=True)
        if one.final and (advice := _advice(one)) and one.blind in DECIDED.values() and one.blind != advice
    ]
    were_right = [(one, advice) for one, advice, truth in contradicted if truth == one.blind]
    were_wrong = [(one, advice) for one, advice, truth in contradicted if truth == advice]
    return Reliance(
        switched=Rate.measured(sum(one.final == advice for one, advice, _ in contradicted), len(contradicted)),
        over=Rate.measured(sum(one.final == advice for one, advice in were_right), len(were_right)),
        under=Rate.measured(sum(one.final != advice for one, advice in were_wrong), len(were_wrong)),
    )
