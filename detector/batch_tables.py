"""A batch's rows as tables for other programs: the plain prediction list, everything as CSV, everything as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from .analysis import ModelIdentity
from .artifacts import FAKE
from .batch import Row
from .scan import HEADER


def prediction(rows: Iterable[Row]) -> str:
    """`img_name,y_pred` of the pictures that have a score, as `scan` writes it: exact names, for programs to match."""
    return _csv([HEADER, *([row.entry.name, _number(row.probability)] for row in rows if row.probability is not None)])


def full(rows: Iterable[Row], labels: Sequence[str], checked: bool) -> str:
    """A line for each picture, also for those without a score and with the reason why.

    It is what people open in a spreadsheet, which would take a cell such as =1+1 or @SUM for a formula and compute it.
    So a text that begins like one gets an apostrophe in front, as OWASP advises ("CSV Injection"); spreadsheets then
    show it as text.
    """
    artifacts = [label for label in labels if label != FAKE]
    columns = [*HEADER, "answer", "checked", "faces", *artifacts, "scope", "reasons", "error", "sha256"]
    lines = [
        [
            _harmless(row.entry.name),
            _number(row.probability),
            row.answer or "",
            str(checked).lower() if row.answer else "",
            row.face_count if row.answer else "",
            *(_number((row.artifacts or {}).get(label)) for label in artifacts),
            " ".join(f"{reason.kind}: {reason.text}" for reason in row.scope),
            " ".join(row.reasons),
            _harmless(row.error),
            row.sha256,
        ]
        for row in rows
    ]
    return _csv([columns, *lines])


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


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"


def _csv(lines: Iterable[Sequence[object]]) -> str:
    table = io.StringIO(newline="")
    csv.writer(table, lineterminator="\n").writerows(lines)
    return table.getvalue()
