"""Lines of cells as CSV: exactly as they are, for programs, or harmless, for people with a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence


def exact(lines: Iterable[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


def harmless(lines: Iterable[Sequence[object]]) -> str:
    """A spreadsheet would take a text such as =1+1 or @SUM for a formula and compute it (CWE-1236).

    So a text that begins like one gets an apostrophe in front, as OWASP advises ("CSV Injection"); spreadsheets then
    show it as text.
    """
    return exact([_inert(cell) for cell in line] for line in lines)


def _inert(cell: object) -> object:
    formula = isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    return f"'{cell}" if formula else cell
