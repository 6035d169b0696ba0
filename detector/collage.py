"""Photos side by side in one picture: the square around a face must not reach into its neighbours.

A seam is a straight line, upright or level, at which nearly all of a square's pixels step at once. The limits were
chosen on sheets of six training photos and on single ones: they find 97 to 99 of 100 seams, and take 1 side of a
single photo in 200 for one.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import median_filter

from . import faces
from .faces import Box

SIDE = 384  # px: larger squares are shrunk to this first
STEP = 10  # grey levels, of the channel that steps most
ALONG = 0.7  # share of a line's pixels that step
ABOVE = 0.4  # by how much that is more than beside it; fine texture steps everywhere
AROUND = 21  # px: what counts as beside it
WITHIN = 0.1  # share of a face's box in which a seam may lie, for boxes are no outlines
MARGIN = 2  # px of the shrunk square that a seam smears over


def within_seams(pixels: np.ndarray, box: Box, crop: Box) -> Box:
    """The square to judge a face on: `crop`, or where a seam crosses it what faces.crop_box gives within the seams.

    `pixels`: uint8 RGB (height, width, 3); `box`: the face, `crop`: its square, both in px of the picture.
    """
    cut = crop.cut(pixels)
    scale = min(1.0, SIDE / max(cut.shape[:2]))
    if scale < 1:
        cut = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    left, right = _free(cut, (box.x - crop.x) * scale, box.width * scale)
    top, bottom = _free(cut.transpose(1, 0, 2), (box.y - crop.y) * scale, box.height * scale)
    if (left, top, right, bottom) == (0, 0, cut.shape[1], cut.shape[0]):
        return crop
    x, y = int(np.ceil(left / scale)), int(np.ceil(top / scale))
    width, height = int(right / scale) - x, int(bottom / scale) - y
    moved = faces.crop_box(Box(box.x - crop.x - x, box.y - crop.y - y, box.width, box.height), width, height)
    return Box(crop.x + x + moved.x, crop.y + y + moved.y, moved.width, moved.height)


def _free(cut: np.ndarray, start: float, size: float) -> tuple[int, int]:
    """First column and one past the last between the upright seams next to a face that lies from `start` on."""
    width = cut.shape[1]
    seams = _seams(cut)
    before = seams[seams < start + WITHIN * size]
    after = seams[seams > start + (1 - WITHIN) * size]
    first = int(before[-1]) + MARGIN if before.size else 0
    return first, max(int(after[0]) - MARGIN, first + 1) if after.size else width


def _seams(cut: np.ndarray) -> np.ndarray:
    """The columns at which a seam lies."""
    values = cut.astype(np.int16)
    steps = np.abs(values[:, 2:] - values[:, :-2]).max(2) > STEP  # over two pixels, for shrinking smears a step
    along = steps.mean(0)
    above = along - median_filter(along, AROUND, mode="nearest")
    return np.flatnonzero((along >= ALONG) & (above >= ABOVE)) + 1
