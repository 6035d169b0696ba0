"""Limits, rates and the arithmetic of accusation, against values worked out by hand or by search."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from detector.verdict import OPEN, Answer, Calibration, Rate, Targets, accused, limits, measured, probability

RNG = np.random.default_rng(0)
OVERLAPPING = Calibration(
    "made", 1.0, 1.0, 0.0, tuple(np.sort(RNG.normal(-1, 1.2, 300))), tuple(np.sort(RNG.normal(1, 1.2, 200)))
)


def test_rate_has_the_exact_interval():
    rate = Rate.measured(4, 410)
    assert rate.value == pytest.approx(4 / 410)
    # What defines Clopper and Pearson's ends: there the count is just improbable enough.
    assert binom.sf(3, 410, rate.low) == pytest.approx(0.025, abs=1e-6)
    assert binom.cdf(4, 410, rate.high) == pytest.approx(0.025, abs=1e-6)
    assert (Rate.measured(0, 10).low, Rate.measured(10, 10).high) == (0.0, 1.0)
    assert Rate.measured(0, 0) == Rate(0.0, 0.0, 1.0, 0, 0)


@pytest.mark.parametrize("targets", [Targets(), Targets(0.05, 0.05), Targets(0.0, 0.0), Targets(0.2, 0.02)])
def test_limits_keep_the_targets_and_could_be_no_narrower(targets):
    found = limits(OVERLAPPING, targets)
    assert found.false_alarms.value <= targets.false_alarms and found.misses.value <= targets.misses
    real, fake = np.array(OVERLAPPING.real), np.array(OVERLAPPING.fake)
    places = np.sort(np.concatenate([real, fake]))
    if np.isin(found.upper, places):
        inner = measured(real, fake, found.lower, places[places < found.upper][-1])
        assert found.lower >= places[places < found.upper][-1] or inner.false_alarms.value > targets.false_alarms
    if np.isin(found.lower, places):
        inner = measured(real, fake, places[places > found.lower][0], found.upper)
        assert found.upper <= places[places > found.lower][0] or inner.misses.value > targets.misses


def test_several_faces_share_the_false_alarms():
    rng = np.random.default_rng(1)
    apart = Calibration("made", 1.0, 1.0, 0.0, *(tuple(np.sort(rng.normal(m, 1.2, 2000))) for m in (-1.8, 1.8)))
    one, three = limits(apart, Targets(0.06, 0.05)), limits(apart, Targets(0.06, 0.05), faces=3)
    assert (one.faces, three.faces, three.targets) == (1, 3, one.targets) and three.upper > one.upper
    assert three == replace(limits(apart, Targets(0.02, 0.05)), targets=one.targets, faces=3)
    # Of pictures with three real faces no more are accused than of those with one.
    groups = rng.choice(apart.real, (10_000, 3)).max(1)
    assert (groups >= three.upper).mean() <= 0.06 < (groups >= one.upper).mean()


def test_rates_by_hand():
    found = measured([-3, -2, 0, 2], [-3, 1, 2, 3, 4], -2, 2)
    assert (found.false_alarms.count, found.false_alarms.of) == (1, 3)  # one of the real ones stays open
    assert (found.misses.count, found.misses.of) == (1, 4)
    assert (found.undecided.count, found.undecided.of) == (2, 9)
    assert (found.found.count, found.found.of, found.alarmed.count, found.alarmed.of) == (3, 5, 1, 4)


def test_answers():
    found = measured([0], [0], -1.0, 1.0)
    answers = [found.answer(logit) for logit in (-1.5, -1.0, -0.9, 0.9, 1.0)]
    assert answers == [Answer.AUTHENTIC] * 2 + [Answer.UNDECIDED] * 2 + [Answer.MANIPULATED]


def test_classes_that_do_not_overlap_leave_nothing_open():
    found = limits(Calibration("made", 1.0, 1.0, 0.0, (-3.0, -2.0), (2.0, 3.0)))
    assert found.undecided.count == 0 and found.false_alarms.count == 0 and found.misses.count == 0


def test_without_calibration_everything_stays_open():
    assert limits(None) is OPEN and OPEN.answer(99) == OPEN.answer(-99) == Answer.UNDECIDED
    assert probability(None, 0.0) == 0.5
    assert json.loads(json.dumps(OPEN.to_dict()))["upper"] is None


def test_probability_is_that_of_the_calibration():
    calibration = Calibration("made", 2.0, 0.5, -1.0, (), ())
    p = 1 / (1 + np.exp(-0.7))
    assert calibration.probability(0.7) == pytest.approx(1 / (1 + np.exp(-(2 * np.log(p) - 0.5 * np.log(1 - p) - 1))))
    plain = Calibration("made", 1.0, 1.0, 0.0, (), ())
    assert plain.probability(np.array([-800.0, 0.3, 800.0])) == pytest.approx([0, 1 / (1 + np.exp(-0.3)), 1])


def test_sha256_tells_calibrations_apart():
    other = Calibration("made", 1.0, 1.0, 0.001, OVERLAPPING.real, OVERLAPPING.fake)
    assert OVERLAPPING.sha256 != other.sha256 and len(other.sha256) == 64


def test_an_old_analysis_still_names_its_calibration():
    # As a version wrote it whose calibrations had no `levelled`.
    before = "63b46f96319af18e8073ac455bf9bf08e29ab6d2cc8d239f3f860c8150f4548b"
    assert Calibration("made", 1.0, 1.0, 0.0, (-1.0,), (1.0,)).sha256 == before
    assert Calibration("made", 1.0, 1.0, 0.0, (-1.0,), (1.0,), levelled=True).sha256 != before


def test_accused_is_bayes_rule():
    found = measured([0] * 90 + [9] * 10, [0] * 40 + [9] * 60, -9, 9)  # 10 % alarmed, 60 % found
    value, low, high = accused(found, 0.1)
    assert value == pytest.approx(0.9 * 0.1 / (0.9 * 0.1 + 0.1 * 0.6))
    assert low < value < high
    assert accused(found, 0.0)[0] == 1.0 and accused(found, 1.0)[0] == 0.0
    with pytest.raises(ValueError, match="from 0 to 1"):
        accused(found, 10)


@pytest.mark.parametrize("value", [-0.01, 0.51, 5])
def test_targets_are_shares(value):
    with pytest.raises(ValueError, match="misses"):
        Targets(0.01, value)
