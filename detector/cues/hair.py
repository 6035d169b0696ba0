"""`hair`: is the hair of one texture, of the brows' lightness, and how crisply does it meet the skin?

Hair of another picture comes at another resolution and is cut out by a mask; where it ends, the old hair goes on.
Whether it fits the age of the face no statistic says: that question is asked of the person.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..messages import message
from ..parts import BROWS, HAIR, SKIN
from .base import CELLS, CannotAssess, Frame, Measurement

LEAST_AREA = 0.02  # share of the square
SPREAD, STEP = 2.0, 7  # cells: smoothing of the texture's map, and how far apart the places are that are compared
QUESTION = message("Please judge yourself: does this hair fit the age of the face?")


def measure(frame: Frame) -> Measurement:
    """Value: jump of texture (log ratio) + crispness of the edge (1/px) + a hundredth of L* lighter than the brows.

    The weights make the three vary about equally among real photos.
    """
    hair, brows = frame.mask(HAIR), frame.mask(BROWS)
    core = cv2.erode(hair.astype(np.uint8), np.ones((5, 5))) > 0
    if hair.mean() < LEAST_AREA or core.sum() < 60:
        raise CannotAssess(message("hardly any hair is visible"))
    if brows.sum() < 12:
        raise CannotAssess(message("the brows, with which hair is compared, are not visible"))
    outline = _outline(hair, frame.mask(SKIN), frame.face_width)
    if outline.sum() < 80:
        raise CannotAssess(message("the line between hair and skin is not visible"))
    jump = _jump(frame, hair)
    lightness = frame.lab[..., 0]
    dark = lightness[brows]
    dark = dark[dark <= np.median(dark)].mean()  # hairs, not the skin between them
    lighter = float(np.median(lightness[core]) - dark)
    low, high = np.percentile(lightness[outline], (5, 95))
    # Steepest rise over the whole step: its inverse is the width of the edge, whatever the contrast.
    crisp = float(np.sqrt(np.percentile(frame.slopes[0][outline], 90)) / (high - low + 5))
    details = {"texture_jump": jump, "lighter_than_brows": lighter, "edge_crispness": crisp}
    sentence = message(
        "Within the hair, sharpness jumps by a factor of up to {jump:.1f}; the hair is {difference:.0f} (L*) "
        "{compared} than the brows, its edge against the skin has a crispness of {crisp:.2f}",
        jump=float(np.exp(jump / 2)),
        difference=abs(lighter),
        compared=message("lighter") if lighter > 0 else message("darker"),
        crisp=crisp,
    )
    picture = _painted(frame, hair | brows, hair)
    return Measurement(jump + crisp + lighter / 100, sentence, picture, details, QUESTION)


def _jump(frame: Frame, hair: np.ndarray) -> float:
    """The jump of log detail ratio that 2 % of the pairs of places within the hair exceed; see `sharpness`."""
    share = cv2.resize(hair.astype(np.float32), (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    fine, coarse = (cv2.GaussianBlur(band * share, (0, 0), SPREAD) for band in frame.bands)
    ratio = np.log((fine + 0.3) / (coarse + 0.3))
    inside = cv2.GaussianBlur(share, (0, 0), SPREAD) > 0.5
    across = np.abs(ratio[:, STEP:] - ratio[:, :-STEP])[inside[:, STEP:] & inside[:, :-STEP]]
    down = np.abs(ratio[STEP:] - ratio[:-STEP])[inside[STEP:] & inside[:-STEP]]
    jumps = np.concatenate([across, down])
    if len(jumps) < 40:
        raise CannotAssess(message("the hair is too thin to compare its places"))
    return float(np.percentile(jumps, 98))


def _outline(hair: np.ndarray, skin: np.ndarray, face_width: float) -> np.ndarray:
    """bool (h, w): the strip along which hair meets skin."""
    kernel = np.ones((2 * max(2, round(0.03 * face_width)) + 1,) * 2, np.uint8)
    return (cv2.dilate(hair.astype(np.uint8), kernel) & cv2.dilate(skin.astype(np.uint8), kernel)) > 0


def _painted(frame: Frame, shown: np.ndarray, hair: np.ndarray) -> np.ndarray:
    """Hair and brows with their texture amplified, the rest dark; the hair's outline."""
    crisp = np.clip(frame.pixels + 1.5 * (frame.luma - frame.soft[1])[..., None], 0, 255).astype(np.uint8)
    picture = np.where(shown[..., None], crisp, frame.dimmed())
    outlines, _ = cv2.findContours(hair.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(picture, outlines, -1, (255, 200, 0), 1, cv2.LINE_AA)
