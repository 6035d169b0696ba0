"""The model card's tables and figures, each from one result file; a figure that is not there leaves its cell empty."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from . import causal, localise, robustness
from .artifacts import ARTIFACTS
from .verdict import Rate

Result = dict[str, Any]
ROWS = {
    "auc": "AUC",
    "ap": "average precision",
    "eer": "equal error rate",
    "accuracy": "accuracy at 0.5",
    "0.1": "true positives at 10 % false alarms",
    "0.01": "true positives at 1 % false alarms",
    "0.001": "true positives at 0.1 % false alarms",
    "brier": "Brier score",
    "ece": "expected calibration error",
}
ANSWERS = {
    "false_alarms": "false alarms, of the real pictures answered",
    "misses": "misses, of the manipulated pictures answered",
    "undecided": "cannot tell",
    "found": "manipulated pictures found, of all",
    "alarmed": "real pictures called manipulated, of all",
}
DAMAGE = {"jpeg60": "JPEG quality 60", "half": "half the sides", "both": "half the sides and JPEG quality 60"}


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def number(value: float | None, interval: Sequence[float] | None = None) -> str:
    """As 0.931 [0.900, 0.951], or a dash for a figure that is not defined."""
    if value is None:
        return "–"
    return f"{value:.3f}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")


def percent(rate: Result | None) -> str:
    """A verdict.Rate as a dict, as 1.2 % [0.4, 3.0]."""
    if not rate or not rate["of"]:
        return "–"
    return f"{rate['value'] * 100:.1f} % [{rate['low'] * 100:.1f}, {rate['high'] * 100:.1f}]"


def main(results: dict[str, Result]) -> str:
    """Split → metrics.json: the figures that a person looks at first, a column for each split."""
    every = results.values()
    rows = [["pictures (real / fake)", *(f"{m['all']['n']} ({_classes(m['all'])})" for m in every)]]
    rows += [[name, *(number(*_figure(m["all"], key)) for m in every)] for key, name in ROWS.items()]
    rows.append(["the same before calibration", *(number(m.get("uncalibrated_ece")) for m in every)])
    rows.append(["calibration error with even classes", *(number(m.get("even_ece")) for m in every)])
    rows.append(["the same before calibration", *(number(m.get("uncalibrated_even_ece")) for m in every)])
    rows.append(["AUC of the null model", *(number(m["null_model_auc"]) for m in every)])
    rows.append(["pictures without a face found", *(str(m["no_face"]) for m in every)])
    return table(["", *results], rows)


def answers(results: dict[str, Result]) -> str | None:
    """Split → metrics.json: the rates of the three answers; None where no result has them."""
    known = {title: m["answers"] for title, m in results.items() if m.get("answers")}
    rows = [[name, *(percent(of[key]) for of in known.values())] for key, name in ANSWERS.items()]
    return table(["", *known], rows) if known else None


def sources(results: dict[str, Result]) -> str | None:
    """A table for each split of several sources; None where there is none."""
    header = ["source", "real / fake", "own AUC", "against all", "false alarms", "misses"]
    parts = [
        f"`{title}`:\n\n" + table(header, [_source(name, of) for name, of in m["by_source"].items()])
        for title, m in results.items()
        if len(m["by_source"]) > 1
    ]
    return "\n\n".join(parts) or None


def _source(name: str, of: Result) -> list[str]:
    wrong = of["confusion"]
    against = number(of["auc_against_all"], of["interval"]["auc_against_all"]) if "auc_against_all" in of else "–"
    alarms, misses = _rate(wrong["fp"], of["n_real"]), _rate(wrong["fn"], of["n_fake"])
    return [f"`{name}`", _classes(of), number(of["auc"], of["interval"]["auc"]), against, alarms, misses]


def ages(results: dict[str, Result]) -> str | None:
    """A table for each split whose list knows ages; None where none does."""
    header = ["age", "real photos", "false alarms at 0.5", "called manipulated"]
    parts = [
        f"`{title}`:\n\n"
        + table(
            header,
            [
                [band, str(of["n"]), percent(of["false_alarms"]), percent(of["accused"])]
                for band, of in m["by_age"].items()
            ],
        )
        for title, m in results.items()
        if m.get("by_age")
    ]
    return "\n\n".join(parts) or None


def damage(stored: dict[str, Result], damaged: dict[tuple[str, str], Result]) -> str | None:
    """The AUC as stored and after `evaluate --degrade`; None where nothing was damaged."""
    if not damaged:
        return None
    ways = ["as stored", *dict.fromkeys(way for _, way in damaged)]
    splits = list(dict.fromkeys([*stored, *(split for split, _ in damaged)]))
    of = {(split, "as stored"): m for split, m in stored.items()} | damaged
    rows = [
        [DAMAGE.get(way, way), *(number(*_figure(of[s, way]["all"], "auc")) if (s, way) in of else "–" for s in splits)]
        for way in ways
    ]
    return table(["AUC, whole pictures", *splits], rows)


def damage_curves(result: Result) -> str:
    """robustness.json as its own table, without the heading."""
    return robustness.markdown(result).split("\n", 2)[2].strip()


def localisation(result: Result) -> str:
    """localisation.json as its own tables, one level of headings down."""
    return re.sub(r"^##", "###", localise.markdown(result).split("\n", 2)[2].strip(), flags=re.MULTILINE)


def faithfulness(result: Result) -> str:
    """faithfulness.json: stamps by source, curves, and what is left of the maps with random weights."""
    rows = [
        [source, *(str(of[name]) for name in causal.STAMPS), _rate(of[causal.SUPPORTED], _claims(of))]
        for source, of in result["stamps"].items()
    ]
    lines = [table(["source", *causal.STAMPS, "supported, of the maps that claim something"], rows), ""]
    for name in ("deletion", "insertion"):
        gain = result["gain"][name]
        lines.append(
            f"- {name}: area {result['areas'][name]['mean']:.3f}, the map moved elsewhere "
            f"{result['areas'][f'{name}_moved']['mean']:.3f}; better by {number(gain['mean'], gain['interval'])}"
        )
    lines += [
        f"- weights of {stage} randomised: rank correlation with the map before {number(of['mean'], of['interval'])}"
        for stage, of in result["randomised"].items()
    ]
    return "\n".join(lines)


def training(facts: Result) -> str:
    """What the checkpoint's header says of its last training run."""
    rows = [[key.replace("_", " "), _plain(value)] for key, value in facts.items() if key != "arguments"]
    parts = [table(["last run", ""], rows)] if rows else []
    if arguments := facts.get("arguments"):
        given = (f"{key}={_plain(value)}" for key, value in arguments.items() if value not in (None, False))
        parts.append("Arguments: " + ", ".join(f"`{pair}`" for pair in given))
    return "\n\n".join(parts)


# --- single figures, for sentences -----------------------------------------------------------------------------------


def of_split(title: str, m: Result) -> dict[str, str]:
    """Names as test_auc, test_found_of_100, val_ciplab_auc."""
    whole, name = m["all"], identifier(title)
    found = {f"{name}_{key}": number(*_figure(whole, key)) for key in ("auc", "ece") if whole[key] is not None}
    if whole["auc"] is not None:
        value, bounds = _figure(whole, "0.01")
        found[f"{name}_found_of_100"] = f"{value * 100:.0f} [{bounds[0] * 100:.0f}, {bounds[1] * 100:.0f}]"
    for source, of in m["by_source"].items():
        if of["auc"] is not None:
            found[f"{name}_{identifier(source)}_auc"] = number(of["auc"], of["interval"]["auc"])
    return found | {f"{name}_no_face": f"{m['no_face']} of {whole['n']}"}


def of_robustness(result: Result) -> dict[str, str]:
    """Names as jpeg_60_fall, scale_0_5_fall."""
    return {
        identifier(f"{kind}_{of['level']:g}_fall"): number(of["fall"], of["interval"]["fall"])
        for kind, ladder in result["kinds"].items()
        for of in ladder["levels"]
        if of["fall"] is not None
    }


def of_forgeries(forged: Result) -> dict[str, str]:
    """forged_aucs, held_back_aucs, right_on_top, unnamed."""
    found = {}
    for name, sets in (("forged_aucs", "all"), ("held_back_aucs", "held_back")):
        figures = {
            artifact: methods[localise.OWN]["sets"][sets]
            for artifact, methods in forged["artifacts"].items()
            if sets in methods[localise.OWN]["sets"]
        }
        if figures:
            found[name] = ", ".join(
                f"{artifact.replace('_', ' ')} {number(of['auc'], of['interval']['auc'])}"
                for artifact, of in figures.items()
            )
    if top := forged["right_on_top"].get("all"):
        found["right_on_top"] = f"{top['share']:.0%} [{top['interval'][0]:.0%}, {top['interval'][1]:.0%}]"
    return found


def unnamed(labels: Sequence[str]) -> str:
    """The artifacts that a checkpoint has no head for; empty when it has all."""
    return ", ".join(artifact.replace("_", " ") for artifact in ARTIFACTS if artifact not in labels)


def identifier(title: str) -> str:
    """A title as a name that string.Template takes."""
    return re.sub(r"[^A-Za-z0-9]+", "_", title)


def _figure(whole: Result, key: str) -> tuple[float | None, Sequence[float] | None]:
    if key in whole["tpr_at_fpr"]:
        return whole["tpr_at_fpr"][key], whole["interval"]["tpr_at_fpr"][key]
    return whole[key], whole["interval"][key]


def _classes(of: Result) -> str:
    return f"{of['n_real']} / {of['n_fake']}"


def _rate(count: int, of: int) -> str:
    rate = Rate.measured(count, of)
    return percent({"value": rate.value, "low": rate.low, "high": rate.high, "of": of})


def _claims(stamps: dict[str, int]) -> int:
    return sum(stamps.values()) - stamps[causal.NOT_APPLICABLE]


def _plain(value: Any) -> str:
    """One cell of a table, whatever the header holds."""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    text = " ".join(map(str, value)) if isinstance(value, list) else text
    return text.replace("|", "\\|").replace("\n", " ")
