"""Pieces of the picture formats, written by hand: what no library would write is what a hostile file is made of."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image


def scene(width: int = 48, height: int = 32) -> Image.Image:
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([x, y, 255 - x], -1).astype(np.uint8))


def encoded(format: str, image: Image.Image | None = None, **options: object) -> bytes:
    file = io.BytesIO()
    (image or scene()).copy().save(file, format, **options)  # PIL leaves the encoder's settings in what it saves
    return file.getvalue()


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *extra: bytes, rows: bytes = b"\0" * 400, depth: int = 8, colour: int = 2) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND")


def png_with(*extra: bytes) -> bytes:
    """A sound picture with more chunks before its pixels."""
    whole = encoded("PNG")
    return whole[:33] + b"".join(extra) + whole[33:]


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def jpeg_with(*segments: bytes) -> bytes:
    whole = encoded("JPEG")
    return whole[:2] + b"".join(segments) + whole[2:]


def jpeg_sized(width: int, height: int) -> bytes:
    whole = bytearray(encoded("JPEG"))
    at = whole.index(b"\xff\xc0")
    struct.pack_into(">HH", whole, at + 5, height, width)
    return bytes(whole)


def webp(kind: bytes, data: bytes) -> bytes:
    body = b"WEBP" + kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff(entries: list[tuple[int, int, int, int]], following: int = 0, tail: bytes = b"") -> bytes:
    """One directory of (tag, type, count, value), then the place of the next one, then whatever it points to."""
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + packed + struct.pack("<I", following) + tail


def grey_tiff(width: int, height: int, following: int = 0, count: int = 10, at: int = 200) -> bytes:
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    entries += [(273, 4, 1, at), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, count)]
    return tiff(entries, following, bytes(300))


def tiled_tiff(side: int, tile: int, data: bytes) -> bytes:
    """A small picture in one tile, packed with deflate."""
    entries = [(256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1), (277, 3, 1, 1)]
    entries += [(322, 4, 1, tile), (323, 4, 1, tile), (324, 4, 1, 200), (325, 4, 1, len(data))]
    return tiff(entries).ljust(200, b"\0") + data


def scans(count: int) -> bytes:
    """A progressive JPEG of 49 megapixels whose last scan, which is empty, comes again and again."""
    whole = encoded("JPEG", Image.new("L", (7000, 7000)), progressive=True)
    return whole[:-2] + whole[whole.rindex(b"\xff\xda") : -2] * count + whole[-2:]


def jpeg_in_tiff(side: int, jpeg: bytes) -> bytes:
    entries = [(256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 8), (259, 3, 1, 7), (262, 3, 1, 1)]
    entries += [(273, 4, 1, 200), (277, 3, 1, 1), (278, 4, 1, side), (279, 4, 1, len(jpeg))]
    return tiff(entries).ljust(200, b"\0") + jpeg


def gif(width: int, height: int, *blocks: bytes, ends: bool = True) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return head + b"".join(blocks) + (b";" if ends else b"")


FRAME = b",\0\0\0\0\2\0\2\0\0" + b"\2\2\x84\x51\0"  # 2×2 px, LZW
LAPSE = b"!\xf9\4\0\1\0\0\0"  # a frame's delay


def exif(entries: list[tuple[int, int, int, int]], following: int = 0, tail: bytes = b"") -> bytes:
    return b"Exif\0\0" + tiff(entries, following, tail)


def xmp(text: bytes) -> bytes:
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + text)


def icc_jpeg(profile: bytes) -> bytes:
    return encoded("JPEG", icc_profile=profile)
