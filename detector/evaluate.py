"""How good is a checkpoint on labelled pictures? Scores come from the same path that the page and the scan use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import logit
from tqdm import tqdm

from . import ages, csv_text, metrics, plots, scan, shortcut, stream, verdict
from .analyse import Analyser
from .analysis import Analysis, FaceVerdict
from .artifacts import FAKE
from .data import Example
from .degrade import Degraded, Delivered, encode
from .images import FileFacts, PictureError, load

RATES = {
    "false alarms": "false_alarms",
    "misses": "misses",
    "cannot tell": "undecided",
    "manipulated, found": "found",
}
NEAR = 0.05  # a model this close to the null model's AUC, or below it, may be reading the file instead of the face


def evaluate(
    analyser: Analyser,
    examples: Sequence[Example],
    out: str | Path,
    null_examples: Sequence[Example] = (),
    batch_size: int = 32,
    progress: bool = True,
    degrade: str = "none",
) -> dict[str, Any]:
    """Judges every example; writes metrics.json, prediction.csv, errors.csv (if any), roc.png, reliability.png.

    `null_examples` (pictures of another split) are what the null model on file facts alone is fitted to; without
    them it is cross-validated on `examples`. `degrade`: what every picture goes through first, of degrade.DEGRADE.
    Returns what metrics.json holds. Raises ValueError when nothing could be judged.
    """
    if null_examples and len({example.target for example in null_examples}) < 2:
        raise ValueError("the null model needs real and fake pictures to be fitted to; give another --null-split")
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    judge = analyser if degrade == "none" else Degraded(analyser, degrade)
    judged, errors = _judged(judge, examples, batch_size, progress)
    _write(out / "prediction.csv", scan.HEADER, [(e.name, f"{a.probability:.6f}") for e, a in judged])
    (out / "errors.csv").unlink(missing_ok=True)
    if errors:
        _write(out / "errors.csv", ["img_name", "reason"], errors)
    if not judged:
        raise ValueError(f"none of the {len(examples)} pictures could be read; see {out / 'errors.csv'}")
    kept = [example for example, _ in judged]
    target = np.array([example.target for example in kept])
    score = np.array([analysis.probability for _, analysis in judged])
    sources = [e.source for e in kept] if any(e.source for e in kept) else None
    groups = [e.group or e.name for e in kept] if any(e.group for e in kept) else None
    result = metrics.evaluate(target, score, sources, groups)
    result["null_model_auc"] = null_auc([a.file for _, a in judged], kept, groups, null_examples, degrade)
    raw = 1 / (1 + np.exp(-np.array([a.logit for _, a in judged])))
    result["uncalibrated_ece"] = metrics.ece(target, raw)
    if 0 < target.sum() < target.size:
        weight = metrics.even(target)
        result["even_ece"], result["uncalibrated_even_ece"] = (
            metrics.ece(target, of, weight=weight) for of in (score, raw)
        )
    answers = verdict.on(analyser.verdicts, target, np.array([a.logit for _, a in judged]))
    result["answers"] = answers and answers.to_dict()
    accused = None
    if analyser.verdicts != verdict.OPEN:
        accused = np.array([analysis.answer == verdict.Answer.MANIPULATED for _, analysis in judged])
    if bands := ages.by_age(kept, score >= 0.5, accused):
        result["by_age"] = bands
    if splits := {example.split for example in kept} - {""}:
        result["split"] = ", ".join(sorted(splits))
    result["errors"] = len(errors)
    result["no_face"] = sum(analysis.face_count == 0 for _, analysis in judged)
    result["checkpoint"] = analyser.identity.sha256
    if degrade != "none":
        result["degrade"] = degrade
    (out / "metrics.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if len(set(target.tolist())) == 2:
        plots.roc(target, score, out / "roc.png")
    plots.reliability(target, score, out / "reliability.png")
    return result


def logits(
    judge: Analyser | Delivered, examples: Sequence[Example], batch_size: int = 32, progress: bool = True
) -> tuple[list[np.ndarray], list[Example]]:
    """Logits (faces, labels) of every picture that can be read, and those pictures.

    Raises ValueError when none can be read.
    """
    judged, errors = _judged(judge, examples, batch_size, progress)
    if not judged:
        raise ValueError(f"none of the {len(examples)} pictures could be read, as {errors[0]}; check --images")
    labels = judge.classifier.labels
    return [np.array([_of_face(labels, face) for face in a.faces]) for _, a in judged], [e for e, _ in judged]


def _of_face(labels: Sequence[str], face: FaceVerdict) -> list[float]:
    # A probability in single precision may have become 1.
    known = {label: float(logit(np.clip(value, 1e-7, 1 - 1e-7))) for label, value in face.probabilities.items()}
    return [face.logit if label == FAKE else known[label] for label in labels]


def _judged(
    judge: Analyser | Delivered, examples: Sequence[Example], batch_size: int, progress: bool
) -> tuple[list[tuple[Example, Analysis]], list[tuple[str, str]]]:
    jobs = [stream.Job(example.name, example.path) for example in examples]
    results = tqdm(stream.run(judge, jobs, batch_size), "judge", len(jobs), unit="picture", disable=not progress)
    judged, errors = [], []
    for example, result in zip(examples, results, strict=True):
        if result.analysis is None:
            errors.append((example.name, result.error))
        else:
            judged.append((example, result.analysis))
    return judged, errors


def summary(result: dict[str, Any]) -> str:
    """The figures a person looks at first, one a line."""
    whole = result["all"]
    interval = whole.get("interval", {})

    def line(name: str, key: str) -> str:
        value, bounds = whole[key], interval.get(key)
        if value is None:
            return f"{name:<22} not defined with one class only"
        return f"{name:<22} {value:.4f}" + (f"  [{bounds[0]:.4f}, {bounds[1]:.4f}]" if bounds else "")

    def share(name: str, found: dict[str, float]) -> str:
        interval = f"[{found['low']:.4f}, {found['high']:.4f}]"
        return f"{name:<22} {found['value']:.4f}  {interval}  {found['count']}/{found['of']}"

    lines = [
        f"pictures               {whole['n']} ({whole['n_real']} real, {whole['n_fake']} fake), "
        f"{result['errors']} unreadable"
    ]
    lines += [
        line("AUC", "auc"),
        line("average precision", "ap"),
        line("equal error rate", "eer"),
        line("accuracy", "accuracy"),
    ]
    for rate, value in whole["tpr_at_fpr"].items():
        if value is not None:
            lines.append(f"TPR at {float(rate):.1%} FPR        {value:.4f}")
    lines += [line("Brier score", "brier"), line("calibration error", "ece")]
    if "even_ece" in result:
        before, after = result["uncalibrated_even_ece"], result["even_ece"]
        lines.append(f"with even classes      {after:.4f}  ({before:.4f} before calibration)")
    if answers := result["answers"]:
        lines.append(f"before calibration     {result['uncalibrated_ece']:.4f}")
        lines += [share(name, answers[key]) for name, key in RATES.items()]
    null, auc = result["null_model_auc"], whole["auc"]
    if null is not None and auc is not None:
        lines.append(f"null model's AUC       {null:.4f}  (file facts alone: bytes, size, quantisation)")
        if auc < null + NEAR:
            lines.append("WARNING: file facts alone do nearly as well; the pictures' format may give the answer away")
    elif auc is not None:
        lines.append("null model's AUC       not measured: needs 10 pictures of each class, in 5 groups or more")
    return "\n".join(lines)


def null_auc(
    facts: list[FileFacts],
    examples: list[Example],
    groups: Sequence[str] | None,
    null_examples: Sequence[Example] = (),
    degrade: str = "none",
) -> float | None:
    """AUC, 0…1, of file facts alone on labelled pictures; None where they are too few, or of too few groups.

    `null_examples`, stored as `degrade` says, are what it is fitted to; none: the others of the same pictures.
    """
    target = np.array([example.target for example in examples])
    if min(np.bincount(target, minlength=2)) < 10:
        return None
    if not null_examples:
        try:
            return shortcut.cross_validated_auc(facts, target, groups)
        except ValueError:  # too few groups to hold some out
            return None
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda example: _facts(example, degrade), null_examples)
        fitted = [(fact, e.target) for fact, e in zip(found, null_examples, strict=True) if fact]
    return shortcut.null_auc([fact for fact, _ in fitted], np.array([t for _, t in fitted]), facts, target)


def _facts(example: Example, degrade: str) -> FileFacts | None:
    try:
        picture = load(example.path)
        return picture.facts if degrade == "none" else load(encode(picture.pixels, degrade)).facts
    except PictureError:
        return None


def _write(path: Path, header: list[str], rows: list[tuple]) -> None:
    path.write_text(csv_text.exact([header, *rows]), encoding="utf-8", newline="")
