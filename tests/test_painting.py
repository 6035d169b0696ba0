"""Photos made to look painted: still the same picture, and no photo any more."""

import cv2
import numpy as np
import pytest
from PIL import Image

from detector import painting


@pytest.fixture(scope="module")
def portrait(assets):
    return np.asarray(Image.open(assets / "example-hopper.jpg").convert("RGB").resize((256, 300)))


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("style", dict.fromkeys(painting.STYLES), ids=lambda style: style.__name__)
def test_a_style_keeps_the_picture_and_changes_its_surface(style, portrait):
    made = style(portrait, rng())
    assert made.shape == portrait.shape and made.dtype == np.uint8
    assert np.array_equal(made, style(portrait, rng()))
    coarse, before = (cv2.resize(image, (12, 12), interpolation=cv2.INTER_AREA).ravel() for image in (made, portrait))
    if style is not painting.pencil:  # which leaves paper between the lines
        assert np.corrcoef(coarse, before)[0, 1] > 0.75
    assert np.abs(made.astype(int) - portrait).mean() > 1


def test_areas_become_even(portrait):
    """Half of the pixels differ less from their neighbours than the photo's grain makes them."""

    def grain(image):
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
        return np.median(np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1)))

    for style in (painting.airbrush, painting.flat, painting.comic, painting.brush, painting.dabs):
        assert np.mean([grain(style(portrait, rng(seed))) for seed in range(3)]) < 0.7 * grain(portrait), style.__name__


def test_paint_is_seeded_and_varied(portrait):
    made = [painting.paint(portrait, rng(seed)) for seed in (1, 1, 2, 3, 4)]
    assert all(one.shape == portrait.shape and one.dtype == np.uint8 for one in made)
    assert np.array_equal(made[0], made[1])
    assert len({one.tobytes() for one in made}) == 4


@pytest.mark.parametrize("shape", [(40, 60, 3), (33, 20, 3), (700, 500, 3)])
def test_small_and_large_pictures(shape):
    noise = rng().integers(0, 256, shape, dtype=np.uint8)
    for seed in range(12 if shape[0] < 100 else 2):
        assert painting.paint(noise, rng(seed)).shape == shape
