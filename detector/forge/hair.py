"""`hair`: another person's hair on this head, aligned by the faces and cut out by the part masks."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from ..messages import message
from ..parts import BACKGROUND, HAIR
from .base import CannotForge, Forgery, Portrait, blend, colours_like, feather

VARIANTS = ("swap", "fill", "part")
HELD_BACK = ("matched",)  # the donor's hair takes on the colours of the hair it replaces


def forge(
    portrait: Portrait, strength: float, rng: np.random.Generator, variant: str, donor: Portrait | None
) -> Forgery:
    """`swap`: the donor's hair in the donor's shape; `fill`: in the shape of the hair that was there; `part`: a piece.

    A weak forgery is a thin mixture, and its edge is softer.
    """
    if donor is None:
        raise CannotForge(message("hair needs a donor: give the portrait of another person"))
    box, own = portrait.box, portrait.hair
    pixels, hair = _aligned(donor, portrait, rng)
    if min(own.sum(), hair.sum()) < 0.15 * box.area:
        raise CannotForge(message("too little hair, here or on the donor"))
    if variant == "swap" or variant == "matched":
        # Over the person's hair and what lies behind the head; the face stays free, as with a wig put on behind it.
        allowed = cv2.dilate(portrait.region(HAIR + BACKGROUND), np.ones((3, 3)), iterations=2)
        region = hair * np.maximum(allowed, own)
    else:
        region = own
        pixels = _filled(pixels, hair)
        if variant == "part":
            region = region * _piece(own, box.width, rng)
    if region.sum() < 0.1 * box.area:
        raise CannotForge(message("the donor's hair does not reach this head"))
    if variant == "matched":
        pixels = colours_like(pixels, region > 0.5, portrait.pixels, own > 0.5)
    mask = feather(region, box.width * rng.uniform(0.01, 0.03) * (1.4 - strength), inside=rng.random() < 0.5)
    mask = mask * np.float32(0.35 + 0.65 * strength)
    return Forgery(blend(portrait.pixels, pixels, mask), mask, "hair", variant, strength)


def unlike(portrait: Portrait) -> Portrait:
    """A donor whose hair fits nobody: the portrait mirrored, its hair gone grey."""
    pixels, parts = portrait.pixels[:, ::-1], portrait.parts[:, ::-1]
    box = replace(portrait.box, x=pixels.shape[1] - portrait.box.x - portrait.box.width)
    mirrored = Portrait(pixels, box, parts)
    grey = (90 + 0.8 * pixels.mean(2, keepdims=True)).clip(0, 255)
    return replace(mirrored, pixels=np.where(mirrored.hair[..., None] > 0, grey, pixels).astype(np.uint8))


def _aligned(donor: Portrait, portrait: Portrait, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The donor's pixels and hair mask, moved and scaled so that its face's box lies on the portrait's."""
    here, there = portrait.box, donor.box
    flip = rng.random() < 0.5
    scale = here.width / there.width * rng.uniform(0.95, 1.08)
    matrix = np.array([[-scale if flip else scale, 0, 0], [0, scale, 0]])
    middle = matrix[:, :2] @ (there.x + there.width / 2, there.y + there.height / 2)
    matrix[:, 2] = np.array([here.x + here.width / 2, here.y + here.height / 2]) - middle
    size = portrait.pixels.shape[1::-1]
    pixels = donor.pixels
    if scale < 0.7:  # warpAffine takes no mean over what it leaves out
        pixels = cv2.GaussianBlur(pixels, (0, 0), 0.4 / scale)
    moved = cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    hair = cv2.warpAffine(donor.hair, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return moved, (hair > 0.5).astype(np.float32)


def _filled(pixels: np.ndarray, hair: np.ndarray) -> np.ndarray:
    """Hair wherever it is asked for: places without take the texture of the nearest hair, mirrored at its edge."""
    core = cv2.erode(hair, np.ones((5, 5)))
    if not core.any():
        core = hair
    _, nearest = cv2.distanceTransformWithLabels(
        (core < 0.5).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    rows, columns = np.nonzero(core > 0.5)
    index = np.zeros(nearest.max() + 1, np.int64)
    index[nearest[rows, columns]] = np.arange(len(rows))
    row, column = rows[index[nearest]], columns[index[nearest]]
    height, width = hair.shape
    y, x = np.mgrid[:height, :width]
    mirrored = 2 * row - y, 2 * column - x
    inside = (mirrored[0] >= 0) & (mirrored[0] < height) & (mirrored[1] >= 0) & (mirrored[1] < width)
    good = inside & (hair[np.clip(mirrored[0], 0, height - 1), np.clip(mirrored[1], 0, width - 1)] > 0.5)
    return pixels[np.where(good, mirrored[0], row), np.where(good, mirrored[1], column)]


def _piece(own: np.ndarray, width: int, rng: np.random.Generator) -> np.ndarray:
    """A side, or the upper part, of the hair: a half-plane through a random place of it, with a soft edge."""
    rows, columns = np.nonzero(own)
    pick = rng.integers(len(rows))
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[: own.shape[0], : own.shape[1]]
    along = (x - columns[pick]) * np.cos(angle) + (y - rows[pick]) * np.sin(angle)
    return np.clip(along / (0.05 * width) + 0.5, 0, 1).astype(np.float32)
