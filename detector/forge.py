"""Makes manipulated pictures with exact masks out of real ones, for training and for teaching.

So far `face_edge`: self-blended images (Shiohara & Yamasaki, CVPR 2022). A copy of the picture is recoloured,
blurred, sharpened or re-sampled and slightly warped, then its face is blended back through a soft mask. All
that a classifier can learn from it is the seam and the mismatch, not the face.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .faces import Box


@dataclass(frozen=True)
class Forgery:
    """`pixels` uint8 (h, w, 3); `mask` float32 (h, w) in 0…1: the share of each pixel that came from the copy.

    Where the mask is 0 the pixels are those of the original, to the bit.
    """

    pixels: np.ndarray
    mask: np.ndarray
    artifact: str


def face_edge(pixels: np.ndarray, box: Box, strength: float, rng: np.random.Generator) -> Forgery:
    """Blends an altered copy of the face in `box` back into RGB `pixels` (h, w, 3), uint8.

    `strength` 0…1 scales every alteration; below about 0.3 people seldom see it. The same `rng` state gives
    the same forgery.
    """
    if not 0 <= strength <= 1:
        raise ValueError(f"strength must lie in 0…1, got {strength}")
    mask = _face_mask(pixels.shape[:2], box, rng)
    copy = _warped(_altered(pixels, strength, rng), box, strength, rng)
    mask = mask * rng.choice([0.5, 0.75, 1.0, 1.0])
    blended = pixels + (copy.astype(np.float32) - pixels) * mask[..., None]
    return Forgery(np.clip(blended + 0.5, 0, 255).astype(np.uint8), mask.astype(np.float32), "face_edge")


def _face_mask(shape: tuple[int, int], box: Box, rng: np.random.Generator) -> np.ndarray:
    """A soft blob on the face or on a part of it, float32 (h, w), exactly 0 away from it."""
    height, width = shape
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
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    # Low harmonics bend the ellipse, so that no two outlines are the same.
    bend = 1 + sum(rng.normal(0, 0.06) * np.cos(k * angles + rng.uniform(0, 2 * np.pi)) for k in (2, 3, 4, 5))
    power = rng.uniform(0.75, 1.0)  # below 1: a squarer outline
    cos, sin = np.cos(angles), np.sin(angles)
    outline = np.stack([np.sign(cos) * np.abs(cos) ** power, np.sign(sin) * np.abs(sin) ** power], 1)
    points = centre + outline * bend[:, None] * radii
    mask = np.zeros((height, width), np.float32)
    cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], 1.0, lineType=cv2.LINE_8, shift=4)
    sigma = side * rng.uniform(0.01, 0.07)
    eroded = cv2.erode(mask, np.ones((3, 3)), iterations=max(1, round(sigma)), borderValue=0)
    mask = cv2.GaussianBlur(eroded if rng.random() < 0.5 else mask, (0, 0), sigma)
    # A blur's tail would mark pixels that changed by less than one grey level.
    return np.clip((mask - 0.02) / 0.96, 0, 1).astype(np.float32)


def _altered(pixels: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """The copy: other colour, or other sharpness, or both; uint8 (h, w, 3)."""
    image = pixels
    kind = rng.random()
    if kind < 0.75:
        image = _recoloured(image, strength, rng)
    if kind > 0.45:
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
    quality = int(95 - 60 * strength * rng.random())
    _, code = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(code, cv2.IMREAD_COLOR_RGB)


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
