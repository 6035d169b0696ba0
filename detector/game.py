"""The practice game: real or manipulated, and where? It deals rounds and judges marks; `visits` keeps the scores.

A forgery is made for every round and half of them are thrown away, so that neither the time a round takes nor the
choice of pictures gives the answer away. What stays goes through the same JPEG encoding either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from . import degrade, forge
from .analyse import Analyser
from .artifacts import ARTIFACTS, FAKE
from .forge import CannotForge, Forgery, Portrait
from .forge.hair import unlike
from .images import load
from .verdict import Answer

LEVELS = {"easy": (0.75, 1.0), "medium": (0.5, 0.75), "hard": (0.3, 0.5)}  # strengths of the forgeries
GRID = 6  # rows and columns of places to mark
CHANGED = 0.1  # of a mask: what counts as changed
SHARE = 0.1  # of a place that was changed: from here on the place counts
TRIES = 10


@dataclass(frozen=True)
class Round:
    """One picture to decide on.

    `file`: the JPEG that player and detector see; `before`: the same picture untouched, encoded alike; `mask`: bool
    (height, width), what was changed, empty for an untouched picture; `artifact`: None for that.
    """

    file: bytes
    before: bytes
    mask: np.ndarray
    artifact: str | None

    @property
    def manipulated(self) -> bool:
        return self.artifact is not None


@dataclass(frozen=True)
class Opinion:
    """What the detector says of a round's picture: `cell`: the place of its strongest evidence, None without any."""

    answer: Answer
    probability: float
    cell: int | None


class Dealer:
    """Deals rounds on a few portraits; raises PictureError for one that can't be read."""

    def __init__(self, analyser: Analyser, portraits: Sequence[Path]):
        self.analyser, self.paths = analyser, tuple(portraits)

    @cached_property
    def portraits(self) -> tuple[np.ndarray, ...]:
        return tuple(load(path, self.analyser.limits).pixels for path in self.paths)

    @cached_property
    def donor(self) -> Portrait:
        """Whose hair to take: the fullest there is."""
        portraits = (forge.portrait_of(self.analyser.parser, pixels) for pixels in self.portraits)
        return unlike(max(portraits, key=lambda portrait: portrait.hair.mean()))

    def deal(self, level: str, rng: np.random.Generator) -> Round:
        """A round of one of LEVELS; the same state of `rng` deals the same. Raises ValueError for an unknown level."""
        if level not in LEVELS:
            raise ValueError(f"unknown level {level!r}; choose one of {', '.join(LEVELS)}")
        for _ in range(TRIES):
            pixels = varied(self.portraits[rng.integers(len(self.portraits))], rng)
            try:
                portrait = forge.portrait_of(self.analyser.parser, pixels)
                forgery = self._forgery(portrait, rng.uniform(*LEVELS[level]), rng)
            except CannotForge:
                continue
            return encoded(pixels, forgery if rng.random() < 0.5 else None, int(rng.integers(75, 96)))
        raise CannotForge("no portrait here can be forged; give one with a face that is found")

    def _forgery(self, portrait: Portrait, strength: float, rng: np.random.Generator) -> Forgery:
        """Of the first artifact, in random order, that this portrait has room for."""
        for artifact in rng.permutation(list(ARTIFACTS)):
            try:
                return forge.forge(portrait, str(artifact), strength, rng, donor=self.donor)
            except CannotForge:
                continue
        raise CannotForge("none of the artifacts has room in this picture")


def varied(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """RGB pixels (h, w, 3) uint8, perhaps mirrored, cropped by up to 8 % a side, a little re-toned."""
    height, width = pixels.shape[:2]
    top, bottom, left, right = (rng.uniform(0, 0.08, 4) * (height, height, width, width)).astype(int)
    cut = pixels[top : height - bottom, left : width - right]
    if rng.random() < 0.5:
        cut = cut[:, ::-1]
    gamma, warmth = rng.uniform(0.85, 1.18), rng.uniform(-0.04, 0.04)
    toned = 255 * (cut / 255) ** gamma * (rng.uniform(0.94, 1.06) * np.array([1 + warmth, 1, 1 - warmth]))
    return np.ascontiguousarray((toned.clip(0, 255) + 0.5).astype(np.uint8))


def encoded(pixels: np.ndarray, forgery: Forgery | None, quality: int) -> Round:
    """The round of an untouched picture, or of its forgery."""
    before = degrade.encode(pixels, "none", quality)
    if forgery is None:
        return Round(before, before, np.zeros(pixels.shape[:2], bool), None)
    return Round(degrade.encode(forgery.pixels, "none", quality), before, forgery.mask > CHANGED, forgery.artifact)


# --- places ----------------------------------------------------------------------------------------------------------


def hits(mask: np.ndarray) -> np.ndarray:
    """Which places count as a hit: bool (GRID, GRID), of a bool mask (h, w), those changed in at least SHARE."""
    shares = Image.fromarray(mask.astype(np.float32)).resize((GRID, GRID), Image.Resampling.BOX)
    return np.asarray(shares) >= SHARE - 1e-6


def miss(mask: np.ndarray, cell: int) -> float:
    """From a place's middle to the nearest changed pixel, as a share of the picture's width. The mask isn't empty."""
    height, width = mask.shape
    row, column = divmod(cell, GRID)
    distances = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return float(distances[int((row + 0.5) * height / GRID), int((column + 0.5) * width / GRID)]) / width


def found(mask: np.ndarray, cell: int | None) -> bool:
    return cell is not None and bool(hits(mask).flat[cell])


def opinion(analyser: Analyser, file: bytes) -> Opinion:
    """Without the checks of the verdict, which a player does not have either."""
    analysis = analyser.judge([analyser.prepare(file)], "gradcam", evidence=False, checks=False)[0]
    heat = analysis.heatmap(FAKE)
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)
    cell = int(row * GRID // heat.shape[0] * GRID + column * GRID // heat.shape[1])
    return Opinion(analysis.answer, analysis.probability, cell if heat.max() > 0 else None)
