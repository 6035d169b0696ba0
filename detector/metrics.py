"""How good is a fake-probability: ranking, decisions, calibration, each with a bootstrap interval.

Everywhere `target` is an int array (n,) of 0 real / 1 fake and `score` a float array (n,) of the probability
of fake, 0..1. Results hold only Python floats, ints, lists and None, so `json.dumps` takes them as they are;
a metric that needs both classes is None where only one is present, never NaN.
"""

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    confusion_matrix,
    roc_auc_score,
    roc_curve,
)

FPR_LIMITS = (0.1, 0.01, 0.001)
ECE_BINS = 15


def binary(target, score, threshold=0.5):
    """All metrics of one set of pictures; a picture is called fake where score >= threshold.

    Returns a dict: n, n_real, n_fake, threshold, mean_score, accuracy, brier, ece, confusion {tn, fp, fn,
    tp}, and auc, ap, eer, tpr_at_fpr {"0.1", "0.01", "0.001"}, which are None with one class only. Raises
    ValueError for input that `checked` refuses.
    """
    target, score = checked(target, score)
    called_fake = (score >= threshold).astype(int)
    tn, fp, fn, tp = confusion_matrix(target, called_fake, labels=[0, 1]).ravel()
    both = 0 < target.sum() < target.size
    return {
        "n": int(target.size),
        "n_real": int((target == 0).sum()),
        "n_fake": int((target == 1).sum()),
        "threshold": float(threshold),
        "mean_score": float(score.mean()),
        "auc": float(roc_auc_score(target, score)) if both else None,
        "ap": float(average_precision_score(target, score)) if both else None,
        "eer": eer(target, score) if both else None,
        "tpr_at_fpr": {str(fpr): tpr_at_fpr(target, score, fpr) if both else None for fpr in FPR_LIMITS},
        "accuracy": float(accuracy_score(target, called_fake)),
        "brier": float(brier_score_loss(target, score, pos_label=1)),
        "ece": ece(target, score),
        "confusion": {"tn": int(tn), "fp": int(fp), "fn": int(fn), "tp": int(tp)},
    }


def even(target):
    """Weights (n,) with which both classes count the same, their mean 1; both must occur."""
    return np.where(target == 1, 0.5 / target.mean(), 0.5 / (1 - target.mean()))


def ece(target, score, bins=ECE_BINS, weight=None):
    """Expected calibration error, 0..1: the mean over pictures of |mean score - share of fakes| in their bin.

    With `weight` (n,) that of the pictures so weighed: a score fitted to evenly frequent classes is off by the mix of
    a set alone, and `even` takes that out.

    Naeini et al., AAAI 2015, and Guo et al., ICML 2017, in the binary variant: equal-width bins over the
    probability of *fake*, not over the confidence in whichever class was called. Bin k holds k/bins <= score
    < (k+1)/bins; the last one also holds 1.0.
    """
    target, score = checked(target, score)
    weight = np.ones(target.size) if weight is None else weight
    gap = (weight * (score - target)) @ _bin_members(score, bins)
    return float(np.abs(gap).sum() / weight.sum())


def eer(target, score):
    """Equal error rate, 0..1: where false alarms are as frequent as misses, on lines between ROC points."""
    fpr, tpr = _roc(target, score)
    return float(_crossing(fpr[None], tpr[None])[0])


def tpr_at_fpr(target, score, fpr):
    """The highest share of fakes found by any threshold whose share of false alarms is <= fpr; 0..1.

    No interpolation between thresholds, so the number is one that a threshold can really deliver.
    """
    false_alarms, found = _roc(target, score)
    return float(_reached(false_alarms[None], found[None], fpr)[0])


def bootstrap(target, score, n=1000, seed=0, level=0.95, groups=None, threshold=0.5):
    """Percentile bootstrap intervals (Efron & Tibshirani 1993), [low, high] a metric, None where undefined.

    Pictures are drawn again within each class, so every resample has both. With `groups` (n,) whole groups
    are drawn (cluster bootstrap; a group is an identity or a set of near-duplicates, whose pictures are not
    independent), within the strata of groups holding only real, only fake, or both.

    The ECE is an exception: noise in a bin only ever adds to it, so resamples, noisier than the sample, sit
    above it, and the percentile interval of a well calibrated score may hold neither the ECE measured nor the
    true one. Its interval is reflected at the measured value (the basic bootstrap), which takes that bias off
    once. The high end is then safe; the low end of a nearly calibrated score is still too high.

    Returns {auc, ap, eer, accuracy, brier, ece, tpr_at_fpr: {...}}.
    """
    target, score = checked(target, score)
    unit = _labels(groups, target, "groups") if groups is not None else np.arange(target.size)
    rng = np.random.default_rng(seed)
    # Some resamples at a time: each (resamples, n) array stays near 8 MB however many pictures there are.
    step = max(1, 1_000_000 // target.size)
    parts = []
    for start in range(0, n, step):
        weight = _resample(target, unit, min(step, n - start), rng)
        parts.append(_weighted(target, score, weight, threshold))
    tails = [50 * (1 - level), 50 * (1 + level)]

    def interval(name):
        if parts[0][name] is None:
            return None
        return np.percentile(np.concatenate([part[name] for part in parts]), tails).tolist()

    plain = {name: interval(name) for name in ("auc", "ap", "eer", "accuracy", "brier", "ece")}
    low, high = plain["ece"]
    measured = ece(target, score)
    plain["ece"] = [max(0.0, 2 * measured - high), max(measured, 2 * measured - low)]
    return {**plain, "tpr_at_fpr": {str(fpr): interval(f"tpr_at_{fpr}") for fpr in FPR_LIMITS}}


def auc_fall(target, before, after, n=1000, seed=0, level=0.95, groups=None):
    """By how much the AUC falls from scores `before` to scores `after` of the same pictures: (fall, [low, high]).

    A paired bootstrap: both are measured on the same resamples, so what is hard for both cancels out and the interval
    is narrower than those of the two AUCs suggest. `groups` as in `bootstrap`. (None, None) with one class only.
    """
    target, before = checked(target, before)
    target, after = checked(target, after)
    if not 0 < target.sum() < target.size:
        return None, None
    unit = _labels(groups, target, "groups") if groups is not None else np.arange(target.size)
    rng = np.random.default_rng(seed)
    step, falls = max(1, 1_000_000 // target.size), []
    for start in range(0, n, step):
        weight = _resample(target, unit, min(step, n - start), rng)
        both = (_weighted(target, score, weight, 0.5)["auc"] for score in (before, after))
        falls.append(next(both) - next(both))
    interval = np.percentile(np.concatenate(falls), [50 * (1 - level), 50 * (1 + level)]).tolist()
    return float(roc_auc_score(target, before) - roc_auc_score(target, after)), interval


def evaluate(target, score, source=None, group=None, threshold=0.5, seed=0, n_bootstrap=1000):
    """The metrics of all pictures and of each source: dicts of `binary` plus "interval" from `bootstrap`.

    source, group: (n,) labels or None. Returns {"all": {...}, "by_source": {name: {...}}}. A source that
    holds one class only also gets "auc_against_all" (and its interval): the AUC of its pictures against *all*
    pictures of the other class, which says how hard that source is; None if no other class exists.
    """
    target, score = checked(target, score)
    group = None if group is None else _labels(group, target, "group")

    def measured(rows):
        groups = None if group is None else group[rows]
        interval = bootstrap(target[rows], score[rows], n_bootstrap, seed, groups=groups, threshold=threshold)
        return {**binary(target[rows], score[rows], threshold), "interval": interval}

    by_source = {}
    source = np.empty(0) if source is None else _labels(source, target, "source")
    for name in np.unique(source):
        rows = source == name
        entry = by_source[str(name)] = measured(rows)
        if entry["auc"] is None:
            against = measured(rows | (target != target[rows][0]))
            entry["auc_against_all"] = against["auc"]
            entry["interval"]["auc_against_all"] = against["interval"]["auc"]
    return {"all": measured(np.ones(target.size, dtype=bool)), "by_source": by_source}


def checked(target, score):
    """(target, score) as int and float arrays (n,); ValueError, naming the remedy, for anything unusable."""
    target, score = np.asarray(target), np.asarray(score, dtype=float)
    if target.ndim != 1 or score.ndim != 1:
        raise ValueError(f"target {target.shape} and score {score.shape} must be flat: pass arrays (n,).")
    if target.size != score.size:
        raise ValueError(f"{target.size} targets but {score.size} scores; pass one score for each target.")
    if target.size == 0:
        raise ValueError("No pictures to measure; check that the split or filter selects at least one row.")
    if not np.isin(target, (0, 1)).all():
        raise ValueError(f"Targets must be 0 (real) or 1 (fake), not {np.unique(target)[:5]}; map them first.")
    if np.isnan(score).any():
        raise ValueError(f"{np.isnan(score).sum()} scores are NaN; drop those pictures or mend the model.")
    if score.min() < 0 or score.max() > 1:
        span = f"{score.min():.3g} to {score.max():.3g}"
        raise ValueError(f"Scores run from {span}, outside 0..1; apply a sigmoid to logits first.")
    return target.astype(int), score


def _labels(values, target, name):
    """Labels as an array (n,), or a ValueError if there is not one for each target."""
    values = np.asarray(values)
    if values.shape != target.shape:
        raise ValueError(f"{name} has shape {values.shape} for {target.size} targets; pass one each.")
    return values


def _roc(target, score):
    """False and true positive rates (k,) of every threshold, ascending from (0, 0) to (1, 1)."""
    target, score = checked(target, score)
    if not 0 < target.sum() < target.size:
        raise ValueError("A ROC needs real and fake pictures, and only one class is here; add the other.")
    # scikit-learn drops points inside straight runs by default, yet such a point may be the best at an FPR
    # limit.
    fpr, tpr, _ = roc_curve(target, score, drop_intermediate=False)
    return fpr, tpr


def _crossing(fpr, tpr):
    """Equal error rates (r,) of r ROC curves (r, k): where fpr = 1 - tpr on the line between two points."""
    balance = fpr + tpr - 1  # climbs from -1 at (0, 0) to 1 at (1, 1)
    after = np.argmax(balance >= 0, axis=1)[:, None]
    low, high = (np.take_along_axis(balance, at, axis=1) for at in (after - 1, after))
    start, end = (np.take_along_axis(fpr, at, axis=1) for at in (after - 1, after))
    return (start - low / (high - low) * (end - start))[:, 0]


def _reached(fpr, tpr, limit):
    """Highest true positive rates (r,) of r ROC curves (r, k) at false positive rates up to limit."""
    return np.where(fpr <= limit, tpr, 0.0).max(axis=1)


def _bin_members(score, bins):
    """One-hot float array (n, bins): the equal-width bin of each score."""
    return np.eye(bins)[np.minimum((score * bins).astype(int), bins - 1)]


def _resample(target, unit, n, rng):
    """How often n resamples draw each picture: int (n, pictures), whole units within strata."""
    _, member = np.unique(unit, return_inverse=True)
    size = np.bincount(member)
    fakes = np.bincount(member, weights=target)
    stratum = np.where(fakes == 0, 0, np.where(fakes == size, 1, 2))
    times = np.zeros((n, size.size), dtype=int)
    for kind in np.unique(stratum):
        units = np.flatnonzero(stratum == kind)
        times[:, units] = rng.multinomial(units.size, np.full(units.size, 1 / units.size), size=n)
    return times[:, member]


def _weighted(target, score, weight, threshold):
    """The metrics of r resamples at once, from draw counts `weight` (r, n): dict of (r,) arrays or None.

    The same numbers as scikit-learn's with those counts as sample_weight (tests hold them together), without
    its sort for each resample, which would make 1,000 resamples take many seconds.
    """
    order = np.argsort(-score, kind="stable")
    target, score, weight = target[order], score[order], weight[:, order].astype(float)
    total = weight.sum(axis=1)
    gaps = _bin_members(score, ECE_BINS) * (score - target)[:, None]
    result = {
        "accuracy": weight @ ((score >= threshold) == target) / total,
        "brier": weight @ (score - target) ** 2 / total,
        "ece": np.abs(weight @ gaps).sum(axis=1) / total,
    }
    ranked = ["auc", "ap", "eer", *(f"tpr_at_{fpr}" for fpr in FPR_LIMITS)]
    if not 0 < target.sum() < target.size:
        return result | dict.fromkeys(ranked)
    ties = np.flatnonzero(np.diff(score, prepend=np.inf))  # equal scores share one threshold
    start = np.zeros((len(weight), 1))
    hits = np.hstack([start, np.add.reduceat(weight * target, ties, axis=1).cumsum(axis=1)])
    alarms = np.hstack([start, np.add.reduceat(weight * (1 - target), ties, axis=1).cumsum(axis=1)])
    tpr, fpr = hits / hits[:, -1:], alarms / alarms[:, -1:]
    gain, precision = np.diff(tpr), hits[:, 1:] / np.maximum(hits + alarms, 1)[:, 1:]
    values = [
        (np.diff(fpr) * (tpr[:, 1:] + tpr[:, :-1])).sum(axis=1) / 2,
        (gain * precision).sum(axis=1),
        _crossing(fpr, tpr),
        *(_reached(fpr, tpr, limit) for limit in FPR_LIMITS),
    ]
    return result | dict(zip(ranked, values, strict=True))
