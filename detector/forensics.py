"""The picture through three old lenses: error level, noise, spectrum. Shown for the eye; no score is built on them.

Each has one scale for every picture, so a quiet picture stays dark; none uses the heatmap's colours.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .messages import message

SHOWN_SIDE = 512  # px: longer side of the pictures given back
RESAVED = 90  # JPEG quality of the error-level analysis
LEVEL_GAIN, NOISE_GAIN = 32, 10  # times brighter than measured
TILE, TILES = 512, 4  # px, and rows and columns at most: the squares whose spectra are averaged
FAINT, STRONG = -1.0, 4.0  # decades of power drawn black and white


@dataclass(frozen=True)
class ForensicView:
    """`picture`: uint8 RGB, at most SHOWN_SIDE a side. `reading`: how to read it; `misleading`: how it misleads."""

    name: str
    picture: np.ndarray
    reading: str
    misleading: str


def views(pixels: np.ndarray) -> tuple[ForensicView, ...]:
    """Of uint8 RGB (h, w, 3), in time linear in its pixels.

    Error level: Krawetz, "A picture's worth", Black Hat 2007. Spectra of residuals: Marra et al., "Do GANs leave
    artificial fingerprints?", MIPR 2019.
    """
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    residual = cv2.subtract(luma, cv2.medianBlur(luma, 3), dtype=cv2.CV_32F)
    return (
        ForensicView(
            message("Error level"),
            _error_level(pixels),
            message(
                "What saving the picture once more as JPEG (quality {quality}) changes, made {gain} times brighter: "
                "places of like texture should be alike, and a pasted one that was saved differently may stand out.",
                quality=RESAVED,
                gain=LEVEL_GAIN,
            ),
            message(
                "Edges and texture are bright in every picture, smooth skin is dark in every picture, and one more "
                "saving or a resize wipes real differences out."
            ),
        ),
        ForensicView(
            message("Noise"),
            _noise(residual),
            message(
                "How strong the finest detail is (what a 3 × 3 median takes away), made {gain} times brighter: a "
                "camera's noise is much alike on surfaces of like brightness, so a patch without any may come from "
                "elsewhere.",
                gain=NOISE_GAIN,
            ),
            message(
                "Focus, denoising, make-up and compression smooth real faces too, and hair and fabric shine without "
                "being noise."
            ),
        ),
        ForensicView(
            message("Spectrum of the noise"),
            _spectrum(residual),
            message(
                "Which periods the finest detail has: slow in the middle, 2 px at the rim; single bright dots away "
                "from the middle mean that something repeats, as up-sampling in a generator does."
            ),
            message(
                "JPEG's 8 × 8 blocks, enlarging, screens and woven cloth make dots too, and many generators leave none."
            ),
        ),
    )


def _error_level(pixels: np.ndarray) -> np.ndarray:
    # Full colour resolution: halving it would light up every coloured edge.
    options = [cv2.IMWRITE_JPEG_QUALITY, RESAVED]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    # Which channel comes first must be told: the coder weighs red, green and blue differently.
    _, coded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    resaved = cv2.cvtColor(cv2.imdecode(coded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    return cv2.convertScaleAbs(_shrunk(cv2.absdiff(pixels, resaved).astype(np.float32)), alpha=LEVEL_GAIN)


def _noise(residual: np.ndarray) -> np.ndarray:
    """Root mean square: a mean of the residual itself would vanish when the picture is shrunk."""
    return _grey(np.sqrt(_shrunk(residual * residual)) * NOISE_GAIN)


def _spectrum(residual: np.ndarray) -> np.ndarray:
    """Mean power of the windowed squares (Welch, 1967), decades from FAINT to STRONG."""
    height, width = residual.shape
    side = min(TILE, height, width)
    window = np.outer(*[np.hanning(side + 2)[1:-1].astype(np.float32)] * 2)
    power = np.zeros((side, side), np.float32)
    corners = [(y, x) for y in _starts(height, side) for x in _starts(width, side)]
    for y, x in corners:
        planes = cv2.dft(residual[y : y + side, x : x + side] * window, flags=cv2.DFT_COMPLEX_OUTPUT)
        power += planes[..., 0] ** 2 + planes[..., 1] ** 2
    decades = np.log10(power / (len(corners) * (window**2).sum()) + 1e-12)
    return _grey(np.fft.fftshift((decades - FAINT) / (STRONG - FAINT) * 255))


def _starts(length: int, side: int) -> list[int]:
    """Where squares begin: evenly over the whole length, overlapping by half where TILES of them are enough."""
    count = min(TILES, 1 + -(-(length - side) // max(side // 2, 1)))
    return np.linspace(0, length - side, count).astype(int).tolist()


def _shrunk(values: np.ndarray) -> np.ndarray:
    height, width = values.shape[:2]
    scale = min(1.0, SHOWN_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return values if scale == 1 else cv2.resize(values, size, interpolation=cv2.INTER_AREA)


def _grey(values: np.ndarray) -> np.ndarray:
    """Grey levels 0…255 as uint8 RGB; what lies outside is cut off."""
    return cv2.cvtColor(np.clip(values, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2RGB)
