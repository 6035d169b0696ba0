"""The Lab tab: forge a portrait yourself, and see what the detector finds and where it stops seeing."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import gradio as gr
import numpy as np
from PIL import Image

from .. import explain, forge, traces
from ..analyse import Analyser, outlined
from ..analysis import Analysis
from ..artifacts import ARTIFACTS, FAKE
from ..forge import CannotForge, Forgery, Portrait
from ..forge.hair import unlike
from ..images import PictureError, load
from .events import JUDGING, QUIET
from .proof import figure
from .texts import Texts
from .uploads import PictureFile
from .viewer import alert, bar

LARGEST, SIDE = 768, 420  # px: of the picture that is forged, and of the pictures shown
STRENGTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)  # of the curve


@dataclass(frozen=True)
class Trial:
    """A forgery and what is said of it; `curve`: for each of STRENGTHS the probability of fake and of the artifact."""

    forgery: Forgery
    analysis: Analysis
    curve: tuple[tuple[float, float | None], ...]


def build(texts: Texts, analyser: Analyser, examples: Sequence[Path], tab: gr.Tab) -> None:
    """Adds the tab's components to the page that is being built. The first example is forged when it is opened."""
    with gr.Row():
        with gr.Column(scale=2, min_width=280):
            picture = PictureFile(
                value=str(examples[0]) if examples else None,
                sources=["upload", "clipboard"],
                label=texts.LAB_PICTURE,
                placeholder=texts.DROP,
                height=300,
                buttons=[],
                elem_id="lab-picture",
            )
            picture.texts = texts
            artifact = gr.Radio(
                [(texts.LABELS[key], key) for key in ARTIFACTS],
                value=next(iter(ARTIFACTS)),
                label=texts.LAB_ARTIFACT,
                elem_id="lab-artifact",
            )
            strength = gr.Slider(0, 1, value=0.8, step=0.05, label=texts.LAB_STRENGTH, elem_id="lab-strength")
            # Not gr.State: that would keep a connection open for each visitor.
            seed = gr.Number(0, precision=0, visible=False)
            another = gr.Button(texts.LAB_ANOTHER, elem_id="lab-another")
        with gr.Column(scale=3, min_width=280):
            gr.HTML(f'<p class="dd-note">{texts.LAB_NOTE}</p>', padding=False)
            result = gr.HTML(f"<p>{texts.LAB_WAITING}</p>", padding=False, elem_id="lab-result")

    def show(path: str | None, kind: str, value: float, number: int) -> str:
        if path is None:
            return f"<p>{texts.LAB_WAITING}</p>"
        try:
            return drawn(texts, attempt(texts, analyser, path, kind, value, number, examples), kind)
        except (PictureError, CannotForge) as error:
            return alert(texts.say(error))

    inputs = [picture, artifact, strength, seed]
    latest = QUIET | JUDGING | {"trigger_mode": "always_last"}
    for change in (tab.select, picture.change, artifact.input, strength.release):
        change(show, inputs, result, **latest)
    another.click(lambda number: number + 1, seed, seed, **latest).then(show, inputs, result, **latest)


def attempt(
    texts: Texts, analyser: Analyser, path: str, artifact: str, strength: float, seed: int, donors: Sequence[Path] = ()
) -> Trial:
    """Forges the picture's largest face and judges it. Raises PictureError, and CannotForge where there is no room."""
    portrait = _portrait(analyser, path)
    donor = _donor(texts, analyser, donors) if artifact == "hair" else None
    made = [
        forge.forge(portrait, artifact, at, np.random.default_rng(seed), donor=donor)
        for at in (*STRENGTHS[1:], strength)
    ]
    pictures = [portrait.pixels, *(forgery.pixels for forgery in made)]
    judged = analyser.judge(list(map(analyser.prepare, pictures)), "gradcam", evidence=False, checks=False)
    curve = tuple((one.probability, one.artifacts.get(artifact)) for one in judged[:-1])
    # A forgery of no strength at all is the picture itself.
    forgery = made[-1] if strength else Forgery(portrait.pixels, made[-1].mask * 0, artifact, made[-1].variant, 0.0)
    return Trial(forgery, judged[-1] if strength else judged[0], curve)


def _portrait(analyser: Analyser, path: str | Path) -> Portrait:
    pixels = load(path, analyser.limits).pixels
    scale = LARGEST / max(pixels.shape[:2])
    if scale < 1:
        size = [max(1, round(side * scale)) for side in pixels.shape[1::-1]]
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return forge.portrait_of(analyser.parser, pixels)


def _donor(texts: Texts, analyser: Analyser, donors: Sequence[Path]) -> Portrait:
    """Whose hair to take: the example with most of it, mirrored and gone grey, so that it never fits."""
    if not donors:
        raise CannotForge(texts.LAB_NO_DONOR)
    return unlike(max((_portrait(analyser, path) for path in donors), key=lambda portrait: portrait.hair.mean()))


def drawn(texts: Texts, trial: Trial, artifact: str) -> str:
    """The forged picture, its true mask, the detector's map, the probabilities and the curve, as HTML."""
    forgery, analysis = trial.forgery, trial.analysis
    known = artifact in analysis.artifacts
    label = artifact if known else FAKE
    mask = explain.overlay(forgery.pixels, np.where(forgery.mask > 0.1, explain.SCALE, 0).astype(np.float32), 0.5)
    outlines = [found[label] for found in map(outlined, analysis.faces) if label in found]
    heat = traces.drawn(explain.overlay(forgery.pixels, analysis.heatmap(label), 0.7), outlines)
    shown = (
        (forgery.pixels, texts.LAB_FORGED.format(variant=texts.VARIANTS[forgery.variant])),
        (mask, texts.LAB_MASK),
        (heat, texts.ALT_HEAT.format(label=texts.LABELS[label])),
    )
    figures = "".join(figure(Image.fromarray(pixels), SIDE, said, html.escape(said)) for pixels, said in shown)
    rows = {FAKE: analysis.probability} | ({artifact: analysis.artifacts[artifact]} if known else {})
    bars = "".join(bar(texts.LABELS[key], value) for key, value in rows.items())
    missing = "" if known else f'<p class="dd-note">{texts.LAB_UNKNOWN.format(label=texts.LABELS[artifact])}</p>'
    return (
        f'<div class="dd-proof"><div class="dd-figures dd-wide">{figures}</div>'
        f'<div class="dd-bars">{bars}</div>{missing}'
        f"<h3>{texts.LAB_CURVE}</h3>{_curve(texts, trial.curve, artifact)}</div>"
    )


def _curve(texts: Texts, curve: Sequence[tuple[float, float | None]], artifact: str) -> str:
    """Strength against probability: 0 to 1 both ways."""
    names = (texts.LABELS[FAKE], texts.LABELS[artifact])
    lines = ""
    for number, (name, kind) in enumerate(zip(names, ("dd-line-fake", "dd-line-own"), strict=True)):
        values = [point[number] for point in curve]
        if None in values:
            continue
        points = " ".join(f"{40 + 300 * x:.0f},{150 - 130 * y:.1f}" for x, y in zip(STRENGTHS, values, strict=True))
        lines += f'<polyline class="{kind}" points="{points}"/>'
        height = 24 + 18 * number  # names at the lines' ends would overlap where both end alike
        lines += f'<polyline class="{kind}" points="356,{height} 380,{height}"/>'
        lines += f'<text x="386" y="{height + 4}">{name}</text>'
    said = "; ".join(f"{x:.1f}: {y:.0%}" for x, (y, _) in zip(STRENGTHS, curve, strict=True))
    axes = "".join(
        f'<line x1="40" x2="340" y1="{y}" y2="{y}"/><text x="34" y="{y + 4}" text-anchor="end">{share}</text>'
        for y, share in ((150, "0%"), (85, "50%"), (20, "100%"))
    )
    ticks = "".join(f'<text x="{40 + 300 * x:.0f}" y="168" text-anchor="middle">{x:g}</text>' for x in STRENGTHS)
    return (
        f'<svg class="dd-curve" viewBox="0 0 560 190" role="img" aria-label="{texts.LAB_CURVE} {said}">{axes}{ticks}'
        f'{lines}<text x="190" y="186" text-anchor="middle">{texts.LAB_STRENGTH}</text></svg>'
    )
