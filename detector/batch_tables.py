"""A batch's rows as tables for other programs: the plain prediction list, everything as CSV, everything as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from . import csv_text
from .analysis import ModelIdentity
from .artifacts import artifacts_of
from .batch import Row
from .scan import HEADER


def prediction(rows: Iterable[Row]) -> str:
    """`img_name,y_pred` of the pictures that have a score, as `scan` writes it: exact names, for programs to match."""
    scored = ([row.entry.name, _number(row.probability)] for row in rows if row.probability is not None)
    return csv_text.exact([HEADER, *scored])


def full(rows: Iterable[Row], labels: Sequence[str], checked: bool) -> str:
    """A line for each picture, also for those without a score and with the reason why; for people to read."""
    artifacts = artifacts_of(labels)
    columns = [*HEADER, "answer", "checked", "faces", *artifacts, "scope", "reasons", "error", "sha256"]
    lines = [
        [
            row.entry.name,
            _number(row.probability),
            row.answer or "",
            str(checked).lower() if row.answer else "",
            row.face_count if row.answer else "",
            *(_number((row.artifacts or {}).get(label)) for label in artifacts),
            " ".join(f"{reason.kind}: {reason.text}" for reason in row.scope),
            " ".join(row.reasons),
            row.error,
            row.sha256,
        ]
        for row in rows
    ]
    return csv_text.harmless([columns, *lines])


def as_json(rows: Iterable[Row], model: ModelIdentity, checked: bool, total: int, when: datetime) -> str:
    """`total`: pictures that the batch was to have; there are fewer rows where it was stopped."""
    whole = {
        "made": when.isoformat(timespec="seconds"),
        "model": asdict(model),
        "checked": checked,
        "total": total,
        "pictures": list(map(_plain, rows)),
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _plain(row: Row) -> dict[str, Any]:
    same = ("answer", "probability", "artifacts", "face_count", "reasons", "sha256", "error")
    values = {"name": row.entry.name} | {name: getattr(row, name) for name in same}
    return values | {"scope": [asdict(reason) for reason in row.scope]}


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"
