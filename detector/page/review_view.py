"""What the Review tab shows, as HTML: the picture, the step, the counts, the figures."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
from PIL import Image

from ..agreement import Agreement
from ..review_log import Entry, Verification
from ..reviews import Queue
from ..verdict import Rate
from . import viewer
from .texts import Texts

SIDE = 1600  # px: longer side of the picture to judge; large and little compressed, for eyes are all there is

_UNVEIL = "ddVeil(false)"  # of review.js


def picture(texts: Texts, pixels: np.ndarray) -> str:
    """The picture alone: nothing of the model, and no file name, which may say where it comes from."""
    source = viewer.address(viewer.shrunk(Image.fromarray(pixels), SIDE), "WEBP", quality=95)
    height, width = pixels.shape[:2]
    image = f'<img src="{source}" alt="{texts.review.ALT}">'
    return veiled(texts, f'<div class="dd-stage" style="--ratio:{width / height:.4f}">{image}</div>')


def veiled(texts: Texts, inner: str) -> str:
    """With a cover that the blur option shows, until it is clicked."""
    button = f'<button type="button" class="dd-unveil" onclick="{_UNVEIL}">{texts.review.UNVEIL}</button>'
    return f'<div class="dd-veiled">{inner}{button}</div>'


def message(text: str) -> str:
    return f'<p class="dd-review-message" role="status">{html.escape(text)}</p>' if text else ""


def counts(texts: Texts, queue: Queue) -> str:
    return f'<p class="dd-note">{texts.review.COUNTS.format(**vars(queue))}</p>'


def step(texts: Texts, blind: Entry | None) -> str:
    """Which of the two decisions is due."""
    own = texts.review
    if blind is None:
        return f'<h3>{own.STEP_BLIND}</h3><p class="dd-note">{own.STEP_BLIND_NOTE}</p>'
    note = own.STEP_FINAL_NOTE.format(decision=own.DECISIONS[blind.decision])
    return f'<h3>{own.STEP_FINAL}</h3><p class="dd-note">{note}</p>'


def added(texts: Texts, new: int, there: int, refused: Sequence[str]) -> str:
    """What became of the pictures that were uploaded."""
    own = texts.review
    reasons = "".join(f"<li>{html.escape(reason)}</li>" for reason in refused)
    left_out = f"<p>{own.REFUSED}</p><ul>{reasons}</ul>" if refused else ""
    return f'<div role="status"><p>{own.ADDED.format(added=new, there=there)}</p>{left_out}</div>'


def keys(texts: Texts) -> str:
    own = texts.review
    rows = "".join(f"<dt><kbd>{html.escape(key)}</kbd></dt><dd>{does}</dd>" for key, does in own.KEYS)
    note = f'<p class="dd-note">{own.KEYS_NOTE}</p>'
    return f'<section class="dd-shortcuts"><h3>{own.KEYS_TITLE}</h3><dl>{rows}</dl>{note}</section>'


def figures(texts: Texts, found: Agreement, chain: Verification) -> str:
    """The figures of agreement.py, and whether the log behind them holds."""
    own = texts.review
    if not chain.holds:
        return viewer.alert(own.CHAIN_BROKEN.format(problem=chain.problem))
    rows = [(own.ALPHA, _coefficient(texts, found.alpha))]
    for pair in found.pairs:
        name = own.KAPPA.format(first=pair.first, second=pair.second, pictures=pair.pictures)
        rows.append((name, _coefficient(texts, pair.kappa)))
    for name, rate in (
        (own.BLIND_WITH_MODEL, found.blind_with_model),
        (own.FINAL_WITH_MODEL, found.final_with_model),
        (own.SWITCHED, found.reliance.switched),
        (own.OVER, found.reliance.over),
        (own.UNDER, found.reliance.under),
    ):
        rows.append((name, _rate(texts, rate)))
    counted = own.COUNTED.format(reviews=found.reviews, pictures=found.pictures, reviewers=found.reviewers)
    chained = own.CHAIN.format(count=chain.count, head=f"<code>{chain.head}</code>")
    return (
        f'<div class="dd-proof" role="status"><p>{counted}</p>{viewer.facts(rows)}'
        f'<p class="dd-note">{own.TRUTH}</p><p class="dd-note dd-hash">{chained}</p></div>'
    )


def _coefficient(texts: Texts, value: float | None) -> str:
    return texts.review.UNDEFINED if value is None else f"{value:.2f}"


def _rate(texts: Texts, rate: Rate) -> str:
    return texts.review.RATE.format(**vars(rate)) if rate.of else texts.review.NO_CASE
