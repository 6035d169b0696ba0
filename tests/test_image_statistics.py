"""Statistics of made pictures, against values worked out by hand."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from detector import image_statistics


def test_statistics_of_a_plain_face():
    face = image_statistics.of_face(np.full((100, 100, 3), (10, 10, 10), np.uint8))
    assert face == image_statistics.FaceStatistics(10, 0, 0, 0, 0, 1, 1)


def test_detail_of_two_waves():
    """6 cycles a face of amplitude 50 and 20 cycles of amplitude 5: the root of the bands' mean powers by hand."""
    wave = np.cos(2 * np.pi * np.arange(128) / 128 * np.array([[6], [20]]))
    face = (128 + 50 * wave[0] + 5 * wave[1]).repeat(128).reshape(128, 128, 1).repeat(3, 2).round().astype(np.uint8)
    frequency = np.hypot(*np.meshgrid(np.arange(-64, 64), np.arange(-64, 64)))
    coarse, fine = (np.sum((frequency >= low) & (frequency < high)) for low, high in ((4, 8), (16, 24)))
    expected = 5 / 50 * np.sqrt(coarse / fine)
    assert image_statistics.of_face(face).detail == pytest.approx(expected, rel=0.03)


def test_statistics_of_a_face_half_white():
    face = np.full((128, 128, 3), (200, 100, 100), np.uint8)
    face[:, :64] = 255
    found = image_statistics.of_face(face)
    assert (found.highlights, found.overexposed, found.chroma) == (255, 0.5, 100)
    assert found.flat == pytest.approx(1 - 2 / 128)  # the two columns that see the edge


@pytest.mark.parametrize(("step", "share"), [(1, 1.0), (4, 0.25), (16, 1 / 16)])
def test_share_of_tones(step, share):
    ramp = (np.arange(128 * 128) % 256 // step * step).astype(np.uint8).reshape(128, 128, 1).repeat(3, 2)
    assert image_statistics.of_face(ramp).tones == pytest.approx(share, abs=0.02)


def test_lines_of_text_are_counted():
    image = Image.new("RGB", (800, 600), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(18)
    for number in range(17):
        draw.text(
            (30, 30 + 28 * number), "shared by somebody whom nobody knows, and seen by many others", "black", font
        )
    page = np.asarray(image)
    assert image_statistics.lines_of_text(page) == 17
    scene = page - np.random.default_rng(0).integers(0, 9, page.shape, dtype=np.uint8)
    assert image_statistics.lines_of_text(scene) == 0  # no screen has such a ground
