"""Face, face edge, hair, background, eyes, nose and mouth of each judged face, on any portrait.

The part parser looks at the same square as the classifier does. All masks are
on that square, at SIZE × SIZE places; a place's share of the square is exact enough for shares and sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from . import parts
from .parts import PARTS

EDGE = 0.055  # half the width of the face edge's band, in widths of the face
SURE = 0.80  # mean certainty of the parser on the face below which its regions are not trusted
LEAST = 0.02  # share of the square that a face must fill to be one

REGIONS: dict[str, tuple[int, ...]] = {
    "face": parts.FACE,
    "hair": parts.HAIR,
    "background": parts.BACKGROUND,
    "body": parts.BODY,
    "eyes": parts.EYES,
    "nose": parts.NOSE,
    "mouth": parts.MOUTH,
}
# Each place belongs to the first of these that claims it, so shares of them add up to 1.
PLACES = ("face_edge", "face", "hair", "body", "background")


@dataclass(frozen=True)
class Regions:
    """Of one square: `parts` uint8 (SIZE, SIZE), indices into PARTS; `certainty` 0…1, the parser's own on the face."""

    parts: np.ndarray
    certainty: float

    @property
    def sure(self) -> bool:
        """Whether a sentence may be built on these regions."""
        return self.certainty >= SURE and self.area("face") >= LEAST

    def mask(self, name: str) -> np.ndarray:
        """bool (SIZE, SIZE) of a region of REGIONS, or of `face_edge`: the band along the face's outline."""
        if name == "face_edge":
            return self._edge
        return parts.among(self.parts, REGIONS[name])

    def area(self, name: str) -> float:
        """Share of the square, 0…1."""
        return float(self.mask(name).mean())

    @cached_property
    def places(self) -> np.ndarray:
        """uint8 (SIZE, SIZE), indices into PLACES: the one region of each place, for all maps."""
        found = np.full(self.parts.shape, len(PLACES), np.uint8)
        for index, name in reversed(list(enumerate(PLACES))):
            found[self.mask(name)] = index
        return found

    @cached_property
    def _edge(self) -> np.ndarray:
        face = self.mask("face").astype(np.uint8)
        if not face.any():
            return face.astype(bool)
        # Holes are glasses, teeth or a hand, not the outline.
        outlines, _ = cv2.findContours(face, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        solid = np.zeros_like(face)
        cv2.drawContours(solid, [max(outlines, key=cv2.contourArea)], -1, 1, cv2.FILLED)
        half = max(1, round(EDGE * 2 * np.sqrt(solid.sum() / np.pi)))
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * half + 1, 2 * half + 1))
        # The frame cuts a face off; that is no outline.
        grown = cv2.dilate(solid, kernel)
        shrunk = cv2.erode(solid, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=1)
        return (grown > 0) & (shrunk == 0)


def find(parser: parts.Parser, crops: Sequence[np.ndarray]) -> list[Regions]:
    """Regions of RGB crops (h, w, 3) uint8, square or nearly so."""
    if not crops:
        return []
    found = []
    for fine in parts.probabilities(parser, crops):
        labels = fine.argmax(2).astype(np.uint8)
        face = parts.among(labels, parts.FACE)
        certainty = float(fine[..., list(parts.FACE)].sum(2)[face].mean()) if face.any() else 0.0
        found.append(Regions(labels, certainty))
    return found


COLOURS = np.array(
    [[40, 44, 52], [230, 180, 150], [150, 90, 40], [80, 160, 255], [255, 200, 60], [230, 80, 120], [120, 70, 30],
     [120, 130, 150]], np.uint8)  # fmt: skip
assert len(COLOURS) == len(PARTS)


def draw(pixels: np.ndarray, regions: Regions, opacity: float = 0.55) -> np.ndarray:
    """The crop (h, w, 3) with its parts coloured and the face's outline drawn; uint8 (h, w, 3)."""
    height, width = pixels.shape[:2]
    labels = parts.enlarge(regions.parts, (height, width))
    painted = (pixels * (1 - opacity) + COLOURS[labels] * opacity + 0.5).astype(np.uint8)
    edge = parts.enlarge(regions.mask("face_edge").astype(np.uint8), (height, width))
    outlines, _ = cv2.findContours(edge, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    return cv2.drawContours(painted, outlines, -1, (255, 255, 255), max(1, round(width / 300)), cv2.LINE_AA)
