"""The model card, written from what `evaluate` wrote: prose from card_template.md, no figure typed by hand.

Blocks of the template (paragraphs, list items) whose figures no result gives are left out, and their section says so;
where none is left with a figure in it, only the heading and that note stay.
The head of the card is what the Hugging Face hub reads: licence, tags, and the figures as `model-index`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

import yaml
from huggingface_hub import EvalResult, ModelCardData

from . import card_tables as tables
from .card_tables import Result
from .model import Header

TEMPLATE = Path(__file__).with_name("card_template.md")
RECIPE = Path(__file__).parent / "weights" / "recipe.md"
COMMAND = "`python -m detector evaluate --labels …{}`"
# What a missing figure's name begins with → the option that measures it.
MEASURES = {
    "test": " --split test",
    "age": " --split NAME`, with a list that has the column `age",
    "answers": "` after `python -m detector calibrate",
    "damage": " --degrade …",
    "robustness": " --robustness",
    "jpeg": " --robustness",
    "scale": " --robustness",
    "blur": " --robustness",
    "noise": " --robustness",
    "brightness": " --robustness",
    "localisation": " --forged",
    "forged": " --forged",
    "held": " --forged",
    "right": " --forged",
    "faithfulness": " --faithful",
}
HUB = {"auc": ("roc_auc", "AUC"), "ap": ("average_precision", "average precision"), "eer": ("eer", "equal error rate"),
       "accuracy": ("accuracy", "accuracy at 0.5"), "brier": ("brier_score", "Brier score"),
       "ece": ("expected_calibration_error", "expected calibration error")}  # fmt: skip


class CardError(ValueError):
    """The card can't be written; the message says why and what to do."""


@dataclass
class Results:
    """All result files: metrics.json by split, and by (split, degradation); one of each other kind, or None."""

    stored: dict[str, Result] = field(default_factory=dict)
    damaged: dict[tuple[str, str], Result] = field(default_factory=dict)
    robustness: Result | None = None
    localisation: Result | None = None
    faithfulness: Result | None = None


def collect(folders: Sequence[str | os.PathLike], sha256: str) -> Results:
    """Reads what `evaluate` wrote into `folders`, all measured with the checkpoint of that SHA-256. Raises CardError.

    A split is named as in metrics.json, or as its folder where the list has no splits.
    """
    found = Results()
    for folder in map(Path, folders):
        there = False
        for kind in ("metrics", "robustness", "localisation", "faithfulness"):
            path = folder / f"{kind}.json"
            if not path.is_file():
                continue
            there = True
            result = _read(path, sha256)
            if kind != "metrics":
                if getattr(found, kind) is not None:
                    raise CardError(f"{path} is the second {kind}.json; give one of them")
                setattr(found, kind, result)
                continue
            split, way = result.get("split") or folder.resolve().name, result.get("degrade")
            into, key = (found.damaged, (split, way)) if way else (found.stored, split)
            if key in into:
                raise CardError(f"{path} is the second metrics.json of {split!r}; give one of them")
            into[key] = result
        if not there:
            raise CardError(f"{folder} holds no result; give folders that python -m detector evaluate wrote")
    return found


def _read(path: Path, sha256: str) -> Result:
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
        measured = result["checkpoint"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CardError(f"{path} can't be read ({error!r}); run evaluate again") from error
    if measured != sha256:
        raise CardError(
            f"{path} was measured with the checkpoint {str(measured)[:12]}, the card is of {sha256[:12]}; "
            "run evaluate again or give the other --checkpoint"
        )
    return result


def write(header: Header, results: Results, recipe: str, template: str) -> str:
    """The card as Markdown with its YAML head. Raises CardError for a result that lacks a figure it should have."""
    _, head, body = template.split("---\n", 2)
    try:
        facts = ModelCardData(**yaml.safe_load(head), eval_results=_hub(results.stored))
        return f"---\n{facts.to_yaml()}\n---\n\n{fill(body, _figures(header, results, recipe))}\n"
    except (KeyError, TypeError) as error:
        raise CardError(f"a result file lacks {error}, so an older version wrote it; run evaluate again") from error


def fill(template: str, figures: dict[str, str]) -> str:
    """The template with its $names replaced, without the blocks that lack one; a note says what would measure them."""
    sections = re.split(r"^(?=##+ )", template.strip() + "\n", flags=re.MULTILINE)
    return "\n\n".join(_section(section, figures) for section in sections)


def _section(section: str, figures: dict[str, str]) -> str:
    blocks = [Template(block) for block in section.strip().split("\n\n")]
    names = [name for block in blocks for name in block.get_identifiers()]
    missing = [name for name in names if name not in figures]
    if names and len(missing) == len(names):
        kept = [blocks[0].template]  # a heading; its prose would speak of figures that are not there
    else:
        kept = [block.substitute(figures) for block in blocks if not set(block.get_identifiers()) & set(missing)]
    ways = dict.fromkeys(_measures(name) for name in missing if name != "unnamed")  # a head too few is no gap
    return "\n\n".join([*kept, *([f"*Left out, for want of a result: {', '.join(ways)}.*"] if ways else [])])


def _measures(name: str) -> str:
    return COMMAND.format(MEASURES.get(name.split("_")[0], " --split val"))


def _figures(header: Header, results: Results, recipe: str) -> dict[str, str]:
    known: dict[str, str | None] = {
        "architecture": header.architecture.name,
        "size": str(header.preprocessing.size),
        "labels": ", ".join(f"`{label}`" for label in header.labels),
        "sha256": header.sha256,
        "calibrated": _calibrated(header),
        "licence": header.licence,
        "recipe": recipe.strip(),
        "training": tables.training(header.training),
        "unnamed": tables.unnamed(header.labels),
        "damage_table": tables.damage(results.stored, results.damaged),
    }
    if stored := results.stored:
        known |= {"main_table": tables.main(stored), "answers_table": tables.answers(stored)}
        known |= {"source_tables": tables.sources(stored), "age_tables": tables.ages(stored)}
        for title, result in stored.items():
            known |= tables.of_split(title, result)
    if results.robustness:
        known |= {"robustness": tables.damage_curves(results.robustness)} | tables.of_robustness(results.robustness)
    if results.localisation:
        known["localisation"] = tables.localisation(results.localisation)
        known |= tables.of_forgeries(results.localisation["forged"]) if "forged" in results.localisation else {}
    if results.faithfulness:
        known["faithfulness"] = tables.faithfulness(results.faithfulness)
    return {name: value for name, value in known.items() if value}


def _calibrated(header: Header) -> str:
    if header.calibration is None:
        return "It is not calibrated: its answer is always *cannot tell*."
    return f"Calibrated on {header.calibration.pictures}."


def _hub(stored: dict[str, Result]) -> list[EvalResult] | None:
    """The figures in the hub's form; None without any, for a model-index must hold at least one."""
    results = []
    for split, result in stored.items():
        values = {HUB[key]: result["all"][key] for key in HUB}
        values["tpr_at_fpr", "true positives at 1 % false alarms"] = result["all"]["tpr_at_fpr"]["0.01"]
        about = dict(
            task_type="image-classification", dataset_type="face-pictures", dataset_name=f"face pictures, {split}"
        )
        results += [
            EvalResult(**about, dataset_split=split, metric_type=kind, metric_name=name, metric_value=round(value, 4))
            for (kind, name), value in values.items()
            if value is not None
        ]
    return results or None
