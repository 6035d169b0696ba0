"""Where a manipulated picture was changed, as far as its label list tells: masks for the maps to learn from."""

from __future__ import annotations

import cv2
import numpy as np

from .forge import Portrait
from .parts import EYES, FACE, HAIR, MOUTH, NOSE, among
from .parts import UNKNOWN as UNSEEN

CLEAN, CHANGED, GENERATED, UNKNOWN = 0, 1, 2, 255  # a mask's values; GENERATED: made, with or without visible traces
EDITABLE = ("left_eye", "right_eye", "nose", "mouth")
# Lists differ in whose left they mean, so one eye alone tells nothing about either.
_TOGETHER = {("left_eye", "right_eye"): EYES, ("nose",): NOSE, ("mouth",): MOUTH}
_RIM = 0.05  # of the face's width: how far around a part its blending reaches


def mask_of(edited: tuple[str, ...], portrait: Portrait) -> np.ndarray:
    """uint8 mask (h, w) of a composite in which the parts named in `edited` (of EDITABLE) are somebody else's.

    CHANGED: those parts and the rim around them. CLEAN: parts that were kept, and what lies clear of the face.
    UNKNOWN: the skin between, where nobody knows how far the blending reaches.
    """
    reach = max(1, round(portrait.box.width * _RIM))
    face = among(portrait.parts, FACE)
    mask = np.full(face.shape, UNKNOWN, np.uint8)
    mask[~_grown(face, reach) & (portrait.parts != UNSEEN)] = CLEAN
    mask[among(portrait.parts, HAIR)] = CLEAN
    changed = np.zeros_like(face)
    for names, classes in _TOGETHER.items():
        where, named = among(portrait.parts, classes), set(names) & set(edited)
        if not named:
            mask[where] = CLEAN
        elif len(named) == len(names):
            changed |= _grown(where, reach)
        else:
            mask[_grown(where, reach)] = UNKNOWN
    mask[changed] = CHANGED
    return mask


def _grown(where: np.ndarray, reach: int) -> np.ndarray:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return cv2.dilate(where.astype(np.uint8), kernel) > 0
