"""The pictures of a ZIP that a stranger sent. Nothing that the archive says of itself is trusted.

A member's name is never a path on disk, its bytes are counted while they are unpacked, and what is refused is listed
with its reason. So neither a name such as ../../x nor a small file that unpacks to terabytes does harm.
"""

from __future__ import annotations

import stat
import zipfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from .scan import PICTURES, is_hidden, is_picture

ENTRY = b"PK\x01\x02"  # begins each entry of the archive's table of contents
PIECE = 1 << 16  # bytes unpacked at a time
ENDING = ".zip"


class Refusal(StrEnum):
    """Why an archive or one of its members was not unpacked."""

    DAMAGED = "damaged"  # or no ZIP at all
    CROWDED = "crowded"  # the archive has too many members
    NESTED = "nested"  # an archive in the archive
    ENCRYPTED = "encrypted"
    LINK = "link"  # or a device: no ordinary file
    METHOD = "method"  # packed in a rare way
    LARGE = "large"  # one member alone
    DENSE = "dense"  # it unpacks to so much more than itself that it is no picture
    TOTAL = "total"  # all members together


@dataclass(frozen=True)
class ArchiveLimits:
    """What is unpacked at most.

    `members`: entries of any kind; `member_bytes`: of one member; `total_bytes`: of all of them, those that are refused
    half-way included; `ratio`: bytes out for each byte in. A photo hardly packs, a plain bitmap by some dozen times.
    """

    members: int = 2000
    member_bytes: int = 25_000_000
    total_bytes: int = 500_000_000
    ratio: int = 200


@dataclass(frozen=True)
class Member:
    """`name`: as the archive says, for display alone; `path`: the file it was unpacked to, None where refused."""

    name: str
    path: Path | None
    refusal: Refusal | None = None


def extract(archive: Path, name: str, folder: Path, limits: ArchiveLimits) -> tuple[list[Member], int]:
    """Unpacks the pictures of `archive` into numbered files in `folder`, in the archive's order.

    Gives its members, refused ones too, and how many other files it holds. An archive that cannot be read at all is
    one refused Member of the archive's own `name`. It is read into memory whole, so bound its size before. Raises
    OSError where the folder cannot be written.
    """
    # Each entry costs memory on opening, before it could be counted; its first four bytes can be counted without.
    if archive.read_bytes().count(ENTRY) > limits.members:
        return [Member(name, None, Refusal.CROWDED)], 0
    try:
        opened = zipfile.ZipFile(archive)
    except Exception:  # zipfile raises whatever it stumbles over: BadZipFile, UnicodeDecodeError, struct.error, ...
        return [Member(name, None, Refusal.DAMAGED)], 0
    members, ignored, left = [], 0, limits.total_bytes
    with opened:
        for info in opened.infolist():
            if info.is_dir():
                continue
            inside = PurePosixPath(info.filename)
            if is_hidden(inside) or not (is_picture(inside) or inside.suffix.lower() == ENDING):
                ignored += 1
                continue
            found = _refused(info, left)
            if found is None:
                found, used = _unpack(opened, info, limits, left)
                left -= used
            if isinstance(found, Refusal):
                members.append(Member(info.filename, None, found))
                continue
            ending = inside.suffix.lower()
            path = folder / f"{len(members):04d}{ending if ending in PICTURES else ''}"
            path.write_bytes(found)
            members.append(Member(info.filename, path))
    return members, ignored


def _refused(info: zipfile.ZipInfo, left: int) -> Refusal | None:
    """What can be said before unpacking."""
    if info.filename.lower().endswith(ENDING):
        return Refusal.NESTED
    if info.flag_bits & 0x1:
        return Refusal.ENCRYPTED
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        return Refusal.LINK
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # LZMA may claim gigabytes of memory
        return Refusal.METHOD
    return Refusal.TOTAL if left <= 0 else None


def _unpack(
    opened: zipfile.ZipFile, info: zipfile.ZipInfo, limits: ArchiveLimits, left: int
) -> tuple[bytes | Refusal, int]:
    """The member's bytes, or why not; and how many bytes were unpacked for it."""
    # The packed size is the archive's own claim; a false one is no way out, for the other limits hold all the same.
    bounds = {
        Refusal.TOTAL: left,
        Refusal.LARGE: limits.member_bytes,
        Refusal.DENSE: limits.ratio * max(info.compress_size, 1),
    }
    which = min(bounds, key=bounds.__getitem__)
    pieces, used = [], 0
    try:
        with opened.open(info) as file:
            while piece := file.read(PIECE):
                used += len(piece)
                if used > bounds[which]:
                    return which, used
                pieces.append(piece)
    except Exception:
        return Refusal.DAMAGED, used
    return b"".join(pieces), used
