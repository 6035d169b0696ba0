"""What a picture goes through on its way, done in memory: compression, shrinking, blur, noise, light, stickers."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from .analyse import Analyser, Found
from .analysis import Analysis
from .drawing import drawn_over
from .images import Picture, Source, load

# name → (scale of the sides, JPEG quality; None: stored without loss). Shrunk first, then compressed, as messengers do.
DEGRADE: dict[str, tuple[float, int | None]] = {
    "none": (1.0, None),
    "jpeg60": (1.0, 60),
    "half": (0.5, None),
    "both": (0.5, 60),
}


def encode(pixels: np.ndarray, degrade: str, quality: int | None = None) -> bytes:
    """RGB pixels (h, w, 3) uint8 as the file they arrive as: JPEG 4:2:0, or PNG where no quality asks for a loss.

    `quality` (1…95) is used where `degrade`, a key of DEGRADE, names none. Raises ValueError for an unknown one.
    """
    if degrade not in DEGRADE:
        raise ValueError(f"unknown degradation {degrade!r}; choose one of {', '.join(DEGRADE)}")
    scale, lossy = DEGRADE[degrade]
    return _stored(_scaled(Image.fromarray(pixels), scale), lossy or quality)


def _scaled(image: Image.Image, scale: float) -> Image.Image:
    if scale == 1:
        return image
    size = [max(1, round(side * scale)) for side in image.size]
    return image.resize(size, Image.Resampling.BILINEAR)  # PIL's takes the mean over what it leaves out


def _stored(image: Image.Image, quality: int | None) -> bytes:
    file = io.BytesIO()
    if quality:
        image.save(file, "JPEG", quality=quality, subsampling="4:2:0")
    else:
        image.save(file, "PNG", compress_level=1)
    return file.getvalue()


class Delivered:
    """An Analyser that gets what `deliver` makes of each picture; file facts are those of the new file."""

    def __init__(self, analyser: Analyser):
        self.analyser, self.classifier = analyser, analyser.classifier

    def deliver(self, picture: Picture) -> Source:
        raise NotImplementedError

    def prepare(self, source: Source) -> Found:
        """As Analyser.prepare. Raises PictureError for a picture that can't be read."""
        return self.analyser.prepare(self.deliver(load(source, self.analyser.limits)))

    def judge(self, found: Sequence[Found], method: str | None = None) -> list[Analysis]:
        return self.analyser.judge(found, method)


class Degraded(Delivered):
    """Every picture in one way, of DEGRADE."""

    def __init__(self, analyser: Analyser, degrade: str):
        super().__init__(analyser)
        self.degrade = degrade

    def deliver(self, picture: Picture) -> bytes:
        return encode(picture.pixels, self.degrade)


# --- from mild to strong ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ladder:
    """One kind of damage at several levels. `apply`: RGB pixels (h, w, 3), a level, a generator → the picture after."""

    unit: str
    levels: tuple[float, ...]
    apply: Callable[[np.ndarray, float, np.random.Generator], Source]


def _jpeg(pixels: np.ndarray, quality: float, rng: np.random.Generator) -> bytes:
    return _stored(Image.fromarray(pixels), int(quality))


def _webp(pixels: np.ndarray, quality: float, rng: np.random.Generator) -> bytes:
    """With libwebp's usual effort: it smooths skin and edges as the quickest one does not."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=int(quality))
    return file.getvalue()


def _avif(pixels: np.ndarray, quality: float, rng: np.random.Generator) -> np.ndarray:
    """With libavif's usual effort, and read back at once, for opening such a file costs a process (detector/apart)."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "AVIF", quality=int(quality), max_threads=1)
    return np.asarray(Image.open(file))


def _scale(pixels: np.ndarray, factor: float, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(_scaled(Image.fromarray(pixels), factor))


def _blur(pixels: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    return cv2.GaussianBlur(pixels, (0, 0), sigma)


def _noise(pixels: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    return _grey_levels(pixels + rng.normal(0, sigma, pixels.shape))


def _brightness(pixels: np.ndarray, gain: float, rng: np.random.Generator) -> np.ndarray:
    return _grey_levels(pixels * np.float32(gain))  # uint8 by a whole number would stay uint8 and wrap around


def _screenshot(pixels: np.ndarray, factor: float, rng: np.random.Generator) -> bytes:
    """The screen resamples, the person crops unevenly, PNG loses nothing, and the messenger makes a JPEG of it."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = (round(side * cut) for side, cut in zip((width, height) * 2, SCREEN_CROP, strict=True))
    image = Image.fromarray(pixels[top : height - bottom, left : width - right])
    size = [max(1, round(side * factor)) for side in image.size]
    return _stored(image.resize(size, Image.Resampling.BICUBIC), SCREEN_QUALITY)


def _drawn_over(pixels: np.ndarray, count: float, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(drawn_over(Image.fromarray(pixels), rng, int(count))[0])


def _grey_levels(values: np.ndarray) -> np.ndarray:
    return (np.clip(values, 0, 255) + 0.5).astype(np.uint8)


SCREEN_CROP = (0.013, 0.031, 0.022, 0.017)  # of the sides: left, top, right, bottom; off the JPEG grid of 8 px
SCREEN_QUALITY = 80
LADDERS: dict[str, Ladder] = {
    "jpeg": Ladder("quality", (95, 85, 75, 60, 45, 30), _jpeg),
    "webp": Ladder("quality", (90, 75, 60, 45), _webp),
    "avif": Ladder("quality, then stored without loss", (75, 60, 45), _avif),
    "scale": Ladder("of the sides", (0.75, 0.5, 0.35), _scale),
    "blur": Ladder("sigma, px", (0.5, 1, 2, 3), _blur),
    "noise": Ladder("sigma, grey levels", (2, 5, 10, 20), _noise),
    "brightness": Ladder("gain", (0.4, 0.6, 0.8, 1.25, 1.6, 2), _brightness),
    "screenshot": Ladder(f"of the sides, then JPEG {SCREEN_QUALITY}", (1.27, 0.87, 0.61), _screenshot),
    "drawn": Ladder("things drawn over it", (1, 2, 4), _drawn_over),
}
# What pictures have often gone through before somebody asks about them. None: as it is.
SENT: tuple[tuple[str, float] | None, ...] = (
    None,
    ("jpeg", 45),
    ("webp", 60),
    ("avif", 60),
    ("scale", 0.5),
    ("blur", 2),
    ("noise", 10),
    ("screenshot", 0.61),
    ("drawn", 2),
)


class OneWay(Delivered):
    """Every picture in one way of SENT."""

    def __init__(self, analyser: Analyser, way: tuple[str, float] | None):
        super().__init__(analyser)
        self.way = way

    def deliver(self, picture: Picture) -> Source:
        return _sent(picture, self.way)


class Sent(Delivered):
    """Each picture in one way of SENT, drawn by its checksum."""

    def deliver(self, picture: Picture) -> Source:
        return _sent(picture, SENT[_drawn(picture) % len(SENT)])


def _drawn(picture: Picture) -> int:
    return int(picture.facts.sha256[:8], 16)


def _sent(picture: Picture, way: tuple[str, float] | None) -> Source:
    if way is None:
        return picture.data or picture.pixels
    kind, level = way
    return LADDERS[kind].apply(picture.pixels, level, np.random.default_rng(_drawn(picture)))
