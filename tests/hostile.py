"""Files made to do harm, written by code: pictures, archives and checkpoints, each with what must become of it.

`benchmarks.fuzz` changes them further; `test_hostile` asks for exactly what stands here.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from formats import (
    FRAME,
    LAPSE,
    chunk,
    encoded,
    exif,
    gif,
    grey_tiff,
    icc_jpeg,
    jpeg_in_tiff,
    jpeg_sized,
    jpeg_with,
    png,
    png_with,
    scans,
    scene,
    segment,
    tiff,
    tiled_tiff,
    webp,
    xmp,
)
from PIL import Image

HERE = Path(__file__).parent
HUGE = 50_000  # px a side: 7.5 GB once decoded
PAYLOAD = "<img src=x onerror=alert(1)>"


@dataclass(frozen=True)
class Case:
    """`says`: a word of the refusal, or of the note about the part that could not be read; None: it opens."""

    name: str
    make: Callable[[], bytes]
    says: str | None = None


def billion_laughs() -> bytes:
    names = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{names}]><x>&l9;</x>'.encode()


EXTERNAL = (
    b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x xmlns:xmp="n"><xmp:CreatorTool>&f;</xmp:CreatorTool></x>'
)
EMPTY_WEBP = webp(b"VP8L", bytes.fromhex("2f57dbd516071011118888fe07"))  # lossless, 7000 × 7000 px
ZIPPED_MB = zlib.compress(bytes(20_000_000), 9)


def resized_container(data: bytes, side: int) -> bytes:
    """HEIC or AVIF whose header tells another size than the coded pixels have."""
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", side, side) + data[at + 8 :]


def polyglot_zip() -> bytes:
    """A photo for a viewer, an archive for an unpacker."""
    file = io.BytesIO(encoded("JPEG"))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("../../evil.jpg", b"evil")
    return file.getvalue()


PICTURES = (
    Case("bomb png", lambda: png(HUGE, HUGE, rows=bytes(30_000_000)), "megapixels"),
    Case("bomb tiff", lambda: grey_tiff(HUGE, HUGE), "megapixels"),
    Case("bomb gif", lambda: gif(HUGE, HUGE, FRAME), "megapixels"),
    Case("bomb jpeg", lambda: jpeg_sized(HUGE, HUGE), "megapixels"),
    Case(
        "bomb webp", lambda: webp(b"VP8L", b"\x2f" + struct.pack("<I", 16383 | 16383 << 14) + bytes(60)), "megapixels"
    ),
    Case("bomb bmp", lambda: encoded("BMP")[:18] + struct.pack("<ii", HUGE, HUGE) + encoded("BMP")[26:], "megapixels"),
    Case("png that fills its pixels with one byte", lambda: png(7000, 7000, rows=b"\0"), "cut off"),
    Case("tiff of one huge tile", lambda: tiled_tiff(10, 40_000, ZIPPED_MB), "has tiles of more"),
    Case("jpeg of 90 scans", lambda: scans(84), "scans"),
    Case("jpeg of 90 scans in a tiff", lambda: jpeg_in_tiff(7000, scans(84)), "scans"),
    Case("as many scans as go", lambda: scans(14)),
    Case("as large as goes", lambda: encoded("PNG", Image.new("RGBA", (7000, 7000)), compress_level=1)),
    Case("as large as goes, webp", lambda: EMPTY_WEBP),
    # 20,000 × 10,000 px that call themselves 64 × 64
    Case("bomb avif", lambda: (HERE / "bomb.avif").read_bytes(), "damaged"),
    Case("bomb heic", lambda: resized_container((HERE / "scene.heic").read_bytes(), 10_000), "damaged"),
    Case("absurdly wide", lambda: png(2**31 - 1, 1), "megapixels"),
    Case("absurdly tall", lambda: png(1, 2**31 - 1), "megapixels"),
    Case("no width png", lambda: png(0, 10), ""),
    Case("no height gif", lambda: gif(2, 0, FRAME)),
    Case("no size jpeg", lambda: jpeg_sized(0, 0), ""),
    Case("no size tiff", lambda: grey_tiff(0, 0), ""),
    Case("negative bmp", lambda: encoded("BMP")[:18] + struct.pack("<ii", -48, 2**31 - 1) + encoded("BMP")[26:], ""),
    Case("frame larger than its gif", lambda: gif(2, 2, FRAME.replace(b"\2\0\2\0", b"\xff\xff\xff\xff", 1)), ""),
    Case("endless gif", lambda: gif(2, 2, *[LAPSE + FRAME] * 200_000, ends=False)),
    Case("gif of one endless comment", lambda: gif(2, 2, b"!\xfe", *[b"\xff" + bytes(255)] * 50_000, ends=False), ""),
    Case("gif of empty extensions", lambda: gif(2, 2, *[b"!\xfe\0"] * 1_000_000, FRAME), ""),
    Case(
        "animated webp",
        lambda: encoded("WEBP", save_all=True, append_images=[scene().rotate(i) for i in range(30)], duration=1),
    ),
    Case("polyglot with a zip", polyglot_zip),
    Case("polyglot with a web page", lambda: jpeg_with(segment(0xFE, f"<html>{PAYLOAD}--><script>".encode()))),
    Case("polyglot with a pdf", lambda: encoded("PNG") + b"%PDF-1.4\n1 0 obj <</S/JavaScript>> endobj"),
    Case("html with the start of a gif", lambda: b"GIF89a/*" + PAYLOAD.encode() + b"*/=1;", ""),
    Case("jpeg of 20 MB of comments", lambda: jpeg_with(*[segment(0xFE, bytes(65_000))] * 300)),
    Case("jpeg of a million segments", lambda: jpeg_with(*[segment(0xE5, b"")] * 1_000_000), "too many pieces"),
    Case("png of text bombs", lambda: png_with(*[chunk(b"zTXt", b"a\0\0" + ZIPPED_MB)] * 50), "cut off"),
    Case("png text bomb i", lambda: png_with(chunk(b"iTXt", b"a\0\1\0\0\0" + ZIPPED_MB)), "cut off"),
    Case("png profile bomb", lambda: png_with(chunk(b"iCCP", b"a\0\0" + ZIPPED_MB)), "cut off"),
    Case(
        "png whose length lies", lambda: encoded("PNG").replace(b"IDAT", b"IDAT", 1)[:33] + b"\xff\xff\xff\xffIDAT", ""
    ),
    Case("tiff directory that is its own next", lambda: grey_tiff(10, 1, following=8)),
    Case("tiff strip far outside", lambda: grey_tiff(10, 10, at=2**31, count=2**31), ""),
    Case("tiff of a billion strips", lambda: tiff([(256, 4, 1, 9), (257, 4, 1, 9), (273, 4, 2**30, 8)]), ""),
)

# They open all the same: of a photo the pixels are asked for, and its notes are a stranger's.
NOTES = (
    Case("exif that points to itself", lambda: jpeg_with(segment(0xE1, exif([(0x8769, 4, 1, 8), (0x8825, 4, 1, 8)])))),
    Case("exif of a huge count", lambda: jpeg_with(segment(0xE1, exif([(0x010F, 2, 2**32 - 1, 8)])))),
    Case("exif of doubles without end", lambda: jpeg_with(segment(0xE1, exif([(0x9286, 12, 2**29, 0)] * 200)))),
    Case("exif of markup", lambda: jpeg_with(segment(0xE1, exif([(0x010F, 2, 29, 26)], 0, PAYLOAD.encode() + b"\0")))),
    Case("exif cut off", lambda: jpeg_with(segment(0xE1, b"Exif\0\0II*\0"))),
    Case("icc of nonsense", lambda: icc_jpeg(b"nonsense" * 40)),
    Case("icc that names 2^32 tags", lambda: icc_jpeg(bytes(36) + b"acsp" + bytes(88) + b"\xff" * 4 + bytes(60))),
    Case("icc of which a piece is missing", lambda: jpeg_with(segment(0xE2, b"ICC_PROFILE\0\2\3" + bytes(200)))),
    Case("xmp billion laughs", lambda: jpeg_with(xmp(billion_laughs())), "document type"),
    Case("xmp that asks for a file", lambda: jpeg_with(xmp(EXTERNAL)), "document type"),
    Case("xmp nested deeply", lambda: png_with(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"<a>" * 9**5)), "xmp"),
    Case("xmp of attributes", lambda: png_with(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<a " + b" ".join(
        b'b%d=""' % i for i in range(60_000)) + b"/>"))),
    Case("credentials of nonsense", lambda: jpeg_with(segment(0xEB, b"JP\0\1\0\0\0\1" + struct.pack(">I", 2**32 - 1)
                                                              + b"jumb" + b"c2pa" * 500)), "credentials"),
)  # fmt: skip


# ---- archives and checkpoints


def zipped(*members: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def overlapping(count: int = 200, size: int = 5_000_000) -> bytes:
    """Every entry of the table of contents names the same packed bytes (after Fifield, WOOT 2019)."""
    whole = zipped(("a.jpg", bytes(size)))
    start, end = whole.index(b"PK\1\2"), whole.index(b"PK\5\6")
    table = whole[start:end] * count
    tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(table), start, 0)
    return whole[:start] + table + tail


def lying(size: int) -> bytes:
    honest = struct.pack("<L", 3_000_000)
    return zipped(("a.jpg", bytes(3_000_000))).replace(honest, struct.pack("<L", size))


ARCHIVES = {
    "traversal": lambda: zipped(("../../evil.jpg", b"x"), ("/etc/evil.jpg", b"x"), ("C:\\evil.jpg", b"x")),
    "control characters": lambda: zipped(("a\x1b[31m\r\n\u202egpj.jpg", b"x"), (f"{PAYLOAD}.jpg", b"x")),
    "a very long name": lambda: zipped(("a" * 60_000 + ".jpg", b"x"), ("d/" * 20_000 + "a.jpg", b"x")),
    "overlapping": overlapping,
    "a size too small": lambda: lying(5),
    "a size too large": lambda: lying(2**32 - 2),
    "nested": lambda: zipped(("a.zip", zipped(("b.zip", zipped(("c.jpg", bytes(10**6))))))),
    "a table outside": lambda: zipped(("a.jpg", b"x"))[:-6] + b"\xff\xff\xff\x7f\0\0",
    "an empty table": lambda: struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 65535, 65535, 0, 0, 0),
}


def safetensors(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def _tensor(shape: list[int], start: int, end: int, kind: str = "F32") -> dict[str, object]:
    return {"head.weight": {"dtype": kind, "shape": shape, "data_offsets": [start, end]}}


CHECKPOINTS = {
    "a header of 2^63 bytes": lambda: safetensors(b"{}", length=2**63),
    "a header of 90 MB that is not there": lambda: safetensors(b"{}", length=90_000_000),
    "shapes that overflow": lambda: safetensors(_tensor([2**32, 2**32], 0, 4), bytes(4)),
    "a tensor outside": lambda: safetensors(_tensor([2**30], 0, 2**32), bytes(4)),
    "a tensor backwards": lambda: safetensors(_tensor([1], 4, 0), bytes(4)),
    "an unknown type": lambda: safetensors(_tensor([1], 0, 4, "PICKLE"), bytes(4)),
    "deep json": lambda: safetensors(b'{"a":' * 50_000),
    "a pickle": lambda: b"\x80\4cposix\nsystem\n(S'touch evil'\ntR.",
    "an architecture from elsewhere": lambda: safetensors({"__metadata__": {"detector": json.dumps(_stranger())}}),
}


def _stranger() -> dict[str, object]:
    made = {"name": "hf-hub:someone/model", "kwargs": {"pretrained": True}, "pool": "lse"}
    size = {"size": 64, "mean": [0, 0, 0], "std": [1, 1, 1]}
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # SHA-256 of no tensors
    parts = dict(architecture=made, preprocessing=size, labels=["fake"], training={}, licence="", sha256=empty)
    return {"format": "face-deepfake-detector/1", **parts}


def all_files() -> Iterator[tuple[str, str, bytes]]:
    """(target, name, bytes) of everything here; targets as in benchmarks.fuzz."""
    for case in (*PICTURES, *NOTES):
        yield "picture", case.name, case.make()
    for target, made in (("archive", ARCHIVES), ("checkpoint", CHECKPOINTS)):
        for name, make in made.items():
            yield target, name, make()
