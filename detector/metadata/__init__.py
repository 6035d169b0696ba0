"""What a picture's file says about itself: EXIF, XMP, JPEG coding, thumbnail, content credentials, generators' signs.

These are facts beside the verdict and never enter the score. Anyone can write or remove them, so what is missing
proves nothing, and what is there proves little unless it is signed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from .. import decode
from . import blocks, credentials, exif, generators, jpeg, plain, thumbnail, xmp
from .credentials import Credentials
from .exif import Exif
from .generators import Sign
from .jpeg import JpegCoding
from .thumbnail import Thumbnail
from .xmp import Xmp

__all__ = ["Credentials", "Exif", "JpegCoding", "Metadata", "Sign", "Thumbnail", "Xmp", "read"]

Part = TypeVar("Part")


@dataclass(frozen=True)
class Metadata:
    """None: the file has no such part. `unreadable`: name of a part ("file": all but the credentials) → why.

    Every text is a single line of at most 300 characters, as the file has it: escape it before it becomes HTML.
    """

    exif: Exif | None
    xmp: Xmp | None
    jpeg: JpegCoding | None
    thumbnail: Thumbnail | None
    credentials: Credentials | None  # None only if unreadable
    signs: tuple[Sign, ...]
    unreadable: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        found = asdict(self)
        if self.thumbnail:
            found["thumbnail"]["differs"] = self.thumbnail.differs
        return found


class _Reader:
    """Reads part by part; what a broken part raises becomes a stated fact."""

    def __init__(self) -> None:
        self.unreadable: dict[str, str] = {}

    def part(self, name: str, look: Callable[..., Part], *given: Any) -> Part | None:
        """`look(*given)`; None if something is not given, or cannot be read."""
        if any(value is None for value in given):
            return None
        try:
            return look(*given)
        # Parsers of hostile bytes raise whatever they stumble over: struct.error, RecursionError, MemoryError, ...
        except Exception as error:
            self.unreadable[name] = plain.reason(error)
            return None


def read(data: bytes) -> Metadata:
    """Of a picture's original bytes. Never raises; asks no network; gives no coordinates.

    Time and memory are bounded: EXIF by 2 MB of values, XMP by 1 MB, texts by 256 KB each. Pixels are decoded only to
    compare a JPEG with its thumbnail, at an eighth of its size at best.
    """
    reader = _Reader()
    found = reader.part("file", blocks.find, data) or blocks.Blocks()
    directories = reader.part("exif", decode.exif, found.exif)
    values = reader.part("xmp", xmp.parse, found.xmp)
    small = reader.part("thumbnail", exif.thumbnail, directories, found.exif)
    packet = reader.part("xmp", xmp.facts, values)
    address = packet.remote_credentials if packet else None
    searched = (
        ("text", found.texts),
        ("EXIF", reader.part("exif", exif.texts, directories) or ()),
        ("XMP", reader.part("xmp", xmp.texts, values) or ()),
    )
    return Metadata(
        exif=reader.part("exif", exif.facts, directories),
        xmp=packet,
        jpeg=reader.part("jpeg", jpeg.coding, found.jpeg),
        thumbnail=reader.part("thumbnail", lambda: thumbnail.compare(data, small, found.jpeg)) if small else None,
        credentials=reader.part("credentials", lambda: credentials.check(data, address)),
        signs=reader.part("signs", generators.find, searched) or (),
        unreadable=reader.unreadable,
    )
