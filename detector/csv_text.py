"""Lines of cells as CSV: exactly as they are, for programs, or harmless, for people with a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from types import SimpleNamespace


def exact(lines: Iterable[Sequence[object]]) -> str:
    rows: list[str] = []
    # Python quotes cells with a line break of the writer's own kind alone, but a reader may end a line at any.
    csv.writer(SimpleNamespace(write=rows.append), lineterminator="\r\n").writerows(lines)
    return "".join(row.removesuffix("\r\n") + "\n" for row in rows)


def harmless(lines: Iterable[Sequence[object]]) -> str:
    """A spreadsheet would take a text such as =1+1 or @SUM for a formula and compute it (CWE-1236).

    So a text that begins like one gets an apostrophe in front, as OWASP advises ("CSV Injection"); spreadsheets then
    show it as text.
    """
    return exact([_inert(cell) for cell in line] for line in lines)


def _inert(cell: object) -> object:
    formula = isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    return f"'{cell}" if formula else cell
