"""The Review tab: a queue of pictures that people judge, first without the model and then with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from .. import agreement, review_export
from ..analyse import Analyser
from ..artifacts import ARTIFACTS
from ..images import Picture, PictureError
from ..review_log import Decision, Phase, Review, reviews
from ..reviews import MAX_NAME, MAX_NOTE, Reviews
from . import review_view
from .events import HIDDEN, QUIET
from .links import Links
from .review_desk import Desk, review_errors
from .settings import Settings
from .stage import SCRIPT
from .texts import Texts
from .uploads import PictureFile, new_folder, picture_errors, refuse_link

KEYS = Path(__file__).with_name("review.js")
HELD = "dd-review"  # the token's name in the browser
_KEEP = f"token => {{ sessionStorage.setItem('{HELD}', token || ''); }}"
_RESUME = f"() => [sessionStorage.getItem('{HELD}') || '']"
_BLUR = "on => { ddBlur(on); }"
# Before the server answers, so that a new picture is never seen unblurred.
_VEIL = "(...all) => { ddVeil(document.body.dataset.ddBlur === 'on'); return all; }"


class ReviewFiles(gr.File):
    """A file input that follows no link, which `gr.File` would download."""

    texts: Texts
    is_template = True  # in the browser it is gradio's own

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        refuse_link(self.texts, url_or_file_path)
        return await super().async_move_resource_to_block_cache(url_or_file_path)


def add_button(texts: Texts, analyser: Analyser, settings: Settings, picture: PictureFile) -> None:
    """Inspect's button that puts its picture into the queue; nothing where there is no queue."""
    if not settings.reviews:
        return
    store = Reviews(settings.reviews, settings.reviewers)
    button = gr.Button(texts.review.ADD_ONE, size="sm", visible=False, elem_id="review-add-one")

    def add(path: str | None) -> None:
        if path is None:
            raise gr.Error(texts.NO_PICTURE)
        with picture_errors(texts), review_errors(texts):
            new = store.add(Path(path).read_bytes(), Path(path).name, analyser.limits)
        gr.Info(texts.review.ADDED_ONE if new else texts.review.THERE_ONE)

    picture.change(lambda path: gr.update(visible=path is not None), picture, button, **QUIET)
    button.click(add, picture, None, **QUIET)


def decided(settings: Settings, picture: Picture) -> list[Review]:
    """What reviewers said of this very file."""
    if not settings.reviews:
        return []
    entries = Reviews(settings.reviews, settings.reviewers).entries()
    return reviews([entry for entry in entries if entry.picture == picture.facts.sha256])


def build(page: gr.Blocks, texts: Texts, analyser: Analyser, settings: Settings, links: Links) -> None:
    """Adds the tab's components to the page that is being built."""
    own, store = texts.review, Reviews(settings.reviews, settings.reviewers)
    gr.HTML(f'<h2>{own.TITLE}</h2><p class="dd-note">{own.NOTE}</p>', padding=False)
    desk = _desk(page, texts, analyser, store, links)
    with gr.Accordion(own.ADD, open=False, elem_id="review-add"):
        _adding(desk)
    with gr.Accordion(own.FIGURES, open=False, elem_id="review-figures"):
        _figures(texts, store)


def _desk(page: gr.Blocks, texts: Texts, analyser: Analyser, store: Reviews, links: Links) -> Desk:
    own = texts.review
    with gr.Row(equal_height=False):
        name = gr.Textbox(label=own.NAME, info=own.NAME_INFO, max_length=MAX_NAME, min_width=280, elem_id="review-name")
        with gr.Column(min_width=280):
            following = gr.Button(own.NEXT, variant="secondary", elem_id="review-next")
            blur = gr.Checkbox(False, label=own.BLUR, container=False, elem_id="review-blur")
            counts = gr.HTML("", padding=False, elem_id="review-counts")
    message = gr.HTML(review_view.message(own.START), padding=False, elem_id="review-message")
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=280):
            picture = gr.HTML("", js_on_load=SCRIPT, padding=False, elem_id="review-stage")
            verdict = gr.HTML("", padding=False, elem_id="review-verdict")
        with gr.Column(scale=2, min_width=280):
            with gr.Column(visible=False, elem_id="review-form") as form:
                parts = _form(texts)
            gr.HTML(review_view.keys(texts), padding=False, elem_id="review-keys")
    token, phase = gr.Textbox(visible=False), gr.Textbox(visible=False)
    shown = name, counts, message, picture, verdict, form
    desk = Desk(texts, analyser, store, *shown, **parts, token=token, phase=phase)
    page.load(None, None, blur, js=KEYS.read_text(encoding="utf-8"), api_visibility="private")
    blur.input(None, blur, None, js=_BLUR, api_visibility="private")
    _connect(page, desk, following, links)
    return desk


def _form(texts: Texts) -> dict[str, Any]:
    """Where a decision is made: components by their names in Desk."""
    own = texts.review
    decisions = [
        (own.KEY.format(name=own.DECISIONS[key], key=number), str(key)) for number, key in enumerate(Decision, 1)
    ]
    artifacts = [
        (own.KEY.format(name=texts.LABELS[key], key=number), key)
        for number, key in enumerate(ARTIFACTS, len(Decision) + 1)
    ]
    return dict(
        step=gr.HTML("", padding=False, elem_id="review-step"),
        decision=gr.Radio(decisions, label=own.DECISION, elem_id="review-decision"),
        artifacts=gr.CheckboxGroup(artifacts, label=own.ARTIFACTS, elem_id="review-artifacts"),
        note=gr.Textbox(label=own.REMARK, lines=2, max_length=MAX_NOTE, elem_id="review-note"),
        submit=gr.Button(own.SUBMIT[Phase.BLIND], variant="primary", elem_id="review-submit"),
        inspect=gr.Button(own.INSPECT, size="sm", visible=False, elem_id="review-inspect"),
    )


def _connect(page: gr.Blocks, desk: Desk, following: gr.Button, links: Links) -> None:
    # Progress on the message alone: a picture must not be dimmed while it is looked at.
    at_work = QUIET | {"show_progress_on": desk.message}
    form = [desk.form, desk.step, desk.decision, desk.artifacts, desk.note, desk.submit, desk.inspect]
    whole = [desk.message, desk.picture, desk.verdict, *form, desk.token, desk.phase, desk.counts]
    shown, token = [desk.picture, desk.verdict, desk.message], desk.token
    # Not gr.on(None, …): that would draw the desk anew at each change of the token, over what is being entered.
    begun = page.load(desk.arrive, token, [*whole, desk.name], js=_RESUME, **at_work)
    begun.then(desk.unlock, token, desk.form, **at_work).then(desk.reveal, token, shown, **at_work)
    for press in (following.click, desk.name.submit):
        taken = press(desk.take, [desk.name, token], whole, js=_VEIL, trigger_mode="once", **at_work)
        taken.then(None, token, None, js=_KEEP, api_visibility="private")
        taken.success(desk.unlock, token, desk.form, **at_work)
    entered = [token, desk.phase, desk.decision, desk.artifacts, desk.note]
    logged = desk.submit.click(desk.decide, entered, whole, trigger_mode="once", **at_work)
    logged.then(None, token, None, js=_KEEP, api_visibility="private")
    logged.success(desk.reveal, token, shown, **at_work)
    for activity in (desk.decision.input, desk.artifacts.input, desk.note.blur):  # who is at work keeps the picture
        activity(desk.renew, token, None, **HIDDEN)
    desk.inspect.click(desk.open_in_inspect, token, [links.picture, links.tabs], **QUIET)


def _adding(desk: Desk) -> None:
    """Pictures for the queue."""
    texts, own = desk.texts, desk.texts.review
    files = ReviewFiles(file_count="multiple", label=own.ADD_FILES, height=160, elem_id="review-files")
    files.texts = texts
    added = gr.HTML("", padding=False, elem_id="review-added")

    def add(paths: list[str] | None) -> dict[Any, Any]:
        if not paths:
            return {added: gr.skip()}
        new, refused = 0, []
        for path in map(Path, paths):
            try:
                with review_errors(texts):
                    new += desk.store.add(path.read_bytes(), path.name, desk.analyser.limits)
            except PictureError as error:
                refused.append(f"{path.name}: {texts.say(error)}")
        there = len(paths) - new - len(refused)
        return {added: review_view.added(texts, new, there, refused), files: None, desk.counts: desk.counted()}

    files.upload(add, files, [added, files, desk.counts], **QUIET)


def _figures(texts: Texts, store: Reviews) -> None:
    """How far the reviewers agree, and the log to take along."""
    own = texts.review
    gr.HTML(f'<p class="dd-note">{own.FIGURES_CAUTION}</p>', padding=False)
    compute = gr.Button(own.FIGURES_SHOW, size="sm", elem_id="review-compute")
    figures = gr.HTML("", padding=False, elem_id="review-computed")
    export = gr.Button(own.EXPORT, size="sm", elem_id="review-export")
    with gr.Row():
        as_csv = gr.DownloadButton(own.GET_CSV, size="sm", visible=False, elem_id="review-csv")
        as_json = gr.DownloadButton(own.GET_JSON, size="sm", visible=False, elem_id="review-json")

    def measure() -> str:
        chain = store.verify()
        found = agreement.measure(reviews(store.entries()) if chain.holds else [])
        return review_view.figures(texts, found, chain)

    def write() -> tuple[Any, Any]:
        folder = new_folder()
        made = {"reviews.csv": review_export.as_csv(store), "reviews.json": review_export.as_json(store)}
        for file, text in made.items():
            (folder / file).write_text(text, encoding="utf-8")
        return tuple(gr.update(value=str(folder / file), visible=True) for file in made)

    compute.click(measure, None, figures, **QUIET)
    export.click(write, None, [as_csv, as_json], **QUIET)
