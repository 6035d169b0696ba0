"""`sharpness`: a map of blur, and where it jumps although nothing ends there.

Blur is told by how much of the detail survives at the finest scale: the energy below 1 px against that between 1 and
2 px. The ratio leaves out how much texture there is (re-blurring: Crete et al., SPIE 2007; Zhuo & Sim, 2011). Jumps
count only inside one part (face, hair, body or background), as the focus may change from one to the next.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..messages import message
from .base import CELLS, CannotAssess, Frame, Measurement

SPREAD = 3.0  # cells: width of the map's smoothing
STEP = 8  # cells: places this far apart are compared (9 % of the square)
MARGIN = 3  # cells kept off the outlines of parts
DETAIL = 2.0  # grey levels²: with less, compression alone decides
LEAST_PLACES = 200


def measure(frame: Frame) -> Measurement:
    """Value: the jump of log detail ratio that 1 % of the pairs of places exceed, 0…"""
    fine, coarse = (cv2.GaussianBlur(band, (0, 0), SPREAD) for band in frame.bands)
    blur = np.log((fine + 0.3) / (coarse + 0.3))
    known = (coarse > DETAIL) & _interior(frame.groups)
    jumps = [_jumps(blur, known, frame.groups, down, right) for down, right in ((0, STEP), (STEP, 0))]
    sizes = np.concatenate([jump[jump >= 0] for jump in jumps])
    if len(sizes) < LEAST_PLACES:
        raise CannotAssess(message("too little of the picture has detail to compare"))
    value, usual = float(np.percentile(sizes, 99)), float(np.median(sizes))
    marks = _marks(jumps, value)
    details = {"usual_jump": usual, "assessed": float(known.mean())}
    count, _, boxes, middles = cv2.connectedComponentsWithStats(marks)
    if count > 1:  # the first one is the ground; x and y as shares of the crop's sides
        x, y = middles[1 + boxes[1:, cv2.CC_STAT_AREA].argmax()]
        details |= {"x": float(x + 0.5) / CELLS, "y": float(y + 0.5) / CELLS}
    sentence = message(
        "Inside one part of the picture, sharpness jumps by a factor of up to {jump:.1f} "
        "between neighbouring places; usual in this picture is {usual:.1f}",
        jump=float(np.exp(value / 2)),
        usual=float(np.exp(usual / 2)),
    )
    return Measurement(value, sentence, _painted(frame, blur, known, marks), details)


def _interior(groups: np.ndarray) -> np.ndarray:
    """bool (CELLS, CELLS): places with one part around them, as the map's smoothing carries blur across an outline."""
    around = np.ones((2 * MARGIN + 1,) * 2, np.uint8)
    return cv2.erode(groups, around) == cv2.dilate(groups, around)


def _jumps(blur: np.ndarray, known: np.ndarray, groups: np.ndarray, down: int, right: int) -> np.ndarray:
    """|difference| of each place to the one `down` and `right` of it; −1 where they may not be compared."""
    rows, columns = blur.shape
    here, there = np.s_[: rows - down, : columns - right], np.s_[down:, right:]
    comparable = known[here] & known[there] & (groups[here] == groups[there])
    return np.where(comparable, np.abs(blur[here] - blur[there]), -1)


def _marks(jumps: list[np.ndarray], least: float) -> np.ndarray:
    """uint8, 1 at the middle of each pair of places with a jump of at least that."""
    marks = np.zeros((jumps[0].shape[0], jumps[1].shape[1]), np.uint8)
    middle = STEP // 2
    marks[:, middle : middle + jumps[0].shape[1]] |= (jumps[0] >= least).astype(np.uint8)
    marks[middle : middle + jumps[1].shape[0]] |= (jumps[1] >= least).astype(np.uint8)
    return marks


def _painted(frame: Frame, blur: np.ndarray, known: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """Yellow sharp, blue soft, grey unknown; the largest jumps outlined in white."""
    height, width = frame.shape
    low, high = np.log(0.15), np.log(3.0)  # one scale for every picture, so that pictures can be compared
    grade = np.clip((blur - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    colours = cv2.applyColorMap(cv2.resize(grade, (width, height)), cv2.COLORMAP_VIRIDIS)[..., ::-1]
    ground = frame.dimmed()
    opacity = 0.6 * cv2.resize(known.astype(np.float32), (width, height))[..., None]
    picture = np.ascontiguousarray((ground * (1 - opacity) + colours * opacity).astype(np.uint8))
    outlines, _ = cv2.findContours(
        cv2.resize(marks, (width, height), interpolation=cv2.INTER_NEAREST), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    return cv2.drawContours(picture, outlines, -1, (255, 255, 255), 1, cv2.LINE_AA)
