"""What a heatmap says, in numbers and pieces: on which regions its evidence lies, and its hottest places cut out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .explain import Heatmap
from .faces import Box
from .parts import SIZE
from .regions import PLACES, Regions

CROPS = 3  # evidence crops of one map
SIDE = 0.22  # of an evidence crop, over the judged square's
FAINT = 0.5  # logits: a place whose mean evidence is less than this is not worth a look
# Of the way from a map's coldest to its hottest place, where its outline runs: what overlapped best with forgeries of
# training pictures.
LEVEL = 0.65
FINE = 128  # places a side on which outlines are drawn


@dataclass(frozen=True)
class Share:
    """Of one map's positive evidence the `evidence` share (0…1) lies on `region`, which fills `area` (0…1)."""

    region: str
    evidence: float
    area: float

    @property
    def ratio(self) -> float:
        """How many times its fair share the region has; 1 is what evenly spread evidence would give."""
        return self.evidence / self.area if self.area else 0.0


@dataclass(frozen=True)
class EvidenceCrop:
    """A hot place: `box` in the picture's pixels, `strength` the mean evidence inside it, logits."""

    label: str
    box: Box
    strength: float


@dataclass(frozen=True)
class Outline:
    """How far the trace of one map reaches: the `area` share (0…1) of the judged square.

    `lines`: closed ones around it and around its holes, each of corners (x, y) in the picture's pixels.
    """

    label: str
    area: float
    lines: tuple[tuple[tuple[int, int], ...], ...]


def reach(values: np.ndarray) -> np.ndarray:
    """Evidence (..., h, w), logits, above its map's own level: a place at or above 0 belongs to what is outlined.

    The colours of a map have the same meaning on every picture, so a faint trace looks faint. How far it reaches is
    seen against its own hottest and coldest place: one threshold then fits maps of any strength better (compare
    the normalised score maps of Choe et al., CVPR 2020), and what a probe adds to all places of `fake` moves nothing.
    """
    low, high = (of((-2, -1), keepdims=True) for of in (values.min, values.max))
    return values - low - LEVEL * (high - low)


def outline(heatmap: Heatmap) -> Outline:
    """Of a map that has something to show; every map has a hottest place."""
    box = heatmap.box
    fine = cv2.resize(reach(heatmap.values), (FINE, FINE), interpolation=cv2.INTER_LINEAR) >= 0
    # Around each place's outer border: OpenCV's lines run through the places' middles, and would cut half of them off.
    double = np.pad(np.kron(fine, np.ones((2, 2), np.uint8)), 1)
    found, _ = cv2.findContours(double, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_TC89_L1)
    scale = np.array([box.width, box.height]) / (2 * FINE)
    lines = (np.rint((line[:, 0] - 0.5) * scale + (box.x, box.y)).astype(int).tolist() for line in found)
    return Outline(heatmap.label, float(fine.mean()), tuple(tuple(map(tuple, line)) for line in lines if len(line) > 2))


def shares(heatmap: Heatmap, regions: Regions) -> tuple[Share, ...]:
    """Where a map's positive evidence lies, one Share for each of PLACES; empty when nothing speaks for the label."""
    fine = cv2.resize(heatmap.values, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    hot = np.maximum(fine, 0)
    total = float(hot.sum())
    if total <= 0:
        return ()
    places, count = regions.places.ravel(), len(PLACES)
    evidence = np.bincount(places, hot.ravel(), minlength=count) / total
    areas = np.bincount(places, minlength=count) / places.size
    return tuple(Share(name, float(evidence[i]), float(areas[i])) for i, name in enumerate(PLACES))


def hottest(heatmap: Heatmap, width: int, height: int, count: int = CROPS) -> tuple[EvidenceCrop, ...]:
    """Up to `count` squares that do not overlap, hottest first, inside a picture of width × height px."""
    box = heatmap.box
    side = max(1, round(SIDE * max(box.width, box.height)))
    grid = 64  # finer than any map; a step of 1/64 of the square is no visible shift
    fine = np.maximum(cv2.resize(heatmap.values, (grid, grid), interpolation=cv2.INTER_LINEAR), 0)
    window = max(1, round(SIDE * grid))
    found: list[EvidenceCrop] = []
    for _ in range(count * 4):  # a few hottest windows may overlap at the frame, where they are pushed inwards
        mean = cv2.boxFilter(fine, -1, (window, window), borderType=cv2.BORDER_CONSTANT)
        row, column = np.unravel_index(mean.argmax(), mean.shape)
        strength = float(mean[row, column])
        if strength < FAINT or len(found) == count:
            break
        left = round(box.x + (column + 0.5) / grid * box.width - side / 2)
        top = round(box.y + (row + 0.5) / grid * box.height - side / 2)
        place = Box(min(max(left, 0), max(width - side, 0)), min(max(top, 0), max(height - side, 0)),
                    min(side, width), min(side, height))  # fmt: skip
        reach = window // 2 + 1
        fine[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1] = 0
        if not any(_overlap(place, other.box) for other in found):
            found.append(EvidenceCrop(heatmap.label, place, strength))
    return tuple(found)


def _overlap(a: Box, b: Box) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height


def drawn(pixels: np.ndarray, outlines: Iterable[Outline], scale: float = 1.0) -> np.ndarray:
    """A copy of the picture with its outlines; `scale`: pixels (h, w, 3) are so many times as large as the picture."""
    copy = pixels.copy()
    line = max(1, round(min(pixels.shape[:2]) / 300))
    lines = [np.rint(np.array(one) * scale).astype(np.int32) for outline in outlines for one in outline.lines]
    cv2.polylines(copy, lines, True, (0, 0, 0), line + 2, cv2.LINE_AA)
    cv2.polylines(copy, lines, True, (94, 241, 255), line, cv2.LINE_AA)  # no heat has this colour
    return copy


def frame(pixels: np.ndarray, crops: Sequence[EvidenceCrop]) -> np.ndarray:
    """A copy of the picture with a numbered frame around each crop; uint8 (h, w, 3)."""
    framed = pixels.copy()
    line = max(2, round(min(pixels.shape[:2]) / 250))
    for number, crop in enumerate(crops, 1):
        box = crop.box
        corners = (box.x, box.y), (box.x + box.width - 1, box.y + box.height - 1)
        cv2.rectangle(framed, *corners, (0, 0, 0), line + 2, cv2.LINE_AA)
        cv2.rectangle(framed, *corners, (255, 214, 10), line, cv2.LINE_AA)
        scale = max(0.4, box.width / 110)
        place = (box.x + 2 * line, box.y + round(22 * scale) + line)
        cv2.putText(framed, str(number), place, cv2.FONT_HERSHEY_SIMPLEX, scale, (0, 0, 0), line + 3, cv2.LINE_AA)
        cv2.putText(framed, str(number), place, cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 214, 10), line, cv2.LINE_AA)
    return framed
