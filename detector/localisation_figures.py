"""The figures of judged pictures: detection, pointing game, IoU, average precision, confusion, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from . import localisation_metrics as lm
from . import metrics, traces
from .artifacts import FAKE
from .localisation_maps import AVERAGE, CENTRE, FAKE_MAP, GRID, OWN, PLAIN, Row, average
from .verdict import Answer

ANSWERED = (Answer.MANIPULATED, Answer.UNDECIDED, Answer.AUTHENTIC)
BY_LOGIT = "authentic by the logit alone"
TOLERANCE = 0.03 * GRID  # of the tolerant pointing game: the 15 px of Zhang et al. in pictures of 500 px


def _choosing(rows: Sequence[Row], seed: int) -> set[str]:
    """Half of the groups: thresholds and average masks come from these, the IoU from the others."""
    groups = np.unique([row.item.group for row in rows])
    return set(np.random.default_rng(seed).permutation(groups)[: len(groups) // 2].tolist())


def of_forgeries(rows: list[Row], known: list[str], plain: bool, seed: int) -> dict[str, Any]:
    """Figures of each artifact in `known`, of fake, and the confusion between artifacts; JSON-ready."""
    untouched = [row for row in rows if not row.item.artifact]
    forged = [row for row in rows if row.item.artifact]
    chosen = _choosing(rows, seed)
    methods = [OWN, FAKE_MAP, *([PLAIN] if plain else []), CENTRE, AVERAGE]
    result: dict[str, Any] = {"untouched": len(untouched), "artifacts": {}, "fake": {}, "right_on_top": {}}
    result["confusion"] = {"labels": known}
    result["answers"] = {"untouched": _answers(untouched)} if untouched else {}
    for artifact in known:
        mine = [row for row in forged if row.item.artifact == artifact]
        if mine:  # no picture may have had room for it
            result["artifacts"][artifact] = _compared(mine, untouched, artifact, methods, chosen, seed, known)
    for name, picked in _sets(forged, variants=False).items():
        those = [forged[index] for index in np.flatnonzero(picked)]
        auc, interval = _auc(those, untouched, FAKE, seed)
        result["fake"][name] = {"n": len(those), "auc": auc, "interval": {"auc": interval}}
        result["answers"][f"forged, {name.replace('_', ' ')}"] = _answers(those)
        counts = np.zeros((len(known), len(known)), int)
        for row in those:
            counts[known.index(row.item.artifact), known.index(_top(row, known))] += 1
        result["confusion"][name] = counts.tolist()
        if len(known) > 1:
            share = float(np.trace(counts) / counts.sum())
            result["right_on_top"][name] = {"share": share, "interval": lm.wilson(share, len(those))}
    return result


def of_fakes(rows: list[Row], plain: bool, seed: int) -> dict[str, Any]:
    """Figures of the map of fake on fakes that came with masks; JSON-ready."""
    methods = [FAKE_MAP, *([PLAIN] if plain else []), CENTRE, AVERAGE]
    return _compared(rows, [], FAKE, methods, _choosing(rows, seed), seed)


def _compared(
    rows: Sequence[Row],
    untouched: Sequence[Row],
    label: str,
    methods: Sequence[str],
    chosen: set[str],
    seed: int,
    known: Sequence[str] = (),
) -> dict[str, Any]:
    """method → {"threshold", "sets": {name → figures}} on the pictures of one label.

    IoU, and all figures of the average mask, are of the half of the groups that is not in `chosen`.
    """
    groups = np.array([row.item.group for row in rows])
    choosing = np.isin(groups, list(chosen))
    # Held-back variants stay unseen here too.
    fit = choosing & ~np.array([row.item.held_back for row in rows])
    masks = np.stack([row.mask for row in rows])
    result = {}
    for method in methods:
        if method == AVERAGE and not fit.any():
            continue
        maps = average(rows, fit) if method == AVERAGE else np.stack([row.maps[method] for row in rows])
        threshold = lm.best_threshold(maps[fit], masks[fit]) if fit.any() else None
        each = {
            "pointing": np.array([lm.pointing_hit(m, t) for m, t in zip(maps, masks, strict=True)], float),
            "pointing_tolerant": np.array(
                [lm.pointing_hit(m, t, TOLERANCE) for m, t in zip(maps, masks, strict=True)], float
            ),
            "ap": np.array([lm.pixel_ap(m, t) for m, t in zip(maps, masks, strict=True)]),
            "iou": np.full(len(rows), np.nan) if threshold is None else lm.iou(maps, masks, threshold),
        }
        each["iou"][choosing] = np.nan
        score = {OWN: label, FAKE_MAP: FAKE, PLAIN: PLAIN}.get(method)
        if score:  # a model's map
            each["outline_iou"] = lm.iou(traces.reach(maps), masks, 0.0)
        if method == AVERAGE:  # it was made from those masks
            for values in each.values():
                values[choosing] = np.nan
        if method == OWN and len(known) > 1:
            each["right_on_top"] = np.array([_top(row, known) == label for row in rows], float)
        sets = {}
        for name, picked in _sets(rows).items():
            sets[name] = figures = _figures({key: values[picked] for key, values in each.items()}, groups[picked], seed)
            figures["area"] = float(masks[picked].mean())
            those = [rows[index] for index in np.flatnonzero(picked)]
            figures["auc"], figures["interval"]["auc"] = _auc(those, untouched, score, seed)
        result[method] = {"threshold": threshold, "sets": sets}
    return result


def _sets(rows: Sequence[Row], variants: bool = True) -> dict[str, np.ndarray]:
    """name → bool (n,): all pictures, those of trained and of held-back variants, and of each variant."""
    held = np.array([row.item.held_back for row in rows], bool)
    names = np.array([row.item.variant for row in rows])
    sets = {"all": np.ones(len(rows), bool)}
    if any(names):  # fakes that came with masks have none
        sets |= {"trained": ~held, "held_back": held}
    if any(names) and variants:
        sets |= {str(name): names == name for name in np.unique(names)}
    return {name: picked for name, picked in sets.items() if picked.any()}


def _figures(each: dict[str, np.ndarray], groups: np.ndarray, seed: int) -> dict[str, Any]:
    """Means over pictures with 95 % intervals: Wilson's for shares of pictures, else a bootstrap over groups."""
    figures: dict[str, Any] = {"n": len(groups), "interval": {}}
    for key, values in each.items():
        there = ~np.isnan(values)
        if not there.any():
            figures[key] = figures["interval"][key] = None
            continue
        figures[key] = mean = float(values[there].mean())
        bootstrap = key in ("ap", "iou", "outline_iou")
        figures["interval"][key] = (
            lm.mean_interval(values[there], groups[there], seed) if bootstrap else lm.wilson(mean, int(there.sum()))
        )
    figures["n_iou"] = int((~np.isnan(each["iou"])).sum())
    return figures


def _auc(
    rows: Sequence[Row], untouched: Sequence[Row], score: str | None, seed: int
) -> tuple[float | None, list[float] | None]:
    """AUC of one score, forged against untouched, and its interval; None for what gives no score."""
    if score is None or not untouched:
        return None, None
    target = np.repeat([1, 0], [len(rows), len(untouched)])
    values = np.array([row.scores[score] for row in (*rows, *untouched)])
    groups = [row.item.group for row in (*rows, *untouched)]
    return float(roc_auc_score(target, values)), metrics.bootstrap(target, values, seed=seed, groups=groups)["auc"]


def _answers(rows: Sequence[Row]) -> dict[str, int]:
    """How many get which answer, and how many would be called authentic by their logit alone."""
    found = {kind.value: sum(row.answer == kind for row in rows) for kind in ANSWERED}
    return found | {BY_LOGIT: sum(row.by_logit == Answer.AUTHENTIC for row in rows)}


def _top(row: Row, known: Sequence[str]) -> str:
    return max(known, key=lambda artifact: row.scores[artifact])
