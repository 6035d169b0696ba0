"""What glibc's malloc does with memory that is freed. Nothing happens on another system or with another C library.

By default a block of more than 128 KiB, at first, goes straight back to the system, and the next one of its size has to
be fetched, page by page and zeroed, again; and a network's maps are some megabytes each.
"""

from __future__ import annotations

import contextlib
import ctypes

# Of glibc's malloc.h.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -2, -3, -8
LARGE = 32 << 20  # bytes: the most that every release takes; a network's maps stay below, a photo of 12 megapixels not
SPARE = 512 << 20  # bytes that may lie free at the end of a heap
# Threads have heaps of 64 MiB, and one that is empty goes back whatever SPARE says, unless as much again is to be held
# in reserve. Reserved is not used: no page of it is fetched before somebody writes to it.
RESERVE = 128 << 20


def keep_freed() -> None:
    """Memory that was freed waits for who asks next. For programs to call early, before they start threads."""
    _glibc("mallopt", M_MMAP_THRESHOLD, LARGE)
    _glibc("mallopt", M_TRIM_THRESHOLD, SPARE)
    _glibc("mallopt", M_TOP_PAD, RESERVE)


def share_one() -> None:
    """All threads share one heap; else each keeps what it once needed in one of its own. To call before they start."""
    _glibc("mallopt", M_ARENA_MAX, 1)


def hand_back() -> None:
    """Gives what is free to the system, else the heaps keep what the busiest moment took."""
    _glibc("malloc_trim", 0)


def _glibc(function: str, *values: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        getattr(ctypes.CDLL("libc.so.6"), function)(*values)
