"""A batch as one HTML file that needs nothing else: no network, no scripts; it prints well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from ..analysis import ModelIdentity
from ..artifacts import artifacts_of
from ..batch import Row
from ..verdict import Calibration, Limits
from . import batch_table, holds
from .document import STYLE, document
from .texts import Texts
from .viewer import facts

PRINTED = """
body { max-width: 1100px; }
.dd-batch-table { font-size: .85rem; }
.dd-batch-table tr { break-inside: avoid; }
.dd-batch-table thead th:nth-child(n + 3) { text-align: right; }
.dd-batch-scroll { max-height: none; }
@media print { .dd-batch-scroll { overflow: visible; } .dd-batch-table thead { position: static; } }
"""


def report(
    texts: Texts,
    rows: Sequence[Row],
    labels: Sequence[str],
    model: ModelIdentity,
    limits: Limits,
    calibration: Calibration | None,
    checked: bool,
    total: int,
    when: datetime,
) -> str:
    """HTML of the rows of a batch that was to have `total` pictures."""
    own = texts.batch
    title = own.REPORT_TITLE.format(count=len(rows))
    stopped = f"<p>{own.REPORT_STOPPED.format(done=len(rows), total=total)}</p>" if len(rows) < total else ""
    made = [
        (texts.REPORT_WHEN, when.strftime("%Y-%m-%d %H:%M UTC")),
        (own.ANSWER, own.CHECKED[checked]),
        (texts.REPORT_MODEL, f"{model.architecture}, {model.size} px, {model.device}, SHA-256 {model.sha256}"),
        (texts.REPORT_CALIBRATION, f"SHA-256 {model.calibration}" if model.calibration else texts.NOT_THERE),
    ]
    body = (
        f"<h1>{title}</h1>{stopped}<p>{counts(texts, rows)}</p><p>{holds.limits(texts, limits, calibration)}</p>"
        f"{_table(texts, rows, labels)}"
        f'<section class="dd-proof"><h3>{texts.REPORT_FACTS}</h3>{facts(made)}</section><p>{texts.REPORT_LIMITS}</p>'
    )
    return document(texts, title, body, (STYLE / "batch.css").read_text(encoding="utf-8") + PRINTED)


def counts(texts: Texts, rows: Sequence[Row]) -> str:
    """How many pictures got which answer, in one line."""
    found = Counter(batch_table.kind_of(row) for row in rows)
    said = {batch_table.kind_of(row): batch_table.answer_of(texts, row) for row in rows}
    kinds = [kind for kind in batch_table.RANKS if found[kind]]
    return " · ".join(texts.batch.COUNT.format(answer=said[kind], count=found[kind]) for kind in kinds)


def _table(texts: Texts, rows: Sequence[Row], labels: Sequence[str]) -> str:
    own = texts.batch
    artifacts = [texts.LABELS[key] for key in artifacts_of(labels)]
    names = (own.PICTURE, own.ANSWER, own.PROBABILITY, *artifacts, own.FACES)
    heads = "".join(f'<th scope="col">{name}</th>' for name in names)
    return (
        f'<div class="dd-batch-scroll"><table class="dd-batch-table"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(_line(texts, labels, row) for row in rows)}</tbody></table></div>"
    )


def _line(texts: Texts, labels: Sequence[str], row: Row) -> str:
    picture = f"<div>{batch_table.thumbnail(row)}{batch_table.name_of(row)}</div>"
    cells = batch_table.cells(texts, labels, row)
    return f'<tr class="dd-{batch_table.kind_of(row)}"><th scope="row">{picture}</th>{cells}</tr>'
