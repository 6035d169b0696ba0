"""The one door for pictures: path, bytes, PIL image or array in; upright 8-bit sRGB pixels and facts out.

Whatever goes wrong is a `PictureError` that says what to do. Limits are checked before the work they limit:
bytes before reading, pixels before decoding. Nothing global in PIL is changed, so threads may load at once.
"""

import hashlib
import os
import stat
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np
from PIL import Image

from . import apart, colour, decode
from .decode import FRAME_CAP, PictureError
from .messages import message, reason

__all__ = ["DEFAULT_LIMITS", "FRAME_CAP", "FileFacts", "Limits", "Picture", "PictureError", "Source", "load"]

Source = str | os.PathLike | bytes | bytearray | memoryview | BinaryIO | Image.Image | np.ndarray


@dataclass(frozen=True)
class Limits:
    """What is accepted. Above 2 × `Image.MAX_IMAGE_PIXELS` (179 MP) PIL itself refuses TIFF and some GIF."""

    max_bytes: int = 25_000_000
    max_pixels: int = 50_000_000


DEFAULT_LIMITS = Limits()
STANDARD_TABLE = 57.625  # mean of the luma quantisation table of Annex K of the JPEG standard: quality 50


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

    @property
    def quality(self) -> float | None:
        """JPEG quality 1…100 on libjpeg's scale, judged by the luma table's mean; None for other formats."""
        if not self.quantisation:
            return None
        percent = 100 * self.quantisation[0] / STANDARD_TABLE  # libjpeg scales the standard table by this much
        return float(np.clip((200 - percent) / 2 if percent <= 100 else 5000 / percent, 1, 100))


@dataclass(frozen=True)
class Picture:
    pixels: np.ndarray  # uint8 (height, width, 3), sRGB, upright, C-contiguous, not writeable
    facts: FileFacts
    data: bytes | None = None  # the file's own bytes; None for PIL images and arrays


def load(source: Source, limits: Limits = DEFAULT_LIMITS) -> Picture:
    """Any picture as upright sRGB. Raises PictureError and nothing else, whatever the bytes are.

    Arrays are H×W, H×W×1 (grey), ×2 (grey, alpha), ×3 (RGB) or ×4 (RGBA) of uint8, uint16, bool, float 0..1.
    """
    name, who = None, message("The picture")
    try:
        if isinstance(source, np.ndarray):
            return _from_image(_image_of_array(source, limits), limits)
        if isinstance(source, Image.Image):
            return _from_image(source, limits)
        name = _name(source)
        who = message('"{name}"', name=name) if name else who
        return _from_bytes(_read(source, limits), name, limits)
    except PictureError as error:
        raise PictureError(message("{who} {wrong}", who=who, wrong=reason(error))) from error.__cause__
    # PIL's parsers raise whatever they stumble over (IndexError, struct.error, zlib.error, MemoryError, ...).
    except Exception as error:
        why = reason(error, 120) or type(error).__name__
        said = message("{who} is damaged or cut off ({why}); export or download it again.", who=who, why=why)
        raise PictureError(said) from error


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
        kind = type(source).__name__
        raise PictureError(message("cannot be a {kind}; pass a path, bytes, PIL image or array.", kind=kind))
    try:
        if hasattr(source, "read"):
            return _read_stream(source, limits)
        found = os.stat(source)
        if stat.S_ISDIR(found.st_mode):
            raise PictureError(message("is a folder; choose a picture inside it."))
        if not stat.S_ISREG(found.st_mode):  # opening a pipe would wait for ever, a device may never end
            raise PictureError(message("is not an ordinary file; save the picture to disk first."))
        _check_bytes(found.st_size, limits)
        with open(source, "rb", buffering=0) as file:
            return _read_stream(file, limits)
    except PictureError:
        raise
    except FileNotFoundError as error:
        raise PictureError(message("does not exist; check the path.")) from error
    except PermissionError as error:
        raise PictureError(message("may not be read; change its permissions.")) from error
    except (OSError, ValueError) as error:
        raise PictureError(
            message("cannot be read ({why}); check the path and the disk.", why=reason(error))
        ) from error


def _read_stream(file: BinaryIO, limits: Limits) -> bytes:
    pieces, left = [], limits.max_bytes + 1
    while left > 0 and (piece := file.read(left)):  # a raw stream may hand out less than was asked for
        if isinstance(piece, str):
            raise PictureError(message("was opened as text; open it in mode 'rb'."))
        pieces.append(piece)
        left -= len(piece)
    _check_bytes(limits.max_bytes + 1 - left, limits)
    return b"".join(pieces)


def _check_bytes(count: int, limits: Limits) -> None:
    if count > limits.max_bytes:
        most = limits.max_bytes / 1e6
        raise PictureError(message("is larger than the {most:g} MB allowed; save it smaller.", most=most))


# ---- from bytes, image or array to pixels and facts


def _from_bytes(data: bytes, name: str | None, limits: Limits) -> Picture:
    image = _opened(data, limits)
    frames = decode.count_frames(image, data)
    sha256 = hashlib.sha256(data).hexdigest()
    picture = _picture(image, name=name, bytes=len(data), sha256=sha256, frames=frames)
    return replace(picture, data=data)


def _opened(data: bytes, limits: Limits) -> Image.Image:
    """Checked, and ready to be decoded; HEIC and AVIF are decoded already."""
    if apart.knows(data):
        return apart.decoded(data, limits.max_pixels)
    image = decode.open_picture(data)
    decode.check_pixels(*image.size, limits.max_pixels)
    decode.check_tiles(image, limits.max_pixels)
    decode.check_scans(data, image)
    decode.allow_pixels(image)
    return image


def _from_image(image: Image.Image, limits: Limits) -> Picture:
    decode.check_pixels(*image.size, limits.max_pixels)
    return _picture(image, name=None, bytes=None, sha256=None, frames=1)


def _image_of_array(array: np.ndarray, limits: Limits) -> Image.Image:
    if array.ndim not in (2, 3) or (array.ndim == 3 and not 1 <= array.shape[2] <= 4):
        said = message("is an array of shape {shape}; pass H×W, or H×W×C with 1 to 4 channels.", shape=array.shape)
        raise PictureError(said)
    decode.check_pixels(array.shape[1], array.shape[0], limits.max_pixels)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    return Image.fromarray(np.ascontiguousarray(colour.bytes_of_array(array)))


def _picture(image: Image.Image, *, sha256: str | None, **known) -> Picture:
    mode = image.mode  # before loading, which may change it
    pixels, orientation, icc = colour.upright_srgb(image)
    pixels.flags.writeable = False
    height, width = pixels.shape[:2]
    facts = FileFacts(
        sha256=sha256 or hashlib.sha256(b"%dx%d\n" % (width, height) + pixels.tobytes()).hexdigest(),
        format=image.format,
        mode=mode,
        width=width,
        height=height,
        orientation=orientation,
        icc=icc,
        quantisation=_quantisation(image),
        **known,
    )
    return Picture(pixels, facts)


def _quantisation(image: Image.Image) -> tuple[float, ...]:
    tables = getattr(image, "quantization", None) or {}
    return tuple(sum(tables[key]) / len(tables[key]) for key in sorted(tables))
