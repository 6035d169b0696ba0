"""The Inspect tab: one picture, its verdict and its heatmaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from .. import provenance
from ..analyse import Analyser
from ..explain import METHODS
from ..images import PictureError
from ..verdict import Answer
from . import scope_note, viewer
from .accusation import accusation
from .events import JUDGING, QUIET
from .file_facts import file_facts
from .findings import findings, pending
from .proof import proof
from .report import report
from .review import add_button, decided
from .settings import Settings
from .stage import ALL_FACES, SCRIPT, stage
from .texts import Texts
from .uploads import PictureFile, new_folder, picture_errors


def build(texts: Texts, analyser: Analyser, settings: Settings, examples: Sequence[Path], public: bool) -> PictureFile:
    """Adds the tab's components to the page that is being built, and gives the one that takes the picture.

    `public`: its analysis is offered over the API.
    """
    with gr.Row():
        with gr.Column(scale=2, min_width=280):
            picture = PictureFile(
                sources=["upload", "webcam", "clipboard"],
                label=texts.PICTURE,
                placeholder=texts.DROP,
                height=320,
                buttons=[],
                elem_id="picture",
            )
            picture.texts = texts
            gr.HTML(f'<p class="dd-note">{texts.inspect.PASTE}</p>', padding=False)
            if examples:
                gr.Examples(
                    [str(path) for path in examples],
                    picture,
                    label=texts.EXAMPLES,
                    cache_examples=False,
                    elem_id="examples",
                )
        with gr.Column(scale=3, min_width=280):
            verdict = gr.HTML(viewer.waiting(texts), padding=False, elem_id="verdict")
            staged = gr.HTML("", js_on_load=SCRIPT, padding=False, elem_id="stage")
            gr.HTML(f'<p class="dd-note">{texts.MEANING}</p>', padding=False, elem_id="meaning")
            found = gr.HTML("", padding=False, elem_id="findings")
            proven = gr.HTML("", padding=False, elem_id="proof")
            with gr.Row():
                make = gr.Button(texts.REPORT, size="sm", visible=False, elem_id="report")
                get = gr.DownloadButton(texts.REPORT_GET, size="sm", visible=False, elem_id="get-report")
                add_button(texts, analyser, settings, picture)
            _accusation(texts, analyser)
            with gr.Accordion(texts.FILE, open=False, elem_id="file"):
                about = gr.HTML("", padding=False)
            with gr.Accordion(texts.DETAILS, open=False, elem_id="details"):
                method = gr.Dropdown(list(METHODS), value="gradcam", label=texts.METHOD, elem_id="method")
                button = gr.Button(texts.DETAILS_BUTTON, size="sm")
                details = gr.JSON(show_label=False)

    def show(path: str | None, way: str) -> Iterator[dict[Any, Any]]:
        """What is seen of a picture, as it becomes known."""
        nothing = dict.fromkeys((staged, found, proven, about), "")
        nothing |= {make: gr.update(visible=False), get: gr.update(visible=False, value=None), details: None}
        if path is None:
            yield nothing | {verdict: viewer.waiting(texts)}
            return
        yield nothing | {verdict: viewer.looking(texts)}
        try:
            prepared = analyser.prepare(path)
        except PictureError as error:
            yield {verdict: viewer.refusal(texts, error)}
            return
        pixels = prepared.picture.pixels
        for step, analysis in enumerate(analyser.steps(prepared, way)):
            told = scope_note.note(texts, analysis.scope)
            if analysis.answer == Answer.NOT_ASSESSED:
                yield {verdict: told}
            elif step == 0:
                yield {verdict: told + viewer.card(texts, analysis, True), found: pending(texts)}
            elif step == 1:
                evidence = proof(texts, pixels, analysis, analysis.most_suspicious)
                yield {staged: stage(texts, pixels, analysis), proven: evidence}
            else:
                yield {verdict: told + viewer.card(texts, analysis), found: findings(texts, analysis)}
        # They take longer to draw than to be wanted.
        yield {about: file_facts(texts, analysis.metadata, pixels), make: gr.update(visible=True)}

    def turn(path: str | None, way: str, event: gr.EventData) -> Any:
        """The evidence of the face that was chosen on the stage; of the most suspicious one where that was all."""
        if path is None:
            return ""
        with picture_errors(texts):
            prepared = analyser.prepare(path)
        analysis = analyser.judge([prepared], way, checks=False)[0]
        chosen = event._data.get("face", ALL_FACES)
        if not isinstance(chosen, int) or not 0 <= chosen < len(analysis.faces):
            chosen = analysis.most_suspicious
        return proof(texts, prepared.picture.pixels, analysis, chosen)

    def write(path: str | None, way: str) -> Any:
        """The report as a file in the folder of uploads, so that it is deleted with them."""
        if path is None:
            raise gr.Error(texts.NO_PICTURE)
        with picture_errors(texts):
            prepared = analyser.prepare(path)
        analysis = analyser.judge([prepared], way)[0]
        reproduce = provenance.facts(analyser.classifier, analyser.limits, prepared.picture, way)
        file = new_folder() / f"{Path(path).stem}.report.html"
        said = report(texts, prepared.picture.pixels, analysis, reproduce, reviews=decided(settings, prepared.picture))
        file.write_text(said, encoding="utf-8")
        return gr.update(value=str(file), visible=True)

    def inspect(picture: str | None, method: str = "gradcam") -> dict[str, Any]:
        """Judges one picture and gives its Analysis as JSON; the method is one of the names in METHODS."""
        if picture is None:
            raise gr.Error(texts.NO_PICTURE)
        with picture_errors(texts):
            return analyser.analyse(picture, method).to_dict()

    outputs = [verdict, staged, found, proven, about, make, get, details]
    # The verdict alone tells of progress: its place in the queue, then how long it has been at work.
    told = QUIET | JUDGING | {"trigger_mode": "always_last", "show_progress_on": verdict}
    picture.change(show, [picture, method], outputs, **told)
    method.input(show, [picture, method], outputs, **told)  # input, not change: only a person's choice counts
    staged.select(turn, [picture, method], proven, trigger_mode="always_last", **QUIET, **JUDGING)
    make.click(write, [picture, method], get, **QUIET, **JUDGING)
    named = {"api_name": "inspect"} if public else {"api_visibility": "private"}
    button.click(inspect, [picture, method], details, **named, **JUDGING)
    # A link with settings: the browser reads the others itself.
    gr.on(None, _asked_method, None, method, **QUIET)
    return picture


def _asked_method(request: gr.Request) -> Any:
    asked = request.query_params.get("method")
    return asked if asked in METHODS else gr.skip()


def _accusation(texts: Texts, analyser: Analyser) -> None:
    """The sum of accusation for a prevalence that the visitor sets."""
    with gr.Accordion(texts.ACCUSATION, open=False, elem_id="accusation"):
        prevalence = gr.Slider(1, 50, value=10, step=1, label=texts.PREVALENCE)
        accused = gr.HTML(accusation(texts, analyser.verdicts, 10), padding=False)

    def count(percent: float) -> str:
        return accusation(texts, analyser.verdicts, percent)

    # A sum of a millisecond need not stand behind pictures in the queue.
    prevalence.change(count, prevalence, accused, trigger_mode="always_last", queue=False, **QUIET)
