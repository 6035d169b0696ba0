"""The blocks of a picture file that hold metadata, still unread: EXIF, XMP, and texts with a key."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from PIL.JpegImagePlugin import JpegImageFile

from .. import apart, decode
from ..messages import message

PNG = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS = 100_000  # a PNG of 25 MB in pieces of 8 KB has 3,000
MOST_TEXTS, LONGEST_TEXT = 32, 1 << 18  # texts in a PNG, and bytes of each that are unpacked


@dataclass(frozen=True)
class Blocks:
    """`exif` begins with its TIFF header; `texts`: key and text of a PNG, or a comment; `jpeg`: no pixels read yet."""

    exif: bytes | None = None
    xmp: bytes | None = None
    texts: tuple[tuple[str, str], ...] = ()
    jpeg: JpegImageFile | None = None


def find(data: bytes) -> Blocks:
    """Raises whatever a broken file makes the parsers raise. Decodes no pixels."""
    if data.startswith(PNG):
        return _of_png(data)
    image = apart.header(data) if apart.knows(data) else decode.open_picture(data)
    exif, xmp, comment = (image.info.get(name) for name in ("exif", "xmp", "comment"))
    if image.format == "TIFF":  # the file is itself the structure that EXIF borrowed
        exif, xmp = data, image.tag_v2.get(700)
    return Blocks(
        exif=exif.removeprefix(b"Exif\0\0") if isinstance(exif, bytes) else None,
        xmp=xmp if isinstance(xmp, bytes) else None,
        texts=(("comment", comment[:LONGEST_TEXT].decode("utf-8", "replace")),) if isinstance(comment, bytes) else (),
        jpeg=image if isinstance(image, JpegImageFile) else None,
    )


def _of_png(data: bytes) -> Blocks:
    """By its chunks: PIL would decode all pixels to come to a text that stands behind them."""
    exif, xmp, texts, at = None, None, [], len(PNG)
    for _ in range(MOST_CHUNKS):
        if at + 8 > len(data):
            return Blocks(exif, xmp, tuple(texts))
        length, kind = struct.unpack_from(">I4s", data, at)
        body = slice(at + 8, at + 8 + length)
        at += 12 + length
        if kind == b"eXIf":
            exif = data[body].removeprefix(b"Exif\0\0")
        elif kind in (b"tEXt", b"zTXt", b"iTXt") and len(texts) < MOST_TEXTS:
            key, text = _png_text(kind, data[body])
            if key == "XML:com.adobe.xmp":
                xmp = text
            else:
                texts.append((key, text.decode("utf-8" if kind == b"iTXt" else "latin-1", "replace")))
    raise ValueError(message("it is cut into more than {most:,} pieces", most=MOST_CHUNKS))


def _png_text(kind: bytes, body: bytes) -> tuple[str, bytes]:
    """Key and text, the latter unpacked up to LONGEST_TEXT bytes."""
    key, _, rest = body.partition(b"\0")
    packed = kind == b"zTXt"
    if kind == b"iTXt":
        packed = rest[:1] == b"\1"
        rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]  # behind a language and a translated key
    elif packed:
        rest = rest[1:]
    text = zlib.decompressobj().decompress(rest, LONGEST_TEXT) if packed else rest[:LONGEST_TEXT]
    return key[:80].decode("latin-1"), text
