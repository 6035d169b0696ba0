"""What was found, in words, and how far the answer and its map can be trusted."""

from __future__ import annotations

import html

from ..analysis import Analysis
from ..artifacts import FAKE
from .holds import views
from .texts import Texts
from .truth import stamp


def findings(texts: Texts, analysis: Analysis) -> str:
    """A section for each face; that of the most suspicious one is seen, until `stage.js` shows another."""
    return "".join(of_face(texts, analysis, number) for number in range(len(analysis.faces)))


def of_face(texts: Texts, analysis: Analysis, number: int) -> str:
    face = analysis.faces[number]
    if face.evidence is None:
        return ""
    of = texts.OF_FACE.format(number=number + 1) if len(analysis.faces) > 1 else ""
    said = "".join(f"<li>{html.escape(texts.say(sentence))}</li>" for sentence in face.evidence.sentences)
    levelled = analysis.artifacts and analysis.calibration and analysis.calibration.levels
    note = f'<p class="dd-note">{texts.LEVELLED}</p>' if levelled else ""
    stamped = f'<div data-label="{FAKE}">{stamp(texts, face.causal)}</div>' if face.causal else ""
    hidden = "" if number == analysis.most_suspicious else " hidden"
    return (
        f'<section class="dd-proof" data-face="{number}"{hidden}><h3>{texts.FOUND}{of}</h3><ul>{said}</ul>{note}'
        f"{stamped}{views(texts, analysis, face)}</section>"
    )


def pending(texts: Texts) -> str:
    """In their place, while the answer is still being checked."""
    return f'<section class="dd-proof"><h3>{texts.FOUND}</h3><p class="dd-note">{texts.inspect.PENDING}</p></section>'
