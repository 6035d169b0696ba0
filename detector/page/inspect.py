"""The Inspect tab: one picture, its verdict and its heatmap."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from .. import metadata, provenance
from ..analyse import Analyser
from ..analysis import Analysis
from ..artifacts import FAKE
from ..explain import METHODS
from ..images import PictureError, load
from ..verdict import Answer
from . import proof as evidence
from . import scope_note, viewer
from .accusation import accusation
from .file_facts import file_facts
from .report import report
from .texts import Texts
from .uploads import PictureFile

ALL_FACES = -1


def build(texts: Texts, analyser: Analyser, examples: Sequence[Path], public: bool) -> PictureFile:
    """Adds the tab's components to the page that is being built, and gives the one that takes the picture.

    `public`: its analysis is offered over the API.
    """
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            picture = PictureFile(
                sources=["upload", "webcam", "clipboard"],
                label=texts.PICTURE,
                placeholder=texts.DROP,
                height=320,
                buttons=[],
                elem_id="picture",
            )
            picture.texts = texts
            if examples:
                gr.Examples(
                    [str(path) for path in examples],
                    picture,
                    label=texts.EXAMPLES,
                    cache_examples=False,
                    elem_id="examples",
                )
        with gr.Column(scale=3, min_width=320):
            verdict = gr.HTML(viewer.waiting(texts), padding=False, elem_id="verdict")
            with gr.Group():
                label = gr.Radio(
                    [(texts.LABELS[key], key) for key in analyser.labels], value=FAKE, label=texts.SHOW, elem_id="label"
                )
                face = gr.Radio([], label=texts.FACE, visible=False, elem_id="face")
            stage = gr.HTML("", padding=False, elem_id="stage")
            gr.HTML(f'<p class="dd-note">{texts.MEANING}</p>', padding=False, elem_id="meaning")
            proof = gr.HTML("", padding=False, elem_id="proof")
            with gr.Row():
                make = gr.Button(texts.REPORT, size="sm", visible=False, elem_id="report")
                get = gr.DownloadButton(texts.REPORT_GET, size="sm", visible=False, elem_id="get-report")
            with gr.Accordion(texts.ACCUSATION, open=False, elem_id="accusation"):
                prevalence = gr.Slider(1, 50, value=10, step=1, label=texts.PREVALENCE)
                accused = gr.HTML(accusation(texts, analyser.verdicts, 10), padding=False)
            with gr.Accordion(texts.FILE, open=False, elem_id="file"):
                about = gr.HTML("", padding=False)
            with gr.Accordion(texts.DETAILS, open=False, elem_id="details"):
                method = gr.Dropdown(list(METHODS), value="gradcam", label=texts.METHOD, elem_id="method")
                button = gr.Button(texts.DETAILS_BUTTON, size="sm")
                details = gr.JSON(show_label=False)

    def show(path: str | None, shown: str, chosen: int | None, way: str) -> tuple[str, str, str, Any, None]:
        """The verdict, the picture under its heatmap, the choice of faces; and no JSON, for the last is out of date."""
        if path is None:
            return viewer.waiting(texts), "", "", gr.update(visible=False), None
        try:
            found = analyser.prepare(path)
        except PictureError as error:
            return viewer.refusal(texts, error), "", "", gr.update(visible=False), None
        analysis = analyser.judge([found], way)[0]
        one = None if chosen is None or chosen == ALL_FACES or chosen >= len(analysis.faces) else chosen
        faces = gr.update(
            choices=_choices(texts, analysis), value=ALL_FACES if one is None else one, visible=len(analysis.faces) > 1
        )
        if analysis.answer == Answer.NOT_ASSESSED:
            return scope_note.note(texts, analysis.scope), "", "", gr.update(visible=False), None
        pixels = found.picture.pixels
        staged = viewer.stage(texts, pixels, analysis, shown, one), evidence.proof(texts, pixels, analysis, shown, one)
        return scope_note.note(texts, analysis.scope) + viewer.card(texts, analysis), *staged, faces, None

    def tell(path: str | None) -> str:
        """The file's facts, after the verdict: they take longer to draw than to be wanted."""
        if path is None:
            return ""
        try:
            picture = load(path, analyser.limits)
        except PictureError:
            return ""
        return file_facts(texts, metadata.read(picture.data), picture.pixels)

    def write(path: str | None, way: str) -> Any:
        """The report as a file in the folder of uploads, so that it is deleted with them."""
        if path is None:
            raise gr.Error(texts.NO_PICTURE)
        found = analyser.prepare(path)
        analysis = analyser.judge([found], way)[0]
        reproduce = provenance.facts(analyser.classifier, analyser.limits, found.picture, way)
        file = Path(tempfile.mkdtemp(dir=os.environ.get("GRADIO_TEMP_DIR"))) / f"{Path(path).stem}.report.html"
        file.write_text(report(texts, found.picture.pixels, analysis, reproduce), encoding="utf-8")
        return gr.update(value=str(file), visible=True)

    def offer(path: str | None) -> tuple[Any, Any]:
        return gr.update(visible=path is not None), gr.update(visible=False, value=None)

    def show_new(path: str | None, shown: str, way: str) -> tuple[str, str, str, Any, None]:
        return show(path, shown, None, way)

    def inspect(picture: str | None, method: str = "gradcam") -> dict[str, Any]:
        """Judges one picture and gives its Analysis as JSON; the method is one of the names in METHODS."""
        if picture is None:
            raise gr.Error(texts.NO_PICTURE)
        try:
            return analyser.analyse(picture, method).to_dict()
        except PictureError as error:
            raise gr.Error(texts.say(error)) from error

    outputs = [verdict, stage, proof, face, details]
    quiet = {"api_visibility": "private", "show_progress": "minimal"}
    shown = picture.change(show_new, [picture, label, method], outputs, trigger_mode="always_last", **quiet)
    shown.then(tell, picture, about, **quiet)
    picture.change(offer, picture, [make, get], **quiet)
    make.click(write, [picture, method], get, **quiet)
    for control in (label, face, method):  # input, not change: only a person's choice counts
        control.input(show, [picture, label, face, method], outputs, trigger_mode="always_last", **quiet)
    prevalence.change(
        lambda percent: accusation(texts, analyser.verdicts, percent),
        prevalence,
        accused,
        trigger_mode="always_last",
        **quiet,
    )
    named = {"api_name": "inspect"} if public else {"api_visibility": "private"}
    button.click(inspect, [picture, method], details, **named)
    return picture


def _choices(texts: Texts, analysis: Analysis) -> list[tuple[str, int]]:
    """What the face picker offers: its text and the number that stands for it."""
    each = (viewer.percent(verdict.probabilities[FAKE]) for verdict in analysis.faces)
    numbered = [(texts.FACE_NUMBER.format(number=i + 1, percent=value), i) for i, value in enumerate(each)]
    return [(texts.ALL_FACES, ALL_FACES), *numbered]
