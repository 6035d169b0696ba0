"""Draws assets/learn/: for each of the five clues a crop of a portrait, the same crop forged, and its mask.

    python -m benchmarks.learn_pictures

The portraits are those of Grace Hopper (US Navy) and Eileen Collins (NASA), both in the public domain. Whose hair is
taken for `hair`: Collins, mirrored, with grey hair. Writes <artifact>-before.webp, -after.webp and -mask.png.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from detector import forge, parts
from detector.faces import Box
from detector.forge.hair import unlike
from detector.game import CHANGED
from detector.images import load

ASSETS = Path(__file__).parents[1] / "assets"
QUALITY = 88  # of WebP


@dataclass(frozen=True)
class Choice:
    """One telling forgery: whose portrait, which way, how strong, and where to cut (square: left, top, side in px)."""

    who: str
    variant: str
    seed: int
    strength: float
    crop: tuple[int, int, int]


CHOICES = {
    "face_edge": Choice("hopper", "outline", 2, 0.9, (90, 60, 320)),
    "lighting": Choice("collins", "ramp", 2, 1.0, (110, 10, 240)),
    "background": Choice("hopper", "checkerboard", 2, 0.9, (192, 0, 320)),
    "sharpness": Choice("hopper", "blur", 1, 0.7, (96, 0, 320)),
    "hair": Choice("collins", "fill", 0, 0.9, (110, 10, 240)),
}


def draw(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    parser, pictures = parts.load(), {name: ASSETS / f"example-{name}.jpg" for name in ("collins", "hopper")}
    portraits = {name: forge.portrait_of(parser, load(path).pixels) for name, path in pictures.items()}
    donor = unlike(portraits["collins"])
    for artifact, choice in CHOICES.items():
        portrait, rng = portraits[choice.who], np.random.default_rng(choice.seed)
        made = forge.forge(portrait, artifact, choice.strength, rng, choice.variant, donor)
        box = Box(*choice.crop, choice.crop[2])
        for name, pixels in (("before", portrait.pixels), ("after", made.pixels)):
            Image.fromarray(np.ascontiguousarray(box.cut(pixels))).save(
                folder / f"{artifact}-{name}.webp", quality=QUALITY, method=6
            )
        mask = Image.fromarray(np.ascontiguousarray(box.cut(made.mask) > CHANGED))
        mask.save(folder / f"{artifact}-mask.png", optimize=True)


if __name__ == "__main__":
    draw(ASSETS / "learn")
