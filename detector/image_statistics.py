"""Plain statistics of a picture's pixels that tell whether it is the kind of picture the detector knows."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

FACE_SIDE = 128  # px: faces are compared at one size
WIDE_SIDE = 1024  # px: what the search for text sees of a larger picture
OVEREXPOSED = 250  # luma from which nothing is left to see
FLAT = 2  # luma steps: less difference within 3×3 px is no shading
EDGE = 50  # luma steps: strokes of text differ at least so much from the page
PLAIN_GROUND = 0.25  # share of the picture
LETTER = (6, 48)  # px: height of a line of text

WINDOW = np.outer(*[np.hanning(FACE_SIDE)] * 2).astype(np.float32)
CYCLES = np.hypot(*np.meshgrid(*[np.fft.fftfreq(FACE_SIDE, 1 / FACE_SIDE)] * 2))  # a face, of each DFT coefficient
BAND = np.digitize(CYCLES, (4, 8, 16, 24))
COARSE, FINE = 1, 3  # 4 to 8 cycles: eyes, nose and mouth; 16 to 24: the finest that a face of 48 px holds


@dataclass(frozen=True)
class FaceStatistics:
    """Of one face, or of the picture's middle.

    `highlights`: luma 0…255 that 2 % of the pixels reach; not the mean, which is low on dark skin too.
    `overexposed`: share of pixels without tone left. `chroma`: 0…255, span of the channels that a tenth of the pixels
    exceed. `detail`: strength of fine structure over that of coarse. `noise`: standard deviation of what differs
    between neighbouring pixels at random, luma steps, by the median of the finest diagonal differences (Donoho &
    Johnstone, Biometrika 1994). `flat`: share of pixels without shading. `tones`: share of the green levels between
    dark and light that occur; 1 where the face is too small to tell.
    """

    highlights: float
    overexposed: float
    chroma: float
    detail: float
    noise: float
    flat: float
    tones: float


def of_face(face: np.ndarray) -> FaceStatistics:
    """`face`: RGB uint8 (height, width, 3)."""
    small, large = _shrunk(face, FACE_SIDE), _grey(_shrunk(face, 2 * FACE_SIDE))
    luma = _grey(small)
    span = small.max(2) - small.min(2)
    return FaceStatistics(
        highlights=float(np.percentile(luma, 98)),
        overexposed=float((luma >= OVEREXPOSED).mean()),
        chroma=float(np.percentile(span, 90)),
        detail=_detail(large),
        noise=_noise(large),
        flat=float((_local_range(luma) <= FLAT).mean()),
        tones=_tones(face[..., 1]),
    )


def lines_of_text(pixels: np.ndarray) -> int:
    """About how many lines of text an RGB picture (height, width, 3), uint8, holds on a plain ground.

    0 where less than PLAIN_GROUND of it is exactly plain, as a screen's is: what looks like text is then a part of the
    scene.
    """
    change = _local_range(_grey(_shrunk(pixels, WIDE_SIDE)))
    plain = 1 - cv2.countNonZero(change) / change.size
    return _text_lines(change) if plain >= PLAIN_GROUND else 0


def _grey(pixels: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)


def _shrunk(pixels: np.ndarray, side: int) -> np.ndarray:
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def _local_range(luma: np.ndarray) -> np.ndarray:
    return cv2.morphologyEx(luma, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))


def _detail(luma: np.ndarray) -> float:
    """Root of the mean power of the FINE band over that of the COARSE, after a Hann window."""
    kernel = cv2.INTER_AREA if min(luma.shape) > FACE_SIDE else cv2.INTER_CUBIC
    square = cv2.resize(luma, (FACE_SIDE, FACE_SIDE), interpolation=kernel).astype(np.float32)
    power = np.abs(np.fft.fft2((square - square.mean()) * WINDOW)) ** 2
    coarse, fine = float(power[BAND == COARSE].mean()), float(power[BAND == FINE].mean())
    return float(np.sqrt(fine / coarse)) if coarse > 0 else 0.0


def _noise(luma: np.ndarray) -> float:
    even = luma[: luma.shape[0] // 2 * 2, : luma.shape[1] // 2 * 2].astype(np.float32)
    if not even.size:
        return 0.0
    diagonal = (even[::2, ::2] - even[1::2, ::2] - even[::2, 1::2] + even[1::2, 1::2]) / 2
    return float(np.median(np.abs(diagonal))) / 0.6745  # of a normal distribution


def _tones(channel: np.ndarray) -> float:
    count = np.bincount(channel.ravel(), minlength=256)
    low, high = np.searchsorted(np.cumsum(count) / count.sum(), (0.02, 0.98))
    if channel.size < 4000 or high - low < 64:  # too few pixels, or too dark, to fill the levels
        return 1.0
    return float((count[low : high + 1] > 0).mean())


def _text_lines(change: np.ndarray) -> int:
    """Long, low, well-filled bars that the strokes of letters join to."""
    strokes = cv2.threshold(change, EDGE, 1, cv2.THRESH_BINARY)[1]
    bars = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ones((1, 9), np.uint8))
    bars = cv2.morphologyEx(bars, cv2.MORPH_OPEN, np.ones((4, 4), np.uint8))
    _, _, found, _ = cv2.connectedComponentsWithStats(bars)
    width, height, area = (found[1:, column] for column in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
    line = (height >= LETTER[0]) & (height <= LETTER[1]) & (width >= 3 * height) & (area >= 0.55 * width * height)
    return int(line.sum())
