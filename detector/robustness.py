"""Does the detector hold when pictures are compressed, shrunk, blurred, noisy, dark, or photographed off a screen?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from . import metrics, plots, scope, verdict
from .analyse import Analyser, Found
from .answers import in_scope
from .data import Example
from .degrade import LADDERS
from .images import PictureError, load
from .sampling import balanced
from .verdict import OPEN, Answer, Rate

FPR = "0.01"
RATES = ("undecided", "false_alarms", "misses")
VIEWS = tuple((kind, level) for kind, ladder in LADDERS.items() for level in ladder.levels)
AHEAD = 4  # pictures whose views are prepared at once


@dataclass(frozen=True)
class _Judged:
    probability: float
    answer: Answer


def measure(
    analyser: Analyser,
    examples: Sequence[Example],
    out: str | Path,
    limit: int | None = None,
    seed: int = 0,
    batch_size: int = 32,
    progress: bool = True,
) -> dict[str, Any]:
    """Judges every picture as stored and under every level of degrade.LADDERS.

    `limit`: a sample of so many pictures, balanced over class and source. Writes robustness.json, robustness.md and
    robustness.png; returns what the JSON holds. Its answers heed the scope, so what is not assessed counts as not told;
    they are those without the stability check, which would judge each view a dozen times more. Raises ValueError when
    no picture can be read.
    """
    chosen = list(examples) if limit is None else balanced(examples, limit, seed)
    kept, judged = [], []
    for example, row in tqdm(
        _judged(analyser, chosen, seed, batch_size), "robustness", len(chosen), unit="picture", disable=not progress
    ):
        if row is not None:
            kept.append(example)
            judged.append(row)
    if not kept:
        raise ValueError(f"none of the {len(chosen)} pictures could be read; check --images")
    # (views, pictures) each, the first as stored
    probabilities = np.array([[view.probability for view in row] for row in judged]).T
    answers = np.array([[view.answer for view in row] for row in judged]).T if analyser.verdicts != OPEN else None
    target = np.array([example.target for example in kept])
    groups = [e.group or e.name for e in kept] if any(e.group for e in kept) else None
    figures = [
        _figures(target, probability, None if answers is None else answers[view], groups, seed)
        for view, probability in enumerate(probabilities)
    ]
    for probability, of in zip(probabilities, figures, strict=True):
        of["fall"], of["interval"]["fall"] = metrics.auc_fall(
            target, probabilities[0], probability, seed=seed, groups=groups
        )
    result: dict[str, Any] = {
        "checkpoint": analyser.identity.sha256,
        "split": ", ".join(sorted({example.split for example in kept} - {""})),
        "seed": seed,
        "n_real": int((target == 0).sum()),
        "n_fake": int((target == 1).sum()),
        "errors": len(chosen) - len(kept),
        "as_stored": figures[0],
        "kinds": {},
    }
    for (kind, level), of in zip(VIEWS, figures[1:], strict=True):
        rungs = result["kinds"].setdefault(kind, {"unit": LADDERS[kind].unit, "levels": []})
        rungs["levels"].append({"level": level, **of})
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "robustness.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (out / "robustness.md").write_text(markdown(result), encoding="utf-8")
    plots.robustness(result["as_stored"], result["kinds"], out / "robustness.png")
    return result


def _judged(
    analyser: Analyser, examples: Sequence[Example], seed: int, batch_size: int
) -> Iterator[tuple[Example, list[_Judged] | None]]:
    """Each example with what is said of every view, the first as stored; None if it can't be read."""

    def prepare(number: int) -> list[Found] | None:
        try:
            pixels = load(examples[number].path, analyser.limits).pixels
            views = (
                LADDERS[kind].apply(pixels, level, np.random.default_rng([seed, number, index]))
                for index, (kind, level) in enumerate(VIEWS)
            )
            return [analyser.prepare(view) for view in (pixels, *views)]
        except PictureError:
            return None

    with ThreadPoolExecutor(2) as pool:
        for first in range(0, len(examples), AHEAD):
            numbers = range(first, min(first + AHEAD, len(examples)))
            for number, found in zip(numbers, pool.map(prepare, numbers), strict=True):
                yield examples[number], found and _said(analyser, found, batch_size)


def _said(analyser: Analyser, views: Sequence[Found], batch_size: int) -> list[_Judged]:
    said, batch, crops = [], [], 0
    for number, view in enumerate(views, 1):
        batch.append(view)
        crops += len(view.crops)
        if crops >= batch_size or number == len(views):  # crops, not views: each of a crowd's faces takes memory
            for one, analysis in zip(batch, analyser.judge(batch), strict=True):
                answer = in_scope(analysis, scope.assess(one.picture, one.boxes)).answer
                said.append(_Judged(analysis.probability, answer))
            batch, crops = [], 0
    return said


def _figures(
    target: np.ndarray, probability: np.ndarray, answers: np.ndarray | None, groups: Sequence[str] | None, seed: int
) -> dict[str, Any]:
    """AUC, TPR at 1 % FPR and the rates of the answers; the latter None for a checkpoint without calibration."""
    plain = metrics.binary(target, probability)
    interval = metrics.bootstrap(target, probability, seed=seed, groups=groups)
    figures: dict[str, Any] = {"auc": plain["auc"], "tpr": plain["tpr_at_fpr"][FPR]}
    figures["interval"] = {"auc": interval["auc"], "tpr": interval["tpr_at_fpr"][FPR]}
    for name, rate in (dict.fromkeys(RATES) if answers is None else _rates(target, answers)).items():
        figures[name] = rate and rate.value
        figures["interval"][name] = rate and [rate.low, rate.high]
    return figures


def _rates(target: np.ndarray, answers: np.ndarray) -> dict[str, Rate]:
    """RATES of the answers (n,): errors of what is answered, and what is not told, of all."""
    side = np.select([answers == Answer.MANIPULATED, answers == Answer.AUTHENTIC], [1, -1])
    found = verdict.measured(side[target == 0], side[target == 1], lower=-1, upper=1)
    return {name: getattr(found, name) for name in RATES}


# --- table -----------------------------------------------------------------------------------------------------------

COLUMNS = {
    "auc": "AUC",
    "fall": "AUC's fall",
    "tpr": "TPR at 1 % FPR",
    "undecided": "cannot tell",
    "false_alarms": "false alarms",
    "misses": "misses",
}


def markdown(result: dict[str, Any]) -> str:
    """All figures as a table, with 95 % intervals in brackets."""
    lines = [
        "# Robustness",
        "",
        f"Checkpoint {result['checkpoint'][:12]}, {result['n_real']} real and {result['n_fake']} fake pictures, seed "
        f"{result['seed']}. In brackets 95 % intervals; that of the AUC's fall is paired, picture by picture.",
        "",
        f"| damage | level | {' | '.join(COLUMNS.values())} |",
        "| --- " * (len(COLUMNS) + 2) + "|",
        _line(["as stored", "–"], result["as_stored"]),
    ]
    for kind, of in result["kinds"].items():
        lines += [_line([f"{kind} ({of['unit']})", f"{level['level']:g}"], level) for level in of["levels"]]
    if result["n_real"] < 100:
        lines += ["", "With fewer than 100 real pictures, 1 % false alarms means none."]
    if result["as_stored"]["undecided"] is None:
        lines += ["", "The checkpoint is not calibrated, so it gives no answers yet."]
    return "\n".join(lines) + "\n"


def _line(first: list[str], figures: dict[str, Any]) -> str:
    return f"| {' | '.join([*first, *(_cell(figures, key) for key in COLUMNS)])} |"


def _cell(figures: dict[str, Any], key: str) -> str:
    value, interval = figures[key], figures["interval"][key]
    if value is None:
        return "–"
    middle, low, high = (round(figure, 3) + 0.0 for figure in (value, *interval))  # no "-0.000"
    return f"{middle:.3f} [{low:.3f}, {high:.3f}]"
