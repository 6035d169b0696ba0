"""Measurements that never ask the classifier, one for each artifact, beside real photos of like size and quality.

They are weak witnesses on purpose: simple enough to check by eye on their pictures, and independent of what the
classifier learned. `tables` says how well each separates forged from real; none of them decides anything.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..artifacts import ARTIFACTS
from ..messages import Message, message, reason
from ..regions import Regions
from . import background, edge, hair, lighting, sharpness, tables
from .base import LEAST_SIDE, SIDE, CannotAssess, Cue, Frame, Measurement

__all__ = ["Cue", "measure", "values"]

_MODULES = {
    "face_edge": edge,
    "lighting": lighting,
    "background": background,
    "sharpness": sharpness,
    "hair": hair,
}
UNITS = {
    "face_edge": "× the usual step",
    "lighting": "log brightness per face width",
    "background": "correlation",
    "sharpness": "log ratio",
    "hair": "log ratio",
}
SHRUNK = 1.5  # crops shrunk by more than this have lost most traces of their file's compression


def measure(crop: np.ndarray, regions: Regions, quality: float | None) -> tuple[Cue, ...]:
    """Five cues, in the order of ARTIFACTS.

    `crop`: uint8 RGB (h, w, 3), the judged square; `regions`: of the same crop; `quality`: of the file's JPEG
    compression, 1…100 (`FileFacts.quality`), None for a lossless file. The same input gives the same cues.
    """
    small = shrink(crop)
    if max(crop.shape[:2]) > SHRUNK * max(small.shape[:2]):
        quality = None
    frame = Frame(small, regions)
    return tuple(_cue(artifact, frame, quality) for artifact in ARTIFACTS)


def values(crop: np.ndarray, regions: Regions) -> dict[str, float | None]:
    """Only the numbers, by artifact, without a comparison: what the reference tables are built from."""
    frame = Frame(shrink(crop), regions)
    return {artifact: value(artifact, frame) for artifact in ARTIFACTS}


def value(artifact: str, frame: Frame) -> float | None:
    """The number of one cue, None where it cannot be assessed."""
    try:
        return _measured(artifact, frame).value
    except CannotAssess:
        return None


def shrink(crop: np.ndarray) -> np.ndarray:
    """The crop at no more than SIDE px a side."""
    scale = SIDE / max(crop.shape[:2])
    if scale >= 1:
        return crop
    height, width = (max(1, round(side * scale)) for side in crop.shape[:2])
    return cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA)


def _measured(artifact: str, frame: Frame) -> Measurement:
    if min(frame.shape) < LEAST_SIDE:
        sides = dict(side=min(frame.shape), least=LEAST_SIDE)
        raise CannotAssess(message("the face's square has {side} px a side, at least {least} are needed", **sides))
    if not frame.regions.sure:
        raise CannotAssess(message("face, hair and background could not be told apart with certainty"))
    return _MODULES[artifact].measure(frame)


def _cue(artifact: str, frame: Frame, quality: float | None) -> Cue:
    try:
        found = _measured(artifact, frame)
    except CannotAssess as error:
        text = message("Cannot be assessed: {reason}.", reason=reason(error))
        return Cue(artifact, None, UNITS[artifact], None, text, frame.pixels.copy())
    known, percentile = tables.load(), None
    if known is not None and known.useful(artifact):
        percentile = known.percentile(artifact, found.value, max(frame.shape), quality)
    if percentile is not None:
        text = message("{measured}; {usual}", measured=found.sentence, usual=_usual(found.value, percentile))
    elif known is not None:
        text = message("{measured}. How usual that is cannot be told: look at the picture.", measured=found.sentence)
    else:
        text = message("{measured}.", measured=found.sentence)
    if found.question:
        text = message("{said} {question}", said=text, question=found.question)
    return Cue(artifact, found.value, UNITS[artifact], percentile, text, found.picture, found.details)


def _usual(value: float, percentile: float) -> Message:
    above = 100 - percentile
    if above < 1:
        return message(
            "fewer than 1 % of real photos of like size and quality reach its value of {value:.2f}.", value=value
        )
    return message(
        "{share:.0f} % of real photos of like size and quality reach its value of {value:.2f}.",
        share=min(above, 99),
        value=value,
    )
