"""What stands under the heatmaps: the hottest places, shares of regions, measurements."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
from PIL import Image

from .. import regions
from ..analysis import Analysis, FaceVerdict
from ..artifacts import FAKE
from ..traces import EvidenceCrop, Share
from .texts import Texts
from .viewer import address, percent, shrunk

CROP_SIDE, CUE_SIDE = 320, 352  # px: longer side of the pictures sent


def proof(texts: Texts, pixels: np.ndarray, analysis: Analysis, face: int, labels: Sequence[str] | None = None) -> str:
    """The evidence beside one face's maps, each piece marked with the labels it belongs to; of `labels`, or of all.

    Which of them is seen is chosen in the browser (`stage.js`); at first that of the first label.
    """
    verdict = analysis.faces[face]
    evidence = verdict.evidence
    if evidence is None:
        return ""
    labels = labels or (FAKE, *analysis.artifacts)
    of = f"<h3>{texts.inspect.ALT_FACE.format(number=face + 1)}</h3>" if len(analysis.faces) > 1 else ""
    parts = "".join(
        f'<div data-label="{label}"{"" if label == labels[0] else " hidden"}>'
        f"{_crops(texts, pixels, evidence.crops.get(label, ()), label, face)}"
        f"{_shares(texts, evidence.shares.get(label, ()), evidence.regions.sure)}</div>"
        for label in labels
    )
    return (
        f'<section class="dd-proof" data-face="{face}">{of}{parts}{_cues(texts, verdict)}'
        f"{_regions(texts, pixels, verdict)}</section>"
    )


def _crops(texts: Texts, pixels: np.ndarray, crops: tuple[EvidenceCrop, ...], label: str, face: int) -> str:
    name = texts.LABELS[label]
    if not crops:
        return f"<h3>{texts.HOTTEST.format(label=name)}</h3><p>{texts.NO_HOT_PLACE}</p>"
    figures = "".join(_crop(texts, pixels, crop, number, face) for number, crop in enumerate(crops, 1))
    return f'<h3>{texts.HOTTEST.format(label=name)}</h3><div class="dd-figures">{figures}</div>'


def _crop(texts: Texts, pixels: np.ndarray, crop: EvidenceCrop, number: int, face: int) -> str:
    """A button, for it leads to its place on the picture."""
    cut = Image.fromarray(np.ascontiguousarray(crop.box.cut(pixels)))
    source = address(shrunk(cut, CROP_SIDE), "JPEG", quality=88)
    said = texts.CROP.format(number=number, x=crop.box.x, y=crop.box.y, side=crop.box.width)
    return (
        f'<figure><button type="button" class="dd-place" data-label="{crop.label}" data-face="{face}" '
        f'data-place="{number}" title="{html.escape(texts.inspect.GO.format(number=number))}">'
        f'<img src="{source}" alt="{html.escape(texts.ALT_CROP.format(number=number))}"></button>'
        f"<figcaption>{said}</figcaption></figure>"
    )


def _shares(texts: Texts, shares: tuple[Share, ...], sure: bool) -> str:
    if not shares:
        return ""
    if not sure:
        return f"<h3>{texts.SHARES}</h3><p>{texts.UNSURE_REGIONS}</p>"
    rows = "".join(
        f"<span>{texts.PLACES[share.region]}</span>"
        f'<span class="dd-bar"><span style="width:{100 * share.evidence:.0f}%"></span></span>'
        f'<span class="dd-number">{share.evidence:.0%} <small>/ {share.area:.0%}</small></span>'
        for share in shares
    )
    return f'<h3>{texts.SHARES}</h3><div class="dd-bars">{rows}</div><p class="dd-note">{texts.SHARES_NOTE}</p>'


def _cues(texts: Texts, verdict: FaceVerdict) -> str:
    """Every measurement beside the map of `fake`, and each beside the map of its artifact."""
    figures = "".join(
        f'<div data-label="{FAKE} {cue.artifact}">'
        + figure(
            Image.fromarray(cue.picture),
            CUE_SIDE,
            texts.ALT_CUE.format(label=texts.LABELS[cue.artifact]),
            f"<strong>{texts.LABELS[cue.artifact]}</strong>{texts.COLON}{html.escape(texts.say(cue.text))}",
        )
        + "</div>"
        for cue in verdict.evidence.cues
    )
    if not figures:
        return ""
    return (
        f'<h3>{texts.CUES}</h3><p class="dd-note">{texts.CUES_NOTE}</p><div class="dd-figures dd-wide">{figures}</div>'
    )


def _regions(texts: Texts, pixels: np.ndarray, verdict: FaceVerdict) -> str:
    cut = np.asarray(shrunk(Image.fromarray(verdict.crop.cut(pixels)), CUE_SIDE))
    drawn = regions.draw(cut, verdict.evidence.regions)
    certainty = texts.REGIONS.format(percent=percent(verdict.evidence.regions.certainty))
    note = "" if verdict.evidence.regions.sure else f" {texts.UNSURE_REGIONS}"
    picture = figure(Image.fromarray(drawn), CUE_SIDE, texts.ALT_REGIONS, certainty + note)
    return f'<details><summary>{texts.REGIONS_TITLE}</summary><div class="dd-figures dd-wide">{picture}</div></details>'


def figure(image: Image.Image, side: int, alt: str, caption: str) -> str:
    source = address(shrunk(image, side), "JPEG", quality=88)
    return f'<figure><img src="{source}" alt="{html.escape(alt)}"><figcaption>{caption}</figcaption></figure>'
