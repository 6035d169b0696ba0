"""Draws assets/scope.jpg: for each reason a picture that triggers it, and what is then said.

    python -m benchmarks.scope_sheet

All are made from the US Navy's portrait of Grace Hopper (public domain). Fails when a picture does not trigger its
reason any more.
"""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

from benchmarks.deliveries import encoded, scaled
from benchmarks.scope import reasons_of
from detector import Analyser, faces, forge, painting, parts, scope, sculpting, smoothing

ASSETS = Path(__file__).parents[1] / "assets"
Colour = str | tuple[int, int, int]
SIDE, MARGIN, LINES, COLUMNS = 220, 16, 44, 5  # px: of a picture, between them, for the words; pictures a row


def jpeg(image: Image.Image, quality: int) -> bytes:
    return encoded(image, "JPEG", quality=quality)


def png(image: Image.Image) -> bytes:
    return encoded(image, "PNG")


def drawing() -> Image.Image:
    """A cel-shaded face: flat colours, hard outlines, a second flat tone for the shadow."""
    image = Image.new("RGB", (512, 512), (120, 180, 220))
    draw, line = ImageDraw.Draw(image), {"outline": (20, 10, 5), "width": 5}
    draw.ellipse((110, 40, 402, 420), fill=(70, 40, 20), **line)
    draw.polygon([(60, 512), (180, 430), (332, 430), (452, 512)], fill=(180, 40, 40), outline=(20, 10, 5))
    draw.ellipse((150, 110, 362, 410), fill=(245, 205, 165), **line)
    draw.chord((150, 110, 362, 410), -60, 80, fill=(225, 175, 135))
    for x in (200, 312):
        draw.ellipse((x - 30, 220, x + 30, 262), fill="white", **line)
        draw.ellipse((x - 14, 226, x + 14, 256), fill=(40, 80, 40))
        draw.line([(x - 34, 200), (x, 190), (x + 34, 200)], fill=(40, 20, 10), width=9)
    draw.line([(256, 260), (244, 308), (264, 312)], fill=(140, 80, 60), width=5)
    draw.ellipse((214, 336, 298, 368), fill=(190, 60, 70), **line)
    return image


def screenshot(
    portrait: Image.Image, page: Colour = "white", ink: Colour = (30, 30, 30), lines: int = 20
) -> Image.Image:
    """A page in the colour `page` with the portrait and so many lines of text."""
    image = Image.new("RGB", (800, 1000), page)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(18)
    image.paste(portrait.resize((240, 281)), (30, 60))
    for number in range(lines):
        draw.text((30, 370 + 28 * number), "shared by somebody whom nobody knows, and seen by many others", ink, font)
    return image


def noisy(image: Image.Image) -> Image.Image:
    grain = np.random.default_rng(0).normal(0, 25, (image.height, image.width, 3))
    return Image.fromarray((np.asarray(image) + grain).clip(0, 255).astype(np.uint8))


def face_cut_away(image: Image.Image) -> bytes:
    return png(image.crop((0, 430, image.width, image.height)).resize((400, 300)))


def oil(image: Image.Image) -> bytes:
    return png(Image.fromarray(painting.oil(np.asarray(image), np.random.default_rng(0))))


def made(image: Image.Image, maker: Callable[..., np.ndarray], seed: int, way: str) -> bytes:
    portrait = forge.portrait_of(parts.load(), np.asarray(image))
    return png(Image.fromarray(maker(portrait, np.random.default_rng(seed), way)))


# Not among them: other_faces_small. Beside a large face the finder seldom sees one so small.
PICTURES: dict[str, Callable[[Image.Image], bytes]] = {
    "no_face": face_cut_away,
    "face_small": lambda image: png(scaled(image, 0.2)),
    "picture_small": lambda image: png(scaled(image.crop((0, 430, image.width, image.height)), 0.2)),
    "file_small": lambda image: jpeg(scaled(image, 0.25), 20),
    "low_quality": lambda image: jpeg(image, 12),
    "re_encoded": lambda image: jpeg(Image.open(io.BytesIO(jpeg(image, 30))), 92),
    "dark": lambda image: png(ImageEnhance.Brightness(image).enhance(0.12)),
    "overexposed": lambda image: png(ImageEnhance.Brightness(image).enhance(3.5)),
    "blurred": lambda image: png(image.filter(ImageFilter.GaussianBlur(6))),
    "noisy": lambda image: png(noisy(image)),
    "drawing": lambda _: png(drawing()),
    "few_tones": lambda image: png(ImageOps.posterize(image, 3)),
    "painted": oil,
    "smoothed": lambda image: made(image, smoothing.smooth, 0, "detail taken"),
    "sculpted": lambda image: made(image, sculpting.sculpt, 2, "stone"),
    "saturated": lambda image: png(ImageEnhance.Color(image).enhance(4)),
    "screenshot": lambda image: png(screenshot(image)),
}


def reason_of(analyser: Analyser, key: str, data: bytes, known: tuple[faces.Box, ...]) -> scope.Reason:
    """What is said of the picture; `known`: the faces of the untouched one, where damage hides them."""
    known = () if key in ("no_face", "picture_small") else known
    reasons = {reason.key: reason for reason in reasons_of(analyser, data, known)}
    if key not in reasons:
        raise SystemExit(f"the picture for {key} triggers {', '.join(reasons) or 'nothing'}; make it worse")
    return reasons[key]


def sheet(portrait: Image.Image) -> Image.Image:
    known, analyser = tuple(face.box for face in faces.find(np.asarray(portrait))), Analyser()
    rows = -(-len(PICTURES) // COLUMNS)
    height = SIDE + LINES + MARGIN
    canvas = Image.new("RGB", (MARGIN + COLUMNS * (SIDE + MARGIN), MARGIN + rows * height), "white")
    draw, font = ImageDraw.Draw(canvas), ImageFont.load_default(14)
    for number, (key, make) in enumerate(PICTURES.items()):
        data = make(portrait)
        reason = reason_of(analyser, key, data, known)
        left, top = MARGIN + number % COLUMNS * (SIDE + MARGIN), MARGIN + number // COLUMNS * height
        canvas.paste(
            ImageOps.pad(Image.open(io.BytesIO(data)).convert("RGB"), (SIDE, SIDE), color=(235, 235, 235)), (left, top)
        )
        kind = {"refuse": "not assessed", "warn": "warned"}[reason.kind]
        draw.text((left, top + SIDE + 4), f"{key.replace('_', ' ')}: {kind}", "black", font)
        draw.text((left, top + SIDE + 22), f"{reason.value:.3g}, limit {reason.limit:.3g}", (90, 90, 90), font)
        print(f"{key:<18} {reason.kind:<7} {reason.text}")
    return canvas


if __name__ == "__main__":
    sheet(Image.open(ASSETS / "example-hopper.jpg").convert("RGB")).save(ASSETS / "scope.jpg", quality=85)
