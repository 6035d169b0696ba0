"""Photos of people turned to stone, bronze or wood, to teach a network what statues look like.

What makes a statue of a portrait: one stuff from the hair to the clothes, so no brow, iris or lip is darker than the
skin beside it; light and shade alone say what the form is; and the stuff has a grain, veins or a gloss of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from .forge import Portrait
from .forge.base import blend
from .parts import BROWS, EYES, HAIR, MOUTH, NOSE, PERSON, SKIN

USUAL = 352  # px: shorter side at which the sizes below are given
RIM = 1.0  # px: standard deviation with which the person fades into what is behind
DARKER = (BROWS, EYES, MOUTH, HAIR)  # than skin for their colour, not for their form

Stuff = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]  # light (h, w) 0…1, scale → RGB (h, w, 3) 0…1


def sculpt(portrait: Portrait, rng: np.random.Generator, stuff: str | None = None) -> np.ndarray:
    """The portrait as if of one stuff, uint8 (h, w, 3): equal to the bit far from the person. `stuff`: of STUFFS."""
    pixels, scale = portrait.pixels, min(portrait.pixels.shape[:2]) / USUAL
    light = _evened(portrait, scale, rng)
    light = cv2.bilateralFilter(light, 5, rng.uniform(0.03, 0.12), rng.uniform(1, 3) * scale)  # pores, stubble
    relief = _noise(light.shape, rng.uniform(0.6, 2.5) * scale, rng) * rng.uniform(0, 0.03)
    light = (0.5 + (light - 0.5) * rng.uniform(0.8, 1.4) + rng.normal(0, 0.05) + relief).clip(0, 1)
    made = STUFFS[stuff or str(rng.choice(TRAINED))](light, scale, rng)
    person = cv2.GaussianBlur(portrait.region(PERSON), (0, 0), RIM * scale)
    person[person < 0.02] = 0
    return blend(pixels, 255 * made.clip(0, 1), person)


def _evened(portrait: Portrait, scale: float, rng: np.random.Generator) -> np.ndarray:
    """The lightness (h, w), 0…1, without what parts differ by in colour: their shading and relief stay."""
    light = cv2.cvtColor(portrait.pixels, cv2.COLOR_RGB2LAB)[..., 0].astype(np.float32) / 255
    skin = portrait.region(SKIN + NOSE) > 0.5
    usual = float(np.median(light[skin])) if skin.any() else 0.6
    for part in DARKER:
        inside = portrait.region(part)
        if (inside > 0.5).sum() < 16:
            continue
        # As light as skin, or a little darker, for it lies in hollows; of its contrasts as much as carving leaves.
        level = float(np.median(light[inside > 0.5]))
        spread = float(light[inside > 0.5].std()) + 1e-3
        kept = min(1.0, rng.uniform(0.05, 0.12) / spread) * (0.4 if part == EYES else 1)
        wanted = usual - rng.uniform(0.02, 0.10) + (light - level) * kept
        if part == EYES:  # the parser finds them small
            inside = cv2.dilate(inside, np.ones((3, 3)), iterations=max(1, round(2 * scale)))
        soft = cv2.GaussianBlur(inside, (0, 0), 1.5 * scale)
        light = light + (wanted - light) * soft
    return light


def _noise(shape: tuple[int, int], size: float, rng: np.random.Generator, octaves: int = 4) -> np.ndarray:
    """Noise (h, w) of spread 1 whose coarsest grain is some `size` px wide, finer ones fainter."""
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        grain = max(size / 2**octave, 0.5)
        small = rng.standard_normal((max(2, round(shape[0] / grain)), max(2, round(shape[1] / grain))))
        total += cv2.resize(small.astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC) * 0.6**octave
    return total / (total.std() + 1e-6)


def _coloured(light: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Linear light of one colour, back as displays want it."""
    return (light[..., None] ** 2.2 * colour).clip(0, 1) ** (1 / 2.2)


def _tint(colour: tuple[float, float, float], rng: np.random.Generator) -> np.ndarray:
    return np.float32(colour) * np.exp(rng.normal(0, 0.15) + rng.normal(0, 0.04, 3)).astype(np.float32)


def _gloss(light: np.ndarray, level: float, strength: float) -> np.ndarray:
    """What is brighter than `level` shines, (h, w, 1)."""
    return (light.clip(level, 1) - level)[..., None] * strength


def _marble(light: np.ndarray, scale: float, rng: np.random.Generator) -> np.ndarray:
    colour = _tint((1.0, 0.96, 0.88), rng)
    depth = rng.uniform(0, 0.3) * (rng.random() < 0.5)
    line = np.abs(_noise(light.shape, rng.uniform(40, 150) * scale, rng, octaves=3))
    vein = np.exp(-((line / rng.uniform(0.1, 0.4)) ** 2))[..., None]
    gloss = _gloss(light, 0.8, rng.uniform(0, 1.5))
    return _coloured(light, colour * rng.uniform(0.9, 1.6)) * (1 - depth * vein) + gloss


def _plaster(light: np.ndarray, scale: float, rng: np.random.Generator) -> np.ndarray:
    return _coloured(light, _tint((1.0, 0.99, 0.96), rng) * rng.uniform(0.9, 1.7))


def _stone(light: np.ndarray, scale: float, rng: np.random.Generator) -> np.ndarray:
    kinds = ((0.8, 0.75, 0.65), (0.9, 0.72, 0.5), (0.55, 0.56, 0.55), (0.8, 0.5, 0.36))
    grain = _noise(light.shape, rng.uniform(1, 4) * scale, rng) * rng.uniform(0.01, 0.06)
    stain = _noise(light.shape, rng.uniform(30, 100) * scale, rng) * rng.uniform(0.01, 0.08)
    return _coloured((light * (1 + grain + stain)).clip(0, 1), _tint(kinds[rng.integers(len(kinds))], rng))


def _granite(light: np.ndarray, scale: float, rng: np.random.Generator) -> np.ndarray:
    speckle = _noise(light.shape, rng.uniform(1.5, 4) * scale, rng, octaves=2) * rng.uniform(0.04, 0.13)
    return _coloured((light * (0.85 + speckle)).clip(0, 1), _tint((0.7, 0.68, 0.68), rng))


def _metal(light: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Light as a polished surface throws it back: steeper, with bright bands and dark ones beside them."""
    soft = cv2.GaussianBlur(light, (0, 0), 1.5)
    bands = 0.5 + 0.5 * np.sin(soft * rng.uniform(6, 16) + rng.uniform(0, 6.3))
    share = rng.uniform(0.1, 0.6)
    steep = 1 / (1 + np.exp(-(light - rng.uniform(0.45, 0.65)) * rng.uniform(6, 12)))
    return ((1 - share) * steep + share * bands * light).clip(0, 1)


def _bronze(light: np.ndarray, scale: float, rng: np.random.Generator) -> np.ndarray:
    bare, patina = _tint((0.5, 0.32, 0.18), rng), _tint((0.3, 0.4, 0.32), rng)
    where = 1 / (1 + np.exp(-2 * (_noise(light.shape, rng.uniform(20, 90) * scale, rng) - rng.normal(1, 1))))
    gloss = _gloss(light, 0.7, rng.uniform(0, 1.5))
    return (
        _coloured(_metal(light, rng), bare) * (1 - where[..., None])
        + gloss
        + (_coloured(light, patina) * where[..., None])
    )


def _gold(light: np.ndarray, scale: float, rng: np.random.Generator) -> np.ndarray:
    gloss = _gloss(light, 0.75, rng.uniform(0.5, 3))
    return _coloured(_metal(light, rng), _tint((1.2, 0.8, 0.3), rng)) + gloss


def _wood(light: np.ndarray, scale: float, rng: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[: light.shape[0], : light.shape[1]].astype(np.float32)
    angle, width = rng.normal(0, 0.3), rng.uniform(4, 14) * scale
    bent = _noise(light.shape, rng.uniform(40, 120) * scale, rng) * rng.uniform(0.5, 3)
    rings = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / width + bent)
    return _coloured(light * (1 + rings * rng.uniform(0.02, 0.12)), _tint((0.6, 0.36, 0.2), rng))


STUFFS: dict[str, Stuff] = {
    "marble": _marble,
    "plaster": _plaster,
    "stone": _stone,
    "granite": _granite,
    "bronze": _bronze,
    "gold": _gold,
    "wood": _wood,
}
TRAINED = tuple(name for name in STUFFS if name != "wood")  # kept back, to see what such a stuff does
