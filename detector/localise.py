"""How well do the maps mark what was manipulated? Measured on forgeries, or on fakes with masks, beside baselines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from . import plots
from .analyse import Analyser
from .artifacts import ARTIFACTS
from .data import Example
from .forged_set import Item, forged_set, masked_set
from .localisation_figures import ANSWERED, of_fakes, of_forgeries
from .localisation_maps import OWN, judge


def localise(
    analyser: Analyser,
    examples: Sequence[Example],
    out: str | Path,
    forged: bool = False,
    masks: str | Path | None = None,
    plain: Analyser | None = None,
    seed: int = 0,
    degrade: str = "none",
    batch_size: int = 32,
    counts: tuple[int, int] = (150, 50),
    progress: bool = True,
) -> dict[str, Any]:
    """Writes localisation.json and localisation.md, and for forgeries confusion.png; returns what the JSON holds.

    `forged`: forges the real pictures among `examples`, for each artifact `counts` = (trained, held back) ones;
    `masks`: folder with the masks of fakes. `plain`: a model trained without masks, whose map of fake is a baseline.
    Raises ValueError when the checkpoint knows no artifact or no picture can be used.
    """
    known = [artifact for artifact in ARTIFACTS if artifact in analyser.labels]
    if forged and not known:
        raise ValueError(
            f"the checkpoint knows none of {', '.join(ARTIFACTS)}; give a --checkpoint trained with train.py --forged"
        )
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    result: dict[str, Any] = {
        "checkpoint": analyser.identity.sha256,
        "plain_checkpoint": plain.identity.sha256 if plain else None,
        "seed": seed,
        "degrade": degrade,
    }
    bar = dict(unit="picture", disable=not progress)
    if masks is not None:
        items: Iterable[Item] = tqdm(masked_set(examples, masks, degrade), "masks", **bar)
        rows = judge(analyser, plain, items, batch_size)
        if not rows:
            raise ValueError(f"{masks} has no mask for any fake of the list; it needs PNG files named as the pictures")
        result["masks"] = of_fakes(rows, plain is not None, seed)
    if forged:
        items = tqdm(forged_set(examples, seed, known, *counts, degrade), "forged", **bar)
        result["forged"] = of_forgeries(judge(analyser, plain, items, batch_size), known, plain is not None, seed)
    (out / "localisation.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (out / "localisation.md").write_text(markdown(result), encoding="utf-8")
    if forged and len(known) > 1:
        confusion = result["forged"]["confusion"]
        plots.confusion(confusion["all"], confusion["labels"], out / "confusion.png")
    return result


# --- tables ----------------------------------------------------------------------------------------------------------

COLUMNS = {
    "auc": "AUC",
    "pointing": "pointing game",
    "iou": "IoU",
    "outline_iou": "IoU of the outline",
    "ap": "average precision",
    "right_on_top": "on top",
}


def markdown(result: dict[str, Any]) -> str:
    """The figures that a person looks at first, as tables; the JSON holds the rest."""
    lines = [
        "# Localisation",
        "",
        f"Checkpoint {result['checkpoint'][:12]}, seed {result['seed']}, degradation: {result['degrade']}. "
        "In brackets 95 % intervals. IoU, and all of the average mask: on the half on which no threshold was chosen. "
        "An outline needs none: it runs at a level between each map's own coldest and hottest place.",
    ]
    if "forged" in result:
        lines += _of_forgeries(result["forged"])
    if "masks" in result:
        lines += ["", "## Fakes with masks", "", *_head("map", "pictures", *COLUMNS.values())]
        lines += [_line([name, _count(of["sets"]["all"])], of["sets"]["all"]) for name, of in result["masks"].items()]
    return "\n".join(lines) + "\n"


def _of_forgeries(forged: dict[str, Any]) -> list[str]:
    lines = [
        "",
        f"## Forgeries, against {forged['untouched']} untouched pictures",
        "",
        *_head("artifact", "variants", "pictures", *COLUMNS.values()),
    ]
    for artifact, methods in forged["artifacts"].items():
        for name in ("all", "trained", "held_back"):
            if figures := methods[OWN]["sets"].get(name):
                lines.append(_line([artifact, name.replace("_", " "), _count(figures)], figures))
    missing = [label for label in forged["confusion"]["labels"] if label not in forged["artifacts"]]
    if missing:
        lines += ["", f"No picture had room for: {', '.join(missing)}."]
    lines += ["", "## Maps compared, all variants", "", *_head("artifact", "map", "threshold", *COLUMNS.values())]
    for artifact, methods in forged["artifacts"].items():
        for name, of in methods.items():
            threshold = "–" if of["threshold"] is None else f"{of['threshold']:.2f}"
            lines.append(_line([artifact, name, threshold], of["sets"]["all"]))
    lines += ["", "## Fake, forged against untouched", "", *_head("variants", "pictures", "AUC")]
    for name, figures in forged["fake"].items():
        lines.append(f"| {name.replace('_', ' ')} | {_count(figures)} | {_cell(figures, 'auc')} |")
    lines += _answers(forged["answers"])
    labels = forged["confusion"]["labels"]
    if len(labels) > 1:
        lines += ["", "## Which artifact is on top", "", *_head("forged ↓", *labels)]
        for label, counts in zip(labels, forged["confusion"]["all"], strict=True):
            lines.append(f"| {label} | {' | '.join(map(str, counts))} |")
        lines.append("")
        for name, of in forged["right_on_top"].items():
            low, high = of["interval"]
            lines.append(f"- right one on top, {name.replace('_', ' ')}: {of['share']:.3f} [{low:.3f}, {high:.3f}]")
    return lines


def _answers(answers: dict[str, dict[str, int]]) -> list[str]:
    """A row for each kind of picture: shares of its answers, before scope and other deliveries are checked."""
    heading = "## The answers, before scope and other deliveries are checked"
    lines = ["", heading, "", *_head("pictures", *next(iter(answers.values())))]
    for name, counts in answers.items():
        total = sum(counts[kind] for kind in ANSWERED)
        lines.append(f"| {name} | {' | '.join(f'{count / total:.1%}' for count in counts.values())} |")
    return lines


def _head(*names: str) -> list[str]:
    return [f"| {' | '.join(names)} |", "| --- " * len(names) + "|"]


def _line(first: list[str], figures: dict[str, Any]) -> str:
    return f"| {' | '.join([*first, *(_cell(figures, key) for key in COLUMNS)])} |"


def _count(figures: dict[str, Any]) -> str:
    return str(figures["n"])


def _cell(figures: dict[str, Any], key: str) -> str:
    value, interval = figures.get(key), figures["interval"].get(key)
    if value is None:
        return "–"
    return f"{value:.3f}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")
