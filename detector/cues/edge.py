"""`face_edge`: steps in colour and sharpness along the face's outline and along smaller copies of it.

A blended-in face leaves its seam on the outline of the face, or just inside it (Li et al., Face X-ray, CVPR 2020;
Shiohara & Yamasaki, CVPR 2022). So the face is unrolled about its middle, like a label off a tin: one row an angle, one
column a share of the way to the outline. A seam is a column where the colour steps the same way in most rows.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..messages import Message, message
from ..parts import BODY, FACE, SKIN
from .base import CannotAssess, Frame, Measurement

ANGLES = 120
RINGS = np.arange(0.3, 1.3, 0.02)  # shares of the way from the middle to the outline
GAP, REACH = 3, 5  # rings left out beside a step (seams are soft), and rings averaged on each side
LEAST_ANGLES = 24  # a step that fewer rows show is no ring
USUAL = {"ring": 5.1, "neck": 6.2, "sharpness": 0.46}  # medians of real training photos
NECK = 18  # Lab chroma: what differs more from the face's skin is cloth


def measure(frame: Frame) -> Measurement:
    """Value: mean of three steps, each as a multiple of the usual one (0…; about 1 in real photos)."""
    hull, centre = _hull(frame)
    skin = frame.mask(SKIN)
    depth = cv2.distanceTransform(hull, cv2.DIST_L2, 3)
    inner = skin & (depth > 0.12 * frame.face_width)
    rest = ~frame.mask(FACE)
    if inner.sum() < 100 or rest.sum() < 100:
        raise CannotAssess(message("too little skin is visible, or nothing but the face"))
    x, y = _rings(hull, centre)
    steps, best, ratio = _ring_steps(frame, x, y)
    ring = float(steps[best])
    unit = frame.face_width / 60
    energy = np.log(cv2.GaussianBlur(frame.fine**2, (0, 0), 1.5 * unit) + 1)
    # The 95th percentile: the sharpest detail of each side, as cheeks and plain walls have none.
    sharpness = float(np.percentile(energy[inner], 95) - np.percentile(energy[rest], 95))
    terms = {"ring": ring, "sharpness": abs(sharpness)}
    neck = _neck(frame, inner)
    if neck is not None:
        terms["neck"] = neck
    value = float(np.mean([terms[name] / USUAL[name] for name in terms]))
    details = {
        "colour_step": ring,
        "colour_step_elsewhere": ratio,
        "ring": float(RINGS[best]),
        "sharpness_step": sharpness,
    }
    if neck is not None:
        details["neck_step"] = neck
    sentence = message(
        "Skin colour steps by {step:.1f} (Lab) along a ring at {place:.0%} of the face's outline, "
        "by {usual:.1f} along the usual ring; {detail}",
        step=ring,
        place=float(RINGS[best]),
        usual=ratio,
        detail=_detail(sharpness),
    )
    picture = _painted(frame, x[:, best], y[:, best], hull)
    return Measurement(value, sentence, picture, details)


def _detail(log_energy: float) -> Message:
    factor = float(np.exp(abs(log_energy) / 2))  # of amplitude, as the eye sees it
    if log_energy > 0:
        return message("detail on the face is {factor:.1f} times stronger than around it", factor=factor)
    return message("detail on the face is {factor:.1f} times weaker than around it", factor=factor)


def _hull(frame: Frame) -> tuple[np.ndarray, tuple[float, float]]:
    """Convex hull of the face, uint8 (h, w), and its centre of mass (x, y)."""
    outlines, _ = cv2.findContours(frame.mask(FACE).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        raise CannotAssess(message("no face was found"))
    outline = cv2.convexHull(max(outlines, key=cv2.contourArea))
    moments = cv2.moments(outline)
    if moments["m00"] < 100:
        raise CannotAssess(message("the face is too small"))
    hull = np.zeros(frame.shape, np.uint8)
    cv2.fillPoly(hull, [outline], 1)
    return hull, (moments["m10"] / moments["m00"], moments["m01"] / moments["m00"])


def _rings(hull: np.ndarray, centre: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Places x, y of the unrolled face, each float32 (ANGLES, rings)."""
    turn = np.linspace(0, 2 * np.pi, ANGLES, endpoint=False)
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    far = np.arange(max(hull.shape))
    x, y = (centre[0] + cos * far).astype(np.float32), (centre[1] + sin * far).astype(np.float32)
    inside = cv2.remap(hull, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
    radius = inside.sum(1, keepdims=True) * RINGS
    return (centre[0] + cos * radius).astype(np.float32), (centre[1] + sin * radius).astype(np.float32)


def _ring_steps(frame: Frame, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, int, float]:
    """Chroma step at each ring (Lab units; 0 where it can't be told), the ring of the largest, the median step."""
    colour = cv2.remap(cv2.GaussianBlur(frame.lab, (0, 0), 0.7 * frame.face_width / 60), x, y, cv2.INTER_LINEAR)[
        ..., 1:
    ]
    # Hair, brows and eyes have colours of their own, so only skin is compared with skin.
    skin = (cv2.remap(frame.parts, x, y, cv2.INTER_NEAREST, borderValue=255) == SKIN[0]).astype(np.float32)
    window = np.zeros((1, 2 * (GAP + REACH) + 1), np.float32)
    window[0, :REACH] = 1

    def mean(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count = cv2.filter2D(skin, -1, kernel, borderType=cv2.BORDER_CONSTANT)
        total = cv2.filter2D(colour * skin[..., None], -1, kernel, borderType=cv2.BORDER_CONSTANT)
        return total / np.maximum(count, 1)[..., None], count >= 0.7 * REACH

    before, left = mean(window)
    behind, right = mean(np.ascontiguousarray(window[:, ::-1]))
    valid = left & right
    rows = valid.sum(0)
    # The mean over angles keeps what steps the same way all around, and drops spots, shadows and wrinkles.
    step = ((behind - before) * valid[..., None]).sum(0) / np.maximum(rows, 1)[:, None]
    known = (rows >= LEAST_ANGLES) & (RINGS > 0.5)
    if known.sum() < 5:
        raise CannotAssess(message("too little bare skin along the outline of the face"))
    size = np.where(known, np.hypot(step[:, 0], step[:, 1]), 0)
    return size, int(size.argmax()), float(np.median(size[known]))


def _neck(frame: Frame, inner: np.ndarray) -> float | None:
    """Chroma between the face's skin and the neck's, Lab units; None where no neck is seen."""
    colour = np.median(frame.lab[inner], 0)[1:]
    body = frame.lab[frame.mask(BODY)][:, 1:]
    neck = body[np.hypot(*(body - colour).T) < NECK]
    return float(np.hypot(*(np.median(neck, 0) - colour))) if len(neck) > 60 else None


def _painted(frame: Frame, x: np.ndarray, y: np.ndarray, hull: np.ndarray) -> np.ndarray:
    picture = frame.pixels.copy()
    outlines, _ = cv2.findContours(hull, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, outlines, -1, (255, 255, 255), 1, cv2.LINE_AA)
    points = np.round(np.stack([x, y], 1)).astype(np.int32)
    return cv2.polylines(picture, [points], True, (255, 200, 0), frame.line(), cv2.LINE_AA)
