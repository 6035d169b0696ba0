"""An Analysis as HTML: the verdict card, and the picture under its heatmap.

Pictures travel inside the HTML as data addresses: nothing is written to disk, and the opacity slider works in the
browser alone.
"""

from __future__ import annotations

import base64
import html
import io

import numpy as np
from PIL import Image

from .. import explain
from ..analysis import Analysis, FaceVerdict
from ..verdict import Answer
from .texts import Texts

SHOWN_SIDE = 900  # px: longer side of the picture as shown
HEAT_SIDE = 256  # px: a map of 16 × 16 places needs no more; the browser smooths the rest

_KEEP_OPACITY = "document.body.style.setProperty('--dd-heat',this.value/100)"
_TAKE_OPACITY = (
    "const kept=document.body.style.getPropertyValue('--dd-heat');"
    "if(kept)this.closest('.dd-viewer').querySelector('input').value=100*kept"
)


def card(texts: Texts, analysis: Analysis) -> str:
    """The answer, its probability and what that means, a bar for each artifact, reasons and warnings."""
    count = analysis.face_count
    seen = texts.FACES.get(count) or texts.MANY_FACES.format(count=count)
    bars = "".join(
        bar(texts.LABELS[label], value) for label, value in {"fake": analysis.probability, **analysis.artifacts}.items()
    )
    notes = "".join(f"<p>⚠ {html.escape(texts.say(note))}</p>" for note in (*analysis.reasons, *analysis.warnings))
    meaning = texts.CALIBRATED.format(data=html.escape(analysis.calibration.data)) if analysis.calibration else ""
    answer, stable = analysis.answer, held(texts, analysis.faces[analysis.most_suspicious])
    return (
        f'<div class="dd-card dd-{answer.name.lower()}" role="status"><h2>{texts.ANSWERS[answer]}</h2>'
        f"<p>{texts.PROBABILITY}{texts.COLON}<strong>{percent(analysis.probability)}</strong> · {seen}</p>"
        f'<p class="dd-note">{meaning}</p>{stable}{notes}<p>{texts.CAUTION.get(answer, "")}</p>'
        f'<div class="dd-bars">{bars}</div></div>'
    )


def held(texts: Texts, face: FaceVerdict) -> str:
    """Does its answer hold? One sentence; empty where that was not checked, or where the reasons say it already."""
    found = face.stability
    if found is None or not found.holds:
        return ""
    bounds = {"low": percent(found.lowest), "high": percent(found.highest)}
    said = texts.SPREAD if face.answer == Answer.UNDECIDED else texts.HOLDS  # an open answer has nothing to hold
    return f"<p>{said.format(count=len(found.views), **bounds)}</p>"


def refusal(texts: Texts, reason: str | Exception) -> str:
    said = html.escape(texts.say(reason))
    return f'<div class="dd-card dd-refused" role="alert"><h2>{texts.REFUSED}</h2><p>{said}</p></div>'


def waiting(texts: Texts) -> str:
    return f'<div class="dd-card dd-undecided"><p>{texts.WAITING}</p></div>'


def percent(value: float) -> str:
    """Clamped: no picture is certain."""
    return f"{min(max(value, 0.01), 0.99):.0%}"


def bar(name: str, value: float) -> str:
    """A row of .dd-bars: the name, a bar for a value of 0…1, and the value."""
    return (
        f'<span>{name}</span><span class="dd-bar"><span style="width:{100 * value:.0f}%"></span></span>'
        f'<span class="dd-number">{percent(value)}</span>'
    )


def stage(texts: Texts, pixels: np.ndarray, analysis: Analysis, label: str, face: int | None) -> str:
    """The picture (h, w, 3), the map of `label` over it, the judged squares, slider and legend."""
    height, width = pixels.shape[:2]
    values = analysis.heatmap(label, face)
    heat = explain.colour(np.asarray(shrunk(Image.fromarray(values), HEAT_SIDE)))
    below = address(shrunk(Image.fromarray(pixels), SHOWN_SIDE), "WEBP", quality=88)
    above = address(Image.fromarray(heat), "PNG")
    alt = texts.ALT_HEAT.format(label=texts.LABELS[label])
    # The opacity lives on the page's body, so that the next heatmap is drawn with the visitor's last choice.
    return (
        '<div class="dd-viewer">'
        f'<div class="dd-stage" style="--ratio:{width / height:.4f}">'
        f'<img src="{below}" alt="{texts.ALT_PICTURE}">'
        f'<img class="dd-heat" src="{above}" alt="{alt}" onload="{_TAKE_OPACITY}">'
        f"{_frames(analysis, face, width, height)}</div>"
        f'<div class="dd-under"><label>{texts.OPACITY} '
        f'<input type="range" min="0" max="100" value="65" oninput="{_KEEP_OPACITY}"></label>'
        f'<span class="dd-legend">{texts.LEGEND_COLD}<i style="background:linear-gradient(90deg,{_gradient()})"></i>'
        f"{texts.LEGEND_HOT}</span></div></div>"
    )


def _frames(analysis: Analysis, face: int | None, width: int, height: int) -> str:
    """The judged squares of the chosen face, or of all; numbered where there is more than one face."""
    size = max(width, height) / 30
    drawn = ""
    for number, verdict in enumerate(analysis.faces):
        if face in (None, number):
            crop = verdict.crop
            drawn += f'<rect x="{crop.x}" y="{crop.y}" width="{crop.width}" height="{crop.height}"/>'
            if len(analysis.faces) > 1:
                x, y = crop.x + size / 3, crop.y + size
                drawn += f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:.1f}">{number + 1}</text>'
    return f'<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">{drawn}</svg>'


def shrunk(image: Image.Image, side: int) -> Image.Image:
    image = image.copy()
    image.thumbnail((side, side), Image.Resampling.BILINEAR)
    return image


def address(image: Image.Image, kind: str, **options) -> str:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


def _gradient() -> str:
    steps = explain.colour(np.linspace(0.1, explain.SCALE, 8, dtype=np.float32)[None])[0]
    return ",".join(f"rgba({r},{g},{b},{a / 255:.2f})" for r, g, b, a in steps)
