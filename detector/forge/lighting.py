"""`lighting`: the face, the hair or the whole person lit from another side than the rest of the picture."""

from __future__ import annotations

import cv2
import numpy as np

from ..messages import message
from ..parts import BODY, FACE, HAIR
from .base import CannotForge, Forgery, Portrait, blend, feather

VARIANTS = ("ramp", "mirror", "ball")
HELD_BACK = ("lamp",)  # a near light: brightness falls with the square of the distance


def forge(portrait: Portrait, strength: float, rng: np.random.Generator, variant: str) -> Forgery:
    """Multiplies one region by a smooth gain. Its mean nearly stays: the step at the outline is small."""
    box = portrait.box
    region = portrait.region([FACE, FACE + HAIR, FACE + HAIR + BODY][rng.choice(3, p=[0.5, 0.3, 0.2])])
    near = np.zeros_like(region)
    reach = round(box.width * 0.9)
    near[max(0, box.y - reach) :, max(0, box.x - reach) : box.x + box.width + reach] = 1
    region *= near
    if region.sum() < 0.2 * box.area:
        raise CannotForge(message("too little of the person was found to relight"))
    mask = feather(region, box.width * rng.uniform(0.01, 0.05))
    shading = np.log(np.clip(_smooth_luma(portrait, mask), 8, 255))
    light = _light(portrait, variant, shading, mask, rng)
    weight = float(mask.sum())
    light = light - (light * mask).sum() / weight
    spread = np.sqrt((light**2 * mask).sum() / weight) + 1e-6
    # Standard deviation of the log gain, in gamma space. Half of this is what lamps and windows do every day.
    wanted = rng.uniform(0.3, 0.55) * (0.25 + 0.75 * strength)
    tint = rng.uniform(-0.12, 0.12, 3) * strength
    exposure = rng.normal(0, 0.1) * strength
    gain = np.exp((np.clip(light * (wanted / spread), -1.2, 1.2) + exposure)[..., None] * (1 + tint).astype(np.float32))
    copy = np.clip(portrait.pixels * gain, 0, 255)
    return Forgery(blend(portrait.pixels, copy, mask), mask, "lighting", variant, strength)


def _light(
    portrait: Portrait, variant: str, shading: np.ndarray, mask: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Log gain up to scale and offset, float32 (h, w)."""
    box = portrait.box
    height, width = mask.shape
    x = (np.arange(width, dtype=np.float32)[None] - (box.x + box.width / 2)) / box.width
    y = (np.arange(height, dtype=np.float32)[:, None] - (box.y + box.height / 2)) / box.width
    # Where the light comes from now, by least squares; the new one comes from the other side, more or less.
    now_x, now_y = float((shading * x * mask).sum()), float((shading * y * mask).sum())
    mean = float((shading * mask).sum() / mask.sum())
    now_x, now_y = now_x - mean * float((x * mask).sum()), now_y - mean * float((y * mask).sum())
    angle = np.arctan2(-now_y, -now_x) + rng.normal(0, 0.6)
    along = (np.cos(angle) * x + np.sin(angle) * y).astype(np.float32)
    if variant == "mirror":
        # The face's own shading, seen in a mirror; where it is even there is nothing to mirror, so a ramp helps out.
        columns = np.clip(round(2 * (box.x + box.width / 2)) - np.arange(width), 0, width - 1)
        return shading[:, columns] - shading + 0.15 * along
    if variant == "ball":  # Lambert on a ball as wide as the head
        radius = rng.uniform(0.7, 1.0)
        flat = np.clip((x**2 + y**2) / radius**2, 0, 0.98)
        height_of_light = rng.uniform(0.1, 0.6)
        facing = along / radius + height_of_light * np.sqrt(1 - flat)
        return np.clip(facing, -0.25, None).astype(np.float32)
    if variant == "lamp":
        distance = rng.uniform(0.7, 1.2)
        lamp_x, lamp_y = distance * np.cos(angle), distance * np.sin(angle)
        return -np.log((x - lamp_x) ** 2 + (y - lamp_y) ** 2 + 0.35).astype(np.float32)
    return np.tanh(along * rng.uniform(1.0, 3.0))


def _smooth_luma(portrait: Portrait, mask: np.ndarray) -> np.ndarray:
    """Brightness inside the mask without its detail: a blur that does not let the outside in."""
    small = 48 / max(mask.shape)
    size = (max(8, round(mask.shape[1] * small)), max(8, round(mask.shape[0] * small)))
    luma = cv2.cvtColor(portrait.pixels, cv2.COLOR_RGB2GRAY).astype(np.float32) * mask
    sigma = max(0.8, portrait.box.width * small * 0.14)
    top = cv2.GaussianBlur(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), (0, 0), sigma)
    low = cv2.GaussianBlur(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), (0, 0), sigma)
    return cv2.resize(top / (low + 1e-3), mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
