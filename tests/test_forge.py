"""A forgery changes what its mask says, and nothing else."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detector import forge
from detector.faces import Box

FACE = Box(88, 32, 50, 50)


@pytest.fixture(scope="module")
def portrait():
    """Half the size of the example, so that many forgeries are quick."""
    path = Path(__file__).parent.parent / "assets" / "example-collins.jpg"
    return np.asarray(Image.open(path).convert("RGB").resize((256, 256)))


def forged(pixels, seed, strength=1.0, box=FACE):
    return forge.face_edge(pixels, box, strength, np.random.default_rng(seed))


def change(before, after):
    return np.abs(after.astype(int) - before.astype(int))


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_outside_the_mask_nothing_changes(portrait, strength):
    for seed in range(30):
        forgery = forged(portrait, seed, strength)
        outside = forgery.mask == 0
        assert outside.mean() > 0.5
        assert np.array_equal(forgery.pixels[outside], portrait[outside])


def test_mask_and_pixels_are_as_documented(portrait):
    rows, columns = np.mgrid[:256, :256]
    for seed in range(30):
        forgery = forged(portrait, seed)
        assert forgery.artifact == "face_edge"
        assert (forgery.pixels.dtype, forgery.pixels.shape) == (np.uint8, (256, 256, 3))
        mask = forgery.mask
        assert (mask.dtype, mask.shape) == (np.float32, (256, 256))
        assert mask.min() >= 0
        assert 0.4 < mask.max() <= 1  # a forgery of half opacity at the least
        assert (mask > 0.1).sum() > 300
        # Its weight lies on the face, and no part of it farther than a face away.
        middle = (columns * mask).sum() / mask.sum(), (rows * mask).sum() / mask.sum()
        assert middle == pytest.approx((113, 57), abs=25)
        reach = np.argwhere(mask > 0)
        assert (reach.min(0) > (-18, 38)).all()
        assert (reach.max(0) < (132, 188)).all()


def test_no_mask_is_too_weak_to_be_learned_from(portrait):
    changed = [change(portrait, forged(portrait, seed).pixels)[forged(portrait, seed).mask > 0.1] for seed in range(10)]
    assert min(values.mean() for values in changed) > 1.5


def test_same_generator_state_same_forgery(portrait):
    first, second = forged(portrait, 3), forged(portrait, 3)
    assert np.array_equal(first.pixels, second.pixels)
    assert np.array_equal(first.mask, second.mask)
    # The generator goes on: the next forgery is another one.
    rng = np.random.default_rng(3)
    assert np.array_equal(forge.face_edge(portrait, FACE, 1.0, rng).mask, first.mask)
    assert not np.array_equal(forge.face_edge(portrait, FACE, 1.0, rng).mask, first.mask)


def test_the_original_is_left_alone(portrait):
    before = portrait.copy()
    portrait.flags.writeable = False  # as the pixels that images.load gives
    forged(portrait, 0)
    assert np.array_equal(portrait, before)


def test_change_grows_with_strength(portrait):
    strengths = (0.0, 0.25, 0.5, 1.0)
    mean = [
        np.mean([change(portrait, (f := forged(portrait, seed, s)).pixels)[f.mask > 0.1].mean() for seed in range(20)])
        for s in strengths
    ]
    assert mean[0] < 0.5  # what is left is a JPEG of quality 95 and a blur of 0.4 px
    assert mean == sorted(mean)
    assert mean[1] > 4 * mean[0]
    assert mean[3] > 2 * mean[1]


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_strength_out_of_range(portrait, strength):
    with pytest.raises(ValueError, match="strength must lie in 0…1"):
        forged(portrait, 0, strength)


def test_no_two_masks_are_the_same(portrait):
    masks = {forged(portrait, seed).mask.tobytes() for seed in range(30)}
    assert len(masks) == 30


@pytest.mark.parametrize(
    ("shape", "box"),
    [
        ((1, 1, 3), Box(0, 0, 1, 1)),
        ((1, 60, 3), Box(20, 0, 1, 1)),
        ((8, 8, 3), Box(1, 1, 5, 5)),
        ((40, 30, 3), Box(0, 0, 30, 30)),
        ((40, 30, 3), Box(25, 35, 5, 5)),
    ],
)
def test_tiny_pictures_and_faces_at_the_frame(shape, box):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    for seed in range(30):
        forgery = forged(pixels, seed, box=box)
        assert forgery.pixels.shape == shape
        assert np.array_equal(forgery.pixels[forgery.mask == 0], pixels[forgery.mask == 0])
