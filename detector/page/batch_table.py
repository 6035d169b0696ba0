"""A batch's rows as an HTML table. Sorting and filtering are batch.js's; what it needs stands in data attributes."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from ..artifacts import artifacts_of
from ..batch import Row
from ..sentences import FOUND
from ..verdict import Answer
from .texts import Texts
from .viewer import address_of, percent

UNREAD = "unread"  # stands where others have an answer
CLOSING = "</tbody></table></div></div>"


def opening(texts: Texts, labels: Sequence[str], checked: bool) -> str:
    """The filters and the table's head. Rows follow, then CLOSING: so while a batch runs text is only ever added."""
    own, artifacts = texts.batch, artifacts_of(labels)
    answers = {answer.name.lower(): said for answer, said in texts.ANSWERS.items()} | {UNREAD: own.NOT_READ}
    filters = (
        _choice(own.FILTER_ANSWER, "answer", {"": own.ALL, **answers})
        + _choice(own.FILTER_ARTIFACT, "artifact", {"": own.ALL, **{key: texts.LABELS[key] for key in artifacts}})
        + f'<label>{own.FILTER_LEAST} <input type="number" data-filter="least" min="0" max="99" value="0"></label>'
        f'<span class="dd-batch-shown" role="status" data-shown="{html.escape(own.SHOWN)}"></span>'
    )
    heads = (
        _head(own.PICTURE, "name", "ascending")
        + _head(own.ANSWER, "answer", "ascending", own.CHECKED[checked])
        + _head(own.PROBABILITY, "p", "descending")
        + "".join(_head(texts.LABELS[key], key, "descending") for key in artifacts)
        + _head(own.FACES, "faces", "descending")
    )
    return (
        f'<div class="dd-batch" data-found="{FOUND}"><p class="dd-note">{own.TABLE_NOTE}</p>'
        f'<div class="dd-batch-filters">{filters}</div>'
        f'<div class="dd-batch-scroll" role="region" tabindex="0" aria-label="{own.TABLE}">'
        f'<table class="dd-batch-table"><thead><tr>{heads}</tr></thead><tbody>'
    )


def row_html(texts: Texts, labels: Sequence[str], index: int, row: Row) -> str:
    """One row; `index` is its place in the batch and all that a page sends back of it."""
    name, kind = html.escape(row.entry.name), kind_of(row)
    data = "".join(f' data-{key}="{value:.6f}"' for key, value in _numbers(labels, row).items() if value is not None)
    label, shown = html.escape(texts.batch.OPEN.format(name=row.entry.name)), name_of(row)
    named = f'<button type="button" data-open aria-label="{label}">{shown}</button>' if row.answer else shown
    return (
        f'<tr class="dd-{kind}" data-index="{index}" data-name="{name}" data-answer="{kind}"'
        f' data-rank="{RANKS[kind]}" data-faces="{row.face_count}"{data}>'
        f'<th scope="row"><div>{thumbnail(row)}{named}</div></th>{cells(texts, labels, row, FOUND)}</tr>'
    )


def cells(texts: Texts, labels: Sequence[str], row: Row, strong: float = math.inf) -> str:
    """What stands beside the picture: the answer with its notes, then numbers; probabilities from `strong` on bold."""
    nothing = texts.batch.NO_VALUE
    notes = "".join(f"<span>{html.escape(said)}</span>" for said in sentences(texts, row))
    numbers = "".join(
        f'<td class="dd-number{" dd-strong" if value is not None and value >= strong else ""}">'
        f"{nothing if value is None else percent(value)}</td>"
        for value in _numbers(labels, row).values()
    )
    return (
        f'<td><strong>{answer_of(texts, row)}</strong><span class="dd-batch-notes">{notes}</span></td>{numbers}'
        f'<td class="dd-number">{row.face_count if row.answer else nothing}</td>'
    )


def _numbers(labels: Sequence[str], row: Row) -> dict[str, float | None]:
    return {"p": row.probability, **{key: (row.artifacts or {}).get(key) for key in artifacts_of(labels)}}


def kind_of(row: Row) -> str:
    return row.answer.name.lower() if row.answer else UNREAD


# In the order of how much they ask for a look.
RANKS = {
    kind: rank
    for rank, kind in enumerate(
        [
            *(a.name.lower() for a in (Answer.MANIPULATED, Answer.UNDECIDED, Answer.AUTHENTIC, Answer.NOT_ASSESSED)),
            UNREAD,
        ]
    )
}


def answer_of(texts: Texts, row: Row) -> str:
    return texts.ANSWERS[row.answer] if row.answer else texts.batch.NOT_READ


def sentences(texts: Texts, row: Row) -> list[str]:
    """Why there is no score, or else what speaks against it: plain text."""
    kind = "refuse" if row.answer == Answer.NOT_ASSESSED else "warn"  # beside a refusal a warning says nothing
    outside = (reason.text for reason in row.scope if reason.kind == kind)
    return [texts.say(said) for said in (row.error, *outside, *row.reasons) if said]


def name_of(row: Row) -> str:
    """A name may hold marks that turn the direction of writing."""
    return f"<bdi>{html.escape(row.entry.name)}</bdi>"


def thumbnail(row: Row) -> str:
    """Without alternative text: the name stands beside it and says as much."""
    if not row.thumbnail:
        return '<span class="dd-batch-none"></span>'
    return f'<img alt="" src="{address_of(row.thumbnail, "webp")}">'


def _choice(name: str, kind: str, options: dict[str, str]) -> str:
    each = "".join(f'<option value="{key}">{said}</option>' for key, said in options.items())
    return f'<label>{name} <select data-filter="{kind}">{each}</select></label>'


def _head(name: str, key: str, first: str, note: str = "") -> str:
    """A heading that sorts; `first`: the direction that its first click gives."""
    small = f"<small>{note}</small>" if note else ""
    return (
        f'<th scope="col" aria-sort="none" data-key="{key}" data-first="{first}">'
        f'<button type="button" data-sort="{key}">{name}</button>{small}</th>'
    )
