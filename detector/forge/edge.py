"""`face_edge`: self-blended images (Shiohara & Yamasaki, CVPR 2022).

A copy of the picture is recoloured, blurred, sharpened or re-sampled and slightly warped, then its face is blended
back through a soft mask. All that a classifier can learn from it is the seam and the mismatch, not the face.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..faces import Box
from .base import Forgery, Portrait, blend, blob, clone, compressed, feather

VARIANTS = ("ellipse", "outline")
HELD_BACK = ("poisson",)  # another blending: gradients of the copy, colours of the original (Pérez et al., 2003)


def forge(portrait: Portrait, strength: float, rng: np.random.Generator, variant: str) -> Forgery:
    """Blends an altered copy of the face back into the picture."""
    pixels, box = portrait.pixels, portrait.box
    copy = _warped(_altered(pixels, strength, rng), box, strength, rng)
    if variant == "poisson":
        return _poisson(portrait, copy, strength, rng)
    hard = _ellipse(pixels.shape[:2], box, rng) if variant == "ellipse" else _outline(portrait, rng)
    mask = feather(hard, box.width * rng.uniform(0.01, 0.07), inside=rng.random() < 0.5)
    mask = mask * np.float32(rng.choice([0.5, 0.75, 1.0, 1.0]))
    return Forgery(blend(pixels, copy, mask), mask, "face_edge", variant, strength)


def _poisson(portrait: Portrait, copy: np.ndarray, strength: float, rng: np.random.Generator) -> Forgery:
    pixels = portrait.pixels
    cloned, hard = clone(pixels, copy, _outline(portrait, rng), 8)
    mask = feather(hard, 1.0, inside=True)
    return Forgery(blend(pixels, cloned, mask), mask, "face_edge", "poisson", strength)


def _ellipse(shape: tuple[int, int], box: Box, rng: np.random.Generator) -> np.ndarray:
    """A blob on the face or on a part of it."""
    side = box.width
    centre = np.array([box.x + side / 2, box.y + box.height * 0.54])
    radii = np.array([side * rng.uniform(0.33, 0.5), box.height * rng.uniform(0.42, 0.62)])
    part = rng.random()
    if part < 0.15:  # mouth and chin
        centre[1] += box.height * 0.25
        radii *= (0.75, 0.5)
    elif part < 0.3:  # eyes and brows
        centre[1] -= box.height * 0.18
        radii *= (0.95, 0.42)
    elif part < 0.4:  # one half
        centre[0] += side * rng.choice([-0.2, 0.2])
        radii *= (0.6, 0.9)
    return blob(shape, centre, radii, rng)


def _outline(portrait: Portrait, rng: np.random.Generator) -> np.ndarray:
    """The face's own outline: the convex hull of its parts, shrunk or widened; a blob where no face was parsed."""
    box = portrait.box
    face = cv2.erode(portrait.face, np.ones((3, 3)))
    near = np.zeros_like(face)  # another person's skin may be in the picture
    reach = round(box.width * 0.35)
    near[max(0, box.y - reach) : box.y + box.height + reach, max(0, box.x - reach) : box.x + box.width + reach] = 1
    points = cv2.findNonZero((face * near).astype(np.uint8))
    if points is None or len(points) < 0.2 * box.area:
        return _ellipse(face.shape, box, rng)
    hull = cv2.convexHull(points)[:, 0].astype(np.float64)
    middle = hull.mean(0)
    hull = middle + (hull - middle) * rng.uniform(0.82, 1.05, 2)
    mask = np.zeros_like(face)
    cv2.fillPoly(mask, [np.round(hull * 16).astype(np.int32)], 1.0, lineType=cv2.LINE_8, shift=4)
    return mask


def _altered(pixels: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """The copy: another colour mostly, another sharpness often; uint8 (h, w, 3)."""
    image = pixels
    kind = rng.random()
    if kind < 0.85:
        image = _recoloured(image, strength, rng)
    if kind > 0.5:
        image = _resharpened(image, strength, rng)
    return image


def _recoloured(pixels: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    gain = 1 + rng.uniform(-0.12, 0.12, 3) * strength
    shift = rng.uniform(-18, 18, 3) * strength
    contrast = 1 + rng.uniform(-0.25, 0.25) * strength
    brightness = rng.uniform(-22, 22) * strength
    saturation = 1 + rng.uniform(-0.45, 0.45) * strength
    # Gain, shift, contrast, brightness and saturation are affine, so one 3×4 matrix does them all.
    luma = np.tile([0.299, 0.587, 0.114], (3, 1))
    mix = saturation * np.eye(3) + (1 - saturation) * luma
    matrix = mix @ np.diag(gain * contrast)
    offset = mix @ ((shift - 128) * contrast + 128 + brightness)
    return cv2.transform(pixels, np.column_stack([matrix, offset]))


def _resharpened(pixels: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    height, width = pixels.shape[:2]
    kind = rng.integers(4)
    if kind == 0:
        return cv2.GaussianBlur(pixels, (0, 0), 0.4 + 1.6 * strength * rng.random())
    if kind == 1:  # unsharp mask
        soft = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.8, 2.0))
        return cv2.addWeighted(pixels, 1 + 1.2 * strength, soft, -1.2 * strength, 0)
    if kind == 2:  # the swapped face came at a lower resolution
        factor = max(1 - rng.uniform(0.3, 0.7) * strength, 1 / min(height, width))
        small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        back = [cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4][rng.integers(3)]
        return cv2.resize(small, (width, height), interpolation=back)
    # the swapped face was compressed on its own
    return compressed(pixels, int(95 - 60 * strength * rng.random()))


def _warped(pixels: np.ndarray, box: Box, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Moves, turns and scales a little about the face's centre; half of the copies also bend."""
    height, width = pixels.shape[:2]
    centre = (box.x + box.width / 2, box.y + box.height / 2)
    turn, zoom = rng.uniform(-2, 2) * strength, 1 + rng.uniform(-0.05, 0.05) * strength
    matrix = cv2.getRotationMatrix2D(centre, turn, zoom)
    matrix[:, 2] += rng.uniform(-0.03, 0.03, 2) * strength * box.width
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    map_x = (matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]).astype(np.float32)
    map_y = (matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]).astype(np.float32)
    if rng.random() < 0.5:
        grid = rng.normal(0, 0.02 * strength * box.width, (2, 6, 6)).astype(np.float32)
        map_x += cv2.resize(grid[0], (width, height), interpolation=cv2.INTER_CUBIC)
        map_y += cv2.resize(grid[1], (width, height), interpolation=cv2.INTER_CUBIC)
    return cv2.remap(pixels, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
