"""The model card: its figures are those of the files, and what no file gives is left out and said."""

import json
import re

import numpy as np
import pytest
import yaml
from conftest import header_of, small_network

from detector import ages, card, metrics
from detector import card_tables as tables
from detector.cli import main
from detector.data import Example, read_labels
from detector.verdict import Calibration

pytestmark = pytest.mark.usefixtures("one_thread")
SHA = "ab" * 32
RATE = {"value": 0.25, "low": 0.1, "high": 0.5, "count": 1, "of": 4}


def measured(**more):
    """A metrics.json: of three real and two fake pictures one fake lies below a real one; AUC 5/6."""
    target, score = [0, 0, 0, 1, 1], [0.1, 0.2, 0.6, 0.4, 0.9]
    result = metrics.evaluate(target, score, ["a", "a", "a", "a", "b"], n_bootstrap=20)
    return result | {"null_model_auc": 0.55, "answers": None, "errors": 0, "no_face": 2, "checkpoint": SHA} | more


def damaged(auc):
    interval = {"auc": [0.6, 0.8], "tpr": [0.1, 0.4], "fall": [0.05, 0.15],
                "undecided": None, "false_alarms": None, "misses": None}  # fmt: skip
    return {"auc": auc, "fall": 0.1, "tpr": 0.3, "undecided": None, "false_alarms": None, "misses": None,
            "interval": interval}  # fmt: skip


ROBUSTNESS = {"checkpoint": SHA, "split": "val", "seed": 0, "n_real": 3, "n_fake": 2, "errors": 0,
              "as_stored": damaged(0.8),
              "kinds": {"scale": {"unit": "of the sides", "levels": [{"level": 0.5, **damaged(0.7125)}]}}}  # fmt: skip
STAMPS = {"supported": 3, "weak": 0, "not supported": 1, "not applicable": 2}
FIGURE = {"mean": 0.123, "interval": [0.1, 0.2]}
FAITHFULNESS = {"checkpoint": SHA, "stamps": {"all": STAMPS}, "gain": {"deletion": FIGURE, "insertion": FIGURE},
                "areas": dict.fromkeys(("deletion", "deletion_moved", "insertion", "insertion_moved"), FIGURE),
                "randomised": {"head": FIGURE}}  # fmt: skip


def folder(place, name, **files):
    (place / name).mkdir()
    for kind, content in files.items():
        (place / name / f"{kind}.json").write_text(json.dumps(content))
    return place / name


@pytest.fixture
def header():
    from dataclasses import replace

    calibration = Calibration("faces.csv", 1.0, 1.0, 0.0, (-1.0,), (1.0,))
    return replace(header_of(small_network(output_stride=16)), sha256=SHA, calibration=calibration)


def written(header, *folders):
    return card.write(header, card.collect(folders, SHA), "## Data\n\nOur own.\n", card.TEMPLATE.read_text("utf-8"))


def part(text, heading):
    """What stands under a heading, up to the next one."""
    return re.search(rf"^##+ {heading}\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)[1].strip()


def test_the_head_is_what_the_hub_reads(header, tmp_path):
    text = written(header, folder(tmp_path, "v", metrics=measured(split="val")))
    head = yaml.safe_load(text.split("---\n")[1])
    assert head["license"] == "other" and head["pipeline_tag"] == "image-classification"
    assert head["library_name"] and "utkface" in head["datasets"] and "deepfake-detection" in head["tags"]
    (index,) = head["model-index"]
    (result,) = index["results"]
    assert result["dataset"]["split"] == "val" and result["task"]["type"] == "image-classification"
    values = {metric["type"]: metric["value"] for metric in result["metrics"]}
    assert values["roc_auc"] == 0.8333 and values["accuracy"] == 0.6


def test_figures_come_from_the_files(header, tmp_path):
    val = measured(split="val", by_age={"18–29": {"n": 4, "false_alarms": RATE, "accused": None}})
    text = written(
        header,
        folder(tmp_path, "v", metrics=val),
        folder(tmp_path, "held-out", metrics=measured()),
        folder(tmp_path, "d", metrics=measured(split="val", degrade="jpeg60")),
        folder(tmp_path, "r", robustness=ROBUSTNESS, faithfulness=FAITHFULNESS),
    )
    figures = part(text, "Figures")
    assert "|  | val | held-out |" in figures and "| pictures (real / fake) | 5 (3 / 2) | 5 (3 / 2) |" in figures
    assert figures.count("| AUC | 0.833 [") == 1 and "| AUC of the null model | 0.550 | 0.550 |" in figures
    assert "| `a` | 3 / 1 | 0.667 [" in part(text, "By source")  # 0.4 against 0.1, 0.2, 0.6
    assert "| 18–29 | 4 | 25.0 % [10.0, 50.0] | – |" in part(text, "By age")
    assert "| scale (of the sides) | 0.5 | 0.713 [0.600, 0.800] |" in part(text, "After damage")
    assert "| JPEG quality 60 | 0.833 [" in part(text, "After damage")
    assert "| all | 3 | 0 | 1 | 2 | 75.0 % [" in part(text, "Are the maps true\\?")
    assert "falls by 0.100 [0.050, 0.150] at half the sides" not in text  # its block also needs JPEG 60
    assert "Calibrated on 2 pictures of faces.csv." in text and f"`{SHA}`" in text
    assert "Our own." in part(text, "Data") and "CC0-1.0" in part(text, "Licence notes")
    assert "on 2 of 5 portraits of `val` none was found" in text.replace("\n  ", " ")
    assert "$" not in text


def test_what_is_missing_is_left_out_and_said(header, tmp_path):
    text = written(header, folder(tmp_path, "v", metrics=measured(split="val")))
    assert "--robustness" in part(text, "After damage") and "|" not in part(text, "After damage")
    assert part(text, "Maps on forgeries").startswith("*Left out, for want of a result: `python")
    assert "column `age`" in part(text, "By age") and "False alarms on" not in text
    limits = part(text, "Limits")
    assert "Unknown kinds" not in limits and "--split test" in limits and "Known kinds" in limits
    assert "lighting" in limits  # no head for it


def test_without_any_metrics_there_is_no_index(header, tmp_path):
    text = written(header, folder(tmp_path, "r", robustness=ROBUSTNESS))
    assert "model-index" not in text and "| as stored |" in text
    assert "--split val" in part(text, "Figures")


def test_a_block_without_its_figure_goes():
    text = "intro $a\n\n## One\n\n- x $a\n\n- y $test_auc\n\n## Two\n\nplain"
    note = "*Left out, for want of a result: `python -m detector evaluate --labels … --split test`.*"
    assert card.fill(text, {"a": "1"}) == f"intro 1\n\n## One\n\n- x 1\n\n{note}\n\n## Two\n\nplain"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "holds no result"),
        (
            {"metrics": measured(checkpoint="cd" * 32)},
            "was measured with the checkpoint cdcdcdcdcdcd, the card is of abab",
        ),
        ({"robustness": []}, "can't be read"),
    ],
)
def test_results_that_do_not_belong_here(tmp_path, files, words):
    with pytest.raises(card.CardError, match=words):
        card.collect([folder(tmp_path, "x", **files)], SHA)


def test_two_results_of_one_kind(tmp_path):
    twice = [folder(tmp_path, name, metrics=measured(split="val")) for name in "ab"]
    with pytest.raises(card.CardError, match=r"second metrics\.json of 'val'"):
        card.collect(twice, SHA)
    twice = [folder(tmp_path, name, robustness=ROBUSTNESS) for name in "cd"]
    with pytest.raises(card.CardError, match=r"second robustness\.json"):
        card.collect(twice, SHA)


def test_a_result_of_an_older_version(header, tmp_path):
    old = measured(split="val")
    del old["no_face"]
    with pytest.raises(card.CardError, match="lacks 'no_face'"):
        written(header, folder(tmp_path, "v", metrics=old))


def test_forgeries_in_words():
    def sets(auc):
        return {"artifact map": {"sets": {"all": {"auc": auc, "interval": {"auc": [0.5, 0.9]}}}}}

    forged = {"artifacts": {"face_edge": sets(0.81), "hair": sets(0.92)},
              "right_on_top": {"all": {"share": 0.782, "interval": [0.753, 0.81]}}}  # fmt: skip
    found = tables.of_forgeries(forged)
    assert found["forged_aucs"] == "face edge 0.810 [0.500, 0.900], hair 0.920 [0.500, 0.900]"
    assert found["right_on_top"] == "78% [75%, 81%]" and "held_back_aucs" not in found


def test_neither_template_nor_recipe_holds_a_measured_figure():
    for path in (card.TEMPLATE, card.RECIPE):
        prose = re.sub(r"^ {7}.*$", "", path.read_text("utf-8"), flags=re.MULTILINE)  # commands have their settings
        assert not re.search(r"\d\.\d{2}|\[\d|\bAUC (is|of) \d", prose), path


# --- ages


def test_false_alarms_by_age():
    people = [(0, 18), (0, 29.5), (0, 30), (1, 20), (0, None), (0, 80)]
    examples = [Example(None, str(number), target, age=age) for number, (target, age) in enumerate(people)]
    alarms = np.array([True, False, True, True, True, False])
    found = ages.by_age(examples, alarms, alarms & False)
    assert {band: (of["n"], of["false_alarms"]["count"]) for band, of in found.items()} == {
        "18–29": (2, 1), "30–44": (1, 1), "60 and older": (1, 0)
    }  # fmt: skip
    assert found["18–29"]["accused"]["count"] == 0 and found["18–29"]["false_alarms"]["value"] == 0.5
    assert ages.by_age(examples, alarms, None)["18–29"]["accused"] is None
    assert ages.by_age(examples[3:5], alarms[3:5], None) == {}


def test_ages_are_read(tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("img_name,target,age\na.png,0,31\nb.png,1,\n")
    assert [example.age for example in read_labels(labels)] == [31, None]
    labels.write_text("img_name,target,age\na.png,0,old\n")
    with pytest.raises(ValueError, match="line 2: age must be a number of years, got 'old'"):
        read_labels(labels)


# --- the command


def test_the_command(tiny_checkpoint, tiny, tmp_path, capsys):
    results = folder(tmp_path, "v", metrics=measured(split="val", checkpoint=tiny.identity.sha256))
    command = ["card", str(results), "--out", str(tmp_path / "README.md"), "--checkpoint", str(tiny_checkpoint)]
    assert main(command) == 0
    text = (tmp_path / "README.md").read_text("utf-8")
    assert tiny.identity.sha256 in text and "How it was trained" in text and "epochs" in text
    assert main([*command[:2], *command[2:4]]) == 2  # the detector's own weights did not give these figures
    assert "was measured with the checkpoint" in capsys.readouterr().err
