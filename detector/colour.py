"""A decoded PIL image or an array to upright 8-bit sRGB: bit depth, palette, alpha, CMYK, profiles, orientation."""

import io
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

from . import decode
from .decode import PictureError
from .messages import message

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def upright_srgb(image: Image.Image) -> tuple[np.ndarray, int, str | None]:
    """Decodes; gives pixels uint8 (height, width, 3), the EXIF orientation applied, and what `FileFacts.icc` says."""
    tiff_orientation = _orientation(lambda: getattr(image, "tag_v2", {}).get(274))  # turned by PIL, in load
    image.load()
    orientation = _orientation(lambda: _exif(image).get(274))
    colour, alpha = _eight_bit(image)
    colour, icc = _to_srgb(colour, image.info.get("icc_profile"))
    if alpha is not None:
        white = Image.new("RGB", colour.size, "white")
        white.paste(colour, mask=alpha)
        colour = white
    if orientation != 1:
        colour = colour.transpose(_UPRIGHT[orientation])
    pixels = np.ascontiguousarray(np.asarray(colour))
    return pixels, orientation if orientation != 1 else tiff_orientation, icc


def _exif(image: Image.Image) -> Image.Exif:
    # Read here first, with a bound: PIL has none, and a hostile block would keep it busy for minutes.
    if isinstance(raw := image.info.get("exif"), bytes):
        decode.exif(raw)
    elif text := image.info.get("Raw profile type exif"):  # ImageMagick's way in a PNG: hexadecimal after three lines
        decode.exif(bytes.fromhex("".join(text.split("\n")[3:])))
    return image.getexif()


def _orientation(read: Callable[[], object]) -> int:
    try:
        orientation = read()
    except Exception:  # broken EXIF is no reason to refuse a picture that decodes
        return 1
    return orientation if isinstance(orientation, int) and orientation in _UPRIGHT else 1


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
        said = message("holds grey values from {low:g} to {high:g}; save it as 8 or 16 bit.", low=low, high=high)
        raise PictureError(said)
    top = 65535 if image.mode != "F" else 1 if high <= 1 else 255 if high <= 255 else 65535
    clear = image.info.get("transparency")
    alpha = Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)) if isinstance(clear, int) else None
    return Image.fromarray(_scaled(values, top)), alpha


def bytes_of_array(array: np.ndarray) -> np.ndarray:
    """uint8, uint16, bool or float 0..1 as uint8."""
    if array.dtype == np.uint8:
        return array
    if array.dtype == bool:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind == "u" and array.dtype.itemsize == 2:
        return _scaled(array, 65535)
    if array.dtype.kind != "f":
        said = message("is an array of {kind}; pass uint8, uint16, bool or float in 0..1.", kind=str(array.dtype))
        raise PictureError(said)
    low, high = array.min(), array.max()
    if not (low >= -1e-3 and high <= 1 + 1e-3):  # also true of NaN; the margin is for resampled pictures
        said = message("is a float array from {low:g} to {high:g}; scale it to 0..1, without NaN.", low=low, high=high)
        raise PictureError(said)
    return _scaled(array, 1)


def _scaled(values: np.ndarray, top: int) -> np.ndarray:
    """0..top to 0..255, rounded; uint8. 65535 / 255 is 257: a widened 8-bit value comes back exactly."""
    if values.dtype.kind in "iu":
        return ((values.astype(np.uint32) * 255 + top // 2) // top).astype(np.uint8)
    return np.rint(values.astype(np.float32).clip(0, top) * np.float32(255 / top)).astype(np.uint8)


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
