"""The one door for pictures: path, bytes, PIL image or array in; upright 8-bit sRGB pixels and facts out.

Whatever goes wrong is a `PictureError` that says what to do. Limits are checked before the work they limit:
bytes before reading, pixels before decoding. Nothing global in PIL is changed, so threads may load at once.
"""

import hashlib
import io
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

import numpy as np
from PIL import BmpImagePlugin as Bmp
from PIL import GifImagePlugin as Gif
from PIL import Image, ImageCms
from PIL import JpegImagePlugin as Jpeg
from PIL import PngImagePlugin as Png
from PIL import TiffImagePlugin as Tiff
from PIL import WebPImagePlugin as WebP

FRAME_CAP = 100  # frames of a GIF or TIFF are counted up to here: an exact count walks the whole file

# How often a decoder may ask for the next piece. Real files stay far below; a file of a million empty chunks
# or comment blocks would keep PIL's Python parsers busy for minutes.
HEADER_READS, DECODE_READS = 10_000, 500_000

Source = str | os.PathLike | bytes | bytearray | memoryview | BinaryIO | Image.Image | np.ndarray


class PictureError(ValueError):
    """One sentence: what is wrong with the picture and what to do."""


@dataclass(frozen=True)
class Limits:
    """What is accepted. Above 2 × `Image.MAX_IMAGE_PIXELS` (179 MP) PIL itself refuses TIFF and some GIF."""

    max_bytes: int = 25_000_000
    max_pixels: int = 50_000_000


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class FileFacts:
    """What the file said about itself; `dataclasses.asdict` of it can be written as JSON.

    `sha256` is of the original bytes. A PIL image or array has none: there it is of "WIDTHxHEIGHT\\n" and
    the bytes of `Picture.pixels`. `frames` of a GIF or TIFF is counted up to `FRAME_CAP`.
    """

    name: str | None  # without folder; None for bytes, PIL images and arrays
    bytes: int | None  # None for PIL images and arrays
    sha256: str
    format: str | None  # "JPEG", "MPO", "PNG", ...; None for arrays
    mode: str  # PIL mode as stored: "RGB", "CMYK", "I;16", "P", ...
    width: int  # of the upright picture, pixels
    height: int
    orientation: int  # EXIF orientation 1..8 that was applied (1: none)
    frames: int  # the first one is used
    icc: str | None  # description of the embedded profile, and why it was ignored if it was
    quantisation: tuple[float, ...]  # mean of each JPEG quantisation table; empty for other formats


@dataclass(frozen=True)
class Picture:
    pixels: np.ndarray  # uint8 (height, width, 3), sRGB, upright, C-contiguous, not writeable
    facts: FileFacts


def load(source: Source, limits: Limits = DEFAULT_LIMITS) -> Picture:
    """Any picture as upright sRGB. Raises PictureError and nothing else, whatever the bytes are.

    Arrays are H×W, H×W×1 (grey), ×2 (grey, alpha), ×3 (RGB) or ×4 (RGBA) of uint8, uint16, bool, float 0..1.
    """
    name, who = None, "The picture"
    try:
        if isinstance(source, np.ndarray):
            return _from_image(_image_of_array(source, limits), limits)
        if isinstance(source, Image.Image):
            return _from_image(source, limits)
        name = _name(source)
        who = f'"{name}"' if name else who
        return _from_bytes(_read(source, limits), name, limits)
    except PictureError as error:
        raise PictureError(f"{who} {error}") from error.__cause__
    # PIL's parsers raise whatever they stumble over (IndexError, struct.error, zlib.error, MemoryError, ...).
    except Exception as error:
        reason = str(error)[:120] or type(error).__name__
        raise PictureError(f"{who} is damaged or cut off ({reason}); export or download it again.") from error


# ---- getting at the bytes


def _name(source: Source) -> str | None:
    path = source if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
    if not isinstance(path, str | os.PathLike):
        return None
    name = os.path.basename(os.path.normpath(os.fsdecode(path)))
    return name.encode(errors="replace").decode()  # a name that is not UTF-8 must not break a report


def _read(source: Source, limits: Limits) -> bytes:
    if isinstance(source, bytes | bytearray | memoryview):
        _check_bytes(memoryview(source).nbytes, limits)
        return bytes(source)
    if not isinstance(source, str | os.PathLike) and not hasattr(source, "read"):
        raise PictureError(f"cannot be a {type(source).__name__}; pass a path, bytes, PIL image or array.")
    try:
        if hasattr(source, "read"):
            return _read_stream(source, limits)
        found = os.stat(source)
        if stat.S_ISDIR(found.st_mode):
            raise PictureError("is a folder; choose a picture inside it.")
        if not stat.S_ISREG(found.st_mode):  # opening a pipe would wait for ever, a device may never end
            raise PictureError("is not an ordinary file; save the picture to disk first.")
        _check_bytes(found.st_size, limits)
        with open(source, "rb", buffering=0) as file:
            return _read_stream(file, limits)
    except PictureError:
        raise
    except FileNotFoundError as error:
        raise PictureError("does not exist; check the path.") from error
    except PermissionError as error:
        raise PictureError("may not be read; change its permissions.") from error
    except (OSError, ValueError) as error:
        raise PictureError(f"cannot be read ({error}); check the path and the disk.") from error


def _read_stream(file: BinaryIO, limits: Limits) -> bytes:
    pieces, left = [], limits.max_bytes + 1
    while left > 0 and (piece := file.read(left)):  # a raw stream may hand out less than was asked for
        if isinstance(piece, str):
            raise PictureError("was opened as text; open it in mode 'rb'.")
        pieces.append(piece)
        left -= len(piece)
    _check_bytes(limits.max_bytes + 1 - left, limits)
    return b"".join(pieces)


def _check_bytes(count: int, limits: Limits) -> None:
    if count > limits.max_bytes:
        raise PictureError(f"is larger than the {limits.max_bytes / 1e6:g} MB allowed; save it smaller.")


def _check_pixels(width: int, height: int, limits: Limits) -> None:
    if width < 1 or height < 1:
        raise PictureError(f"is empty ({width}×{height} pixels); choose another one.")
    if width * height > limits.max_pixels:
        allowed = f"{limits.max_pixels / 1e6:g} megapixels allowed"
        raise PictureError(f"has {width}×{height} pixels, more than the {allowed}; scale it down first.")


# ---- from bytes to a PIL image


class _Stream(io.BytesIO):
    """Bytes that refuse to be read in absurdly many pieces."""

    allowance = HEADER_READS

    def read(self, size: int | None = -1) -> bytes:
        self.allowance -= 1
        if self.allowance < 0:
            raise OSError("it is cut into too many pieces")
        return super().read(size)


# Called directly: Image.open would try decoders nobody needs, and holds a size limit of its own.
_DECODERS: tuple[tuple[bytes, Callable], ...] = (
    (b"\xff\xd8\xff", Jpeg.jpeg_factory),  # also MPO
    (b"\x89PNG\r\n\x1a\n", Png.PngImageFile),
    (b"GIF8", Gif.GifImageFile),
    (b"BM", Bmp.BmpImageFile),
    *((start, Tiff.TiffImageFile) for start in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
)

_FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"8BPS", "a Photoshop (PSD) file"),
    (b"%!PS", "a PostScript file"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\x1aE\xdf\xa3", "a video (WebM, MKV)"),
    (b"version https://git-lfs", "a Git LFS pointer (run `git lfs pull`)"),
)


def _open(data: bytes) -> Image.Image:
    if not data:
        raise PictureError("is empty (0 bytes); choose another file.")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WebP.WebPImageFile(_Stream(data))
    for start, decoder in _DECODERS:
        if data.startswith(start):
            return decoder(_Stream(data))
    what = _foreign(data[:1024])
    raise PictureError(f"is {what}; save it as JPEG, PNG, WebP, BMP, TIFF or GIF.")


def _foreign(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand.startswith(b"avi"):
            return "an AVIF picture"
        return "a HEIC picture" if brand[:3] in (b"hei", b"hev", b"mif", b"msf") else "a video (MP4, MOV)"
    for start, what in _FOREIGN:
        if head.startswith(start):
            return what
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<svg", b"<?xml")) and b"<svg" in text:
        return "an SVG drawing"
    return "a web page" if text.startswith((b"<!doctype html", b"<html")) else "not a picture in a known format"


def _from_bytes(data: bytes, name: str | None, limits: Limits) -> Picture:
    image = _open(data)
    _check_pixels(*image.size, limits)
    _check_scans(data, image)
    if isinstance(image.fp, _Stream):
        image.fp.allowance = DECODE_READS
    count = {"GIF": _gif_frames, "TIFF": _tiff_frames}.get(image.format)
    frames = count(data) if count else getattr(image, "n_frames", 1)
    sha256 = hashlib.sha256(data).hexdigest()
    return _picture(image, name=name, bytes=len(data), sha256=sha256, frames=frames)


def _check_scans(data: bytes, image: Image.Image) -> None:
    """Each scan of a progressive JPEG visits every pixel: thousands of empty ones would decode for hours."""
    scans = data.count(b"\xff\xda") if image.format in ("JPEG", "MPO") else 0
    if scans > 100 and scans * image.width * image.height > 1_000_000_000:
        raise PictureError(f"is a JPEG of {scans} scans, which no camera writes; save it again as a plain JPEG.")


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


# ---- from a PIL image or an array to pixels


def _from_image(image: Image.Image, limits: Limits) -> Picture:
    _check_pixels(*image.size, limits)
    return _picture(image, name=None, bytes=None, sha256=None, frames=1)


def _image_of_array(array: np.ndarray, limits: Limits) -> Image.Image:
    if array.ndim not in (2, 3) or (array.ndim == 3 and not 1 <= array.shape[2] <= 4):
        raise PictureError(f"is an array of shape {array.shape}; pass H×W, or H×W×C with 1 to 4 channels.")
    _check_pixels(array.shape[1], array.shape[0], limits)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    return Image.fromarray(np.ascontiguousarray(_bytes_of_array(array)))


def _bytes_of_array(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.uint8:
        return array
    if array.dtype == bool:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind == "u" and array.dtype.itemsize == 2:
        return _scaled(array, 65535)
    if array.dtype.kind != "f":
        raise PictureError(f"is an array of {array.dtype}; pass uint8, uint16, bool or float in 0..1.")
    low, high = array.min(), array.max()
    if not (low >= -1e-3 and high <= 1 + 1e-3):  # also true of NaN; the margin is for resampled pictures
        raise PictureError(f"is a float array from {low:g} to {high:g}; scale it to 0..1, without NaN.")
    return _scaled(array, 1)


def _scaled(values: np.ndarray, top: int) -> np.ndarray:
    """0..top to 0..255, rounded; uint8. 65535 / 255 is 257: a widened 8-bit value comes back exactly."""
    if values.dtype.kind in "iu":
        return ((values.astype(np.uint32) * 255 + top // 2) // top).astype(np.uint8)
    return np.rint(values.astype(np.float32).clip(0, top) * np.float32(255 / top)).astype(np.uint8)


_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _picture(image: Image.Image, *, sha256: str | None, **known) -> Picture:
    mode = image.mode
    tiff_orientation = _orientation(lambda: getattr(image, "tag_v2", {}).get(274))  # turned by PIL, in load
    image.load()
    orientation = _orientation(lambda: image.getexif().get(274))
    colour, alpha = _eight_bit(image)
    colour, icc = _to_srgb(colour, image.info.get("icc_profile"))
    if alpha is not None:
        white = Image.new("RGB", colour.size, "white")
        white.paste(colour, mask=alpha)
        colour = white
    if orientation != 1:
        colour = colour.transpose(_UPRIGHT[orientation])
    pixels = np.ascontiguousarray(np.asarray(colour))
    pixels.flags.writeable = False
    height, width = pixels.shape[:2]
    facts = FileFacts(
        sha256=sha256 or hashlib.sha256(b"%dx%d\n" % (width, height) + pixels.tobytes()).hexdigest(),
        format=image.format,
        mode=mode,
        width=width,
        height=height,
        orientation=orientation if orientation != 1 else tiff_orientation,
        icc=icc,
        quantisation=_quantisation(image),
        **known,
    )
    return Picture(pixels, facts)


def _orientation(read: Callable[[], object]) -> int:
    try:
        orientation = read()
    except Exception:  # broken EXIF is no reason to refuse a picture that decodes
        return 1
    return orientation if isinstance(orientation, int) and orientation in _UPRIGHT else 1


def _quantisation(image: Image.Image) -> tuple[float, ...]:
    tables = getattr(image, "quantization", None) or {}
    return tuple(sum(tables[key]) / len(tables[key]) for key in sorted(tables))


def _eight_bit(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Colour as L, RGB, CMYK or LAB, and alpha as L (None: opaque)."""
    if image.mode == "I" or image.mode == "F" or image.mode.startswith("I;16"):
        return _from_wide(image)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return rgba.convert("RGB"), rgba.getchannel("A")
    if image.mode in ("L", "RGB", "CMYK", "LAB"):
        return image, None
    return image.convert("L" if image.mode == "1" else "RGB"), None


def _from_wide(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Grey of 16 or 32 bits. Integers go to 65535; floats to the first of 1, 255, 65535 that holds them."""
    values = np.asarray(image)
    low, high = values.min(), values.max()
    if not (low >= 0 and high <= 65535):  # also true of NaN
        raise PictureError(f"holds grey values from {low:g} to {high:g}; save it as 8 or 16 bit.")
    top = 65535 if image.mode != "F" else 1 if high <= 1 else 255 if high <= 255 else 65535
    clear = image.info.get("transparency")
    alpha = Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)) if isinstance(clear, int) else None
    return Image.fromarray(_scaled(values, top)), alpha


# ---- colour profiles


def _to_srgb(colour: Image.Image, profile: bytes | None) -> tuple[Image.Image, str | None]:
    """RGB, and the profile's description. A useless profile is ignored: the picture is worth more."""
    if colour.mode == "LAB":
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    if not profile:
        return (colour if colour.mode == "RGB" else colour.convert("RGB")), None
    transform, description = _profile_to_srgb(profile, colour.mode)
    if transform is None and colour.mode == "L":  # grey pictures often carry the profile of the RGB original
        colour = colour.convert("RGB")
        transform, description = _profile_to_srgb(profile, "RGB")
    if transform is None:
        return (colour if colour.mode == "RGB" else colour.convert("RGB")), description
    return ImageCms.applyTransform(colour, transform), description


@lru_cache(maxsize=8)  # building one costs more than a small picture, and pictures come in series
def _profile_to_srgb(profile: bytes, mode: str) -> tuple[ImageCms.ImageCmsTransform | None, str]:
    try:
        embedded = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        description = ImageCms.getProfileDescription(embedded).strip()[:200] or "unnamed"
    except Exception:
        return None, "unreadable (ignored)"
    space = embedded.profile.xcolor_space.strip().upper()
    if space != {"L": "GRAY"}.get(mode, mode):
        return None, f"{description} (ignored: a profile for {space})"
    try:
        transform = ImageCms.buildTransform(embedded, ImageCms.createProfile("sRGB"), mode, "RGB")
    except Exception:
        return None, f"{description} (ignored: broken)"
    return (None if mode == "RGB" and _changes_nothing(transform) else transform), description


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Most profiles are sRGB: 40 ms a megapixel to move no value by more than one step would be wasted."""
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(-1, len(steps), 3)
    moved = np.asarray(ImageCms.applyTransform(Image.fromarray(colours), transform))
    return int(np.abs(moved.astype(int) - colours).max()) <= 1
