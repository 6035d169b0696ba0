"""Judged pictures with known masks: the models' maps of each, and the maps of baselines that never see it.

All maps and masks are brought to GRID × GRID places of the picture. Places outside every judged square hold UNJUDGED,
so a mask there counts as missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice

import cv2
import numpy as np

from . import localisation_metrics as lm
from .analyse import Analyser, Found
from .analysis import Analysis
from .artifacts import FAKE
from .faces import Box
from .forged_set import Item
from .verdict import Answer

GRID = 64  # places a side: twice as fine as the finest maps
UNJUDGED = -100.0  # logits
FRAME = 4.0  # side of the square in which masks are averaged, in widths of the face
# What is compared. The first three are maps of a model; the last two never see the picture.
OWN, FAKE_MAP, PLAIN, CENTRE, AVERAGE = "artifact map", "fake map", "plain", "centre", "average mask"


@dataclass(frozen=True)
class Row:
    """One judged picture. `scores`: label → probability, and PLAIN → that model's probability of fake.

    `maps`: method → float32 (GRID, GRID), empty where nothing was manipulated; `frame`: left, top, width, height of
    the square around the face, in shares of the picture; `answer`: before scope and deliveries are checked, and
    `by_logit`: what it would be if no artifact that stands out kept a picture from being called authentic.
    """

    item: Item
    scores: dict[str, float]
    maps: dict[str, np.ndarray]
    mask: np.ndarray
    frame: tuple[float, float, float, float]
    answer: Answer
    by_logit: Answer


def judge(analyser: Analyser, plain: Analyser | None, items: Iterable[Item], batch_size: int) -> list[Row]:
    """Judges pictures as they are made, a batch at a time; `plain` adds its maps. Keeps grids, not pictures."""
    rows, items = [], iter(items)
    with ThreadPoolExecutor(2) as pool:
        while batch := list(islice(items, batch_size)):
            found = list(pool.map(analyser.prepare, [item.pixels for item in batch]))
            method = "gradcam" if any(item.artifact for item in batch) else None
            own = analyser.judge(found, method, evidence=False, checks=False)
            others: Sequence[Analysis | None] = [None] * len(batch)
            if plain:  # the same squares, at that model's own input size
                others = plain.judge([_prepared_for(plain, one) for one in found], method, evidence=False, checks=False)
            rows += [_row(*one) for one in zip(batch, found, own, others, strict=True)]
    return rows


def _prepared_for(plain: Analyser, one: Found) -> Found:
    cuts = [crop.cut(one.picture.pixels) for crop in one.crops]
    return replace(one, inputs=plain.classifier.prepare(cuts), shrunk=plain.classifier.shrunk(cuts))


def _row(item: Item, found: Found, own: Analysis, other: Analysis | None) -> Row:
    scores, maps = {FAKE: own.probability, **own.artifacts}, {}
    height, width = item.pixels.shape[:2]
    box = item.box or found.boxes[0] or Box(width // 4, height // 4, width // 2, height // 2)
    if item.artifact:
        maps[FAKE_MAP] = _map(own, FAKE)
        if item.artifact != FAKE:
            maps[OWN] = _map(own, item.artifact)
        maps[CENTRE] = _blob(box, width, height)
    if other:
        scores[PLAIN] = other.probability
        if item.artifact:
            maps[PLAIN] = _map(other, FAKE)
    side = FRAME * box.width
    left, top = box.x + (box.width - side) / 2, box.y + (box.height - side) / 2
    frame = (left / width, top / height, side / width, side / height)
    mask = lm.mask_on_grid(item.mask, GRID)
    item, by_logit = replace(item, pixels=np.empty(0), mask=np.empty(0)), own.limits.answer(own.logit)
    return Row(item, scores, maps, mask, frame, own.answer, by_logit)


def _map(analysis: Analysis, label: str) -> np.ndarray:
    """The label's map on the picture, brought to the grid."""
    values = analysis.heatmap(label)
    unjudged = np.ones(values.shape, bool)
    for verdict in analysis.faces:
        verdict.crop.cut(unjudged)[:] = False
    values[unjudged] = UNJUDGED
    return lm.on_grid(values, GRID)


def _blob(box: Box, width: int, height: int) -> np.ndarray:
    """A Gaussian on the middle of the face, half as wide (one sigma) as the face; float32 (GRID, GRID), at most 1."""
    place = (np.arange(GRID) + 0.5) / GRID
    x = (place * width - box.x - box.width / 2) / (box.width / 2)
    y = (place * height - box.y - box.height / 2) / (box.height / 2)
    return np.exp(-(x[None] ** 2 + y[:, None] ** 2) / 2).astype(np.float32)


def average(rows: Sequence[Row], fit: np.ndarray) -> np.ndarray:
    """The mean mask of the rows `fit`, laid over every row's face; float32 (n, GRID, GRID), 0…1.

    What a model could say that knew where forgeries lie on a face and never saw this one's pixels.
    """
    total, seen = np.zeros((GRID, GRID), np.float32), np.zeros((GRID, GRID), np.float32)
    for row in (rows[index] for index in np.flatnonzero(fit)):
        left, top, width, height = row.frame
        total += _sampled(row.mask.astype(np.float32), left, top, width, height)
        seen += _sampled(np.ones((GRID, GRID), np.float32), left, top, width, height)
    mean = total / np.maximum(seen, 1)
    back = [(-left / width, -top / height, 1 / width, 1 / height) for left, top, width, height in
            (row.frame for row in rows)]  # fmt: skip
    return np.stack([_sampled(mean, *frame) for frame in back])


def _sampled(values: np.ndarray, left: float, top: float, width: float, height: float) -> np.ndarray:
    """A (GRID, GRID) array seen through a window given in shares of it; 0 outside."""
    place = (np.arange(GRID, dtype=np.float32) + 0.5) / GRID
    x, y = ((start + place * size) * GRID - 0.5 for start, size in ((left, width), (top, height)))
    across, down = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
    return cv2.remap(values, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
