"""`sharpness`: patches that are sharper or softer than their neighbours for no reason of depth."""

from __future__ import annotations

import cv2
import numpy as np

from ..messages import message
from .base import CannotForge, Forgery, Portrait, blend, blob, change, feather

VARIANTS = ("blur", "sharpen", "resample", "median")
HELD_BACK = ("motion",)  # a kernel with a direction


def forge(portrait: Portrait, strength: float, rng: np.random.Generator, variant: str) -> Forgery:
    """Filters one to four irregular patches; looks for places with detail, where filtering shows."""
    pixels = portrait.pixels
    unit = min(pixels.shape[:2]) / 256  # so that a large picture is filtered as visibly as a small one
    copy = _filtered(pixels, strength, unit, rng, variant)
    shows = cv2.absdiff(pixels, copy).max(2).astype(np.float32)
    least = 1.5 + 2 * strength
    for _ in range(5):
        hard = _patches(shows, rng)
        mask = feather(hard, unit * rng.uniform(0.5, 4.0))
        forged = blend(pixels, copy, mask)
        if change(pixels, forged, mask) >= least:
            return Forgery(forged, mask, "sharpness", variant, strength)
    raise CannotForge(message("too little detail to blur or sharpen"))


def _patches(shows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = shows.shape
    coarse = cv2.resize(shows, (16, 16), interpolation=cv2.INTER_AREA).ravel().astype(float) + 0.2
    mask = np.zeros((height, width), np.float32)
    kind = rng.integers(3)
    for place in rng.choice(256, size=rng.integers(1, 5), p=coarse / coarse.sum()):
        centre = (np.array([place % 16, place // 16]) + rng.uniform(0, 1, 2)) / 16 * (width, height)
        radii = np.array([width, height]) * rng.uniform(0.06, 0.22, 2)
        if kind == 0:
            left, top = np.maximum(0, (centre - radii)).astype(int)
            right, bottom = (centre + radii).astype(int)
            mask[top:bottom, left:right] = 1
        else:
            mask = np.maximum(mask, blob((height, width), centre, radii, rng, 0.06 if kind == 1 else 0.16))
    return mask


def _filtered(pixels: np.ndarray, strength: float, unit: float, rng: np.random.Generator, variant: str) -> np.ndarray:
    height, width = pixels.shape[:2]
    if variant == "blur":
        return cv2.GaussianBlur(pixels, (0, 0), unit * (0.6 + 2.4 * strength * rng.uniform(0.5, 1)))
    if variant == "sharpen":
        soft = cv2.GaussianBlur(pixels, (0, 0), unit * rng.uniform(0.8, 1.8))
        amount = 0.6 + 2.2 * strength * rng.uniform(0.6, 1)
        return cv2.addWeighted(pixels, 1 + amount, soft, -amount, 0)
    if variant == "resample":
        factor = 1 / (1.5 + 3 * strength * rng.uniform(0.5, 1))
        size = (max(2, round(width * factor / unit)), max(2, round(height * factor / unit)))
        back = [cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC][rng.integers(3)]
        return cv2.resize(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), (width, height), interpolation=back)
    if variant == "median":
        return cv2.medianBlur(pixels, 2 * max(1, round(unit * (0.8 + 2.5 * strength))) + 1)
    return cv2.filter2D(pixels, -1, _motion(unit * (3 + 9 * strength * rng.uniform(0.5, 1)), rng))


def _motion(length: float, rng: np.random.Generator) -> np.ndarray:
    side = 2 * int(np.ceil(length / 2)) + 1
    kernel = np.zeros((side, side), np.float32)
    angle, middle = rng.uniform(0, np.pi), (side - 1) / 2
    reach = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    ends = [tuple(np.round((middle + sign * reach) * 16).astype(int).tolist()) for sign in (-1, 1)]
    cv2.line(kernel, *ends, 1.0, 1, cv2.LINE_AA, 4)
    return kernel / kernel.sum()
