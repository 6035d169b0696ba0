"""An Analysis as one HTML file that needs nothing else: no network, no scripts; it prints well."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
from PIL import Image

from .. import explain, traces
from ..analysis import Analysis
from ..artifacts import FAKE
from ..provenance import Reproduction
from ..review_log import Review
from ..sentences import FOUND
from ..verdict import Answer
from . import proof, scope_note, viewer
from .document import document
from .file_facts import file_facts
from .findings import of_face
from .texts import Texts

SIDE = 760  # px: longer side of the pictures


def report(
    texts: Texts,
    pixels: np.ndarray,
    analysis: Analysis,
    reproduce: Reproduction,
    when: datetime | None = None,
    reviews: Sequence[Review] = (),
) -> str:
    """HTML of one picture's RGB `pixels` (h, w, 3) and its Analysis with maps and evidence; `when`: now, or given.

    `reviews`: what people decided on it.
    """
    when = when or datetime.now(UTC)
    name = analysis.file.name or texts.PICTURE
    body = [
        f"<h1>{texts.REPORT_TITLE.format(name=html.escape(name))}</h1>",
        scope_note.note(texts, analysis.scope or ()),
    ]
    if analysis.answer != Answer.NOT_ASSESSED:
        body += [
            viewer.card(texts, analysis),
            viewer.bars(texts, analysis),
            _maps(texts, pixels, analysis),
            f'<p class="dd-note">{texts.MEANING}</p>',
        ]
        for number in range(len(analysis.faces)):
            body += [of_face(texts, analysis, number), proof.proof(texts, pixels, analysis, number, (FAKE,))]
    body += [
        _decisions(texts, reviews),
        file_facts(texts, analysis.metadata, pixels),
        _facts(texts, analysis, reproduce, when),
        f"<p>{texts.REPORT_LIMITS}</p>",
    ]
    inner = "\n".join(body).replace("<details>", "<details open>").replace(" hidden>", ">")
    inner = re.sub("</?button[^>]*>", "", inner)  # on paper nothing leads anywhere
    return document(texts, name, inner)


def _decisions(texts: Texts, reviews: Sequence[Review]) -> str:
    """What each reviewer decided, before and after seeing the detector's answer."""
    if not reviews:
        return ""
    own = texts.review
    rows = []
    for review in reviews:
        decided = own.DECISIONS[review.blind]
        if review.final:
            decided = texts.REPORT_REVISED.format(blind=decided, final=own.DECISIONS[review.final])
        seen = [texts.LABELS[key] for key in review.artifacts] + [review.note]
        said = "; ".join(filter(None, [decided, *seen]))
        rows.append((review.reviewer, said))
    return f'<section class="dd-proof"><h3>{texts.REPORT_DECISIONS}</h3>{viewer.facts(rows)}</section>'


def _maps(texts: Texts, pixels: np.ndarray, analysis: Analysis) -> str:
    """The picture, the map of fake, and those of the artifacts that stand out."""
    shown = [FAKE, *(label for label, value in analysis.artifacts.items() if value >= FOUND)]
    small = viewer.shrunk(Image.fromarray(pixels), SIDE)
    pictures = [(small, texts.ALT_PICTURE, texts.PICTURE)]
    for label in shown:
        heat = viewer.shrunk(Image.fromarray(analysis.heatmap(label)), SIDE)
        over = explain.overlay(np.asarray(small), np.asarray(heat), opacity=0.7)
        over = Image.fromarray(traces.drawn(over, analysis.outlines(label), small.width / pixels.shape[1]))
        title = texts.ALT_HEAT.format(label=texts.LABELS[label])
        pictures.append((over, title, title))
    figures = "".join(proof.figure(image, SIDE, alt, said) for image, alt, said in pictures)
    return f'<div class="dd-report-maps">{figures}</div>'


def _facts(texts: Texts, analysis: Analysis, reproduce: Reproduction, when: datetime) -> str:
    table = viewer.facts(_rows(texts, analysis, reproduce, when))
    return f'<section class="dd-proof"><h3>{texts.REPORT_FACTS}</h3>{table}</section>'


def _rows(texts: Texts, analysis: Analysis, reproduce: Reproduction, when: datetime) -> Iterator[tuple[str, str]]:
    file, model = analysis.file, analysis.model
    yield texts.REPORT_WHEN, when.strftime("%Y-%m-%d %H:%M UTC")
    yield texts.REPORT_FILE, f"{file.format}, {file.width}×{file.height}, SHA-256 {file.sha256}"
    yield texts.REPORT_PIXELS, reproduce.pixels
    yield texts.REPORT_MODEL, f"{model.architecture}, {model.size} px, {model.device}, SHA-256 {model.sha256}"
    yield texts.REPORT_CALIBRATION, f"SHA-256 {model.calibration}" if model.calibration else texts.NOT_THERE
    yield texts.REPORT_SETTINGS, ", ".join(f"{key} {value}" for key, value in reproduce.settings.items())
    yield texts.REPORT_VERSIONS, ", ".join(f"{key} {value}" for key, value in reproduce.versions.items())
