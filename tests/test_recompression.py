"""An earlier, coarser JPEG is found where its grid still lies, and made up nowhere."""

import io

import numpy as np
from PIL import Image

from detector import recompression


def stored(image, quality):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def test_an_earlier_quality_is_found(hopper):
    once = stored(Image.open(hopper).convert("RGB").resize((360, 422)), 50)
    luma = np.asarray(stored(once, 92).convert("L"))
    assert recompression.earlier_quality(luma, 92) in (49, 51)
    assert recompression.earlier_quality(np.asarray(stored(once, 30).convert("L")), 30) is None  # the last is coarser
    assert recompression.earlier_quality(luma[:7], 92) is None  # no block


def test_no_earlier_compression_is_made_up(hopper):
    clean = Image.open(hopper).convert("RGB").resize((360, 422))
    for quality in (20, 50, 75, 90):
        assert recompression.earlier_quality(np.asarray(stored(clean, quality).convert("L")), quality) is None
    moved = stored(clean, 30).crop((3, 3, 360, 422))  # the grid lies elsewhere: nothing can be said
    assert recompression.earlier_quality(np.asarray(moved.convert("L")), None) is None


def test_coefficients_on_the_lattice_of_a_quality():
    """Made of DCT coefficients that quality 50 could have left: multiples of the standard table's own steps."""
    rng = np.random.default_rng(0)
    blocks = sum(
        step * rng.integers(-3, 4, (1024, 1)) * wave
        for step, wave in zip(recompression.STEPS.values(), recompression.BASIS.T, strict=True)
    )
    luma = 128 + blocks.reshape(32, 32, 8, 8).transpose(0, 2, 1, 3).reshape(256, 256)
    assert recompression.earlier_quality(luma.round().clip(0, 255).astype(np.uint8), None) in (49, 51)
