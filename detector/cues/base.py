"""What all cues share: the crop in the forms they need, what they give back, and how a picture is painted."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np

from .. import parts
from ..messages import Message
from ..regions import Regions

SIDE = 352  # px: longest side of a crop that is measured; larger ones are shrunk, so that the tables hold
LEAST_SIDE = 96  # px: below this a face has too few pixels for any of the measurements
CELLS = 88  # rows and columns of the coarse maps

GROUPS = np.full(256, 255, np.uint8)
for _group, _classes in enumerate((parts.BACKGROUND, parts.FACE, parts.HAIR, parts.BODY)):
    GROUPS[list(_classes)] = _group
"""Part → 0 background, 1 face, 2 hair, 3 body: what may differ in depth and in texture."""


@dataclass(frozen=True)
class Cue:
    """One measurement on one crop; it never asks the classifier.

    `artifact`: key of ARTIFACTS. `value`: higher is more suspicious; None where it cannot be assessed. `percentile`:
    0…100, share of real photos of like size and quality with a lower value; None if not assessed, or if the value
    separates forged from real too poorly. `text`: one to three sentences. `picture`: uint8 RGB (h, w, 3), the crop at
    the size at which it was measured with the measurement painted in. `details`: further numbers by name.
    """

    artifact: str
    value: float | None
    unit: str
    percentile: float | None
    text: str
    picture: np.ndarray
    details: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Measurement:
    """What one module found. `sentence` says what was measured, without a full stop: the comparison with real photos is
    added later. `question`: what is left to the person."""

    value: float
    sentence: Message
    picture: np.ndarray
    details: dict[str, float]
    question: Message | None = None


class CannotAssess(ValueError):
    """This crop does not show what the cue needs; the message says what is missing."""


class Frame:
    """One crop, uint8 RGB (h, w, 3) of at most SIDE px a side, in the forms that several cues use."""

    def __init__(self, pixels: np.ndarray, regions: Regions):
        self.pixels, self.regions = pixels, regions
        self.shape = pixels.shape[:2]

    @cached_property
    def luma(self) -> np.ndarray:
        """float32 (h, w), grey levels 0…255."""
        return cv2.cvtColor(self.pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)

    @cached_property
    def lab(self) -> np.ndarray:
        """float32 (h, w, 3), CIE L* 0…100, a*, b*."""
        return cv2.cvtColor(self.pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)

    @cached_property
    def parts(self) -> np.ndarray:
        """uint8 (h, w), indices into PARTS."""
        return parts.enlarge(self.regions.parts, self.shape)

    def mask(self, classes: tuple[int, ...]) -> np.ndarray:
        """bool (h, w)."""
        return parts.among(self.parts, classes)

    @cached_property
    def face_width(self) -> float:
        """px: diameter of the disc with the face's area."""
        return 2 * float(np.sqrt(self.mask(parts.FACE).sum() / np.pi))

    @cached_property
    def soft(self) -> tuple[np.ndarray, np.ndarray]:
        """Luma blurred by 1 and by 2 px, each float32 (h, w)."""
        return cv2.GaussianBlur(self.luma, (0, 0), 1.0), cv2.GaussianBlur(self.luma, (0, 0), 2.0)

    @cached_property
    def fine(self) -> np.ndarray:
        """Luma less its blur by 1 px, float32 (h, w): detail, noise and the traces of compression."""
        return self.luma - self.soft[0]

    @cached_property
    def bands(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean square of the detail below 1 px and of that between 1 and 2 px, each float32 (CELLS, CELLS)."""
        return cells(self.fine**2), cells((self.soft[0] - self.soft[1]) ** 2)

    @cached_property
    def slopes(self) -> tuple[np.ndarray, np.ndarray]:
        """Squared gradient of the luma and of the luma blurred by 1 px, each float32 (h, w)."""
        return _slope(self.luma), _slope(self.soft[0])

    @cached_property
    def groups(self) -> np.ndarray:
        """uint8 (CELLS, CELLS), see GROUPS."""
        return GROUPS[parts.enlarge(self.regions.parts, (CELLS, CELLS))]

    def dimmed(self) -> np.ndarray:
        """The crop in dark grey, uint8 (h, w, 3): the ground on which a measurement is painted."""
        return cv2.cvtColor((self.luma * 0.6).astype(np.uint8), cv2.COLOR_GRAY2RGB)

    def line(self) -> int:
        """px: a line's width that is seen on the page, whatever the crop's size."""
        return max(1, round(max(self.shape) / 200))


def _slope(luma: np.ndarray) -> np.ndarray:
    across = cv2.Scharr(luma, cv2.CV_32F, 1, 0, scale=1 / 32)
    down = cv2.Scharr(luma, cv2.CV_32F, 0, 1, scale=1 / 32)
    return across * across + down * down


def cells(values: np.ndarray) -> np.ndarray:
    """Means over the cells of a coarse grid, float32 (CELLS, CELLS)."""
    return cv2.resize(values, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
