"""What people draw over pictures before they share them: words, stickers, bars, strokes, watermarks and frames.

It deceives nobody, so it leaves every label as it was; but its edges are sharper than any photo's, and a network that
never met them takes them for traces.
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

ARROW = ((-1, 0), (0, 0), (-0.3, 0.25), (0, 0), (-0.3, -0.25))  # its head at 0, 0
COLOURS = ("black", "white", (250, 205, 50), (220, 40, 45), (40, 110, 220), (50, 170, 80), (240, 110, 170))
Ink = int | str | tuple[int, int, int]  # as Pillow takes it
Layer = tuple[Image.Image, Image.Image]  # what is drawn, RGB; and how much it covers, 0…255, L


def drawn_over(
    image: Image.Image, rng: np.random.Generator, count: int = 1, kind: str | None = None
) -> tuple[Image.Image, np.ndarray]:
    """The RGB image with `count` things over it, of `kind` (of KINDS; None: any).

    And how much any of them covers at most, float32 (h, w), 0…1.
    """
    covers = []
    for _ in range(count):
        over, cover = KINDS[kind or str(rng.choice(tuple(KINDS)))](image, rng)
        if rng.random() < 0.3:  # as a picture that was drawn over at another size
            cover = cover.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2)))
        image = Image.composite(over, image, cover)
        covers.append(np.asarray(cover, np.float32) / 255)
    return image, np.max(covers, axis=0)


# --- what is drawn ----------------------------------------------------------------------------------------------------


def _words(image: Image.Image, rng: np.random.Generator) -> Layer:
    """One to three lines anywhere, with or without an outline or a box behind them."""
    over, cover = _empty(image)
    width, height = image.size
    size = min(width, height) * _between(rng, 0.035, 0.17)
    at = rng.uniform(0.1, 0.9) * width, rng.uniform(0.02, 0.98) * height
    lines = "\n".join(_line(rng) for _ in range(rng.integers(1, 4)))
    font, ink = ImageFont.load_default(size), _colour(rng)
    stroke = round(size * rng.uniform(0.05, 0.12)) if rng.random() < 0.5 else 0
    edge = "black" if _light(ink) else "white"
    how = {"font": font, "anchor": "mm", "align": "center", "stroke_width": stroke}
    pens = ImageDraw.Draw(over), ImageDraw.Draw(cover)
    if rng.random() < 0.25:
        left, top, right, bottom = pens[0].multiline_textbbox(at, lines, **how)
        room = size * rng.uniform(0.1, 0.5)
        box, round_ = (left - room, top - room, right + room, bottom + room), size * rng.choice((0, 0.4))
        pens[0].rounded_rectangle(box, round_, edge)
        pens[1].rounded_rectangle(box, round_, int(rng.choice((140, 200, 255))))
    pens[0].multiline_text(at, lines, ink, stroke_fill=edge, **how)
    pens[1].multiline_text(at, lines, 255, stroke_fill=255, **how)
    return over, cover


def _stickers(image: Image.Image, rng: np.random.Generator) -> Layer:
    """One to three flat shapes with an outline and smaller shapes within, as emoji and logos are."""
    over, cover = _empty(image)
    pens = ImageDraw.Draw(over), ImageDraw.Draw(cover)
    for _ in range(rng.integers(1, 4)):
        size = min(image.size) * _between(rng, 0.08, 0.4)
        at = rng.uniform(0, 1, 2) * image.size
        outline = max(1, round(size * rng.uniform(0.01, 0.06)))
        shape, edge = _shape(at, size, rng), _colour(rng)
        for pen, fill, line in ((pens[0], _colour(rng), edge), (pens[1], 255, 255)):
            _fill(pen, shape, fill, line, outline)
        for _ in range(rng.integers(0, 5)):
            inner = at + rng.uniform(-0.25, 0.25, 2) * size
            _fill(pens[0], _shape(inner, size * rng.uniform(0.08, 0.35), rng), _colour(rng), None, 0)
    return over, cover


def _bars(image: Image.Image, rng: np.random.Generator) -> Layer:
    """One to three filled rectangles, black as a rule: what covers eyes, names and number plates."""
    over, cover = _empty(image)
    pens = ImageDraw.Draw(over), ImageDraw.Draw(cover)
    colour, opaque = "black" if rng.random() < 0.6 else _colour(rng), int(rng.choice((150, 255, 255)))
    for _ in range(rng.integers(1, 4)):
        size = np.array((_between(rng, 0.1, 0.7), _between(rng, 0.03, 0.25))) * image.size
        at = rng.uniform(-0.1, 0.9, 2) * image.size
        box = (*at, *(at + size))
        pens[0].rectangle(box, colour)
        pens[1].rectangle(box, opaque)
    return over, cover


def _strokes(image: Image.Image, rng: np.random.Generator) -> Layer:
    """Circles around something, arrows and scribbles."""
    over, cover = _empty(image)
    colour, width = _colour(rng), max(1, round(min(image.size) * _between(rng, 0.006, 0.03)))
    at, size = rng.uniform(0.1, 0.9, 2) * image.size, rng.uniform(0.1, 0.5, 2) * min(image.size)
    kind = rng.choice(("ring", "arrow", "scribble"))
    if kind == "ring":
        path = [at + size / 2 * (math.cos(a), math.sin(a)) for a in np.linspace(0, 2 * math.pi, 40)]
    elif kind == "arrow":
        turn = rng.uniform(0, 2 * math.pi)
        path = list(at + size[0] * _turned(ARROW, turn))
    else:
        path = list(at + np.cumsum(rng.normal(0, 0.25, (12, 2)), 0) * size)
    for picture, ink in ((over, colour), (cover, 255)):
        ImageDraw.Draw(picture).line([tuple(point) for point in path], ink, width, "curve")
    return over, cover


def _watermark(image: Image.Image, rng: np.random.Generator) -> Layer:
    """Pale words in rows over all of the picture or once, at any angle."""
    over = Image.new("RGB", image.size, "white" if rng.random() < 0.7 else _colour(rng))
    width, height = image.size
    size = min(width, height) * _between(rng, 0.05, 0.16)
    font, text, pale = ImageFont.load_default(size), _line(rng), int(rng.integers(35, 150))
    side = math.ceil(math.hypot(width, height))
    cover = Image.new("L", (side, side))
    pen = ImageDraw.Draw(cover)
    if rng.random() < 0.3:
        pen.text((side * rng.uniform(0.3, 0.7), side * rng.uniform(0.3, 0.7)), text, pale, font, "mm")
    else:
        step = size * rng.uniform(1.4, 4), max(size, pen.textlength(text, font)) * rng.uniform(1.1, 1.8)
        shift = rng.uniform(0, 0.6)
        for row in range(math.ceil(side / step[0]) + 1):
            for column in range(-1, math.ceil(side / step[1]) + 1):
                pen.text(((column + row * shift % 1) * step[1], row * step[0]), text, pale, font, "mm")
    cover = cover.rotate(rng.uniform(-60, 60), Image.Resampling.BILINEAR)
    left, top = (side - width) // 2, (side - height) // 2
    return over, cover.crop((left, top, left + width, top + height))


def _frame(image: Image.Image, rng: np.random.Generator) -> Layer:
    """All but a rectangle, a rounded one, or an oval: plain colour, or the picture itself blurred."""
    over = Image.new("RGB", image.size, _colour(rng))
    if rng.random() < 0.2:
        over = image.filter(ImageFilter.BoxBlur(min(image.size) * rng.uniform(0.03, 0.1)))
    cover, size = Image.new("L", image.size, 255), np.array(image.size)
    if rng.random() < 0.5:
        radii = size * rng.uniform(0.42, 0.62) * rng.uniform(0.9, 1.1, 2)
        middle = size * rng.uniform(0.46, 0.54, 2)
        ImageDraw.Draw(cover).ellipse((*(middle - radii), *(middle + radii)), 0)
    else:
        left, top, right, bottom = rng.choice((0, 0, 1), 4) * rng.uniform(0.01, 0.2) * np.tile(size, 2)
        box = (left, top, size[0] - 1 - right, size[1] - 1 - bottom)
        ImageDraw.Draw(cover).rounded_rectangle(box, float(size.min() * rng.choice((0, 0, 0.05, 0.15, 0.3))), 0)
    return over, cover


KINDS: dict[str, Callable[[Image.Image, np.random.Generator], Layer]] = {
    "words": _words,
    "stickers": _stickers,
    "bars": _bars,
    "strokes": _strokes,
    "watermark": _watermark,
    "frame": _frame,
}


# --- with what --------------------------------------------------------------------------------------------------------


def _empty(image: Image.Image) -> Layer:
    return image.copy(), Image.new("L", image.size)


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    """Small as often as large, on a logarithmic scale."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def _colour(rng: np.random.Generator) -> str | tuple[int, int, int]:
    if rng.random() < 0.5:
        return COLOURS[rng.integers(len(COLOURS))]
    return tuple(int(value) for value in rng.integers(0, 256, 3))


def _light(colour: str | tuple[int, int, int]) -> bool:
    return colour == "white" or (colour != "black" and sum(colour) > 384)


def _line(rng: np.random.Generator) -> str:
    """One to four words of letters in no language."""
    letters = str(rng.choice((string.ascii_uppercase, string.ascii_lowercase, string.ascii_letters + string.digits)))
    return " ".join("".join(rng.choice(list(letters), rng.integers(2, 9))) for _ in range(rng.integers(1, 5)))


def _shape(at: np.ndarray, size: float, rng: np.random.Generator) -> list[tuple[float, float]]:
    """The corners of an oval, a rectangle, a star or a blob around `at`, px."""
    turn, flat = rng.uniform(0, 2 * math.pi), rng.uniform(0.6, 1)
    kind = rng.choice(("oval", "oval", "rectangle", "star", "blob"))
    if kind == "rectangle":
        points = ((-0.7, -0.7), (0.7, -0.7), (0.7, 0.7), (-0.7, 0.7))
    else:
        angles = np.linspace(0, 2 * math.pi, 40, endpoint=False)
        radius = {
            "oval": np.ones(40),
            "star": np.where(np.arange(40) % 8 < 4, 1, rng.uniform(0.4, 0.8)),
            "blob": 1 + rng.uniform(0.1, 0.3) * np.sin(rng.integers(2, 6) * angles),
        }[str(kind)]
        points = tuple(zip(radius * np.cos(angles), flat * radius * np.sin(angles), strict=True))
    return [tuple(at + size / 2 * point) for point in _turned(points, turn if rng.random() < 0.5 else 0)]


def _turned(points: tuple[tuple[float, float], ...], turn: float) -> np.ndarray:
    return np.array(points) @ np.array(((math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))))


def _fill(pen: ImageDraw.ImageDraw, shape: list[tuple[float, float]], fill: Ink, line: Ink | None, width: int) -> None:
    pen.polygon(shape, fill)
    if line is not None:
        pen.line([*shape, *shape[:2]], line, width, "curve")
