"""How well does a map mark what was manipulated? Pure functions on arrays.

`values` is a map, float (h, w), higher where it speaks more for a manipulation; `mask` is bool (h, w), true where one
is. Maps and masks must share a grid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

CANDIDATES = 256  # thresholds tried: quantiles of all values, so a finer search moves the IoU by less than 0.005


def pointing_hit(values: np.ndarray, mask: np.ndarray, tolerance: float = 0.0) -> bool:
    """Pointing game (Zhang et al., ECCV 2016, IJCV 2018): does the hottest place lie in the mask?

    `tolerance`: a miss by at most so many places (Euclidean) counts as a hit. The first of equally hot places in
    reading order counts. An empty mask can't be hit.
    """
    _paired(values, mask)
    row, column = np.unravel_index(np.argmax(values), values.shape)
    if mask[row, column] or not mask.any() or tolerance <= 0:
        return bool(mask[row, column])
    rows, columns = np.nonzero(mask)
    return bool(np.hypot(rows - row, columns - column).min() <= tolerance)


def iou(values: np.ndarray, mask: np.ndarray, threshold: float) -> np.ndarray:
    """Intersection over union, 0…1, of `values >= threshold` and the mask; of (..., h, w) one number for each map.

    1 where nothing is to be found and nothing was marked.
    """
    _paired(values, mask)
    marked = values >= threshold
    union = (marked | mask).sum((-2, -1))
    return np.where(union == 0, 1.0, (marked & mask).sum((-2, -1)) / np.maximum(union, 1))


def best_threshold(values: np.ndarray, masks: np.ndarray) -> float:
    """The one threshold with the highest mean IoU over n maps (n, h, w); the highest such of equally good ones.

    Every value is tried where there are at most CANDIDATES, else as many quantiles. Raises ValueError without maps.
    """
    _paired(values, masks)
    if not values.size:
        raise ValueError("no maps to choose a threshold on; give more pictures")
    candidates = np.unique(values)
    if candidates.size > CANDIDATES:
        levels = np.linspace(0, 1, CANDIDATES)
        candidates = np.unique(np.quantile(values, levels, method="nearest"))
    # Sorted once, each map's hits and false alarms at every threshold are two look-ups.
    hits = np.stack([_at_least(value[mask], candidates) for value, mask in zip(values, masks, strict=True)])
    alarms = np.stack([_at_least(value[~mask], candidates) for value, mask in zip(values, masks, strict=True)])
    union = masks.sum((1, 2))[:, None] + alarms
    mean = np.where(union == 0, 1.0, hits / np.maximum(union, 1)).mean(0)
    return float(candidates[np.flatnonzero(mean >= mean.max() - 1e-12)[-1]])


def _at_least(values: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    return values.size - np.searchsorted(np.sort(values), thresholds, side="left")


def pixel_ap(values: np.ndarray, mask: np.ndarray) -> float:
    """Average precision, 0…1, of the places of one picture ranked by their value. Raises ValueError for no mask.

    The same number as scikit-learn's, whose checks of its input take ten times as long as the sorting.
    """
    _paired(values, mask)
    if not mask.any():
        raise ValueError("average precision needs a place that was manipulated; the mask is empty")
    order = np.argsort(-values, axis=None, kind="stable")
    ranked = values.ravel()[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), ranked.size - 1)  # equal values share one threshold
    hits = np.cumsum(mask.ravel()[order])[last]
    return float((np.diff(hits, prepend=0) * hits / (last + 1)).sum() / mask.sum())


def wilson(share: float, n: int) -> list[float]:
    """95 % score interval [low, high] of a share of n independent trials (Wilson, JASA 1927)."""
    z = 1.959964
    middle, half = share + z * z / (2 * n), z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return [max(0.0, low), min(1.0, high)]


def mean_interval(values: np.ndarray, groups: Sequence[str], seed: int = 0, n: int = 1000) -> list[float]:
    """95 % percentile bootstrap interval [low, high] of the mean of values (k,); whole groups are drawn again."""
    _, member = np.unique(np.asarray(groups), return_inverse=True)
    count, total = np.bincount(member), np.bincount(member, weights=values)
    times = np.random.default_rng(seed).multinomial(count.size, np.full(count.size, 1 / count.size), size=n)
    return np.percentile(times @ total / (times @ count), [2.5, 97.5]).tolist()


def on_grid(values: np.ndarray, side: int) -> np.ndarray:
    """A picture-sized array (h, w) as the means of side × side places, float32."""
    return cv2.resize(values.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)


def mask_on_grid(mask: np.ndarray, side: int) -> np.ndarray:
    """A bool mask (h, w) on side × side places, bool: places at least half covered, or any where none is."""
    share = on_grid(mask, side)
    covered = share >= 0.5
    return covered if covered.any() else share > 0


def _paired(values: np.ndarray, mask: np.ndarray) -> None:
    if values.shape != mask.shape or mask.dtype != bool:
        raise ValueError(
            f"map {values.shape} and mask {mask.shape} ({mask.dtype}) must have one shape, and the mask be bool"
        )
