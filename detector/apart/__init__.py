"""HEIC and AVIF pictures, decoded in a process of their own that may take so much memory and time, and no more.

Their decoders make room for the pixels of the coded stream, whatever size the container around it tells, so no look at
the header can refuse a file that would take gigabytes. A process costs about a tenth of a second; where the system
lets nobody bound memory (all but Linux), its time is bounded alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from PIL import Image

from ..decode import FRAME_CAP, PictureError, check_pixels
from ..messages import message

CHILD = Path(__file__).with_name("child.py")
BRANDS = (b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
MUCH = message("takes more memory or time to decode than is allowed; save it as JPEG or PNG.")
WAIT = 30  # seconds by the clock
_AT_ONCE = threading.BoundedSemaphore(2)  # processes; each may take child.MEMORY


def knows(data: bytes) -> bool:
    """Whether `data` begins as HEIC or AVIF does."""
    return data[4:8] == b"ftyp" and data[8:12] in BRANDS


def decoded(data: bytes, most_pixels: int) -> Image.Image:
    """The picture with profile, EXIF and XMP in `info`; as the file stores it, so perhaps not upright.

    Raises PictureError where it has too many pixels, takes too much or can't be read here, ValueError where damaged.
    """
    told, pixels = _ask(data, most_pixels)
    check_pixels(*told["size"], most_pixels)
    return _with_facts(Image.frombytes(told["mode"], told["size"], pixels), told)


def header(data: bytes) -> Image.Image:
    """No pixels, but format and `info`. Raises as `decoded` does."""
    return _with_facts(Image.Image(), _ask(data, 0)[0])


def _with_facts(image: Image.Image, told: dict[str, Any]) -> Image.Image:
    image.format = told["format"]
    image.n_frames = min(told["frames"], FRAME_CAP)
    image.info = {name: bytes.fromhex(value) for name, value in told["blocks"].items()}
    return image


def _ask(data: bytes, most_pixels: int) -> tuple[dict[str, Any], bytes]:
    """The child's answer: what it tells, and the pixels."""
    # Each thread's heap is an address space of its own, and these are counted.
    surroundings = os.environ | {"MALLOC_ARENA_MAX": "1"}
    command = [sys.executable, str(CHILD), str(most_pixels)]
    with _AT_ONCE:
        try:
            ended = subprocess.run(command, input=data, capture_output=True, env=surroundings, timeout=WAIT)
        except subprocess.TimeoutExpired as error:
            raise PictureError(MUCH) from error
    line, _, pixels = ended.stdout.partition(b"\n")
    if ended.returncode > 0:  # it answers whatever the file is, so this is no fault of the file's
        raise RuntimeError(ended.stderr.decode(errors="replace").strip().rpartition("\n")[2])
    told = json.loads(line) if line else {"state": "much"}  # without an answer it was ended at a bound
    if told["state"] == "much":
        raise PictureError(MUCH)
    if told["state"] == "lacks":
        raise PictureError(
            message("needs the package {name} to be read; install it, or save the picture as JPEG.", name=told["why"])
        )
    if told["state"] == "damaged":
        raise ValueError(told["why"])
    return told, pixels
