"""How usual a cue's value is among real photos of like size and JPEG quality: the tables that `reference` builds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ..artifacts import ARTIFACTS

EMBEDDED = Path(__file__).parents[1] / "weights" / "cues.npz"
SIZES = (128, 176, 256, 352)  # px: side of the crop, as it was measured
QUALITIES = (60, 82, 94)  # upper ends of the classes; above the last, and for lossless files, is one more
LEAST_AUC = 0.6  # a cue that separates less gets no percentile
LEAST_COUNT = 20  # photos in a class, below which its quantiles say nothing


@dataclass(frozen=True)
class Tables:
    """`quantiles` float32 (cues, sizes, qualities, 101), NaN where too few photos were; `counts` of photos.

    `auc` float32 (cues,): how well each separates forgeries of its artifact from real photos; NaN if not measured.
    `report`: how the tables were made, and the AUC with its numbers.
    """

    quantiles: np.ndarray
    counts: np.ndarray
    auc: np.ndarray
    report: dict

    def useful(self, artifact: str) -> bool:
        """Whether a percentile of this cue says anything."""
        return bool(self.auc[list(ARTIFACTS).index(artifact)] >= LEAST_AUC)

    def percentile(self, artifact: str, value: float, side: int, quality: float | None) -> float | None:
        """Share of real photos with a lower value, 0…100, in the nearest class that has a table."""
        rows = self.quantiles[list(ARTIFACTS).index(artifact), :, quality_class(quality)]
        known = ~np.isnan(rows[:, 0])
        if not known.any():
            return None
        distance = np.abs(np.log(np.array(SIZES) / side))
        row = rows[np.where(known, distance, np.inf).argmin()]
        below, upto = np.searchsorted(row, value, "left"), np.searchsorted(row, value, "right")
        if below < upto:  # one of the quantiles, perhaps several equal ones
            return float((below + upto - 1) / 2)
        return float(np.interp(value, row, np.arange(101)))


def quality_class(quality: float | None) -> int:
    """0…len(QUALITIES)."""
    return len(QUALITIES) if quality is None else int(np.searchsorted(QUALITIES, quality))


@cache
def load(path: Path = EMBEDDED) -> Tables | None:
    """The tables of a file, None if there is no such file."""
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as file:
        return Tables(file["quantiles"], file["counts"], file["auc"], json.loads(str(file["report"])))


def save(tables: Tables, path: str | Path) -> None:
    np.savez_compressed(
        path,
        quantiles=tables.quantiles.astype(np.float32),
        counts=tables.counts.astype(np.int32),
        auc=tables.auc.astype(np.float32),
        report=np.array(json.dumps(tables.report)),
    )
