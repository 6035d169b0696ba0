"""Damage does what it says, and the figures are those of the same pictures judged one by one."""

import json

import numpy as np
import pytest
from conftest import ASSETS
from PIL import Image

from detector import metrics, plots, scope
from detector.cli import main
from detector.data import Example
from detector.degrade import LADDERS
from detector.images import load
from detector.robustness import VIEWS, markdown, measure
from detector.sampling import balanced

pytestmark = pytest.mark.usefixtures("one_thread")
RNG = np.random.default_rng(0)
GREY = np.full((40, 60, 3), 100, np.uint8)


def damaged(kind, pixels, level):
    return load(LADDERS[kind].apply(pixels, level, np.random.default_rng(0)))


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """Noise: three real pictures, three fakes, and one that can't be read."""
    folder = tmp_path_factory.mktemp("pictures")
    made = []
    for number in range(6):
        path = folder / f"{number}.png"
        noise = np.random.default_rng(number).integers(0, 256, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(noise).save(path)
        made.append(Example(path, path.name, number % 2, source="ab"[number // 3], split="val"))
    return [*made, Example(folder / "gone.png", "gone.png", 1)]


@pytest.fixture(scope="module")
def result(tiny, examples, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    return measure(tiny, examples, out, batch_size=5, progress=False), out


# --- damage


def test_jpeg_of_that_quality():
    for quality in LADDERS["jpeg"].levels:
        assert damaged("jpeg", GREY, quality).facts.quality == pytest.approx(quality, abs=1)


@pytest.mark.parametrize("kind, format", [("webp", "WEBP"), ("avif", None)])
def test_webp_and_avif_of_that_quality(kind, format):
    portrait = np.asarray(Image.open(ASSETS / "example-collins.jpg").resize((64, 64)))
    losses = [np.abs(damaged(kind, portrait, quality).pixels - portrait.astype(int)).mean() for quality in (90, 45)]
    assert 0 < losses[0] < losses[1] < 15
    assert damaged(kind, portrait, 90).facts.format == format


def test_scale():
    assert damaged("scale", GREY, 0.35).pixels.shape == (14, 21, 3)
    assert damaged("scale", GREY[:1, :1], 0.35).pixels.shape == (1, 1, 3)


def test_blur_spreads_a_point():
    point = np.zeros((41, 41, 3), np.uint8)
    point[20, 20] = 255
    after = damaged("blur", point, 1).pixels
    assert after[20, 20, 0] == pytest.approx(255 / (2 * np.pi), abs=2)  # a Gaussian's peak
    assert after[20, 21, 0] == pytest.approx(255 / (2 * np.pi) * np.exp(-0.5), abs=2)


def test_noise_has_that_sigma_and_is_repeatable():
    after = damaged("noise", np.full((200, 200, 3), 128, np.uint8), 10).pixels
    assert after.std() == pytest.approx(10, abs=0.3) and after.mean() == pytest.approx(128, abs=0.3)
    assert np.array_equal(after, damaged("noise", np.full((200, 200, 3), 128, np.uint8), 10).pixels)


def test_brightness():
    assert np.unique(damaged("brightness", GREY, 1.25).pixels) == [125]
    assert np.unique(damaged("brightness", GREY, 0.4).pixels) == [40]
    assert np.unique(damaged("brightness", np.full((4, 4, 3), 200, np.uint8), 2).pixels) == [255]


def test_a_screenshot_is_cropped_scaled_and_stored_as_jpeg():
    picture = damaged("screenshot", np.full((1000, 500, 3), 100, np.uint8), 0.5)
    # 500 less 6 (1.3 %) and 11 (2.2 %), 1000 less 31 and 17; then half of it
    assert picture.pixels.shape == (476, 242, 3) or picture.pixels.shape == (476, 241, 3)
    assert picture.facts.format == "JPEG" and picture.facts.quality == pytest.approx(80, abs=1)


def test_more_things_drawn_hide_more():
    grey = np.full((100, 150, 3), 128, np.uint8)
    drawn = {
        count: [LADDERS["drawn"].apply(grey, count, np.random.default_rng(n)) for n in range(12)] for count in (1, 4)
    }
    hidden = {count: np.mean([(one != grey).any(2).mean() for one in of]) for count, of in drawn.items()}
    assert {one.shape for of in drawn.values() for one in of} == {grey.shape} and (grey == 128).all()
    assert 0.02 < hidden[1] < hidden[4] < 0.98


# --- sample


def test_a_sample_is_balanced_over_class_and_source():
    kinds = [(0, "a")] * 50 + [(0, "b")] * 5 + [(1, "c")] * 40 + [(1, "d")] * 1
    examples = [Example(None, str(number), *kind) for number, kind in enumerate(kinds)]
    chosen = balanced(examples, 12, seed=3)
    counted = {kind: sum((e.target, e.source) == kind for e in chosen) for kind in set(kinds)}
    assert counted == {(0, "a"): 3, (0, "b"): 3, (1, "c"): 5, (1, "d"): 1}
    assert [int(e.name) for e in chosen] == sorted(int(e.name) for e in chosen)
    assert chosen == balanced(examples, 12, seed=3) and chosen != balanced(examples, 12, seed=4)
    assert balanced(examples, 1000) == examples
    with pytest.raises(ValueError, match="at least 1 picture"):
        balanced(examples, 0)


# --- the fall of the AUC


def test_the_fall_of_the_auc():
    target = [0, 0, 1, 1]
    assert metrics.auc_fall(target, [0.1, 0.2, 0.8, 0.9], [0.9, 0.8, 0.2, 0.1]) == (1, [1, 1])
    assert metrics.auc_fall(target, [0.1, 0.6, 0.4, 0.9], [0.1, 0.6, 0.4, 0.9]) == (0, [0, 0])
    assert metrics.auc_fall([1, 1], [0.5, 0.5], [0.1, 0.1]) == (None, None)


def test_the_paired_interval_is_narrower_than_the_two_alone():
    target = np.repeat([0, 1], 100)
    before = 1 / (1 + np.exp(-(RNG.normal(size=200) + target)))
    after = np.clip(before + RNG.normal(0, 0.02, 200), 0, 1)
    fall, (low, high) = metrics.auc_fall(target, before, after)
    assert low <= fall <= high
    alone = metrics.bootstrap(target, before)["auc"]
    assert high - low < (alone[1] - alone[0]) / 3


# --- figures


def test_what_is_written(result, tiny):
    found, out = result
    assert sorted(path.name for path in out.iterdir()) == ["robustness.json", "robustness.md", "robustness.png"]
    assert json.loads((out / "robustness.json").read_text()) == found
    assert (out / "robustness.md").read_text() == markdown(found)
    assert min(Image.open(out / "robustness.png").size) > 400
    assert (found["n_real"], found["n_fake"], found["errors"], found["split"]) == (3, 3, 1, "val")
    assert found["checkpoint"] == tiny.identity.sha256 and set(found["kinds"]) == set(LADDERS)


def test_every_view_is_judged_like_a_picture_of_its_own(result, tiny, examples):
    found, _ = result
    targets = [example.target for example in examples[:6]]
    pixels = [load(example.path).pixels for example in examples[:6]]

    def auc(sources):
        return metrics.binary(targets, [tiny.analyse(source, None).probability for source in sources])["auc"]

    assert found["as_stored"]["auc"] == pytest.approx(auc(pixels)) and found["as_stored"]["fall"] == 0
    for kind, level in (("brightness", 0.4), ("jpeg", 30), ("screenshot", 0.61)):
        of = next(of for of in found["kinds"][kind]["levels"] if of["level"] == level)
        assert of["auc"] == pytest.approx(auc([LADDERS[kind].apply(p, level, None) for p in pixels]))
        assert of["fall"] == pytest.approx(found["as_stored"]["auc"] - of["auc"])
    rng = [np.random.default_rng([0, number, VIEWS.index(("noise", 20))]) for number in range(6)]
    noisy = [LADDERS["noise"].apply(p, 20, own) for p, own in zip(pixels, rng, strict=True)]
    assert found["kinds"]["noise"]["levels"][-1]["auc"] == pytest.approx(auc(noisy))


def test_the_table(result):
    lines = markdown(result[0]).splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    assert len(rows) == 2 + 1 + len(VIEWS)  # header, rule, as stored, views
    assert rows[3].startswith("| jpeg (quality) | 95 | ")
    assert "3 real and 3 fake pictures" in lines[2]


def test_the_curves(tmp_path):
    def figures(auc, **more):
        return {"auc": auc, "tpr": 0.5, "undecided": None, "interval": {"auc": [auc - 0.1, auc + 0.1]}, **more}

    kinds = {"jpeg": {"unit": "quality", "levels": [figures(0.8, level=95), figures(0.7, level=30)]}}
    figure = plots.robustness(figures(0.9), kinds, tmp_path / "curves.png")
    panel, *others = figure.axes
    assert panel.get_title() == "JPEG" and [tick.get_text() for tick in panel.get_xticklabels()] == ["95", "30"]
    drawn = {line.get_label(): line.get_ydata() for line in panel.lines}
    assert list(drawn["AUC"]) == [0.8, 0.7] and "cannot tell" not in drawn
    assert not any(axes.get_visible() for axes in others)


def test_answers_of_a_calibrated_checkpoint(tiny, examples, tmp_path, monkeypatch):
    from detector import verdict

    logits = sorted(tiny.analyse(example.path, None).logit for example in examples[:6])
    limits = verdict.measured([0.0], [0.0], logits[0], logits[-1])  # all but the lowest and the highest stay open
    monkeypatch.setattr(tiny, "verdicts", limits)
    monkeypatch.setattr("detector.robustness.VIEWS", (("scale", 0.5),))
    monkeypatch.setattr("detector.robustness.scope.assess", lambda picture, boxes: ())
    found = measure(tiny, examples[:6], tmp_path, progress=False)
    assert found["as_stored"]["undecided"] == pytest.approx(4 / 6)
    low, high = found["as_stored"]["interval"]["undecided"]
    assert low < 4 / 6 < high
    assert len(found["kinds"]["scale"]["levels"]) == 1
    # What hides traces keeps the lowest open too; what is refused is not answered at all.
    for kind, undecided in (("warn", 5 / 6), ("refuse", 1)):
        reason = scope.Reason("noisy", kind, "", 20, 9)
        monkeypatch.setattr("detector.robustness.scope.assess", lambda picture, boxes, reason=reason: (reason,))
        told = measure(tiny, examples[:6], tmp_path, progress=False)["as_stored"]
        assert told["undecided"] == pytest.approx(undecided)


def test_nothing_readable(tiny, examples, tmp_path):
    with pytest.raises(ValueError, match="none of the 1 pictures"):
        measure(tiny, examples[6:], tmp_path, progress=False)


def test_the_command(tiny_checkpoint, examples, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("detector.robustness.VIEWS", (("jpeg", 30),))
    labels = tmp_path / "labels.csv"
    labels.write_text("img_name,target\n" + "".join(f"{e.name},{e.target}\n" for e in examples[:6]))
    arguments = ["evaluate", "--labels", str(labels), "--images", str(examples[0].path.parent), "--robustness"]
    arguments += ["--out", str(tmp_path / "out"), "--checkpoint", str(tiny_checkpoint), "--device", "cpu"]
    assert main([*arguments, "--limit", "4"]) == 0
    assert "2 real and 2 fake pictures" in capsys.readouterr().out
    assert main([*arguments, "--degrade", "half"]) == 2
    assert "leave --degrade out" in capsys.readouterr().err
