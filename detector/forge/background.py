"""`background`: periodic up-sampling traces, tiles, blocks and molten places behind the person, never on the person.

Checkerboards come from transposed convolutions (Odena et al., Distill 2016), spectral peaks from any up-sampling
(Durall et al., CVPR 2020).
"""

from __future__ import annotations

import cv2
import numpy as np

from ..messages import message
from .base import CannotForge, Forgery, Portrait, blend, blob, feather

VARIANTS = ("checkerboard", "waves", "blocks", "tiles", "molten")
HELD_BACK = ("honeycomb",)  # a hexagonal grid at any angle


def forge(portrait: Portrait, strength: float, rng: np.random.Generator, variant: str) -> Forgery:
    """Lays a pattern over the background or over a part of it."""
    pixels = portrait.pixels
    region = portrait.background
    if region.mean() < 0.04:
        raise CannotForge(message("too little background"))
    if rng.random() < 0.5:  # not always all of it: the mask must not be known from the layout
        part = region * _part(portrait, rng)
        region = part if part.mean() > 0.025 else region
    sigma = portrait.box.width * rng.uniform(0.01, 0.05)
    mask = feather(region, sigma, inside=True) * portrait.background
    if (mask > 0.3).mean() < 0.015:
        raise CannotForge(message("too little background"))
    copy = _PATTERNS[variant](pixels, mask, strength, rng)
    return Forgery(blend(pixels, copy, mask), mask, "background", variant, strength)


def _part(portrait: Portrait, rng: np.random.Generator) -> np.ndarray:
    height, width = portrait.parts.shape
    rows, columns = np.nonzero(portrait.background)
    pick = rng.integers(len(rows))
    centre = np.array([columns[pick], rows[pick]], float)
    return blob((height, width), centre, np.array([width, height]) * rng.uniform(0.15, 0.45, 2), rng, 0.12)


def _period(pixels: np.ndarray, rng: np.random.Generator) -> int:
    # In pixels of this picture; a grid of 2 px is gone after the first resizing, so it is rare.
    scale = min(pixels.shape[:2]) / 256
    return max(2, round(scale * rng.choice([3, 4, 6, 8, 12, 16], p=[0.1, 0.25, 0.2, 0.25, 0.1, 0.1])))


def _levels(strength: float, rng: np.random.Generator) -> float:
    return (3 + 17 * strength) * rng.uniform(0.7, 1.3)


def _checkerboard(pixels: np.ndarray, mask: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    height, width = pixels.shape[:2]
    period = _period(pixels, rng)
    tile = rng.normal(0, 1, (period, period, 3)).astype(np.float32)
    tile = 0.25 * tile + 0.75 * tile.mean(2, keepdims=True)  # mostly brightness, some colour
    if period > 3:
        tile = cv2.GaussianBlur(np.tile(tile, (3, 3, 1)), (0, 0), period / 8)[period : 2 * period, period : 2 * period]
    tile = (tile - tile.mean()) / (tile.std() + 1e-6)
    pattern = np.tile(tile, (height // period + 1, width // period + 1, 1))[:height, :width]
    return pixels + pattern * _levels(strength, rng) * _patchy(pixels, rng)


def _waves(pixels: np.ndarray, mask: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    height, width = pixels.shape[:2]
    turn = rng.choice([0.0, 0.0, 0.0, np.pi / 4])
    x = np.arange(width, dtype=np.float32)[None]
    y = np.arange(height, dtype=np.float32)[:, None]
    u, v = np.cos(turn) * x + np.sin(turn) * y, -np.sin(turn) * x + np.cos(turn) * y
    pattern = np.zeros((height, width), np.float32)
    for axis in ([u], [v], [u, v])[rng.integers(3)]:
        step = 2 * np.pi / (_period(pixels, rng) * rng.uniform(0.9, 1.3))
        pattern += np.sin(step * axis + rng.uniform(0, 6.28))
    return pixels + (pattern * _levels(strength, rng))[..., None] * _patchy(pixels, rng)


def _honeycomb(pixels: np.ndarray, mask: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    height, width = pixels.shape[:2]
    start = rng.uniform(0, np.pi)
    step = 2 * np.pi / (_period(pixels, rng) * rng.uniform(1.0, 1.4))
    x = np.arange(width, dtype=np.float32)[None]
    y = np.arange(height, dtype=np.float32)[:, None]
    turns = start + np.array([0, np.pi / 3, 2 * np.pi / 3])
    pattern = sum(np.cos(step * (np.cos(turn) * x + np.sin(turn) * y)) for turn in turns)
    return pixels + (pattern.astype(np.float32) * 0.8 * _levels(strength, rng))[..., None] * _patchy(pixels, rng)


def _patchy(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A slowly changing strength in 0.4…1, (h, w, 1)."""
    height, width = pixels.shape[:2]
    coarse = rng.uniform(0.4, 1.0, (4, 4)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)[..., None]


def _blocks(pixels: np.ndarray, mask: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Nearest-neighbour up-sampling: each block one colour, some blocks off in brightness."""
    height, width = pixels.shape[:2]
    period = max(3, _period(pixels, rng))
    size = (max(1, width // period), max(1, height // period))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    small += rng.normal(0, 2 + 8 * strength, small.shape[:2])[..., None]
    blocky = cv2.resize(small.astype(np.float32), (width, height), interpolation=cv2.INTER_NEAREST)
    share = 0.35 + 0.6 * strength
    return pixels * (1 - share) + blocky * share


def _tiles(pixels: np.ndarray, mask: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """One small piece of the background, over and over."""
    height, width = pixels.shape[:2]
    side = max(6, round(min(height, width) * rng.uniform(0.05, 0.14)))
    rows, columns = np.nonzero(mask > 0.5)
    if len(rows) == 0:
        raise CannotForge(message("too little background"))
    pick = rng.integers(len(rows))
    top, left = min(rows[pick], height - side), min(columns[pick], width - side)
    piece = pixels[top : top + side, left : left + side].astype(np.float32)
    detail = piece - cv2.GaussianBlur(piece, (0, 0), side / 3)
    # A plain wall has no detail to repeat: lend it some, so that the tiles can be seen.
    lack = max(0.0, _levels(strength, rng) * 0.6 - float(detail.std()))
    noise = cv2.GaussianBlur(rng.normal(0, 1, (side, side)).astype(np.float32), (0, 0), side / 10)
    detail = detail + (noise / (noise.std() + 1e-6) * lack)[..., None]
    pattern = np.tile(detail, (height // side + 1, width // side + 1, 1))[:height, :width]
    base = cv2.GaussianBlur(pixels, (0, 0), side / 3).astype(np.float32)
    share = 0.4 + 0.55 * strength
    return pixels * (1 - share) + (base + pattern) * share


def _molten(pixels: np.ndarray, mask: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Shapes that run into each other, with a fine grid of the decoder's steps in them."""
    height, width = pixels.shape[:2]
    cells = int(rng.integers(8, 20))
    reach = min(height, width) * (0.02 + 0.05 * strength)
    grid = rng.normal(0, reach, (2, cells, cells)).astype(np.float32)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    map_x = x + cv2.resize(grid[0], (width, height), interpolation=cv2.INTER_CUBIC)
    map_y = y + cv2.resize(grid[1], (width, height), interpolation=cv2.INTER_CUBIC)
    run = cv2.remap(pixels, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    run = cv2.medianBlur(run, 2 * round(min(height, width) / 256) + 3)
    return _checkerboard(run, mask, 0.5 * strength, rng)


_PATTERNS = {
    "checkerboard": _checkerboard,
    "waves": _waves,
    "blocks": _blocks,
    "tiles": _tiles,
    "molten": _molten,
    "honeycomb": _honeycomb,
}
