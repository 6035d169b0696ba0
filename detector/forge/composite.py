"""Composites: eyes, nose or mouth of another person, as an expert cuts and pastes them (as in CIPLAB's fakes).

None of the five artifacts by itself: a good composite shows no seam. So it teaches *fake* and where, and nothing else.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..parts import BROWS, EYES, MOUTH, NOSE, among
from .base import CannotForge, Forgery, Portrait, blend, clone, colours_like, feather

COMPOSITE = "composite"  # where a forgery names its artifact
VARIANTS = ("cut", "clone")  # a soft edge; gradients of the copy (Pérez et al., 2003)
PIECES = ("left", "right", "nose", "mouth")
# How often each selection was made by CIPLAB's experts, about.
_CHOICES = ((PIECES, 0.35), (("nose", "mouth"), 0.15), (("left", "right"), 0.15), (("left", "right", "nose"), 0.1),
            (("left", "right", "mouth"), 0.1), (("mouth",), 0.05), (("nose",), 0.05), (("left",), 0.05))  # fmt: skip


def forge(portrait: Portrait, strength: float, rng: np.random.Generator, donor: Portrait | None) -> Forgery:
    """Lays parts of `donor`'s face over the portrait's own, aligned by eyes, nose and mouth.

    The weaker, the better their colours are matched. Raises CannotForge where too few parts are found, here or there.
    """
    if donor is None:
        raise CannotForge("a composite needs a donor: give the portrait of another person")
    own, others = _places(portrait), _places(donor)
    common = [piece for piece in PIECES if piece in own and piece in others]
    if len(common) < 3:
        raise CannotForge("too few parts of the face were found, here or on the donor")
    matrix, _ = cv2.estimateAffinePartial2D(
        np.array([_middle(others[piece]) for piece in common]), np.array([_middle(own[piece]) for piece in common])
    )
    scale = 0.0 if matrix is None else float(np.hypot(*matrix[:, 0]))
    if not 0.3 < scale < 3:
        raise CannotForge("the two faces can't be brought together")
    pixels = portrait.pixels
    size = pixels.shape[1::-1]
    theirs = donor.pixels
    if scale < 0.7:  # warpAffine takes no mean over what it leaves out
        theirs = cv2.GaussianBlur(theirs, (0, 0), 0.4 / scale)
    moved = cv2.warpAffine(theirs, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    chosen = _CHOICES[rng.choice(len(_CHOICES), p=[share for _, share in _CHOICES])][0]
    hard = np.zeros(pixels.shape[:2], np.float32)
    width = portrait.box.width
    for piece in chosen:
        if piece in common:
            there = cv2.warpAffine(others[piece].astype(np.float32), matrix, size, flags=cv2.INTER_NEAREST)
            reach = max(1, round(width * rng.uniform(0.03, 0.1)))
            hard = np.maximum(hard, _grown(np.maximum(own[piece].astype(np.float32), there), reach))
    if not hard.any():
        raise CannotForge("none of the parts to replace was found, here or on the donor")
    moved = _recoloured(moved, pixels, hard, width, strength, rng)
    variant = VARIANTS[rng.integers(len(VARIANTS))]
    if variant == "clone":
        moved, _ = clone(pixels, moved, hard, 4)
    mask = feather(hard, width * rng.uniform(0.01, 0.05))
    return Forgery(blend(pixels, moved, mask), mask, COMPOSITE, variant, strength)


def _places(portrait: Portrait) -> dict[str, np.ndarray]:
    """Masks, bool (h, w), of the PIECES that were found near the face; an eye brings its brow."""
    box = portrait.box
    near = np.zeros(portrait.parts.shape, bool)
    near[max(0, box.y) : box.y + round(box.height * 1.2), max(0, box.x) : box.x + box.width] = True
    eyes = among(portrait.parts, EYES) & near
    brows = among(portrait.parts, BROWS) & near
    left = np.zeros_like(near)
    left[:, : box.x + box.width // 2] = True
    least = box.area / 1500  # px: less is a stray place
    found = {"nose": among(portrait.parts, NOSE) & near, "mouth": among(portrait.parts, MOUTH) & near}
    for name, side in (("left", left), ("right", ~left)):
        eye = eyes & side
        if eye.sum() >= least:
            found[name] = eye | (brows & side)
    return {name: where for name, where in found.items() if where.sum() >= least}


def _middle(where: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(where)
    return float(columns.mean()), float(rows.mean())


def _grown(where: np.ndarray, reach: int) -> np.ndarray:
    return cv2.dilate(where, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)))


def _recoloured(moved: np.ndarray, pixels: np.ndarray, hard: np.ndarray, width: int, strength: float,
                rng: np.random.Generator) -> np.ndarray:  # fmt: skip
    """The colours of the skin around, matched less well if strong."""
    ring = (_grown(hard, max(2, round(width * 0.06))) > 0) & (hard == 0)
    if not ring.any():
        return moved
    return colours_like(moved, ring, pixels, ring, widest=1.6, share=1 - rng.uniform(0, 0.5) * strength)
