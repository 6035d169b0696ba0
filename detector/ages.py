"""False alarms by age band, for label lists that know how old the people are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from .data import Example
from .verdict import Rate

BANDS = ((0, 17), (18, 29), (30, 44), (45, 59), (60, 150))  # years, both ends included


def by_age(examples: Sequence[Example], alarms: np.ndarray, accused: np.ndarray | None) -> dict[str, dict[str, Any]]:
    """Band → {"n", "false_alarms", "accused"} of its real pictures; bands without any are left out. JSON-ready.

    `alarms` bool (n,): probability of fake at or above 0.5; `accused` bool (n,): answered as manipulated, None for a
    checkpoint without calibration. Each rate comes with its 95 % interval.
    """
    bands = {}
    for low, high in BANDS:
        rows = np.array([not e.target and e.age is not None and low <= e.age < high + 1 for e in examples], bool)
        if rows.any():
            name = f"{low}–{high}" if high < 150 else f"{low} and older"
            bands[name] = {"n": int(rows.sum()), "false_alarms": _rate(alarms[rows]),
                           "accused": None if accused is None else _rate(accused[rows])}  # fmt: skip
    return bands


def _rate(flags: np.ndarray) -> dict[str, Any]:
    return asdict(Rate.measured(int(flags.sum()), flags.size))
