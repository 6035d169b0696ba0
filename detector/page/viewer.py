"""The verdict card as HTML, and what all that draws has in common.

Pictures travel inside the HTML as data addresses: nothing is written to disk.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable

from PIL import Image

from ..analysis import Analysis, FaceVerdict
from ..artifacts import FAKE
from ..verdict import Answer, shown
from .texts import Texts


def card(texts: Texts, analysis: Analysis, checking: bool = False) -> str:
    """The answer, its probability and what that means, reasons and warnings.

    `checking`: whether the answer holds is not known yet, and the card says so.
    """
    count = analysis.face_count
    seen = texts.FACES.get(count) or texts.MANY_FACES.format(count=count)
    notes = "".join(f"<p>⚠ {html.escape(texts.say(note))}</p>" for note in (*analysis.reasons, *analysis.warnings))
    fitted = analysis.calibration and html.escape(texts.say(analysis.calibration.pictures))
    meaning = texts.CALIBRATED.format(data=fitted) if fitted else ""
    answer, stable = analysis.answer, held(texts, analysis.faces[analysis.most_suspicious])
    busy = f'<p class="dd-busy">{texts.inspect.CHECKING}</p>' if checking else ""
    # An open answer with reasons of its own stays open for these, whatever its score.
    caution = "" if answer == Answer.UNDECIDED and analysis.reasons else texts.CAUTION.get(answer, "")
    return (
        f'<div class="dd-card dd-{answer.name.lower()}" role="status" aria-busy="{str(checking).lower()}">'
        f"<h2>{texts.ANSWERS[answer]}</h2>{busy}"
        f"<p>{texts.PROBABILITY}{texts.COLON}<strong>{percent(analysis.probability)}</strong> · {seen}</p>"
        f'<p class="dd-note">{meaning}</p>{stable}{notes}<p>{caution}</p></div>'
    )


def bars(texts: Texts, analysis: Analysis) -> str:
    """A bar for the probability of fake and of each artifact."""
    values = {FAKE: analysis.probability, **analysis.artifacts}
    drawn = "".join(bar(texts.LABELS[label], value) for label, value in values.items())
    return f'<div class="dd-bars">{drawn}</div>'


def held(texts: Texts, face: FaceVerdict) -> str:
    """Does its answer hold? One sentence; empty where that was not checked, or where the reasons say it already."""
    found = face.stability
    if found is None or not found.holds:
        return ""
    bounds = {"low": percent(found.lowest), "high": percent(found.highest)}
    said = texts.SPREAD if face.answer == Answer.UNDECIDED else texts.HOLDS  # an open answer has nothing to hold
    return f"<p>{said.format(count=len(found.views), **bounds)}</p>"


def refusal(texts: Texts, reason: str | Exception) -> str:
    return alert(texts.say(reason), texts.REFUSED)


def alert(text: str, heading: str = "") -> str:
    """The card of a refusal, from plain text."""
    title = f"<h2>{heading}</h2>" if heading else ""
    return f'<div class="dd-card dd-refused" role="alert">{title}<p>{html.escape(text)}</p></div>'


def waiting(texts: Texts) -> str:
    return f'<div class="dd-card dd-undecided"><p>{texts.WAITING}</p></div>'


def looking(texts: Texts) -> str:
    said = f'<p class="dd-busy">{texts.inspect.LOOKING}</p>'
    return f'<div class="dd-card dd-undecided" role="status" aria-busy="true">{said}</div>'


def percent(value: float) -> str:
    return f"{shown(value):.0%}"


def bar(name: str, value: float) -> str:
    """A row of .dd-bars: the name, a bar for a value of 0…1, and the value."""
    return (
        f'<span>{name}</span><span class="dd-bar"><span style="width:{100 * value:.0f}%"></span></span>'
        f'<span class="dd-number">{percent(value)}</span>'
    )


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """A table of names with values, both plain text; files, programs and people that are strangers wrote them."""
    lines = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th><td>{html.escape(value)}</td></tr>' for name, value in rows
    )
    return f'<table class="dd-facts"><tbody>{lines}</tbody></table>'


def shrunk(image: Image.Image, side: int) -> Image.Image:
    image = image.copy()
    image.thumbnail((side, side), Image.Resampling.BILINEAR)
    return image


def address(image: Image.Image, kind: str, **options) -> str:
    """The picture as a data: address; `kind` and `options` are those of Image.save."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return address_of(file.getvalue(), kind)


def address_of(data: bytes, kind: str) -> str:
    """Bytes of a picture file as a data: address; `kind` as in image/…, in any case."""
    return f"data:image/{kind.lower()};base64,{base64.b64encode(data).decode()}"
