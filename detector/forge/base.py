"""What all forgeries share: the picture they start from, what they give back, soft shapes and blending."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from ..faces import Box, crop_box, find
from ..messages import message
from ..parts import BACKGROUND, FACE, HAIR, UNKNOWN, Parser, among, enlarge
from ..parts import parse as find_parts


class CannotForge(ValueError):
    """This picture has no room for this artifact (no background, no hair, …); take another picture or artifact."""


@dataclass(frozen=True)
class Portrait:
    """RGB `pixels` (h, w, 3) uint8, the face's `box`, and `parts` (h, w) uint8 with the classes of `parts.PARTS`."""

    pixels: np.ndarray
    box: Box
    parts: np.ndarray

    def region(self, classes: tuple[int, ...]) -> np.ndarray:
        """float32 (h, w), 1 in the classes given, else 0."""
        return among(self.parts, classes).astype(np.float32)

    @classmethod
    def of(cls, pixels: np.ndarray, box: Box, coarse: np.ndarray) -> Portrait:
        """From what `parse` gave for the same picture and box; places that it did not see are UNKNOWN."""
        crop = crop_box(box, *pixels.shape[1::-1])
        whole = np.full(pixels.shape[:2], UNKNOWN, np.uint8)
        crop.cut(whole)[:] = enlarge(coarse, (crop.height, crop.width))
        return cls(pixels, box, whole)

    @property
    def face(self) -> np.ndarray:
        return self.region(FACE)

    @property
    def hair(self) -> np.ndarray:
        return self.region(HAIR)

    @property
    def background(self) -> np.ndarray:
        return self.region(BACKGROUND)


def parse(parser: Parser, pixels: np.ndarray, box: Box) -> np.ndarray:
    """Parts of the square around the face, small enough to keep for every picture: uint8 (SIZE, SIZE)."""
    return find_parts(parser, crop_box(box, *pixels.shape[1::-1]).cut(pixels))


def portrait_of(parser: Parser, pixels: np.ndarray) -> Portrait:
    """The largest face of RGB `pixels` (h, w, 3) uint8. Raises CannotForge where no face is found."""
    found = find(pixels)
    if not found:
        raise CannotForge(
            message("No face was found in this picture, so there is nothing to forge; choose a portrait.")
        )
    return Portrait.of(pixels, found[0].box, parse(parser, pixels, found[0].box))


@dataclass(frozen=True)
class Forgery:
    """`pixels` uint8 (h, w, 3); `mask` float32 (h, w) in 0…1: how much each place was changed; `variant`: which way.

    Where the mask is 0 the pixels are those of the original, to the bit.
    """

    pixels: np.ndarray
    mask: np.ndarray
    artifact: str
    variant: str
    strength: float = field(default=1.0)


def blend(pixels: np.ndarray, copy: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """uint8 pixels (h, w, 3) with `copy` laid over them by `mask` (h, w) in 0…1; equal to the bit where it is 0."""
    mixed = pixels + (copy.astype(np.float32) - pixels) * mask[..., None]
    return np.clip(mixed + 0.5, 0, 255).astype(np.uint8)


def clone(pixels: np.ndarray, copy: np.ndarray, hard: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    """The gradients of `copy` inside `hard` (h, w), the colours of `pixels` around it (Pérez et al., 2003).

    Gives uint8 pixels (h, w, 3), and `hard` as it was used. Raises CannotForge where a side of it is below `least` px.
    """
    hard = hard.copy()
    hard[:2], hard[-2:], hard[:, :2], hard[:, -2:] = 0, 0, 0, 0  # the solver needs a rim of original pixels
    inner = (hard > 0).astype(np.uint8)
    left, top, w, h = cv2.boundingRect(inner)
    if min(w, h) < least:
        raise CannotForge(message("the face is too small to blend gradients"))
    middle = (left + w // 2, top + h // 2)
    return cv2.seamlessClone(copy, pixels, inner * 255, middle, cv2.NORMAL_CLONE), hard


def colours_like(
    pixels: np.ndarray,
    region: np.ndarray,
    model: np.ndarray,
    where: np.ndarray,
    widest: float = np.inf,
    share: float = 1.0,
) -> np.ndarray:
    """All of `pixels` with the mean and spread that each Lab channel has in `model` (Reinhard et al., 2001).

    Measured in `region` of the pixels and at `where` of the model, bool (h, w), neither of them empty. A spread changes
    at most `widest` times; `share` 0…1 of the way is gone. Gives uint8 (h, w, 3).
    """
    now, wanted = (cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32) for image in (pixels, model))
    a, b = wanted[where], now[region]
    spread = np.clip((a.std(0) + 1) / (b.std(0) + 1), 1 / widest, widest)
    fitting = (now - b.mean(0)) * spread + a.mean(0)
    return cv2.cvtColor(np.clip(now + (fitting - now) * share, 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB)


def feather(mask: np.ndarray, sigma: float, inside: bool = False) -> np.ndarray:
    """A soft edge of `sigma` px; exactly 0 away from the mask. `inside`: the edge lies within the mask."""
    if inside:
        mask = cv2.erode(mask, np.ones((3, 3)), iterations=max(1, round(sigma)), borderType=cv2.BORDER_REPLICATE)
    soft = cv2.GaussianBlur(mask, (0, 0), max(sigma, 0.3), borderType=cv2.BORDER_REPLICATE)
    # A blur's tail would mark pixels that changed by less than one grey level.
    return np.clip((soft - 0.02) / 0.96, 0, 1).astype(np.float32)


def blob(
    shape: tuple[int, int], centre: np.ndarray, radii: np.ndarray, rng: np.random.Generator, rough: float = 0.06
) -> np.ndarray:
    """A bent ellipse, float32 (h, w), 1 inside; low harmonics bend it, so that no two outlines are the same."""
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    bend = 1 + sum(rng.normal(0, rough) * np.cos(k * angles + rng.uniform(0, 2 * np.pi)) for k in (2, 3, 4, 5))
    power = rng.uniform(0.75, 1.0)  # below 1: a squarer outline
    cos, sin = np.cos(angles), np.sin(angles)
    outline = np.stack([np.sign(cos) * np.abs(cos) ** power, np.sign(sin) * np.abs(sin) ** power], 1)
    points = centre + outline * bend[:, None] * radii
    mask = np.zeros(shape, np.float32)
    cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], 1.0, lineType=cv2.LINE_8, shift=4)
    return mask


def compressed(pixels: np.ndarray, quality: int) -> np.ndarray:
    """RGB pixels (h, w, 3) uint8 after JPEG compression (4:2:0)."""
    _, code = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(code, cv2.IMREAD_COLOR_RGB)


def change(pixels: np.ndarray, forged: np.ndarray, mask: np.ndarray) -> float:
    """Mean absolute change inside the mask, in grey levels."""
    inside = mask > 0.1
    if not inside.any():
        return 0.0
    return float(cv2.absdiff(pixels, forged)[inside].mean())
