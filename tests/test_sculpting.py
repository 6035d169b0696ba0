"""Portraits as if of stone, metal or wood: one stuff for skin, brows, eyes and hair, everything behind as it was."""

import cv2
import numpy as np
import pytest
from PIL import Image

from detector import forge, parts, sculpting
from detector.parts import BROWS, HAIR, PERSON, SKIN


@pytest.fixture(scope="module", params=["collins", "hopper"])
def portrait(request, assets):
    pixels = np.asarray(Image.open(assets / f"example-{request.param}.jpg").convert("RGB"))
    return forge.portrait_of(parts.load(), pixels)


def lab(pixels, where):
    """Median lightness and colours (3,)."""
    return np.median(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[where].astype(float), 0)


@pytest.mark.parametrize("stuff", sculpting.STUFFS)
def test_skin_and_hair_become_one_stuff_and_the_rest_stays(portrait, stuff):
    made = sculpting.sculpt(portrait, np.random.default_rng(3), stuff)
    assert made.shape == portrait.pixels.shape and made.dtype == np.uint8
    far = cv2.dilate(portrait.region(PERSON), np.ones((21, 21))) == 0
    assert far.any() and np.array_equal(made[far], portrait.pixels[far])
    skin, hair, brows = (cv2.erode(portrait.region(of), np.ones((3, 3))) > 0 for of in (SKIN, HAIR, BROWS))
    before = np.abs(lab(portrait.pixels, hair) - lab(portrait.pixels, skin))
    after = np.abs(lab(made, hair) - lab(made, skin))
    assert after[0] < before[0] and after[1:].max() < 16  # as light as skin, and of its colour
    moved = cv2.absdiff(made, portrait.pixels).mean(2)
    assert moved[skin].mean() > 5 and moved[brows].mean() > 5


def test_the_form_stays(portrait):
    made = sculpting.sculpt(portrait, np.random.default_rng(0), "plaster")
    skin = cv2.erode(portrait.region(SKIN), np.ones((5, 5))) > 0
    light = [cv2.GaussianBlur(cv2.cvtColor(of, cv2.COLOR_RGB2GRAY), (0, 0), 3)[skin] for of in (made, portrait.pixels)]
    assert np.corrcoef(*light)[0, 1] > 0.9


def test_the_same_draw_gives_the_same(portrait):
    first, again, other = (sculpting.sculpt(portrait, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_one_stuff_is_kept_back_from_training():
    assert set(sculpting.TRAINED) < set(sculpting.STUFFS)
