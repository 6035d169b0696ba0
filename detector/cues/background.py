"""`background`: does something repeat behind the person, at which period, and not on the person?

Up-sampling layers leave peaks in the spectrum (Durall et al., CVPR 2020). A background has no rectangular shape, so
we look at the transform of the power spectrum, the autocorrelation, which a mask can be divided out of (Padfield,
"Masked object registration in the Fourier domain", IEEE TIP 2012): there, a period is a peak at its own length.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..messages import message
from ..parts import BACKGROUND, PERSON
from .base import CannotAssess, Frame, Measurement

LONGEST = 24  # px: the longest period; its double must be seen too
LEAST_AREA = 0.03  # share of the crop
CLEAR = 0.15  # correlation below which the text speaks of no repetition
_REACH = 2 * LONGEST
_DISTANCE = np.hypot(*np.mgrid[-LONGEST : LONGEST + 1, -LONGEST : LONGEST + 1]).astype(np.float32)
_RANGE = (_DISTANCE >= 2.5) & (_DISTANCE <= LONGEST)  # nearer, every picture resembles itself


def measure(frame: Frame) -> Measurement:
    """Value: mean correlation of the background with itself one and two periods on, above the person's, about 0…1."""
    kernel = np.ones((5, 5), np.uint8)
    background = cv2.erode(frame.mask(BACKGROUND).astype(np.uint8), kernel)
    person = cv2.erode(frame.mask(PERSON).astype(np.uint8), kernel)
    if background.mean() < LEAST_AREA:
        share = float(background.mean())
        raise CannotAssess(message("only {share:.0%} of the square is background", share=share))
    residual = _residual(frame)
    repeats = _autocorrelation(residual, background)
    if person.mean() > 0.05:
        # JPEG's grid and a sensor's pattern lie on the person as well.
        repeats = repeats - np.maximum(_autocorrelation(residual, person), 0)
    once = repeats[LONGEST:-LONGEST, LONGEST:-LONGEST]
    twice = repeats[::2, ::2]  # the same places at double the distance
    both = (once + twice) / 2
    peaks = _RANGE & (repeats == cv2.dilate(repeats, np.ones((3, 3))))[LONGEST:-LONGEST, LONGEST:-LONGEST]
    value, period, turn = 0.0, 0.0, 0.0
    if peaks.any():
        value = float(both[peaks].max())
        # Multiples of a period repeat as well as it does: the shortest good one is it.
        good = peaks & (both >= 0.8 * value)
        row, column = np.unravel_index(np.where(good, _DISTANCE, np.inf).argmin(), good.shape)
        period = float(_DISTANCE[row, column])
        turn = float(np.degrees(np.arctan2(LONGEST - row, column - LONGEST)) % 180)
    sentence = message("Nothing repeats clearly behind the person (correlation {value:.2f})", value=value)
    if value >= CLEAR:
        sentence = message(
            "The background repeats with a period of {period:.1f} px (correlation {value:.2f}, the person's deducted)",
            period=period,
            value=value,
        )
    details = {"period": period, "direction": turn, "area": float(background.mean())}
    return Measurement(value, sentence, _painted(frame, residual, background), details)


def _residual(frame: Frame) -> np.ndarray:
    """Detail at equal strength everywhere, float32 (h, w): one strong edge must not hide a weak grid."""
    detail = frame.luma - frame.soft[1]
    return detail / (np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), 5.0)) + 1)


def _autocorrelation(residual: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """At shifts of −_REACH…_REACH rows and columns, float32 (2 · _REACH + 1, same); 1 at no shift, 0 if unknown."""
    mask = mask.astype(np.float32)
    values = (residual - float((residual * mask).sum() / mask.sum())) * mask
    power, pairs = _correlated(values), _correlated(mask)
    known = pairs > 0.08 * pairs[_REACH, _REACH]
    scale = pairs[_REACH, _REACH] / max(float(power[_REACH, _REACH]), 1e-6)
    return np.where(known, power / np.maximum(pairs, 1) * scale, 0).astype(np.float32)


def _correlated(values: np.ndarray) -> np.ndarray:
    """Sums of products at shifts within _REACH."""
    height, width = (cv2.getOptimalDFTSize(side + _REACH) for side in values.shape)
    padded = cv2.copyMakeBorder(values, 0, height - values.shape[0], 0, width - values.shape[1], cv2.BORDER_CONSTANT)
    spectrum = cv2.dft(padded, nonzeroRows=values.shape[0])  # packed: half of a real picture's spectrum is enough
    power = cv2.mulSpectrums(spectrum, spectrum, 0, conjB=True)
    sums = cv2.idft(power, flags=cv2.DFT_SCALE | cv2.DFT_REAL_OUTPUT)
    shifts = np.arange(-_REACH, _REACH + 1)
    return sums[np.ix_(shifts, shifts)]


def _painted(frame: Frame, residual: np.ndarray, background: np.ndarray) -> np.ndarray:
    """The background's detail, amplified; the person dark."""
    picture = frame.dimmed() // 2
    detail = np.clip(residual * 45 + 128, 0, 255).astype(np.uint8)
    return np.where(background[..., None] > 0, detail[..., None], picture)
