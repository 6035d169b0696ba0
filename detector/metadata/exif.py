"""What EXIF says: the camera, the programs, the times. Of a place it is only said that one is given."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from . import plain

THUMBNAIL_AT, THUMBNAIL_BYTES = 0x0201, 0x0202
TEXTS = {
    "Software": Base.Software,
    "Make": Base.Make,
    "Model": Base.Model,
    "ImageDescription": Base.ImageDescription,
    "Artist": Base.Artist,
    "XPComment": Base.XPComment,
}


@dataclass(frozen=True)
class Exif:
    """As written in the file, unchecked; None where nothing is. `gps`: coordinates are given (never which)."""

    make: str | None
    model: str | None
    lens: str | None
    software: str | None
    original: str | None  # times as the camera's clock had them, "YYYY:MM:DD HH:MM:SS"
    digitised: str | None
    modified: str | None
    gps: bool
    orientation: int | None


def facts(parsed: Image.Exif) -> Exif:
    inner, place = parsed.get_ifd(IFD.Exif), parsed.get_ifd(IFD.GPSInfo)
    orientation = parsed.get(Base.Orientation)
    return Exif(
        make=plain.text(parsed.get(Base.Make)),
        model=plain.text(parsed.get(Base.Model)),
        lens=plain.text(inner.get(Base.LensModel)),
        software=plain.text(parsed.get(Base.Software)),
        original=plain.text(inner.get(Base.DateTimeOriginal)),
        digitised=plain.text(inner.get(Base.DateTimeDigitized)),
        modified=plain.text(parsed.get(Base.DateTime)),
        gps=GPS.GPSLatitude in place or GPS.GPSLongitude in place,
        orientation=orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else None,
    )


def texts(parsed: Image.Exif) -> tuple[tuple[str, str], ...]:
    """Key → text, of those fields in which generators leave their names or prompts."""
    found = {name: parsed.get(tag) for name, tag in TEXTS.items()}
    found["UserComment"] = _comment(parsed.get_ifd(IFD.Exif).get(Base.UserComment))
    if isinstance(found["XPComment"], bytes):
        found["XPComment"] = found["XPComment"].decode("utf-16-le", "replace")
    return tuple((name, value) for name, value in found.items() if isinstance(value, str) and value)


def thumbnail(parsed: Image.Exif, raw: bytes) -> bytes | None:
    """The embedded small JPEG of the second directory."""
    second = parsed.get_ifd(IFD.IFD1)
    at, length = second.get(THUMBNAIL_AT), second.get(THUMBNAIL_BYTES)
    if not isinstance(at, int) or not isinstance(length, int) or at <= 0 or length <= 0:
        return None
    return raw[at : at + length]


def _comment(value: object) -> str | None:
    """A user comment names its own encoding in its first eight bytes."""
    if not isinstance(value, bytes):
        return value if isinstance(value, str) else None
    name, rest = value[:8], value[8:]
    if not name.startswith(b"UNICODE"):
        return rest.decode("utf-8", "replace")
    # The block's byte order should hold, yet writers differ: Latin letters have their zero byte first, or last.
    big_endian = rest[0:200:2].count(0) >= rest[1:200:2].count(0)
    return rest.decode("utf-16-be" if big_endian else "utf-16-le", "replace")
