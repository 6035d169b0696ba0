"""Photos as beauty filters leave them: skin without its detail, everything else as it was."""

import cv2
import numpy as np
import pytest
from PIL import Image

from detector import forge, parts, smoothing
from detector.parts import BACKGROUND, EYES, HAIR, SKIN


@pytest.fixture(scope="module", params=["collins", "hopper"])
def portrait(request, assets):
    pixels = np.asarray(Image.open(assets / f"example-{request.param}.jpg").convert("RGB"))
    return forge.portrait_of(parts.load(), pixels)


def detail(pixels, where):
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 2))[where].mean())


def inner(portrait, classes):
    return cv2.erode(portrait.region(classes), np.ones((9, 9))) > 0


@pytest.mark.parametrize("style", smoothing.STYLES)
def test_skin_loses_its_detail_and_the_rest_stays(portrait, style):
    made = smoothing.smooth(portrait, np.random.default_rng(3), style)
    assert made.shape == portrait.pixels.shape and made.dtype == np.uint8
    skin, hair = inner(portrait, SKIN), inner(portrait, HAIR)
    assert detail(made, skin) < 0.8 * detail(portrait.pixels, skin)
    assert detail(made, hair) == pytest.approx(detail(portrait.pixels, hair), rel=0.02)
    far = cv2.dilate(portrait.region(SKIN + parts.NOSE), np.ones((41, 41))) == 0
    assert np.array_equal(made[far], portrait.pixels[far]) and (far & (portrait.region(BACKGROUND) > 0)).any()
    eyes = portrait.region(EYES) > 0
    moved = np.abs(made.astype(int) - portrait.pixels).mean(2)
    assert moved[eyes].mean() < 0.5 * moved[skin].mean()


def test_the_same_draw_gives_the_same(portrait):
    first, again, other = (smoothing.smooth(portrait, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_one_style_is_kept_back_from_training():
    assert set(smoothing.TRAINED) < set(smoothing.STYLES)
