"""Where the faces are, and which square of the picture each is judged on.

OpenCV's Haar cascades (Viola & Jones, CVPR 2001) come inside the opencv package, need no download and take
milliseconds. Their box spans brows to chin.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

if not hasattr(cv2, "CascadeClassifier"):  # another package may have brought OpenCV 5 after our install
    raise ImportError(
        f"OpenCV {cv2.__version__} has no face cascades; install the 4.x line: "
        'pip uninstall -y opencv-python opencv-python-headless && pip install "opencv-python-headless<5"'
    )

WINDOW = 20  # px: the least face a cascade can see
CROP = 2.2  # side of the judged square over the face's: hair, neck and some background stay in view
WHOLE = 0.8  # a square that would span this share of the shorter side is widened to all of it
COARSE = 88  # px: side at which a large face is looked for
LARGE = WHOLE / CROP  # side of the least face, over the picture's shorter side, whose square is


@dataclass(frozen=True)
class Box:
    """A rectangle in the picture's pixels: left, top, width, height."""

    x: int
    y: int
    width: int
    height: int

    @property
    def area(self) -> int:
        return self.width * self.height

    def cut(self, pixels: np.ndarray) -> np.ndarray:
        """The part of an array (height, width, …) inside the box, as a view."""
        return pixels[self.y : self.y + self.height, self.x : self.x + self.width]


@dataclass(frozen=True)
class Face:
    """`box`: brows to chin. `score`: the cascade's certainty, unbounded, higher is surer."""

    box: Box
    score: float


class _Cascades(threading.local):
    # A CascadeClassifier keeps scratch memory, so two threads must not share one.
    def __init__(self) -> None:
        folder = Path(cv2.data.haarcascades)
        self.front = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_alt2.xml"))
        self.other = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_default.xml"))
        self.side = cv2.CascadeClassifier(str(folder / "haarcascade_profileface.xml"))


_cascades = _Cascades()


def find(pixels: np.ndarray) -> tuple[Face, ...]:
    """Faces in an RGB picture (height, width, 3), uint8, largest first; empty when none is found.

    A slower search (finer, sideways, tilted heads) follows only where quicker ones find nothing. Small faces beside
    a large one are not looked for where all of the picture is judged for the large one's sake.
    """
    height, width = pixels.shape[:2]
    longer = max(height, width)
    found = []
    if width == height:
        scale = min(1.0, COARSE / longer)
        found = _detect(_cascades.front, _grey(pixels, scale), 1.15, 2, least=round(LARGE * longer * scale))
    if not found:
        scale = min(1.0, _clamp(longer / 4, COARSE, 320) / longer)
        found = _detect(_cascades.front, _grey(pixels, scale), 1.15, 2)
    if not found:
        scale = min(1.0, _clamp(longer / 3, 112, 640) / longer)
        grey = _grey(pixels, scale)
        found = _detect(_cascades.front, grey, 1.1, 2)
        # The searches below see more faces, and more faces where there are none: of each only the surest counts.
        weaker = ((_cascades.other, 0), (_cascades.front, 25), (_cascades.front, -25), (_cascades.side, 0))
        for cascade, turn in weaker:
            if not found:
                found = sorted(_detect(cascade, grey, 1.15, 2, turn), key=lambda hit: -hit[1])[:1]
    faces = [Face(_scaled(box, scale, width, height), score) for box, score in found]
    return tuple(sorted(_distinct(faces), key=lambda face: -face.box.area))


def crop_box(box: Box, width: int, height: int) -> Box:
    """The square that a face is judged on, inside a picture of width × height; whole portraits stay whole."""
    shorter = min(width, height)
    side = round(max(box.width, box.height) * CROP)
    side = shorter if side >= WHOLE * shorter else side
    centre_x = box.x + box.width / 2
    centre_y = box.y + box.height * 0.45  # more room above than below: hair is evidence, the chest is not
    x = min(max(round(centre_x - side / 2), 0), width - side)
    y = min(max(round(centre_y - side / 2), 0), height - side)
    return Box(x, y, side, side)


def _grey(pixels: np.ndarray, scale: float) -> np.ndarray:
    image = Image.fromarray(pixels)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    # reducing_gap lets Pillow shrink by whole factors first: 5 times quicker on a 12 MP photo
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0).convert("L"))


def _clamp(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)


def _detect(
    cascade: cv2.CascadeClassifier,
    grey: np.ndarray,
    step: float,
    neighbours: int,
    turn: float = 0,
    least: int = WINDOW,
) -> list[tuple[np.ndarray, float]]:
    """Boxes (x, y, w, h) in the pixels of `grey`, with scores, `least` px or more; `turn` degrees are undone first."""
    height, width = grey.shape
    # A portrait's face may reach the frame, where a sliding window can't: repeat the border outwards.
    pad = round(max(height, width) * 0.12)
    padded = cv2.copyMakeBorder(grey, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    matrix = None
    if turn:
        middle = (padded.shape[1] / 2, padded.shape[0] / 2)
        matrix = cv2.getRotationMatrix2D(middle, turn, 1)
        padded = cv2.warpAffine(padded, matrix, padded.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    boxes, _, scores = cascade.detectMultiScale3(
        padded, scaleFactor=step, minNeighbors=neighbours, minSize=(least, least), outputRejectLevels=True
    )
    found = []
    for (x, y, w, h), score in zip(boxes, np.ravel(scores), strict=True):
        centre = np.array([x + w / 2, y + h / 2])
        if matrix is not None:
            back = cv2.invertAffineTransform(matrix)
            centre = back[:, :2] @ centre + back[:, 2]
        found.append((np.array([centre[0] - w / 2 - pad, centre[1] - h / 2 - pad, w, h]), float(score)))
    return found


def _scaled(box: np.ndarray, scale: float, width: int, height: int) -> Box:
    x, y, w, h = box / scale
    left, top = (min(max(round(v), 0), side - 1) for v, side in ((x, width), (y, height)))
    right, bottom = min(max(round(x + w), left + 1), width), min(max(round(y + h), top + 1), height)
    return Box(left, top, right - left, bottom - top)


def _distinct(faces: list[Face]) -> list[Face]:
    """Drops a face whose centre lies in a surer one."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.score):
        x, y = face.box.x + face.box.width / 2, face.box.y + face.box.height / 2
        inside = any(k.box.x <= x <= k.box.x + k.box.width and k.box.y <= y <= k.box.y + k.box.height for k in kept)
        if not inside:
            kept.append(face)
    return kept
