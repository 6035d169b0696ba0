"""Was a picture stored more coarsely before? The trace that an earlier JPEG leaves under the present file.

JPEG rounds each DCT coefficient to a multiple of its quantisation step. Stored again with finer steps, or without
loss, the coefficients still cluster at multiples of the old, coarser step (Fan & de Queiroz, IEEE TIP 2003; Farid,
IEEE TIFS 2009). Only where the 8×8 grid still lies where it lay: a picture that was cropped or resized in between
shows nothing here, and neither does one whose last compression was its coarsest.
"""

from __future__ import annotations

import numpy as np

BLOCK = 8
SIDE = 384  # px: this much of the picture's middle has blocks enough
LEAST = 100  # coefficients that a judgement must rest on
CLUSTERED = 0.55  # mean of cos(2π coefficient / step): 1 on the multiples, 0 or below where there are none
COARSER = 1.7  # an earlier step this many times the present one; nearer ones are mistaken for the present one
QUALITIES = range(5, 96, 2)
NEIGHBOURS = 4  # qualities above the first that fits: nearly equal steps fit too, and the best of them is meant

# Luma steps of quality 50 of the modes used, by (row, column): Annex K of the JPEG standard. The lowest carry most.
STEPS = {(0, 1): 11, (1, 0): 12, (1, 1): 12, (0, 2): 10, (2, 0): 14, (1, 2): 14, (2, 1): 13, (2, 2): 16}


def earlier_quality(luma: np.ndarray, quality: float | None) -> int | None:
    """The libjpeg quality 5…95 of a coarser compression before the present one; None where none shows.

    `luma` uint8 (height, width), upright as stored; `quality`: that of the file, None where it is no JPEG.
    """
    coefficients = _coefficients(luma)
    if coefficients is None:
        return None
    scale = _percent(quality) / 100 if quality else 0.0
    present = np.array([max(1.0, step * scale) for step in STEPS.values()])
    least = np.maximum(COARSER * present, 3)  # decoding to whole pixels blurs steps of 1 and 2
    fits = np.array([_fit(coefficients, _steps(candidate), least) for candidate in QUALITIES])
    if fits.max() < CLUSTERED:
        return None
    first = int(np.argmax(fits >= CLUSTERED))  # the coarsest: multiples of a step are multiples of its half too
    return QUALITIES[first + int(np.argmax(fits[first : first + NEIGHBOURS]))]


def _fit(coefficients: np.ndarray, steps: np.ndarray, least: np.ndarray) -> float:
    """How well the coefficients (n, modes) sit on multiples of `steps` (modes,), −1…1; near 0 they always do.

    Modes whose step is under `least` can't tell; without half of the modes the answer is 0.
    """
    told = steps >= least
    if told.sum() < len(STEPS) // 2:
        return 0.0
    turns = coefficients[:, told] / steps[told].astype(np.float32)
    away = turns[np.abs(turns) > 0.3]
    return float(np.cos(2 * np.pi * away).mean()) if away.size >= LEAST else 0.0


def _percent(quality: float) -> float:
    return 5000 / quality if quality < 50 else 200 - 2 * quality  # libjpeg's scale of the standard table


def _steps(quality: float) -> np.ndarray:
    return np.array([max(1, int((step * _percent(quality) + 50) // 100)) for step in STEPS.values()])


def _coefficients(luma: np.ndarray) -> np.ndarray | None:
    """DCT coefficients float32 (blocks, modes) of the picture's middle, cut along the grid."""
    slices = []
    for side in luma.shape:
        used = min(side, SIDE) // BLOCK * BLOCK
        start = (side - used) // 2 // BLOCK * BLOCK
        slices.append(slice(start, start + used))
    cut = luma[tuple(slices)].astype(np.float32) - 128
    rows, columns = cut.shape[0] // BLOCK, cut.shape[1] // BLOCK
    if rows == 0 or columns == 0:
        return None
    blocks = cut.reshape(rows, BLOCK, columns, BLOCK).transpose(0, 2, 1, 3).reshape(-1, BLOCK * BLOCK)
    return blocks @ BASIS


def _basis() -> np.ndarray:
    """Orthonormal DCT-II of the modes used: float32 (64, modes)."""
    place = np.arange(BLOCK)
    waves = np.sqrt(2 / BLOCK) * np.cos(np.pi * np.outer(place, 2 * place + 1) / (2 * BLOCK))
    waves[0] /= np.sqrt(2)
    return np.stack([np.outer(waves[row], waves[column]).ravel() for row, column in STEPS], 1).astype(np.float32)


BASIS = _basis()
