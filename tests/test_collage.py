"""The square around a face ends where its photo ends, and nowhere else."""

import numpy as np
import pytest
from PIL import Image

from detector import collage
from detector.faces import Box, crop_box

RNG = np.random.default_rng(0)
FACE = Box(170, 180, 100, 100)


def texture(height, width, level):
    """A soft picture with fine grain."""
    rough = Image.fromarray(RNG.normal(level, 12, (height // 8, width // 8, 3)).clip(0, 255).astype(np.uint8))
    soft = np.asarray(rough.resize((width, height), Image.Resampling.BICUBIC), float)
    return (soft + RNG.normal(0, 4, soft.shape)).clip(0, 255).astype(np.uint8)


def sheet(seam_x, seam_y, gap):
    """400 × 480 px: a photo from (seam_x, seam_y) on, others beside and above it, with `gap` px of white between."""
    pixels = texture(480, 400, 90)
    pixels[:, :seam_x], pixels[:seam_y] = texture(480, seam_x, 160), texture(seam_y, 400, 200)
    pixels[:, seam_x - gap : seam_x] = 255
    pixels[seam_y - gap : seam_y] = 255
    return pixels


@pytest.mark.parametrize("gap", [0, 12])
def test_a_square_ends_at_the_seams(gap):
    crop = crop_box(FACE, 400, 480)
    assert crop.x < 120 and crop.y < 130
    found = collage.within_seams(sheet(120, 130, gap), FACE, crop)
    assert found.width == found.height
    assert 120 <= found.x <= 126 and found.y >= 130  # a smear wider at most, and the face keeps its place
    assert found.x + found.width <= crop.x + crop.width and found.y + found.height <= crop.y + crop.height
    assert found.x <= FACE.x and found.x + found.width >= FACE.x + FACE.width


def test_a_large_picture_is_cut_where_a_small_one_is():
    small = collage.within_seams(sheet(120, 130, 0), FACE, crop_box(FACE, 400, 480))
    grown = np.asarray(Image.fromarray(sheet(120, 130, 0)).resize((1600, 1920), Image.Resampling.BICUBIC))
    face = Box(*(4 * side for side in (FACE.x, FACE.y, FACE.width, FACE.height)))
    large = collage.within_seams(grown, face, crop_box(face, 1600, 1920))
    assert large.x >= 480 and large.y >= 520 and large.width == pytest.approx(4 * small.width, rel=0.05)


def test_without_a_seam_nothing_is_cut():
    crop = crop_box(FACE, 400, 480)
    for pixels in (texture(480, 400, 90), RNG.integers(0, 256, (480, 400, 3), np.uint8)):
        assert collage.within_seams(pixels, FACE, crop) == crop
    stepping = texture(480, 400, 90)
    stepping[240:, :120] = texture(240, 120, 160)  # a step half as long as the square is no seam
    assert collage.within_seams(stepping, FACE, crop) == crop


def test_a_line_across_the_face_is_no_seam():
    crop = crop_box(FACE, 400, 480)
    assert collage.within_seams(sheet(220, 230, 0), FACE, crop) == crop
