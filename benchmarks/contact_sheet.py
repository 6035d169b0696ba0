"""Draws assets/forgeries.jpg: each artifact, forged into the example portrait at three strengths, and its mask.

    python -m benchmarks.contact_sheet

The portrait is NASA's of Eileen Collins (public domain). The hair's donor is the same portrait, mirrored, with grey
hair. Also prints how many forgeries a second one core makes of a 352 px portrait.
"""

import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from detector import faces, forge, parts
from detector.forge import CannotForge, Portrait
from detector.forge.hair import unlike

ASSETS = Path(__file__).parents[1] / "assets"
STRENGTHS = (0.3, 0.65, 1.0)
SIDE, MARGIN = 220, 28  # px
SEED = {"face_edge": 12, "lighting": 12, "background": 0, "sharpness": 12, "hair": 12}  # a wide mask each
# One telling variant each; the others are made in the same way.
SHOWN = {"face_edge": "outline", "lighting": "ramp", "background": "checkerboard", "sharpness": "blur", "hair": "fill"}


def sheet(portrait: Portrait, donor: Portrait) -> np.ndarray:
    width = MARGIN * 6 + SIDE * (2 + len(STRENGTHS))
    canvas = np.full((MARGIN + (SIDE + MARGIN) * len(SHOWN), width, 3), 255, np.uint8)
    for row, (artifact, variant) in enumerate(SHOWN.items()):
        made = [
            forge.forge(portrait, artifact, strength, np.random.default_rng(SEED[artifact]), variant, donor)
            for strength in STRENGTHS
        ]
        mask = np.repeat((made[-1].mask * 255).astype(np.uint8)[..., None], 3, 2)
        pictures = [portrait.pixels, *(forgery.pixels for forgery in made), mask]
        words = ["untouched", *(f"{artifact} {strength}" for strength in STRENGTHS), "its mask"]
        for column, (picture, word) in enumerate(zip(pictures, words, strict=True)):
            top, left = MARGIN + row * (SIDE + MARGIN), MARGIN + column * (SIDE + MARGIN)
            canvas[top : top + SIDE, left : left + SIDE] = cv2.resize(
                picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA
            )
            cv2.putText(canvas, word, (left, top - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (30, 30, 30), 1, cv2.LINE_AA)
    return canvas


def speed(portrait: Portrait, donor: Portrait) -> None:
    cv2.setNumThreads(1)
    rng = np.random.default_rng(0)
    for artifact in SHOWN:
        made, started = 0, time.process_time()
        while time.process_time() - started < 3:
            try:
                forge.forge(portrait, artifact, rng.uniform(0.3, 1), rng, donor=donor)
                made += 1
            except CannotForge:
                pass
        print(f"{artifact:<11} {made / (time.process_time() - started):6.0f} forgeries a second and core")


if __name__ == "__main__":
    whole = np.asarray(Image.open(ASSETS / "example-collins.jpg").convert("RGB"))
    square = faces.crop_box(faces.find(whole)[0].box, *whole.shape[1::-1])
    image = Image.fromarray(square.cut(whole)).resize((352, 352), Image.Resampling.LANCZOS)
    portrait = forge.portrait_of(parts.load(), np.asarray(image))
    donor = unlike(portrait)
    Image.fromarray(sheet(portrait, donor)).save(ASSETS / "forgeries.jpg", quality=88)
    speed(portrait, donor)
