"""Does the verdict hold when the same picture arrives in another way: re-encoded, resized, cropped, mirrored?"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from .artifacts import FAKE
from .classifier import Classifier
from .messages import message
from .verdict import Answer, Calibration, Limits, probability

LARGEST = 768  # px: larger crops are shrunk to this first, three times what the network sees; encoding takes the time


@dataclass(frozen=True)
class View:
    """One way in which the picture may arrive. `picture`: what the network saw, uint8 (size, size, 3)."""

    name: str
    logit: float
    probability: float
    answer: Answer
    picture: np.ndarray


@dataclass(frozen=True)
class Stability:
    """`lowest` and `highest` probability of any view; `spread`: standard deviation of the views' logits.

    `flips`: names of the views that speak against the picture's own answer: beyond the middle between the two limits,
    on the other side. An opposite answer in another delivery is then as good as ruled out, not just seen too late.
    """

    views: tuple[View, ...]
    lowest: float
    highest: float
    spread: float
    flips: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.flips

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without pictures."""
        views = [{key: getattr(view, key) for key in ("name", "logit", "probability", "answer")} for view in self.views]
        rest = {key: getattr(self, key) for key in ("lowest", "highest", "spread", "holds")}
        return {**rest, "flips": list(self.flips), "views": views}


def _stored(kind: str, quality: int) -> Callable[[Image.Image], Image.Image]:
    def store(image: Image.Image) -> Image.Image:
        file = io.BytesIO()
        # As quick as no effort, and alters a picture like the usual effort (4), which takes three times as long.
        options = {"method": 2} if kind == "WEBP" else {}
        image.save(file, kind, quality=quality, **options)
        return Image.open(file).convert("RGB")

    return store


def _scaled(factor: float) -> Callable[[Image.Image], Image.Image]:
    def scale(image: Image.Image) -> Image.Image:
        size = [max(1, round(side * factor)) for side in image.size]
        return image.resize(size, Image.Resampling.BICUBIC)

    return scale


def _cropped(left: float, top: float, right: float, bottom: float) -> Callable[[Image.Image], Image.Image]:
    def crop(image: Image.Image) -> Image.Image:
        width, height = image.size
        box = round(left * width), round(top * height), round((1 - right) * width), round((1 - bottom) * height)
        return image.crop(box) if box[2] > box[0] and box[3] > box[1] else image

    return crop


def _both(first: Callable, second: Callable) -> Callable[[Image.Image], Image.Image]:
    return lambda image: second(first(image))


WAYS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG 95": _stored("JPEG", 95),
    "JPEG 80": _stored("JPEG", 80),
    "JPEG 65": _stored("JPEG", 65),
    "JPEG 50": _stored("JPEG", 50),
    "WebP 80": _stored("WEBP", 80),
    "WebP 50": _stored("WEBP", 50),
    message("three quarters of the size"): _scaled(0.75),
    message("half the size"): _scaled(0.5),
    message("half the size, JPEG 75"): _both(_scaled(0.5), _stored("JPEG", 75)),
    message("cropped by 6%"): _cropped(0.03, 0.03, 0.03, 0.03),
    message("cropped off centre"): _cropped(0.06, 0.0, 0.0, 0.06),
    message("mirrored"): lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}


def views(crop: np.ndarray, classifier: Classifier) -> tuple[np.ndarray, np.ndarray]:
    """The crop, uint8 RGB (h, w, 3), in each of WAYS, as the network sees it: uint8 (len(WAYS), size, size, 3).

    And what Classifier.shrunk gives for each, (len(WAYS),).
    """
    image = Image.fromarray(crop)
    image.thumbnail((LARGEST, LARGEST), Image.Resampling.BILINEAR)

    def view(way: Callable[[Image.Image], Image.Image]) -> tuple[np.ndarray, np.ndarray]:
        # A copy, for Pillow keeps the quality asked for in the picture that it saves.
        seen = [np.asarray(way(image.copy()))]
        return classifier.prepare(seen)[0], classifier.shrunk(seen)[0]

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # encoders and resizing let other threads run
        seen, shrunk = zip(*pool.map(view, WAYS.values()), strict=True)
    return np.stack(seen), np.array(shrunk)


def check(
    classifier: Classifier,
    crops: Sequence[np.ndarray],
    logits: Sequence[float],
    limits: Limits,
    calibration: Calibration | None,
) -> list[Stability]:
    """Judges every view of every crop, uint8 RGB (h, w, 3) each; `logits` are the crops' own, of fake."""
    seen = [views(crop, classifier) for crop in crops]
    fake = classifier.labels.index(FAKE)
    judged = [classifier.run(*batch).logits[:, fake] for batch in seen]  # a face at a time keeps memory flat
    pictures = [batch for batch, _ in seen]
    return [_stability(*row, limits, calibration) for row in zip(pictures, judged, logits, strict=True)]


def _stability(
    seen: np.ndarray, logits: np.ndarray, own: float, limits: Limits, calibration: Calibration | None
) -> Stability:
    found = tuple(
        View(name, float(logit), probability(calibration, logit), limits.answer(logit), picture)
        for name, logit, picture in zip(WAYS, logits, seen, strict=True)
    )
    probabilities = [view.probability for view in found]
    answer = limits.answer(own)
    side = {Answer.MANIPULATED: 1, Answer.AUTHENTIC: -1}.get(answer, 0)
    middle = (limits.lower + limits.upper) / 2
    flips = tuple(view.name for view in found if side * (view.logit - middle) < 0)
    return Stability(found, min(probabilities), max(probabilities), float(logits.std()), flips)
