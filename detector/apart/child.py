"""What runs in the process apart: python child.py MOST_PIXELS, a file's bytes in, one line of JSON and the pixels out.

With 0 for the most, nothing is decoded and the line tells what the header says. Nothing of the detector is imported,
and no name in this folder is one that a module of Python has.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any

MEMORY = 1_500_000_000  # bytes of addresses; a picture of 50 megapixels takes about half of them
SECONDS = 8  # of processor time
THREADS = 2
MOST_BLOCK = 4_000_000  # bytes of a profile, of EXIF, of XMP
AVIF = (b"avif", b"avis")


def main() -> None:
    most, data = int(sys.argv[1]), sys.stdin.buffer.read()
    try:
        _bound()
        told, pixels = _read(data, most)
    except MemoryError:
        told, pixels = {"state": "much"}, b""
    except ImportError as error:
        told, pixels = {"state": "lacks", "why": str(error.name)}, b""
    except Exception as error:  # decoders raise whatever they stumble over
        told, pixels = {"state": "damaged", "why": " ".join(str(error).split())[:200] or type(error).__name__}, b""
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + pixels)


def _bound() -> None:
    try:
        import resource

        bounds = {"AS": MEMORY, "CPU": SECONDS, "CORE": 0, "FSIZE": 0}  # no file is written, not even of a crash
        for name, most in bounds.items():
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
    except (ImportError, ValueError, OSError):  # Linux can; elsewhere the clock of who waits for us is what remains
        pass


def _read(data: bytes, most: int) -> tuple[dict[str, Any], bytes]:
    image = _opened(data)
    told = {
        "state": "sound",
        "format": image.format,
        "mode": image.mode,
        "size": image.size,
        "frames": image.n_frames,
        "blocks": {
            name: value.hex()
            for name in ("icc_profile", "exif", "xmp")
            if isinstance(value := image.info.get(name), bytes) and len(value) <= MOST_BLOCK
        },
    }
    if not most or image.width * image.height > most:
        return told, b""
    image.load()  # which may change mode and size, for only now the coded pixels are looked at
    return told | {"mode": image.mode, "size": image.size}, image.tobytes()


def _opened(data: bytes) -> Any:
    brands = data[8 : min(int.from_bytes(data[:4], "big"), 256)]
    if any(brand in brands for brand in AVIF):
        from PIL import AvifImagePlugin

        AvifImagePlugin.DEFAULT_MAX_THREADS = THREADS
        return AvifImagePlugin.AvifImageFile(io.BytesIO(data))
    import pi_heif
    from pi_heif import options

    options.DECODE_THREADS = THREADS
    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False  # nobody asks for them
    return pi_heif.HeifImageFile(io.BytesIO(data))


if __name__ == "__main__":
    main()
