"""What `benchmarks.fuzz` feeds: sound files of every format, and Hypothesis strategies that damage them."""

from __future__ import annotations

import io
import itertools
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from PIL import Image, ImageCms

sys.path.append(str(Path(__file__).parents[1] / "tests"))  # where the corpus of hostile files is

from formats import chunk, encoded, exif, scene, segment, xmp
from hostile import HERE, all_files, zipped

LONGEST = 300_000  # bytes of an input
NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)
INSERTED = (b"\0" * 16, b"\xff" * 16, b"\xff\xda", b"<script>", b"../../", b"\x1b[31m\r\n", b'{"a":' * 200, b"9" * 400)


def pictures() -> dict[str, bytes]:
    """Format and what is special about it → a small sound file."""
    image, profile = scene(), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    grey, palette = image.convert("L"), image.convert("P")
    alpha = image.convert("RGBA")
    notes = Image.Exif()
    notes.update({0x010F: "Maker", 0x0131: "Software", 0x0112: 6, 0x8825: {1: "N", 2: (1.0, 2.0, 3.0)}})
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a CreatorTool="b">c</a></x:xmpmeta>'
    everything = dict(exif=notes.tobytes(), icc_profile=profile)
    plain = encoded("JPEG", image, **everything, comment=b"note")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    real = Image.fromarray(np.asarray(grey).astype(np.float32) / 255)
    texts = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet) + chunk(
        b"zTXt", b"a\0\0" + zlib.compress(b"b" * 99)
    )
    whole = encoded("PNG", image, **everything)
    found = {
        "JPEG": plain,
        "JPEG notes": plain[:2] + xmp(packet) + segment(0xE1, exif([(0x010F, 2, 9, 26)], 0, b"somebody\0")) + plain[2:],
        "JPEG progressive": encoded("JPEG", image, progressive=True),
        "JPEG grey": encoded("JPEG", grey),
        "JPEG CMYK": encoded("JPEG", image.convert("CMYK")),
        "JPEG MPO": encoded("MPO", image, save_all=True, append_images=[image.rotate(30), image.rotate(60)]),
        "PNG": whole,
        "PNG notes": whole[:33] + texts + whole[33:],
        "PNG alpha": encoded("PNG", alpha),
        "PNG palette": encoded("PNG", palette, transparency=bytes(range(9))),
        "PNG 16 bit": encoded("PNG", deep),
        "PNG animated": encoded("PNG", image, save_all=True, append_images=[image.rotate(30), image.rotate(60)]),
        "WebP": encoded("WEBP", image, **everything, xmp=packet),
        "WebP lossless": encoded("WEBP", alpha, lossless=True),
        "WebP animated": encoded("WEBP", image, save_all=True, append_images=[image.rotate(30), image.rotate(60)]),
        "AVIF": encoded("AVIF", image, **everything, xmp=packet),
        "AVIF animated": encoded("AVIF", alpha, save_all=True, append_images=[alpha.rotate(30)], duration=9),
        "HEIC": (HERE / "scene.heic").read_bytes(),
        "BMP": encoded("BMP", image),
        "BMP palette": encoded("BMP", palette),
        "BMP one bit": encoded("BMP", image.convert("1")),
        "GIF": encoded("GIF", palette),
        "GIF animated": encoded(
            "GIF", image, save_all=True, append_images=[image.rotate(30), image.rotate(60)], duration=9
        ),
        "TIFF": encoded("TIFF", image, **everything),
        "TIFF pages": encoded("TIFF", image, save_all=True, append_images=[image.rotate(30), image.rotate(60)]),
        "TIFF float": encoded("TIFF", real),
        "TIFF 16 bit": encoded("TIFF", deep),
        "TIFF CMYK": encoded("TIFF", image.convert("CMYK")),
        "TIFF fax": encoded("TIFF", image.convert("1"), compression="group4"),
        "TIFF big": encoded("TIFF", image, big_tiff=True),
    }
    packings = ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "lzma", "zstd")
    return found | {f"TIFF {packing}": encoded("TIFF", image, compression=packing) for packing in packings}


def archives() -> dict[str, bytes]:
    photo, stored = encoded("JPEG"), io.BytesIO()
    with zipfile.ZipFile(stored, "w") as file:
        file.writestr("dir/a.jpg", photo)
        file.comment = b"a comment"
    return {
        "ZIP": zipped(("a.jpg", photo), ("b/c.png", encoded("PNG")), ("x.txt", b"x")),
        "ZIP stored": stored.getvalue(),
    }


LISTS = {
    "CSV": b"img_name,target\na.jpg,0\nb.jpg,1\n",
    "CSV columns": b'\xef\xbb\xbfimg_name,target,source,group,split,age\n"a, b.jpg",1,web,g,train,31\nc.jpg,0,,,,\n',
}


def hostile() -> list[tuple[str, str, bytes]]:
    """(target, name, bytes) of the corpus that is fed as it is."""
    return list(all_files())


# ---- damage


def pieces(data: bytes) -> list[bytes]:
    """The file cut where its format has its joints; together they are the whole again."""
    cuts = [0, len(data)]
    if data.startswith(b"\x89PNG"):
        at = 8
        while at + 8 <= len(data):
            cuts.append(at)
            at += 12 + int.from_bytes(data[at : at + 4], "big")
    elif data.startswith(b"\xff\xd8"):
        cuts += [at for at in range(len(data) - 1) if data[at] == 0xFF and data[at + 1] >= 0xC0]
    elif data.startswith(b"RIFF"):
        at = 12
        while at + 8 <= len(data):
            cuts.append(at)
            at += 8 + (int.from_bytes(data[at + 4 : at + 8], "little") + 1) // 2 * 2
    elif data.startswith(b"PK"):
        cuts += [at for at in range(len(data) - 1) if data[at : at + 2] == b"PK"]
    elif data[:4] in (b"II*\0", b"MM\0*"):
        at = int.from_bytes(data[4:8], "little" if data[0] == 0x49 else "big") + 2
        cuts += range(at, min(at + 12 * 24, len(data)), 12)
    elif data.startswith(b"GIF8"):
        cuts += [at for at in range(13, len(data)) if data[at] in (0x21, 0x2C)]
    else:  # JSON, CSV, a checkpoint's header
        cuts += [at for at in range(min(len(data), 20_000)) if data[at] in b",\n:{}"]
    cuts = sorted({cut for cut in cuts if 0 <= cut <= len(data)})
    return [data[start:end] for start, end in itertools.pairwise(cuts)]


def _place(draw: Callable, data: bytes) -> int:
    """Headers are short and matter most."""
    return draw(st.integers(0, min(len(data), 80)) | st.integers(0, min(len(data), 600)) | st.integers(0, len(data)))


def _flip(draw: Callable, data: bytes, _: bytes) -> bytes:
    at = min(_place(draw, data), len(data) - 1)
    return data[:at] + bytes((data[at] ^ 1 << draw(st.integers(0, 7)),)) + data[at + 1 :]


def _number(draw: Callable, data: bytes, _: bytes) -> bytes:
    at, width = _place(draw, data), draw(st.sampled_from((1, 2, 4, 8)))
    value = draw(st.sampled_from(NUMBERS) | st.integers(0, 2**64 - 1)) % 256**width
    return data[:at] + value.to_bytes(width, draw(st.sampled_from(("big", "little")))) + data[at + width :]


def _cut(draw: Callable, data: bytes, _: bytes) -> bytes:
    return data[: draw(st.integers(0, len(data)))]


def _remove(draw: Callable, data: bytes, _: bytes) -> bytes:
    at = _place(draw, data)
    return data[:at] + data[at + draw(st.integers(1, 64)) :]


def _insert(draw: Callable, data: bytes, _: bytes) -> bytes:
    at = _place(draw, data)
    return data[:at] + draw(st.sampled_from(INSERTED) | st.binary(max_size=40)) + data[at:]


def _joints(draw: Callable, data: bytes, _: bytes) -> bytes:
    """One piece goes, comes many times, or changes places with another."""
    parts = pieces(data)
    one, other = (draw(st.integers(0, len(parts) - 1)) for _ in range(2))
    way = draw(st.sampled_from(("drop", "repeat", "swap")))
    if way == "swap":
        parts[one], parts[other] = parts[other], parts[one]
    else:
        parts[one] = parts[one] * (0 if way == "drop" else draw(st.sampled_from((2, 3, 30, 300))))
    return b"".join(parts)


def _splice(draw: Callable, data: bytes, stranger: bytes) -> bytes:
    """The start of one format, the end or a piece of another."""
    if draw(st.booleans()):
        return data[: _place(draw, data)] + stranger[_place(draw, stranger) :]
    at = _place(draw, data)
    return data[:at] + draw(st.sampled_from(pieces(stranger) or [b""])) + data[at:]


WAYS = (_flip, _number, _number, _cut, _remove, _insert, _joints, _joints, _splice)


@st.composite
def damaged(draw: Callable, files: dict[str, bytes]) -> tuple[str, bytes]:
    """(name of the sound file, its bytes after one to five changes)."""
    name = draw(st.sampled_from(sorted(files)))
    data = files[name]
    for way in draw(st.lists(st.sampled_from(WAYS), min_size=1, max_size=5)):
        if data:
            stranger = files[draw(st.sampled_from(sorted(files)))] if way is _splice else b""
            data = way(draw, data, stranger)[:LONGEST]
    if draw(st.booleans()):
        data = mended(data, checkpoint=name.startswith("checkpoint"))
    return name, data


def mended(data: bytes, checkpoint: bool = False) -> bytes:
    """With lengths and checksums that fit again: else most changes would be refused at the first look."""
    if checkpoint and (end := data.rfind(b"}}") + 2) > 10:
        return struct.pack("<Q", end - 8) + data[8:]
    if not data.startswith(b"\x89PNG"):
        return data
    first, *parts = pieces(data)
    return first + b"".join(
        part[:-4] + struct.pack(">I", zlib.crc32(part[4:-4])) if len(part) >= 12 else part for part in parts
    )
