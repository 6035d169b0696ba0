"""An Analysis as one HTML file that needs nothing else: no network, no scripts; it prints well."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image

from .. import explain
from ..analysis import Analysis
from ..artifacts import FAKE
from ..provenance import Reproduction
from ..review_log import Review
from ..sentences import FOUND
from ..verdict import Answer
from . import proof, scope_note, viewer
from .file_facts import file_facts
from .findings import of_face
from .texts import Texts

STYLE = Path(__file__).parent / "style" / "base.css"
SIDE = 760  # px: longer side of the pictures
# The page's style takes its colours from gradio's variables; here they are plain.
PAPER = """
:root { --border-color-primary: #d4d4d8; --background-fill-secondary: #fafafa; }
body { max-width: 860px; margin: 24px auto; padding: 0 16px; font: 15px/1.45 system-ui, sans-serif; }
body { color: #18181b; background: #fff; }
h1 { font-size: 1.5rem; }
figure { margin: 0; break-inside: avoid; }
.dd-report-maps { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 14px; }
.dd-report-maps img { width: 100%; border-radius: 8px; }
figcaption { font-size: .85rem; overflow-wrap: anywhere; }
@media print {
  body { margin: 0; max-width: none; }
  .dd-card, section h3 { break-inside: avoid; break-after: avoid; }
}
"""


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
    name = html.escape(analysis.file.name or texts.PICTURE)
    body = [f"<h1>{texts.REPORT_TITLE.format(name=name)}</h1>", scope_note.note(texts, analysis.scope or ())]
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
    return (
        f'<!doctype html>\n<html lang="{texts.CODE}"><head><meta charset="utf-8"><title>{name}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE.read_text(encoding='utf-8')}{PAPER}</style></head><body>{inner}</body></html>\n"
    )


def _decisions(texts: Texts, reviews: Sequence[Review]) -> str:
    """What each reviewer decided, before and after seeing the detector's answer."""
    if not reviews:
        return ""
    own = texts.review
    rows = ""
    for review in reviews:
        decided = own.DECISIONS[review.blind]
        if review.final:
            decided = texts.REPORT_REVISED.format(blind=decided, final=own.DECISIONS[review.final])
        seen = [texts.LABELS[key] for key in review.artifacts] + [review.note]
        said = "; ".join(filter(None, [decided, *seen]))
        rows += f'<tr><th scope="row">{html.escape(review.reviewer)}</th><td>{html.escape(said)}</td></tr>'
    table = f'<table class="dd-facts"><tbody>{rows}</tbody></table>'
    return f'<section class="dd-proof"><h3>{texts.REPORT_DECISIONS}</h3>{table}</section>'


def _maps(texts: Texts, pixels: np.ndarray, analysis: Analysis) -> str:
    """The picture, the map of fake, and those of the artifacts that stand out."""
    shown = [FAKE, *(label for label, value in analysis.artifacts.items() if value >= FOUND)]
    small = viewer.shrunk(Image.fromarray(pixels), SIDE)
    pictures = [(small, texts.ALT_PICTURE, texts.PICTURE)]
    for label in shown:
        heat = viewer.shrunk(Image.fromarray(analysis.heatmap(label)), SIDE)
        over = Image.fromarray(explain.overlay(np.asarray(small), np.asarray(heat), opacity=0.7))
        title = texts.ALT_HEAT.format(label=texts.LABELS[label])
        pictures.append((over, title, title))
    figures = "".join(proof.figure(image, SIDE, alt, said) for image, alt, said in pictures)
    return f'<div class="dd-report-maps">{figures}</div>'


def _facts(texts: Texts, analysis: Analysis, reproduce: Reproduction, when: datetime) -> str:
    rows = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th><td>{html.escape(str(value))}</td></tr>'
        for name, value in _rows(texts, analysis, reproduce, when)
    )
    table = f'<table class="dd-facts"><tbody>{rows}</tbody></table>'
    return f'<section class="dd-proof"><h3>{texts.REPORT_FACTS}</h3>{table}</section>'


def _rows(texts: Texts, analysis: Analysis, reproduce: Reproduction, when: datetime) -> Iterator[tuple[str, object]]:
    file, model = analysis.file, analysis.model
    yield texts.REPORT_WHEN, when.strftime("%Y-%m-%d %H:%M UTC")
    yield texts.REPORT_FILE, f"{file.format}, {file.width}×{file.height}, SHA-256 {file.sha256}"
    yield texts.REPORT_PIXELS, reproduce.pixels
    yield texts.REPORT_MODEL, f"{model.architecture}, {model.size} px, {model.device}, SHA-256 {model.sha256}"
    yield texts.REPORT_CALIBRATION, f"SHA-256 {model.calibration}" if model.calibration else texts.NOT_THERE
    yield texts.REPORT_SETTINGS, ", ".join(f"{key} {value}" for key, value in reproduce.settings.items())
    yield texts.REPORT_VERSIONS, ", ".join(f"{key} {value}" for key, value in reproduce.versions.items())
