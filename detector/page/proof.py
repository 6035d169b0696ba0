"""What stands under the heatmap: the findings in words, the hottest places, shares of regions, measurements."""

from __future__ import annotations

import html

import numpy as np
from PIL import Image

from .. import regions
from ..analysis import Analysis, FaceVerdict
from ..artifacts import FAKE
from ..traces import EvidenceCrop, Share
from . import holds
from .texts import Texts
from .truth import stamp
from .viewer import address, percent, shrunk

CROP_SIDE, CUE_SIDE = 320, 352  # px: longer side of the pictures sent


def proof(texts: Texts, pixels: np.ndarray, analysis: Analysis, label: str, face: int | None) -> str:
    """The evidence beside the map of `label`: of the chosen face, or else of the most suspicious one."""
    number = analysis.most_suspicious if face is None else face
    verdict = analysis.faces[number]
    evidence = verdict.evidence
    if evidence is None:
        return ""
    of = texts.OF_FACE.format(number=number + 1) if len(analysis.faces) > 1 else ""
    said = "".join(f"<li>{html.escape(texts.say(sentence))}</li>" for sentence in evidence.sentences)
    return (
        f'<section class="dd-proof"><h3>{texts.FOUND}{of}</h3><ul>{said}</ul>'
        f"{stamp(texts, verdict.causal) if label == FAKE and verdict.causal else ''}"
        f"{_crops(texts, pixels, evidence.crops.get(label, ()), label)}"
        f"{_shares(texts, evidence.shares.get(label, ()), evidence.regions.sure)}"
        f"{_cues(texts, verdict, label)}"
        f"{holds.views(texts, analysis, verdict)}{_regions(texts, pixels, verdict)}</section>"
    )


def _crops(texts: Texts, pixels: np.ndarray, crops: tuple[EvidenceCrop, ...], label: str) -> str:
    name = texts.LABELS[label]
    if not crops:
        return f"<h3>{texts.HOTTEST.format(label=name)}</h3><p>{texts.NO_HOT_PLACE}</p>"
    figures = "".join(
        figure(
            Image.fromarray(np.ascontiguousarray(crop.box.cut(pixels))),
            CROP_SIDE,
            texts.ALT_CROP.format(number=i),
            texts.CROP.format(number=i, x=crop.box.x, y=crop.box.y, side=crop.box.width),
        )
        for i, crop in enumerate(crops, 1)
    )
    return f'<h3>{texts.HOTTEST.format(label=name)}</h3><div class="dd-figures">{figures}</div>'


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


def _cues(texts: Texts, verdict: FaceVerdict, label: str) -> str:
    """The measurement that belongs to the artifact shown; all of them beside the map of `fake`."""
    chosen = [cue for cue in verdict.evidence.cues if label in (FAKE, cue.artifact)]
    if not chosen:
        return ""
    figures = "".join(
        figure(
            Image.fromarray(cue.picture),
            CUE_SIDE,
            texts.ALT_CUE.format(label=texts.LABELS[cue.artifact]),
            f"<strong>{texts.LABELS[cue.artifact]}</strong>{texts.COLON}{html.escape(texts.say(cue.text))}",
        )
        for cue in chosen
    )
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
    source = address(shrunk(image, side), "WEBP", quality=88)
    return f'<figure><img src="{source}" alt="{html.escape(alt)}"><figcaption>{caption}</figcaption></figure>'
