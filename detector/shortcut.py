"""The null model: how well do file facts alone tell real from fake?

A data set leaks when its fakes come in other sizes, formats or compressions than its reals; a detector may
then score well without looking at a face. The AUC of a model that sees no pixel is the number to hold next to
the detector's (Geirhos et al., "Shortcut learning in deep neural networks", 2020). 0.5: no leak; 1.0: the
files give it away.
"""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

FORMATS = ("JPEG", "PNG", "WEBP")  # anything else is all zeros
TABLES = 2  # JPEG quantisation tables that count: luma and chroma


def features(facts_list):
    """File facts as a float array (n, 11), NaN where a fact is unknown.

    facts_list: n objects with bytes (int or None), width, height, format (str or None) and quantisation
    (means of the JPEG quantisation tables, maybe empty), as `detector.images.FileFacts`. Columns: log bytes,
    width, height, aspect, bits per pixel, number of tables, mean of the luma and of the chroma table, one-hot
    JPEG, PNG, WEBP.
    """
    return np.array([_row(facts) for facts in facts_list], dtype=float).reshape(-1, 6 + TABLES + len(FORMATS))


def null_auc(fit_facts, fit_target, facts, target, seed=0):
    """AUC, 0..1, on (facts, target) of a classifier of file facts fitted on (fit_facts, fit_target).

    Targets are (n,) 0 real / 1 fake. Raises ValueError if either list has one class only or lengths differ.
    """
    table, target = _table(facts, target)
    fit_table, fit_target = _table(fit_facts, fit_target)
    return _auc(fit_table, fit_target, table, target, seed)


def cross_validated_auc(facts, target, groups=None, folds=5, seed=0):
    """Mean AUC, 0..1, over the folds of one list; a group's (n,) pictures stay on one side of each split.

    The mean of the folds' AUCs, not the AUC of pooled scores: scores of models fitted on different folds are
    not on one scale (Forman & Scholz 2010). Raises ValueError if a fold would lack a class.
    """
    table, target = _table(facts, target)
    groups = np.arange(target.size) if groups is None else np.asarray(groups)
    if groups.shape != target.shape:
        raise ValueError(f"{groups.size} groups for {target.size} files; pass one group for each file.")
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    aucs = [
        _auc(table[fit], target[fit], table[held], target[held], seed)
        for fit, held in splitter.split(table, target, groups)
    ]
    return float(np.mean(aucs))


def _row(facts):
    size = np.nan if facts.bytes is None else float(max(facts.bytes, 1))
    area = facts.width * facts.height
    means = (*facts.quantisation, *[np.nan] * TABLES)[:TABLES]
    shape = (facts.width, facts.height, facts.width / facts.height)
    kinds = (facts.format == name for name in FORMATS)
    return [np.log(size), *shape, 8 * size / area, len(facts.quantisation), *means, *kinds]


def _table(facts, target):
    """(features, int target), checked to match and to hold both classes."""
    table, target = features(facts), np.asarray(target)
    if target.shape != (len(table),):
        raise ValueError(f"{len(table)} files but targets of shape {target.shape}; pass one for each file.")
    if not np.array_equal(np.unique(target), [0, 1]):
        raise ValueError("The null model needs targets 0 (real) and 1 (fake), both of them; add the missing class.")
    return table, target.astype(int)


def _auc(fit_table, fit_target, table, target, seed):
    if len(np.unique(target)) < 2 or len(np.unique(fit_target)) < 2:
        raise ValueError("A fold holds only real or only fake pictures; use fewer folds or smaller groups.")
    # Trees, since facts work by thresholds (one size, one JPEG quality) and may be unknown (NaN). Shallow and
    # few, so that a few hundred files are enough.
    model = HistGradientBoostingClassifier(max_iter=100, max_depth=4, random_state=seed)
    known = ~np.isnan(fit_table).all(0)  # PNG files alone have no quantisation at all; sklearn refuses such a column
    model.fit(fit_table[:, known], fit_target)
    return float(roc_auc_score(target, model.predict_proba(table[:, known])[:, 1]))
