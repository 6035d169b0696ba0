"""The Lab: what is forged there is a forgery of the picture chosen, and what is said of it comes from the detector."""

import re

import numpy as np
import pytest
from PIL import Image

from detector.forge import CannotForge
from detector.images import load
from detector.page import lab
from detector.page.texts import en as texts


@pytest.fixture(scope="module")
def trial(tiny, collins):
    return lab.attempt(texts, tiny, str(collins), "sharpness", 1.0, 3)


def test_the_forgery_is_judged(tiny, trial, collins):
    pixels = load(collins).pixels
    changed = (trial.forgery.pixels != pixels).any(2)
    assert changed.any() and not changed[trial.forgery.mask == 0].any()
    assert trial.analysis.probability == pytest.approx(tiny.analyse(trial.forgery.pixels, None).probability, abs=1e-5)


def test_the_curve_begins_with_the_untouched_picture(tiny, trial, collins):
    assert len(trial.curve) == len(lab.STRENGTHS)
    assert trial.curve[0][0] == pytest.approx(tiny.analyse(load(collins).pixels, None).probability, abs=1e-5)
    assert trial.curve[-1][0] == pytest.approx(trial.analysis.probability, abs=1e-5)


def test_no_strength_is_the_picture_itself(tiny, collins):
    trial = lab.attempt(texts, tiny, str(collins), "sharpness", 0.0, 3)
    assert np.array_equal(trial.forgery.pixels, load(collins).pixels) and not trial.forgery.mask.any()


def test_the_same_number_forges_the_same_and_another_does_not(tiny, trial, collins):
    again, other = (lab.attempt(texts, tiny, str(collins), "sharpness", 1.0, seed).forgery.pixels for seed in (3, 4))
    assert np.array_equal(again, trial.forgery.pixels) and not np.array_equal(other, trial.forgery.pixels)


def test_hair_comes_from_an_example_and_is_grey(tiny, collins, hopper):
    trial = lab.attempt(texts, tiny, str(collins), "hair", 1.0, 0, [hopper, collins])
    before, after = load(collins).pixels.astype(int), trial.forgery.pixels.astype(int)
    inside = trial.forgery.mask > 0.9
    assert inside.any() and (np.ptp(after, axis=2) < np.ptp(before, axis=2))[inside].mean() > 0.7  # less colour
    with pytest.raises(CannotForge, match="there are none"):
        lab.attempt(texts, tiny, str(collins), "hair", 1.0, 0)


def test_no_face_no_forgery(tiny, tmp_path):
    Image.new("RGB", (200, 200), "grey").save(tmp_path / "grey.png")
    with pytest.raises(CannotForge, match="No face"):
        lab.attempt(texts, tiny, str(tmp_path / "grey.png"), "sharpness", 1.0, 0)


def test_drawn(trial, tiny, collins):
    shown = lab.drawn(texts, trial, "sharpness")
    assert shown.count("<figure>") == 3 and texts.LAB_UNKNOWN.split("{")[0] in shown  # tiny knows face_edge alone
    assert shown.count("<polyline") == 2  # a line and its key
    edge = lab.drawn(texts, lab.attempt(texts, tiny, str(collins), "face_edge", 0.8, 0), "face_edge")
    assert edge.count("<polyline") == 4 and texts.LAB_UNKNOWN.split("{")[0] not in edge
    ends = [float(y) for y in re.findall(r",([\d.]+)\"/>", edge)]
    assert all(20 <= y <= 150 for y in ends)
