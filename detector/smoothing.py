"""Photos made to look as beauty filters leave them, to teach a network what smoothed skin looks like.

Such filters smooth skin and spare eyes, brows, mouth and hair, mostly by keeping edges (bilateral: Tomasi & Manduchi,
ICCV 1998; guided: He et al., ECCV 2010) or by taking fine detail back ("frequency separation"), and often lighten it.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from .forge import Portrait
from .forge.base import blend
from .parts import BROWS, EYES, MOUTH, NOSE, SKIN

USUAL = 352  # px: shorter side at which the sizes below are given
RIM = 2.0  # px: standard deviation with which the smoothing fades out
LIGHTENED = 0.4  # share of the pictures whose skin is lightened, too

Style = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]  # pixels, scale of sizes → float32 (h, w, 3)


def smooth(portrait: Portrait, rng: np.random.Generator, style: str | None = None) -> np.ndarray:
    """The portrait with smoothed skin, uint8 (h, w, 3): equal to the bit far from skin. `style`: a key of STYLES."""
    pixels, scale = portrait.pixels, min(portrait.pixels.shape[:2]) / USUAL
    made = STYLES[style or str(rng.choice(TRAINED))](pixels, scale, rng)
    if rng.random() < LIGHTENED:
        made = 255 * (made.clip(0, 255) / 255) ** rng.uniform(0.75, 1.0)
    skin, spared = (
        cv2.GaussianBlur(portrait.region(of), (0, 0), RIM * scale) for of in (SKIN + NOSE, EYES + BROWS + MOUTH)
    )
    share = (skin - spared).clip(0, 1) * rng.uniform(0.7, 1.0)
    return blend(pixels, made, share)


def _bilateral(pixels: np.ndarray, scale: float, rng: np.random.Generator) -> np.ndarray:
    for _ in range(int(rng.integers(1, 3))):
        diameter = round(rng.uniform(7, 13) * scale) | 1
        pixels = cv2.bilateralFilter(pixels, diameter, rng.uniform(30, 75), rng.uniform(4, 10) * scale)
    return pixels.astype(np.float32)


def _detail_taken(pixels: np.ndarray, scale: float, rng: np.random.Generator) -> np.ndarray:
    pixels = pixels.astype(np.float32)
    coarse = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(1.5, 4) * scale)
    return coarse + rng.uniform(0.1, 0.5) * (pixels - coarse)


def _median(pixels: np.ndarray, scale: float, rng: np.random.Generator) -> np.ndarray:
    return cv2.medianBlur(pixels, 2 * max(1, round(rng.uniform(2, 4) * scale)) + 1).astype(np.float32)


def _guided(pixels: np.ndarray, scale: float, rng: np.random.Generator) -> np.ndarray:
    side = 2 * max(1, round(rng.uniform(5, 12) * scale)) + 1
    pixels, kept = pixels.astype(np.float32), rng.uniform(0.004, 0.02) * 255**2
    mean = cv2.blur(pixels, (side, side))
    spread = cv2.blur(pixels * pixels, (side, side)) - mean * mean
    slope = spread / (spread + kept)
    return cv2.blur(slope, (side, side)) * pixels + cv2.blur(mean - slope * mean, (side, side))


STYLES: dict[str, Style] = {
    "bilateral": _bilateral,
    "detail taken": _detail_taken,
    "median": _median,
    "guided": _guided,
}
TRAINED = ("bilateral", "detail taken", "median")  # the last one is kept back, to see what such a style does
