"""Bytes to an opened PIL image, by their first bytes and under an allowance of reads; and how many frames they hold.

Nothing is decoded here but headers: the pixels come with the image's `load`.
"""

import io
from collections.abc import Callable

from PIL import BmpImagePlugin as Bmp
from PIL import GifImagePlugin as Gif
from PIL import Image
from PIL import JpegImagePlugin as Jpeg
from PIL import PngImagePlugin as Png
from PIL import TiffImagePlugin as Tiff
from PIL import WebPImagePlugin as WebP

from .messages import Message, message

FRAME_CAP = 100  # frames of a GIF or TIFF are counted up to here: an exact count walks the whole file

# How often a decoder may ask for the next piece. Real files stay far below; a file of a million empty chunks
# or comment blocks would keep PIL's Python parsers busy for minutes.
HEADER_READS, DECODE_READS = 10_000, 500_000

# A TIFF directory, and so EXIF, may point to the same bytes from every entry: 1 MB of them can hold 60 GB of values.
READ_AGAIN, READ_AT_LEAST = 4, 16_000_000  # times the file's size, and bytes on top of that
MOST_SCANS, MOST_VISITS = 20, 1_000_000_000  # of a JPEG; a camera or a web page's tool writes a dozen
COMPRESSION, JPEG_IN_TIFF, STRIP_ROWS, TILE_WIDTH, TILE_HEIGHT = 259, 7, 278, 322, 323  # of a TIFF
EXIF_BYTES = 2_000_000  # a camera's stays below 64 KB in a JPEG


class PictureError(ValueError):
    """One sentence: what is wrong with the picture and what to do."""


class _Stream(io.BytesIO):
    """Bytes that refuse to be read in absurdly many pieces, or again and again."""

    allowance = HEADER_READS

    def __init__(self, data: bytes, bytes_left: int | None = None):
        super().__init__(data)
        self.bytes_left = READ_AGAIN * len(data) + READ_AT_LEAST if bytes_left is None else bytes_left

    def read(self, size: int | None = -1) -> bytes:
        self.allowance -= 1
        if self.allowance < 0:
            raise OSError(message("it is cut into too many pieces"))
        piece = super().read(size)
        self.bytes_left -= len(piece)
        if self.bytes_left < 0:  # no OSError: PIL would turn it into a mere warning
            raise ValueError(message("it points to the same bytes again and again"))
        return piece


# Called directly: Image.open would try decoders nobody needs, and holds a size limit of its own.
_DECODERS: tuple[tuple[bytes, Callable], ...] = (
    (b"\xff\xd8\xff", Jpeg.jpeg_factory),  # also MPO
    (b"\x89PNG\r\n\x1a\n", Png.PngImageFile),
    (b"GIF8", Gif.GifImageFile),
    (b"BM", Bmp.BmpImageFile),
    *((start, Tiff.TiffImageFile) for start in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
)

_FOREIGN = (
    (b"%PDF", message("a PDF document")),
    (b"8BPS", message("a Photoshop (PSD) file")),
    (b"%!PS", message("a PostScript file")),
    (b"\xff\x0a", message("a JPEG XL picture")),
    (b"\0\0\0\x0cJXL ", message("a JPEG XL picture")),
    (b"\0\0\0\x0cjP  ", message("a JPEG 2000 picture")),
    (b"\x1aE\xdf\xa3", message("a video (WebM, MKV)")),
    (b"version https://git-lfs", message("a Git LFS pointer (run `git lfs pull`)")),
)


def open_picture(data: bytes) -> Image.Image:
    if not data:
        raise PictureError(message("is empty (0 bytes); choose another file."))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WebP.WebPImageFile(_Stream(data))
    for start, decoder in _DECODERS:
        if data.startswith(start):
            return decoder(_Stream(data))
    raise PictureError(
        message("is {what}; save it as JPEG, PNG, WebP, AVIF, HEIC, BMP, TIFF or GIF.", what=_foreign(data[:1024]))
    )


def _foreign(head: bytes) -> Message:
    if head[4:8] == b"ftyp":
        return message("a video (MP4, MOV)")
    for start, what in _FOREIGN:
        if head.startswith(start):
            return what
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<svg", b"<?xml")) and b"<svg" in text:
        return message("an SVG drawing")
    if text.startswith((b"<!doctype html", b"<html")):
        return message("a web page")
    return message("not a picture in a known format")


def exif(raw: bytes) -> Image.Exif:
    """The directories of an EXIF block, with or without its "Exif" mark. Raises ValueError, SyntaxError, ..."""
    parsed = Image.Exif()
    parsed.load_from_fp(_Stream(raw.removeprefix(b"Exif\0\0"), EXIF_BYTES))
    return parsed


def allow_pixels(image: Image.Image) -> None:
    """From here on the pixels may be read: more pieces than a header has."""
    if isinstance(image.fp, _Stream):
        image.fp.allowance = DECODE_READS


def count_frames(image: Image.Image, data: bytes) -> int:
    count = {"GIF": _gif_frames, "TIFF": _tiff_frames}.get(image.format)
    return count(data) if count else getattr(image, "n_frames", 1)


def check_pixels(width: int, height: int, most_pixels: int) -> None:
    if width < 1 or height < 1:
        raise PictureError(
            message("is empty ({width}×{height} pixels); choose another one.", width=width, height=height)
        )
    if width * height > most_pixels:
        said = message(
            "has {width}×{height} pixels, more than the {most:g} megapixels allowed; scale it down first.",
            width=width,
            height=height,
            most=most_pixels / 1e6,
        )
        raise PictureError(said)


def check_scans(data: bytes, image: Image.Image) -> None:
    """Each scan of a progressive JPEG visits every pixel: dozens of empty ones would decode for minutes."""
    if image.format in ("JPEG", "MPO"):
        pixels = image.width * image.height
    elif image.format == "TIFF" and image.tag_v2.get(COMPRESSION) == JPEG_IN_TIFF:
        pixels = _tile(image)
    else:
        return
    scans = data.count(b"\xff\xda")
    if scans > MOST_SCANS and scans * pixels > MOST_VISITS:
        said = message(
            "is a JPEG of {scans} scans, which no camera writes; save it again as a plain JPEG.", scans=scans
        )
        raise PictureError(said)


def check_tiles(image: Image.Image, most_pixels: int) -> None:
    """A tile is unpacked whole: of 40,000 × 40,000 pixels it takes gigabytes, however small the picture is."""
    if image.format == "TIFF" and _tile(image) > most_pixels:
        said = message(
            "has tiles of more than the {most:g} megapixels allowed; save it as JPEG or PNG.", most=most_pixels / 1e6
        )
        raise PictureError(said)


def _tile(image: Tiff.TiffImageFile) -> int:
    """Pixels of a TIFF's tile, or of its strip."""
    width = image.tag_v2.get(TILE_WIDTH, image.width)
    height = image.tag_v2.get(TILE_HEIGHT) or min(image.tag_v2.get(STRIP_ROWS, image.height), image.height)
    return int(width) * int(height)


def _gif_frames(data: bytes) -> int:
    """Steps over the blocks without decoding; PIL's own count has no end for a file that has none."""

    def palette(flags: int) -> int:
        return 3 << (flags & 7) + 1 if flags & 0x80 else 0

    at, frames, inside = 13 + palette(data[10]), 0, False
    for _ in range(200_000):
        if at + 10 > len(data) or frames == FRAME_CAP:
            break
        if inside:
            inside = data[at] > 0
            at += data[at] + 1
        elif data[at] == 0x2C:  # a frame: descriptor, palette, code size, then sub-blocks
            frames, at, inside = frames + 1, at + 11 + palette(data[at + 9]), True
        elif data[at] == 0x21:  # an extension
            at, inside = at + 2, True
        else:
            break
    return max(frames, 1)


def _tiff_frames(data: bytes) -> int:
    frames = 1
    try:
        image = Tiff.TiffImageFile(_Stream(data))
        while frames < FRAME_CAP:
            image.seek(frames)
            frames += 1
    except Exception:  # the end, or a later page is broken, which the first one does not mind
        pass
    return frames
