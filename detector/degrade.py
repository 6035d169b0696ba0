"""What a picture goes through on its way: compression and shrinking, done in memory before it is judged."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from .analyse import Analyser, Analysis, Found
from .images import Source, load

# name → (scale of the sides, JPEG quality; None: stored without loss). Shrunk first, then compressed, as messengers do.
DEGRADE: dict[str, tuple[float, int | None]] = {
    "none": (1.0, None),
    "jpeg60": (1.0, 60),
    "half": (0.5, None),
    "both": (0.5, 60),
}


def encode(pixels: np.ndarray, degrade: str, quality: int | None = None) -> bytes:
    """RGB pixels (h, w, 3) uint8 as the file they arrive as: JPEG 4:2:0, or PNG where no quality asks for a loss.

    `quality` (1…95) is used where `degrade`, a key of DEGRADE, names none. Raises ValueError for an unknown one.
    """
    if degrade not in DEGRADE:
        raise ValueError(f"unknown degradation {degrade!r}; choose one of {', '.join(DEGRADE)}")
    scale, lossy = DEGRADE[degrade]
    image = Image.fromarray(pixels)
    if scale != 1:
        size = [max(1, round(side * scale)) for side in image.size]
        image = image.resize(size, Image.Resampling.BILINEAR)  # PIL's takes the mean over what it leaves out
    file = io.BytesIO()
    if quality := lossy or quality:
        image.save(file, "JPEG", quality=quality, subsampling="4:2:0")
    else:
        image.save(file, "PNG", compress_level=1)
    return file.getvalue()


class Degraded:
    """An Analyser whose pictures are degraded before it sees them; their file facts are those of the new file."""

    def __init__(self, analyser: Analyser, degrade: str):
        self.analyser, self.degrade = analyser, degrade

    def prepare(self, source: Source) -> Found:
        """As Analyser.prepare. Raises PictureError for a picture that can't be read."""
        return self.analyser.prepare(encode(load(source, self.analyser.limits).pixels, self.degrade))

    def judge(self, found: Sequence[Found], method: str | None = None) -> list[Analysis]:
        return self.analyser.judge(found, method)
