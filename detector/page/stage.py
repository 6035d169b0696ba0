"""The picture under its heatmaps: every map of every face at once, so that choosing one needs no server.

The switching is done by `stage.js`; what is seen before it runs is chosen here.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from .. import explain, regions, sentences
from ..analysis import Analysis, FaceVerdict
from ..artifacts import FAKE
from ..faces import Box
from .texts import Texts
from .viewer import address, percent, shrunk

SHOWN_SIDE = 1200  # px: longer side of the picture as shown; the magnifier shows its pixels
HEAT_SIDE = 128  # px: a map of 32 × 32 places needs no more; the browser smooths the rest
PARTS_SIDE, THUMB_SIDE = 352, 64  # px
ALL_FACES = -1
SCRIPT = (Path(__file__).with_suffix(".js")).read_text(encoding="utf-8")  # for the component that shows it


def stage(texts: Texts, pixels: np.ndarray, analysis: Analysis) -> str:
    """The picture (h, w, 3), the maps and regions of all faces over it, and the controls that choose among them."""
    height, width = pixels.shape[:2]
    below = address(shrunk(Image.fromarray(pixels), SHOWN_SIDE), "JPEG", quality=88)
    return (
        # A form, as radio buttons are grouped by form and two tabs may show a stage.
        f'<form class="dd-viewer" onsubmit="return false" data-method="{html.escape(analysis.method or "")}" '
        f'data-suspect="{analysis.most_suspicious}" data-first="{first(analysis)}">{_chips(texts, analysis)}'
        f"{_strip(texts, pixels, analysis)}"
        f'<div class="dd-stage" style="--ratio:{width / height:.4f}">'
        f'<img class="dd-picture" src="{below}" alt="{texts.ALT_PICTURE}">'
        f"{''.join(_layers(texts, pixels, analysis))}{_frames(analysis, width, height)}"
        f'<div class="dd-lens" aria-hidden="true" hidden></div></div>{_controls(texts, analysis)}</form>'
    )


def first(analysis: Analysis) -> str:
    """The label whose map is seen first: fake's, or the strongest artifact's where only named ones stand out."""
    found = sentences.standing_out(analysis.artifacts)
    return found[0] if found and analysis.probability < sentences.FOUND else FAKE


def _chips(texts: Texts, analysis: Analysis) -> str:
    """One radio button for each label the checkpoint knows, with its probability."""
    rows, shown = {FAKE: analysis.probability, **analysis.artifacts}, first(analysis)
    chips = "".join(
        f'<label><input type="radio" name="dd-label" value="{label}"{_checked(label == shown)}>'
        f"<span>{texts.LABELS[label]} <b>{percent(value)}</b></span></label>"
        for label, value in rows.items()
    )
    return f'<fieldset class="dd-chips dd-labels"><legend>{texts.inspect.CHIPS}</legend>{chips}</fieldset>'


def _strip(texts: Texts, pixels: np.ndarray, analysis: Analysis) -> str:
    """The faces as thumbnails, where there is more than one."""
    if len(analysis.faces) < 2:
        return ""
    own = texts.inspect
    every = f'<input type="radio" name="dd-face" value="{ALL_FACES}" checked><span>{own.ALL}</span>'
    strip = f"<label>{every}</label>"
    for number, face in enumerate(analysis.faces):
        cut = Image.fromarray(np.ascontiguousarray(face.crop.cut(pixels)))
        thumb = address(shrunk(cut, THUMB_SIDE), "JPEG", quality=80)
        said = own.ONE.format(number=number + 1, percent=percent(face.probabilities[FAKE]))
        strip += (
            f'<label><input type="radio" name="dd-face" value="{number}">'
            f'<span><img src="{thumb}" alt="">{said}</span></label>'
        )
    return f'<fieldset class="dd-chips dd-strip"><legend>{own.FACES}</legend>{strip}</fieldset>'


def _layers(texts: Texts, pixels: np.ndarray, analysis: Analysis) -> Iterator[str]:
    """What lies over the picture: each face's map of each label, and its regions."""
    shown = first(analysis)
    for number, face in enumerate(analysis.faces):
        place = _place(face.crop, pixels.shape[1], pixels.shape[0])
        for heatmap in face.heatmaps:
            values = Image.fromarray(heatmap.values).resize((HEAT_SIDE, HEAT_SIDE), Image.Resampling.BILINEAR)
            source = address(Image.fromarray(explain.colour(np.asarray(values))), "PNG")
            alt = html.escape(texts.ALT_HEAT.format(label=texts.LABELS[heatmap.label]))
            yield (
                f'<img class="dd-heat" data-label="{heatmap.label}" data-face="{number}" style="{place}" '
                f'src="{source}" alt="{alt}"{_hidden(heatmap.label != shown)}>'
            )
        if face.evidence:
            yield _parts(texts, pixels, face, number, place)


def _parts(texts: Texts, pixels: np.ndarray, face: FaceVerdict, number: int, place: str) -> str:
    cut = np.asarray(shrunk(Image.fromarray(np.ascontiguousarray(face.crop.cut(pixels))), PARTS_SIDE))
    source = address(Image.fromarray(regions.draw(cut, face.evidence.regions)), "JPEG", quality=88)
    return (
        f'<img class="dd-parts" data-face="{number}" style="{place}" src="{source}" alt="{texts.ALT_REGIONS}" hidden>'
    )


def _place(box: Box, width: int, height: int) -> str:
    shares = box.x / width, box.y / height, box.width / width, box.height / height
    return ";".join(f"{name}:{100 * share:.3f}%" for name, share in zip(PLACE, shares, strict=True))


PLACE = ("left", "top", "width", "height")


def _frames(analysis: Analysis, width: int, height: int) -> str:
    """The judged squares, numbered where there is more than one face; of each map the hot places and the outline."""
    size = max(width, height) / 30
    drawn, shown = "", first(analysis)
    for number, face in enumerate(analysis.faces):
        mark = str(number + 1) if len(analysis.faces) > 1 else ""
        drawn += f'<g class="dd-face" data-face="{number}">{_rect(face.crop, mark, size)}</g>'
        for label, crops in (face.evidence.crops if face.evidence else {}).items():
            for place, crop in enumerate(crops, 1):
                drawn += (
                    f'<g class="dd-frame" data-label="{label}" data-face="{number}" data-place="{place}"'
                    f"{_hidden(label != shown)}>{_rect(crop.box, str(place), size * 0.7)}</g>"
                )
        for label, found in (face.evidence.outlines if face.evidence else {}).items():
            path = "".join(f"M{' '.join(f'{x},{y}' for x, y in line)}z" for line in found.lines)
            drawn += (
                f'<g class="dd-outline" data-label="{label}" data-face="{number}"{_hidden(label != shown)}>'
                f'<path d="{path}"/></g>'
            )
    return f'<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">{drawn}</svg>'


def _rect(box: Box, mark: str, size: float) -> str:
    rect = f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}"/>'
    if not mark:
        return rect
    return f'{rect}<text x="{box.x + size / 3:.1f}" y="{box.y + size:.1f}" font-size="{size:.1f}">{mark}</text>'


def _controls(texts: Texts, analysis: Analysis) -> str:
    own, parted = texts.inspect, any(face.evidence for face in analysis.faces)
    views = "".join(
        f'<label><input type="radio" name="dd-view" value="{key}"{_checked(key == "overlay")}>'
        f"<span>{name}</span></label>"
        for key, name in own.VIEW.items()
        if key != "regions" or parted  # only the evidence knows regions
    )
    return (
        f'<fieldset class="dd-chips dd-views"><legend>{own.VIEWS}</legend>{views}</fieldset>'
        f'<div class="dd-under"><label>{texts.OPACITY} '
        f'<input type="range" name="dd-opacity" min="0" max="100" value="65"></label>'
        f'<label><input type="checkbox" name="dd-magnifier"> {own.MAGNIFIER}</label>'
        f'<span class="dd-legend">{texts.LEGEND_COLD}<i style="background:linear-gradient(90deg,{_gradient()})"></i>'
        f'{texts.LEGEND_HOT}</span><button type="button" class="dd-link">{own.LINK}</button>'
        f'<span class="dd-linked" role="status" data-said="{html.escape(own.LINKED)}"></span></div>'
    )


def _gradient() -> str:
    steps = explain.colour(np.linspace(0.1, explain.SCALE, 8, dtype=np.float32)[None])[0]
    return ",".join(f"rgba({r},{g},{b},{a / 255:.2f})" for r, g, b, a in steps)


def _checked(yes: bool) -> str:
    return " checked" if yes else ""


def _hidden(yes: bool) -> str:
    return " hidden" if yes else ""
