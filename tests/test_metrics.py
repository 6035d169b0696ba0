"""Every metric against a value worked out by hand, scikit-learn's, or a truth known from a simulation."""

import json
import time

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, average_precision_score, brier_score_loss, roc_auc_score

from detector import metrics

TARGET = np.array([0, 0, 1, 1])
SCORE = np.array([0.1, 0.4, 0.35, 0.8])


def simulated(n, seed, distance=1.0):
    """n reals ~ N(0, 1) and n fakes ~ N(distance, 1) through a sigmoid, which keeps their AUC."""
    rng = np.random.default_rng(seed)
    target = np.repeat([0, 1], n)
    return target, 1 / (1 + np.exp(-(rng.normal(size=2 * n) + distance * target)))


def width(interval):
    return interval[1] - interval[0]


def test_binary_by_hand():
    found = metrics.binary(TARGET, SCORE)
    # Pairs (real, fake) in the right order: .1<.35, .1<.8, .4<.8 of 4.
    assert found["auc"] == pytest.approx(3 / 4)
    # Down the ranking F R F R: precision 1/1 at recall 1/2, 2/3 at recall 1.
    assert found["ap"] == pytest.approx(1 / 2 * 1 + 1 / 2 * 2 / 3)
    # ROC (0,0) (0,.5) (.5,.5) ...: false alarms .5 = misses .5.
    assert found["eer"] == pytest.approx(0.5)
    assert found["accuracy"] == pytest.approx(3 / 4)  # only .35 falls on the wrong side of .5
    assert found["confusion"] == {"tn": 2, "fp": 0, "fn": 1, "tp": 1}
    assert found["brier"] == pytest.approx((0.1**2 + 0.4**2 + 0.65**2 + 0.2**2) / 4)
    assert found["ece"] == pytest.approx((0.1 + 0.4 + 0.65 + 0.2) / 4)  # each score has its bin to itself
    assert found["tpr_at_fpr"] == {"0.1": 0.5, "0.01": 0.5, "0.001": 0.5}
    assert found["mean_score"] == pytest.approx(1.65 / 4)
    assert (found["n"], found["n_real"], found["n_fake"], found["threshold"]) == (4, 2, 2, 0.5)


def test_threshold_is_inclusive_and_moves_decisions_only():
    low, usual = metrics.binary(TARGET, SCORE, threshold=0.35), metrics.binary(TARGET, SCORE)
    assert low["confusion"] == {"tn": 1, "fp": 1, "fn": 0, "tp": 2}
    assert all(low[name] == usual[name] for name in ("auc", "ap", "eer", "brier", "ece", "tpr_at_fpr"))


def test_eer_between_two_points():
    # A fake and a real tie at .6: the ROC goes from (0, 1/2) to (1/3, 1).
    # At t along it, t/3 = 1/2 - t/2, so t = .6.
    assert metrics.eer([1, 1, 0, 0, 0], [0.9, 0.6, 0.6, 0.1, 0.2]) == pytest.approx(0.2)


def test_eer_takes_the_first_crossing_segment():
    # 5 of 10 fakes at .9, then 4 fakes tied with 2 of 10 reals at .5:
    # (0, .5) (.2, .9) (1, 1).
    # On the middle line .2 t = 1 - .5 - .4 t, so t = 5/6.
    score = [0.9] * 5 + [0.5] * 4 + [0.1] + [0.5] * 2 + [0.1] * 8
    assert metrics.eer([1] * 10 + [0] * 10, score) == pytest.approx(1 / 6)


def test_eer_extremes():
    assert metrics.eer([0, 0, 1], [0.1, 0.2, 0.9]) == pytest.approx(0)
    assert metrics.eer([1, 1, 0], [0.1, 0.2, 0.9]) == pytest.approx(1)
    assert metrics.eer([0, 1, 0, 1], [0.5] * 4) == pytest.approx(0.5)


def test_tpr_at_fpr_takes_points_inside_straight_runs_and_does_not_interpolate():
    # One real and one fake at each of ten scores: the ROC holds (k/10, k/10) and nothing in between.
    score = np.repeat(np.arange(10) / 10, 2)
    target = np.tile([0, 1], 10)
    assert metrics.tpr_at_fpr(target, score, 0.1) == pytest.approx(0.1)
    assert metrics.tpr_at_fpr(target, score, 0.3) == pytest.approx(0.3)
    assert metrics.tpr_at_fpr(target, score, 0.29) == pytest.approx(0.2)
    assert metrics.tpr_at_fpr(target, score, 0.01) == 0


def test_ece_by_hand_in_two_bins():
    # Low bin: mean .3, 1 fake of 2. High bin: mean .75, 2 of 2. (|.3-.5| + |.75-1|) / 2.
    assert metrics.ece([0, 1, 1, 1], [0.2, 0.4, 0.6, 0.9], bins=2) == pytest.approx((0.2 + 0.25) / 2)
    # 1.0 belongs to the last bin, .5 to the upper: one bin of mean .75 and share 1/2, the other empty.
    assert metrics.ece([0, 1], [0.5, 1.0], bins=2) == pytest.approx(0.25)


def test_ece_is_zero_for_calibrated_bins():
    score = np.repeat([0.1, 0.5, 0.9], 10)
    target = np.concatenate([np.arange(10) < fakes for fakes in (1, 5, 9)]).astype(int)
    assert metrics.ece(target, score) == pytest.approx(0, abs=1e-12)
    assert metrics.ece(target, 1 - score) == pytest.approx((0.8 + 0 + 0.8) / 3)


@pytest.mark.parametrize("warp", [np.square, np.sqrt, lambda s: s / 3 + 0.5])
def test_ranking_metrics_survive_monotone_maps(warp):
    target, score = simulated(100, seed=1)
    before, after = metrics.binary(target, score), metrics.binary(target, warp(score))
    for name in ("auc", "ap", "eer"):
        assert after[name] == pytest.approx(before[name])
    assert after["tpr_at_fpr"] == before["tpr_at_fpr"]


def test_ece_with_even_classes_does_not_depend_on_the_mix():
    target, score = np.array([0, 1, 1]), np.array([0.45, 0.45, 0.95])
    # Even classes: the real one weighs as much as both fakes, so half of the first bin's three quarters are fake.
    weight = metrics.even(target)
    assert weight == pytest.approx([1.5, 0.75, 0.75])
    first, last = abs(1.5 * 0.45 + 0.75 * (0.45 - 1)), 0.75 * 0.05
    assert metrics.ece(target, score, weight=weight) == pytest.approx((first + last) / 3)
    many = np.r_[np.repeat(0, 10), 1, 1], np.r_[np.repeat(0.45, 10), 0.45, 0.95]
    assert metrics.ece(*many, weight=metrics.even(many[0])) == pytest.approx((first + last) / 3)
    assert metrics.ece(*many) > metrics.ece(target, score)


def test_one_class_leaves_ranking_undefined():
    found = metrics.binary([0, 0, 0], [0.1, 0.2, 0.6])
    assert found["auc"] is found["ap"] is found["eer"] is None
    assert found["tpr_at_fpr"] == {"0.1": None, "0.01": None, "0.001": None}
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["brier"] == pytest.approx((0.01 + 0.04 + 0.36) / 3)
    assert found["ece"] == pytest.approx(0.3)
    assert found["confusion"] == {"tn": 2, "fp": 1, "fn": 0, "tp": 0}
    interval = metrics.bootstrap([0, 0, 0], [0.1, 0.2, 0.6], n=50)
    assert interval["auc"] is None and interval["tpr_at_fpr"]["0.01"] is None
    assert interval["accuracy"][0] <= 2 / 3 <= interval["accuracy"][1]


@pytest.mark.parametrize(
    ("target", "score", "message"),
    [
        ([0, 1], [0.5], "one score for each"),
        ([0, 1], [0.5, np.nan], "NaN"),
        ([0, 1], [0.5, 3.2], "sigmoid"),
        ([0, 1], [-0.1, 0.2], "sigmoid"),
        ([0, 2], [0.5, 0.5], "0 \\(real\\) or 1 \\(fake\\)"),
        ([], [], "No pictures"),
        ([[0, 1]], [[0.5, 0.5]], "flat"),
    ],
)
def test_bad_input_is_refused_with_a_remedy(target, score, message):
    for function in (metrics.binary, metrics.ece, metrics.bootstrap, metrics.evaluate):
        with pytest.raises(ValueError, match=message):
            function(target, score)


def test_curves_refuse_one_class_and_labels_must_match():
    with pytest.raises(ValueError, match="only one class"):
        metrics.eer([1, 1], [0.2, 0.3])
    with pytest.raises(ValueError, match="groups has shape"):
        metrics.bootstrap(TARGET, SCORE, groups=[1, 2])
    with pytest.raises(ValueError, match="source has shape"):
        metrics.evaluate(TARGET, SCORE, source=["a"])


def test_resamples_are_measured_as_scikit_learn_would():
    rng = np.random.default_rng(2)
    target, score = simulated(40, seed=2)
    score = score.round(1)  # many ties
    weight = metrics._resample(target, np.arange(80), 20, rng)
    found = metrics._weighted(target, score, weight, 0.5)
    for row, times in enumerate(weight):
        drawn, drawn_score = np.repeat(target, times), np.repeat(score, times)
        expected = {
            "auc": roc_auc_score(drawn, drawn_score),
            "ap": average_precision_score(drawn, drawn_score),
            "accuracy": accuracy_score(drawn, drawn_score >= 0.5),
            "brier": brier_score_loss(drawn, drawn_score),
            "ece": metrics.ece(drawn, drawn_score),
            "eer": metrics.eer(drawn, drawn_score),
            **{f"tpr_at_{fpr}": metrics.tpr_at_fpr(drawn, drawn_score, fpr) for fpr in metrics.FPR_LIMITS},
        }
        assert {name: values[row] for name, values in found.items()} == pytest.approx(expected)


def test_resampling_keeps_class_sizes_and_whole_groups():
    target = np.array([0, 0, 0, 1, 1, 1, 0, 1])
    rng = np.random.default_rng(0)
    plain = metrics._resample(target, np.arange(8), 200, rng)
    assert (plain[:, target == 0].sum(axis=1) == 4).all() and (plain[:, target == 1].sum(axis=1) == 4).all()
    assert plain.mean(axis=0) == pytest.approx(np.ones(8), abs=0.3)
    whole = metrics._resample(target, np.array(list("aabccdee")), 200, rng)
    assert (whole[:, 0] == whole[:, 1]).all() and (whole[:, 3] == whole[:, 4]).all()
    assert (whole[:, 6:] == 1).all()  # e alone holds both classes, so it is drawn once each time
    assert (whole[:, 0] + whole[:, 2] == 2).all()  # two groups of reals: two draws


def test_interval_is_repeatable_holds_the_estimate_and_narrows_with_n():
    target, score = simulated(60, seed=3)
    found = metrics.bootstrap(target, score, n=300, seed=5)
    assert found == metrics.bootstrap(target, score, n=300, seed=5)
    assert found != metrics.bootstrap(target, score, n=300, seed=6)
    point = metrics.binary(target, score)
    for name in ("auc", "ap", "eer", "accuracy", "brier", "ece"):
        assert found[name][0] <= point[name] <= found[name][1]
    large = metrics.bootstrap(*simulated(960, seed=3), n=300)
    assert width(large["auc"]) < width(found["auc"]) / 2.5  # 16 times the pictures: about a quarter
    assert width(metrics.bootstrap(target, score, n=300, level=0.5)["auc"]) < width(found["auc"]) / 2


def test_duplicates_widen_the_cluster_interval_only():
    target, score = simulated(50, seed=4)
    copied, copied_score, groups = (np.repeat(values, 4) for values in (target, score, np.arange(100)))
    plain = metrics.bootstrap(copied, copied_score, n=300)
    cluster = metrics.bootstrap(copied, copied_score, n=300, groups=groups)
    for name in ("auc", "ap", "accuracy", "brier"):
        assert width(cluster[name]) > 1.5 * width(plain[name])  # four copies: about twice
    # Four copies drawn together carry what one did.
    assert cluster["auc"] == pytest.approx(metrics.bootstrap(target, score, n=300)["auc"])


def test_intervals_hold_the_known_truth():
    truth = 0.7602499  # AUC of N(1, 1) against N(0, 1): Phi(1 / sqrt(2))
    accuracy = (0.5 + 0.8413447) / 2  # half of the reals and Phi(1) of the fakes fall on their side
    hits = np.zeros(2)
    for seed in range(100):
        found = metrics.bootstrap(*simulated(60, seed), n=200, seed=seed)
        hits += [
            low <= true <= high
            for (low, high), true in zip((found["auc"], found["accuracy"]), (truth, accuracy), strict=True)
        ]
    assert (hits >= 88).all(), hits  # 95 expected; 88 is three standard deviations below


def test_ece_interval_is_not_pushed_up_by_resampling_noise():
    hits = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        logit = rng.normal(0, 2, 400)
        target = (rng.random(400) < 1 / (1 + np.exp(-logit))).astype(int)
        score = 1 / (1 + np.exp(-2 * logit))  # twice too sure
        low, high = metrics.bootstrap(target, score, n=150, seed=seed)["ece"]
        assert 0 <= low <= metrics.ece(target, score) <= high
        hits += low <= 0.0931 <= high  # the ECE of 1,000,000 such draws
    assert hits >= 45, hits


def test_evaluate_by_source():
    target = np.array([0, 0, 0, 1, 1, 1])
    score = np.array([0.1, 0.5, 0.3, 0.4, 0.9, 0.2])
    found = metrics.evaluate(target, score, source=["mix", "photo", "photo", "mix", "made", "made"], n_bootstrap=50)
    assert found["all"]["auc"] == pytest.approx(6 / 9)  # .4 beats .1 .3, .9 beats all three, .2 beats .1
    assert list(found["by_source"]) == ["made", "mix", "photo"]
    assert found["by_source"]["mix"]["auc"] == 1
    assert "auc_against_all" not in found["by_source"]["mix"]
    photo, made = found["by_source"]["photo"], found["by_source"]["made"]
    assert photo["auc"] is None and (photo["n"], photo["n_real"]) == (2, 2)
    assert photo["auc_against_all"] == pytest.approx(3 / 6)  # .4 beats .3, .9 beats both, .2 none
    assert made["auc_against_all"] == pytest.approx(4 / 6)  # .9 beats three, .2 beats .1
    low, high = photo["interval"]["auc_against_all"]
    assert low <= 0.5 <= high
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_evaluate_without_sources_or_a_second_class():
    assert metrics.evaluate(TARGET, SCORE, n_bootstrap=20)["by_source"] == {}
    alone = metrics.evaluate([0, 0], [0.1, 0.2], source=["a", "a"], n_bootstrap=20)["by_source"]["a"]
    assert alone["auc_against_all"] is None and alone["interval"]["auc_against_all"] is None


def test_evaluate_passes_groups_to_every_interval():
    target, score = simulated(50, seed=7)
    copied, copied_score, group = (np.repeat(values, 4) for values in (target, score, np.arange(100)))
    source = np.full(400, "a")
    plain = metrics.evaluate(copied, copied_score, source, n_bootstrap=200)
    cluster = metrics.evaluate(copied, copied_score, source, group, n_bootstrap=200)
    for pick in (lambda found: found["all"], lambda found: found["by_source"]["a"]):
        assert width(pick(cluster)["interval"]["auc"]) > 1.5 * width(pick(plain)["interval"]["auc"])


def test_thousand_resamples_are_quick():
    target, score = simulated(750, seed=8)
    start = time.perf_counter()
    metrics.bootstrap(target, score, n=1000)
    assert time.perf_counter() - start < 10  # about 0.5 s on an idle core
