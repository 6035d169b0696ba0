"""Photos made to look drawn or painted, so that pictures that are no photos can be told from photos."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image, ImageFilter

TWICE = 0.3  # share of the pictures that get a second style over the first
SIZES = (0.6, 1.6)  # a style is put on the picture at so many times its size: broad and narrow strokes


def paint(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A photo (h, w, 3), uint8 RGB, in one or two styles drawn from STYLES; the same shape."""
    height, width = pixels.shape[:2]
    factor = rng.uniform(*SIZES)
    size = max(32, round(width * factor)), max(32, round(height * factor))
    image = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
    for _ in range(1 + (rng.random() < TWICE)):
        image = STYLES[rng.integers(len(STYLES))](np.ascontiguousarray(image), rng)
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if factor > 1 else cv2.INTER_LINEAR)


def _reach(image: np.ndarray, low: float, high: float, rng: np.random.Generator) -> float:
    """A distance drawn for pictures of 352 px, in this one's pixels."""
    return float(rng.uniform(low, high)) * max(min(image.shape[:2]) / 352, 0.5)


def airbrush(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Smooth inside, sharp at edges (domain transform: Gastal & Oliveira, SIGGRAPH 2011)."""
    reach = _reach(image, 20, 80, rng)
    return cv2.edgePreservingFilter(image, flags=int(rng.integers(1, 3)), sigma_s=reach, sigma_r=rng.uniform(0.25, 0.6))


def gouache(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same, with edges darkened."""
    return cv2.stylization(image, sigma_s=_reach(image, 15, 80, rng), sigma_r=rng.uniform(0.2, 0.6))


def flat(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Areas of one colour (mean shift: Comaniciu & Meer, PAMI 2002)."""
    return cv2.pyrMeanShiftFiltering(image, _reach(image, 4, 14, rng), rng.uniform(15, 45), maxLevel=1)


def dabs(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each place in its neighbourhood's commonest value."""
    painted = Image.fromarray(image)
    for _ in range(rng.integers(1, 3)):
        painted = painted.filter(ImageFilter.ModeFilter(int(rng.choice([5, 7, 9]))))
    return np.asarray(painted)


def comic(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Even colours, half of the time with black lines."""
    even = image
    for _ in range(rng.integers(2, 5)):
        even = cv2.bilateralFilter(even, 9, rng.uniform(25, 70), rng.uniform(4, 9))
    if rng.random() < 0.5:
        return even
    grey = cv2.medianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 5)
    mean = cv2.ADAPTIVE_THRESH_MEAN_C
    paper = cv2.adaptiveThreshold(grey, 255, mean, cv2.THRESH_BINARY, 9, rng.uniform(3, 9))
    ink = np.float32(0.8 * rng.uniform(0.4, 1)) * (paper < 128)[..., None]
    return (even * (1 - ink)).astype(np.uint8)


def brush(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Of four neighbouring squares the mean of the most even one (Kuwahara et al., 1976)."""
    side = int(rng.integers(2, 6))
    values = image.astype(np.float32)
    means, spreads = [], []
    for anchor in ((0, 0), (side, 0), (0, side), (side, side)):
        mean, square = (
            cv2.boxFilter(of, -1, (side + 1, side + 1), anchor=anchor, borderType=cv2.BORDER_REFLECT)
            for of in (values, values * values)
        )
        means.append(mean)
        spreads.append((square - mean * mean).sum(2))
    best = np.argmin(spreads, 0)[None, ..., None]
    return np.take_along_axis(np.stack(means), best, 0)[0].clip(0, 255).astype(np.uint8)


def oil(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Brushed, with the relief of strokes in one direction."""
    relief = rng.standard_normal(image.shape[:2]).astype(np.float32)
    length, angle = int(rng.integers(5, 15)), rng.uniform(0, np.pi)
    middle = (length - 1) / 2
    stroke = np.zeros((length, length), np.float32)
    along = middle * np.cos(angle), middle * np.sin(angle)
    ends = [(round(middle + sign * along[0]), round(middle + sign * along[1])) for sign in (-1, 1)]
    cv2.line(stroke, *ends, 1.0)
    relief = cv2.filter2D(relief, -1, stroke)
    relief *= rng.uniform(1, 6) / relief.std()
    return (brush(image, rng) + relief[..., None]).clip(0, 255).astype(np.uint8)


def cartoon(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Few steps of light, stronger colours, and often dark outlines."""
    lab = cv2.cvtColor((flat if rng.random() < 0.5 else comic)(image, rng), cv2.COLOR_RGB2LAB).astype(np.float32)
    step, share = 256 / rng.integers(5, 14), rng.uniform(0.3, 1)
    steps = cv2.GaussianBlur(np.floor(lab[..., 0] / step) * step + step / 2, (0, 0), rng.uniform(0.5, 1.5))
    lab[..., 0] += share * (steps - lab[..., 0])
    lab[..., 1:] = 128 + (lab[..., 1:] - 128) * rng.uniform(0.9, 1.6)
    drawn = cv2.cvtColor(lab.clip(0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB)
    if rng.random() < 0.4:
        return drawn
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (0, 0), 1).astype(np.float32)
    darker = cv2.GaussianBlur(grey, (0, 0), rng.uniform(1.5, 3)) - grey
    ink = (darker / rng.uniform(3, 10)).clip(0, 1)[..., None] * np.float32(rng.uniform(0.4, 1))
    return (drawn * (1 - ink)).astype(np.uint8)


def pencil(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A sketch, grey or coloured."""
    shade = dict(sigma_r=rng.uniform(0.05, 0.15), shade_factor=rng.uniform(0.02, 0.06))
    grey, coloured = cv2.pencilSketch(image, sigma_s=rng.uniform(20, 80), **shade)
    return coloured if rng.random() < 0.5 else cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)


# Oil and cartoons are what most pictures that are no photos look like.
STYLES: tuple[Callable[[np.ndarray, np.random.Generator], np.ndarray], ...] = (
    airbrush, gouache, flat, dabs, comic, brush, pencil, oil, oil, cartoon, cartoon
)  # fmt: skip
