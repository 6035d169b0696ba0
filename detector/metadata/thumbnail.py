"""Does the small picture that a camera put into the EXIF block show what the large one shows?"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from .. import decode
from ..images import DEFAULT_LIMITS
from ..messages import message

MOST_PIXELS = 1 << 20  # of a thumbnail; most have 160 × 120
SIDE, CELLS = 64, 8  # both pictures are shrunk to SIDE², and compared in CELLS² places
DARK = 24  # grey levels: a bar that a camera puts beside a picture of another shape is darker
# Above one of them the two differ. Of 120 photos, thumbnails made in many ways differ by up to 6 on average and 7 in a
# place; after another face was pasted into the photo, by 25 or more in a place. Cameras' own were not at hand.
MEAN, PLACE, STRETCH = 10.0, 20.0, 0.05


@dataclass(frozen=True)
class Thumbnail:
    """`stretch`: how much wider (or taller) one is than the other, 0: the same shape; black bars are cut off first.

    `mean` and `place`: difference in grey levels 0…255, of the whole and of the most different of 8 × 8 places. All
    three are None where the picture is not a JPEG, as only there it can be shrunk while it is decoded.
    """

    width: int
    height: int
    stretch: float | None = None
    mean: float | None = None
    place: float | None = None

    @property
    def differs(self) -> bool | None:
        """None: they were not compared."""
        if self.mean is None:
            return None
        return self.stretch > STRETCH or self.mean > MEAN or self.place > PLACE


def compare(data: bytes, raw: bytes, jpeg: JpegImageFile | None) -> Thumbnail:
    """`data`: the whole file, `raw`: its thumbnail. Raises PictureError or whatever the decoder does."""
    small = _opened(raw, MOST_PIXELS)
    if jpeg is None:
        return Thumbnail(*small.size)
    width, height = small.size
    large = _opened(data, DEFAULT_LIMITS.max_pixels)
    aspect = large.width / large.height
    large.draft("L", (4 * SIDE, 4 * SIDE))
    inner = _without_bars(np.asarray(small.convert("L")), aspect)
    ratio = inner.shape[1] / inner.shape[0] / aspect
    difference = np.abs(_shrunk(inner) - _shrunk(np.asarray(large.convert("L"))))
    places = cv2.resize(difference, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    return Thumbnail(width, height, float(max(ratio, 1 / ratio) - 1), float(difference.mean()), float(places.max()))


def _opened(raw: bytes, most_pixels: int) -> Image.Image:
    image = decode.open_picture(raw)
    if not 0 < image.width * image.height <= most_pixels:
        width, height = image.size
        raise ValueError(message("{width}×{height} pixels are too many", width=width, height=height))
    decode.check_tiles(image, most_pixels)
    decode.check_scans(raw, image)
    decode.allow_pixels(image)
    return image


def _without_bars(small: np.ndarray, aspect: float) -> np.ndarray:
    """The middle that has the picture's shape, if all beside it is black; or else all of it."""
    height, width = small.shape
    rows, columns = min(height, round(width / aspect)), min(width, round(height * aspect))
    top, left = (height - rows) // 2, (width - columns) // 2
    if min(rows, columns) < 1 or (rows, columns) == (height, width):
        return small
    inner = np.s_[top : top + rows, left : left + columns]
    beside = np.ones(small.shape, bool)
    beside[inner] = False
    return small[inner] if not beside.any() or np.percentile(small[beside], 90) < DARK else small


def _shrunk(grey: np.ndarray) -> np.ndarray:
    return cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
