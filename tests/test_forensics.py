"""Each forensic view on pictures whose answer is known by hand."""

import io
import time

import cv2
import numpy as np
import pytest
from conftest import ASSETS
from PIL import Image

from detector import forensics
from detector.forensics import LEVEL_GAIN, NOISE_GAIN, views

COLLINS = np.asarray(Image.open(ASSETS / "example-collins.jpg").convert("RGB"))


def grey(values):
    return np.repeat(np.clip(values, 0, 255).astype(np.uint8)[..., None], 3, -1)


def resaved(pixels, quality):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=0)
    return np.array(Image.open(file))


def test_a_flat_picture_is_dark_in_every_view():
    for view in views(np.full((300, 200, 3), 120, np.uint8)):
        assert view.picture.max() == 0, view.name


def test_error_level_is_the_change_that_one_more_saving_makes():
    """In each channel: with red and blue mixed up the coder would weigh them wrongly, and blue would change most."""
    pixels = COLLINS[:256, :256]
    pixels = np.stack([pixels[..., 0], pixels[..., 0] // 2, 255 - pixels[..., 2]], -1)
    changed = np.abs(pixels.astype(int) - resaved(pixels, forensics.RESAVED))
    shown = views(pixels)[0].picture
    assert np.abs(shown - np.minimum(changed * LEVEL_GAIN, 255)).mean() < 0.02 * shown.mean()


def test_error_level_shows_what_was_not_saved_like_the_rest():
    """Noise that has been through the same JPEG before changes less than the patch that has not."""
    noise = np.random.default_rng(0).normal(128, 20, (256, 256))
    pixels = resaved(grey(noise), forensics.RESAVED)
    pixels[96:160, 96:160] = grey(noise[96:160, 96:160])
    shown = views(pixels)[0].picture.astype(float)
    patch = shown[100:156, 100:156].mean()
    shown[96:160, 96:160] = np.nan
    assert patch > 2 * np.nanmean(shown)


def test_noise_strength_is_proportional_and_local():
    rng = np.random.default_rng(1)
    for sigma in (2.0, 8.0):
        field = np.full((400, 400), 128.0)
        field[:, 200:] += rng.normal(0, sigma, (400, 200))
        shown = views(grey(field))[1].picture[..., 0].astype(float)
        assert shown[:, :198].max() == 0
        # Of Gaussian noise, what a 3 × 3 median leaves over has a deviation of 1.0 to 1.1 times its own.
        assert np.sqrt((shown[:, 202:] ** 2).mean()) / NOISE_GAIN == pytest.approx(1.05 * sigma, rel=0.1)


def test_noise_does_not_vanish_in_a_large_picture():
    """Shrunk to a fourth, a mean of the residual would fall to a fourth; its root mean square stays."""
    noise = grey(128 + np.random.default_rng(2).normal(0, 5, (1536, 768)))
    shown = views(noise)[1].picture
    assert shown.shape == (512, 256, 3)
    assert shown.mean() / NOISE_GAIN == pytest.approx(1.05 * 5, rel=0.15)


@pytest.mark.parametrize("period", [2, 4, 8])
def test_spectrum_has_a_peak_at_the_period(period):
    """512 px hold 512 / period repetitions: so far from the middle the dots lie, to the sides and nowhere else."""
    field = 128 + np.random.default_rng(3).normal(0, 2, (600, 700))
    field[:, ::period] += 12
    shown = views(grey(field))[2].picture[..., 0].astype(int)
    assert shown.shape == (512, 512)
    row = shown[256]
    dots = [256 + sign * 512 // period for sign in (-1, 1) if 0 <= 256 + sign * 512 // period < 512]
    faintest = min(row[dot] for dot in dots)
    assert faintest > np.median(shown) + 60
    assert max(row[(dots[0] + 256) // 2 - 5], shown[256 + 512 // 5, 256], shown[dots[0], 256]) < faintest - 60


def test_spectrum_of_noise_twice_as_strong_is_a_fixed_step_brighter():
    rng = np.random.default_rng(4)
    noise = rng.normal(0, 6, (512, 512))
    once, twice = (views(grey(128 + factor * noise))[2].picture.mean() for factor in (1, 2))
    step = np.log10(4) / (forensics.STRONG - forensics.FAINT) * 255
    assert twice - once == pytest.approx(step, abs=2)


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        ((1, 1), (1, 1)),
        ((1, 9), (1, 9)),
        ((5, 3), (5, 3)),
        ((20, 3000), (3, 512)),
        ((1, 3000), (1, 512)),
        ((600, 513), (512, 438)),
    ],
)
def test_any_size(shape, shown):
    pixels = np.random.default_rng(5).integers(0, 256, (*shape, 3), dtype=np.uint8)
    before = pixels.copy()
    pixels.flags.writeable = False  # as they come from images.load
    level, noise, spectrum = views(pixels)
    assert level.picture.shape == noise.picture.shape == (*shown, 3)
    assert spectrum.picture.shape == (min(512, *shape), min(512, *shape), 3)
    assert all(view.picture.dtype == np.uint8 for view in (level, noise, spectrum))
    assert np.array_equal(pixels, before)


def test_each_says_how_to_read_it_and_how_it_misleads():
    found = views(COLLINS)
    assert len({view.name for view in found}) == 3
    assert all(view.reading.endswith(".") and view.misleading.endswith(".") for view in found)


def test_quick():
    """Processor time: 40 ms measured on one core, for which the goal is 150."""
    pixels = cv2.resize(COLLINS, (1024, 1024))
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        times = []
        for _ in range(4):
            start = time.thread_time()
            views(pixels)
            times.append(time.thread_time() - start)
    finally:
        cv2.setNumThreads(threads)
    assert min(times) < 0.15
