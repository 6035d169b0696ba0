"""Figures on labelled pictures: the same scores as everywhere else, and an honest null model beside them."""

import csv
import json

import numpy as np
import pytest
from PIL import Image
from threadpoolctl import threadpool_limits

from detector.data import Example
from detector.evaluate import evaluate, summary
from detector.verdict import measured


@pytest.fixture(autouse=True)
def one_thread():
    """The null model's tables are tiny: threads only wait for each other, for long when other programs run too."""
    with threadpool_limits(1):
        yield


def made(folder, count, size=lambda number: (40, 40), ending="png", target=lambda number: number % 2, **facts):
    """`count` pictures of noise with labels."""
    folder.mkdir(parents=True, exist_ok=True)
    examples = []
    for number in range(count):
        width, height = size(number)
        noise = np.random.default_rng(number).integers(0, 256, (height, width, 3), dtype=np.uint8)
        path = folder / f"{number}.{ending}"
        Image.fromarray(noise).save(path)
        more = {name: value(number) for name, value in facts.items()}
        examples.append(Example(path, path.name, target(number), **more))
    return examples


def quiet(analyser, examples, out, *more):
    return evaluate(analyser, examples, out, *more, progress=False)


def files_of(folder):
    return sorted(path.name for path in folder.iterdir())


def table(path):
    with path.open(newline="") as file:
        return list(csv.reader(file))


def area(target, score):
    """AUC by its definition: how often does a fake score above a real one?"""
    pairs = [(s > r) + (s == r) / 2 for s, t in zip(score, target, strict=True) if t
             for r, u in zip(score, target, strict=True) if not u]  # fmt: skip
    return sum(pairs) / len(pairs)


def test_what_is_written(tiny, tmp_path):
    examples = made(tmp_path / "pictures", 24, source=lambda number: "ab"[number // 12])
    result = quiet(tiny, examples, tmp_path / "out")
    assert files_of(tmp_path / "out") == ["metrics.json", "prediction.csv", "reliability.png", "roc.png"]
    assert json.loads((tmp_path / "out" / "metrics.json").read_text()) == result
    assert result.keys() == {
        "all",
        "by_source",
        "null_model_auc",
        "answers",
        "uncalibrated_ece",
        "even_ece",
        "uncalibrated_even_ece",
        "errors",
        "no_face",
        "checkpoint",
    }
    assert result["checkpoint"] == tiny.identity.sha256 and result["errors"] == 0 and result["no_face"] == 24
    header, *rows = table(tmp_path / "out" / "prediction.csv")
    assert header == ["img_name", "y_pred"] and [name for name, _ in rows] == [e.name for e in examples]
    scores = [float(score) for _, score in rows]
    for example, score in list(zip(examples, scores, strict=True))[:4]:
        assert score == pytest.approx(tiny.analyse(example.path, None).probability, abs=2e-6)
    targets = [example.target for example in examples]
    assert result["all"]["auc"] == pytest.approx(area(targets, scores), abs=1e-9)
    right = [(score >= 0.5) == target for score, target in zip(scores, targets, strict=True)]
    assert result["all"]["accuracy"] == pytest.approx(sum(right) / 24)
    assert result["by_source"].keys() == {"a", "b"}
    assert result["by_source"]["b"]["n"] == 12
    assert result["by_source"]["b"]["auc"] == pytest.approx(area(targets[12:], scores[12:]), abs=1e-9)
    for plot in ("roc.png", "reliability.png"):
        assert min(Image.open(tmp_path / "out" / plot).size) > 200


def test_unreadable_pictures_are_listed_and_left_out(tiny, tmp_path):
    examples = made(tmp_path / "pictures", 4)
    examples[1].path.write_bytes(b"broken")
    examples.append(Example(tmp_path / "gone.png", "gone.png", 1))
    out = tmp_path / "out"
    result = quiet(tiny, examples, out)
    assert result["errors"] == 2 and result["all"]["n_fake"] == 1 and result["all"]["n_real"] == 2
    header, first, second = table(out / "errors.csv")
    assert header == ["img_name", "reason"]
    assert first[0] == "1.png" and "not a picture" in first[1]
    assert second[0] == "gone.png" and "does not exist" in second[1]
    assert [row[0] for row in table(out / "prediction.csv")[1:]] == ["0.png", "2.png", "3.png"]
    assert "2 unreadable" in summary(result)
    quiet(tiny, [examples[0], examples[3]], out)  # a later run, without errors, into the same folder
    assert "errors.csv" not in files_of(out)


def test_nothing_readable(tiny, tmp_path):
    with pytest.raises(ValueError, match=r"none of the 1 pictures could be read; see .*errors\.csv"):
        quiet(tiny, [Example(tmp_path / "gone.png", "gone.png", 1)], tmp_path / "out")
    assert table(tmp_path / "out" / "errors.csv")[1][0] == "gone.png"


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_only(tiny, tmp_path, label):
    examples = made(tmp_path / "pictures", 12, target=lambda _: label)
    result = quiet(tiny, examples, tmp_path / "out")
    assert result["all"]["auc"] is None and result["null_model_auc"] is None
    assert (result["all"]["n_real"], result["all"]["n_fake"]) == ((12, 0), (0, 12))[label]
    assert files_of(tmp_path / "out") == ["metrics.json", "prediction.csv", "reliability.png"]
    assert "AUC                    not defined with one class only" in summary(result)


def test_the_null_model_sees_that_fakes_are_larger(tiny, tmp_path):
    def leaky(number):
        return (60, 40) if number % 2 else (40, 40)

    examples = made(tmp_path / "leaky", 80, leaky)
    result = quiet(tiny, examples, tmp_path / "out")
    assert result["null_model_auc"] == 1
    assert "WARNING: file facts alone do nearly as well" in summary(result)
    # Learned where fakes are larger, asked where sizes say nothing: every file gets the same score.
    fair = made(tmp_path / "fair", 20, ending="bmp")
    assert quiet(tiny, fair, tmp_path / "fair-out", examples)["null_model_auc"] == 0.5


def test_a_null_split_of_one_class_is_refused_at_once(tiny, tmp_path):
    examples = made(tmp_path / "pictures", 4)
    with pytest.raises(ValueError, match=r"needs real and fake pictures .* another --null-split"):
        quiet(tiny, examples, tmp_path / "out", examples[::2])
    assert not (tmp_path / "out").exists()


def test_few_groups_cost_the_null_model_only(tiny, tmp_path):
    examples = made(tmp_path / "pictures", 24, group=lambda number: "ab"[number // 12])
    result = quiet(tiny, examples, tmp_path / "out")
    assert result["null_model_auc"] is None and 0 <= result["all"]["auc"] <= 1
    assert "null model's AUC       not measured" in summary(result)


def figures(auc, null):
    whole = {"n": 30, "n_real": 10, "n_fake": 20, "auc": auc, "ap": 0.5, "eer": 0.25, "accuracy": 0.75,
             "tpr_at_fpr": {"0.1": 0.5, "0.01": None}, "brier": 0.125, "ece": 0.0625,
             "interval": {"auc": [0.8, 0.95]}}  # fmt: skip
    answers = measured([-2, -1, 0, 2], [-2, 0, 1, 2], -1, 1).to_dict()
    return {"all": whole, "null_model_auc": null, "answers": answers, "uncalibrated_ece": 0.125, "errors": 3}


def test_summary():
    lines = summary(figures(0.9, 0.6)).splitlines()
    assert lines[0] == "pictures               30 (10 real, 20 fake), 3 unreadable"
    assert lines[1] == "AUC                    0.9000  [0.8000, 0.9500]"
    assert "equal error rate       0.2500" in lines and "TPR at 10.0% FPR        0.5000" in lines
    assert "cannot tell            0.2500  [0.0319, 0.6509]  2/8" in lines
    assert lines[-1].startswith("null model's AUC       0.6000")


@pytest.mark.parametrize(("auc", "null", "warns"), [(0.9, 0.84, False), (0.9, 0.86, True), (0.6, 0.9, True)])
def test_summary_warns_of_a_near_null_model(auc, null, warns):
    assert ("WARNING" in summary(figures(auc, null))) == warns
