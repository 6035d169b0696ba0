"""What stands in a file is a stranger's text: it leaves here short, on one line, and without control characters."""

from __future__ import annotations

import unicodedata

from .. import messages

LONGEST = 300  # characters of a value that are kept


def text(value: object, longest: int = LONGEST) -> str | None:
    """`value` as one line of at most `longest` characters; None if nothing readable is left.

    Control and format characters go (among them those that turn the direction of writing), markup stays as it is:
    whoever writes HTML escapes it.
    """
    if value is None:
        return None
    raw = _decoded(bytes(value)) if isinstance(value, bytes | bytearray) else _repaired(str(value))
    kept = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in raw[: 4 * longest])
    line = " ".join(kept.split())
    if len(line) > longest or (len(raw) > 4 * longest and line):
        line = line[: longest - 1].rstrip() + "…"
    return line or None


def reason(error: Exception) -> str:
    """Why a part could not be read, in at most 120 characters."""
    said = messages.reason(error)
    return said if isinstance(said, messages.Message) else text(said, 120) or type(error).__name__


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8", "latin-1"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return ""


def _repaired(value: str) -> str:
    """PIL reads EXIF as Latin-1, as the standard says; most programs write UTF-8."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value
