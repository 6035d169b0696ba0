"""The Review tab: a queue of pictures that people judge, first without the model and then with it.

Whose turn it is and what may be shown is decided by `detector.reviews` alone. The browser keeps no more than the token
of the picture in hand, in its session storage, so that a reload or a new server goes on where the log stands.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from .. import agreement, review_export, review_file
from ..analyse import Analyser
from ..artifacts import ARTIFACTS
from ..images import Picture, PictureError, load
from ..review_log import Decision, Entry, ModelView, Phase, Review, reviews
from ..reviews import MAX_NAME, MAX_NOTE, Claim, ReviewError, Reviews
from ..verdict import Answer
from . import review_view, scope_note, viewer
from . import stage as staging
from .events import HIDDEN, QUIET
from .links import Links
from .settings import Settings
from .texts import Texts
from .uploads import PictureFile, new_folder, refuse_link

KEYS = Path(__file__).with_name("review.js")
HELD = "dd-review"  # the token's name in the browser
_KEEP = f"token => {{ sessionStorage.setItem('{HELD}', token || ''); }}"
_RESUME = f"() => [sessionStorage.getItem('{HELD}') || '']"
_BLUR = "on => { ddBlur(on); }"
# Before the server answers, so that a new picture is never seen unblurred.
_VEIL = "(...all) => { ddVeil(document.body.dataset.ddBlur === 'on'); return all; }"

MESSAGES = {
    review_file.BadName: "NO_NAME",
    review_file.NotYours: "LOST",
    review_file.NotDue: "NOT_DUE",
    review_file.Full: "FULL",
}


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
        try:
            new = store.add(Path(path).read_bytes(), Path(path).name, analyser.limits)
        except PictureError as error:
            raise gr.Error(texts.say(error)) from error
        except ReviewError as error:
            raise _said(texts, error) from error
        gr.Info(texts.review.ADDED_ONE if new else texts.review.THERE_ONE)

    picture.change(lambda path: gr.update(visible=path is not None), picture, button, **QUIET)
    button.click(add, picture, None, **QUIET)


def decided(settings: Settings, picture: Picture) -> list[Review]:
    """What reviewers said of this very file."""
    if not settings.reviews:
        return []
    entries = Reviews(settings.reviews, settings.reviewers).entries()
    return reviews([entry for entry in entries if entry.picture == picture.facts.sha256])


def build(texts: Texts, analyser: Analyser, settings: Settings, links: Links) -> None:
    """Adds the tab's components to the page that is being built."""
    own = texts.review
    store = Reviews(settings.reviews, settings.reviewers)
    gr.HTML(f'<h2>{own.TITLE}</h2><p class="dd-note">{own.NOTE}</p>', padding=False)
    with gr.Row(equal_height=False):
        name = gr.Textbox(label=own.NAME, info=own.NAME_INFO, max_length=MAX_NAME, min_width=280, elem_id="review-name")
        with gr.Column(min_width=280):
            following = gr.Button(own.NEXT, variant="secondary", elem_id="review-next")
            blur = gr.Checkbox(False, label=own.BLUR, container=False, elem_id="review-blur")
            counts = gr.HTML("", padding=False, elem_id="review-counts")
    message = gr.HTML(review_view.message(own.START), padding=False, elem_id="review-message")
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=280):
            stage = gr.HTML("", js_on_load=staging.SCRIPT, padding=False, elem_id="review-stage")
            verdict = gr.HTML("", padding=False, elem_id="review-verdict")
        with gr.Column(scale=2, min_width=280):
            with gr.Column(visible=False, elem_id="review-form") as form:
                step = gr.HTML("", padding=False, elem_id="review-step")
                decision = gr.Radio(
                    [
                        (own.KEY.format(name=own.DECISIONS[key], key=number), str(key))
                        for number, key in enumerate(Decision, 1)
                    ],
                    label=own.DECISION,
                    elem_id="review-decision",
                )
                artifacts = gr.CheckboxGroup(
                    [
                        (own.KEY.format(name=texts.LABELS[key], key=number), key)
                        for number, key in enumerate(ARTIFACTS, len(Decision) + 1)
                    ],
                    label=own.ARTIFACTS,
                    elem_id="review-artifacts",
                )
                note = gr.Textbox(label=own.REMARK, lines=2, max_length=MAX_NOTE, elem_id="review-note")
                submit = gr.Button(own.SUBMIT[Phase.BLIND], variant="primary", elem_id="review-submit")
                inspect = gr.Button(own.INSPECT, size="sm", visible=False, elem_id="review-inspect")
            gr.HTML(review_view.keys(texts), padding=False, elem_id="review-keys")
    with gr.Accordion(own.ADD, open=False, elem_id="review-add"):
        files = ReviewFiles(file_count="multiple", label=own.ADD_FILES, height=160, elem_id="review-files")
        files.texts = texts
        added = gr.HTML("", padding=False, elem_id="review-added")
    with gr.Accordion(own.FIGURES, open=False, elem_id="review-figures"):
        gr.HTML(f'<p class="dd-note">{own.FIGURES_CAUTION}</p>', padding=False)
        compute = gr.Button(own.FIGURES_SHOW, size="sm", elem_id="review-compute")
        figures = gr.HTML("", padding=False, elem_id="review-computed")
        export = gr.Button(own.EXPORT, size="sm", elem_id="review-export")
        with gr.Row():
            as_csv = gr.DownloadButton(own.GET_CSV, size="sm", visible=False, elem_id="review-csv")
            as_json = gr.DownloadButton(own.GET_JSON, size="sm", visible=False, elem_id="review-json")
    # Not gr.State: that would keep a connection open for each visitor. What comes back in them is checked by the store.
    token, phase = gr.Textbox(visible=False), gr.Textbox(visible=False)

    def counted() -> str:
        return review_view.counts(texts, store.queue())

    def due(held: Claim, said: str = "") -> dict[Any, Any]:
        """A picture in hand and the decision that is due on it."""
        blind = store.blind(held) if held.phase == Phase.FINAL else None
        return {
            message: review_view.message(said),
            stage: review_view.picture(texts, load(store.data(held.picture), analyser.limits).pixels),
            verdict: "",
            form: gr.update(visible=False),  # until its new values have arrived: `unlock`
            step: review_view.step(texts, blind),
            decision: blind and str(blind.decision),
            artifacts: list(blind.artifacts) if blind else [],
            note: blind.note if blind else "",
            submit: own.SUBMIT[held.phase],
            inspect: gr.update(visible=blind is not None),
            token: held.token,
            phase: held.phase,
            counts: counted(),
        }

    def empty(said: str) -> dict[Any, Any]:
        """Nothing in hand."""
        cleared = {stage: "", verdict: "", form: gr.update(visible=False), token: "", phase: "", counts: counted()}
        return {message: review_view.message(said), **cleared}

    def arrive(kept: str, request: gr.Request) -> dict[Any, Any]:
        """A visit begins, or goes on with the picture that this browser holds."""
        held = store.resume(kept) if kept else None
        drawn = due(held) if held else {counts: counted(), token: ""}
        login = getattr(request, "username", None)
        return drawn | ({name: gr.update(value=login, interactive=False)} if login else {})

    def take(given: str, kept: str, request: gr.Request) -> dict[Any, Any]:
        """The next picture; the one in hand goes back to the queue, unless there is no other."""
        try:
            held = store.claim(getattr(request, "username", None) or given or "")
        except ReviewError as error:
            raise _said(texts, error) from error
        if held is None:
            before = store.resume(kept) if kept else None
            return {message: review_view.message(own.ONLY_ONE)} if before else empty(own.EMPTY)
        if kept:
            store.release(kept)
        return due(held)

    def decide(kept: str, at: str, chosen: str | None, ticked: list[str], remark: str) -> dict[Any, Any]:
        """Logs a decision, and only then says so. What the model says comes after the blind one, in `reveal`."""
        if not chosen:
            raise gr.Error(own.NO_DECISION)
        try:
            entry = store.decide(kept, Phase(at), chosen, ticked, remark or "")
        except ReviewError as error:
            raise _said(texts, error) from error
        return empty(own.SAVED.format(id=entry.id)) if entry.phase == Phase.FINAL else asked(entry)

    def asked(entry: Entry) -> dict[Any, Any]:
        return {
            message: review_view.message(own.ASKING),
            step: review_view.step(texts, entry),
            submit: own.SUBMIT[Phase.FINAL],
            inspect: gr.update(visible=True),
            phase: Phase.FINAL,
            counts: counted(),
        }

    def reveal(kept: str) -> dict[Any, Any]:
        """The model's answer and map, logged as shown before they are sent; nothing before the blind decision."""
        held = store.resume(kept) if kept else None
        if held is None or held.phase != Phase.FINAL:
            return {message: gr.skip()}
        found = analyser.prepare(store.data(held.picture))
        analysis = analyser.judge([found], "gradcam", evidence=False)[0]
        assessed = analysis.answer != Answer.NOT_ASSESSED
        view = ModelView(analysis.answer, analysis.probability if assessed else None, analysis.model.sha256)
        store.shown(kept, view)
        noted = scope_note.note(texts, analysis.scope)
        if not assessed:
            return {verdict: noted, message: ""}
        drawn = staging.stage(texts, found.picture.pixels, analysis)
        card = viewer.card(texts, analysis)
        return {verdict: noted + card, stage: review_view.veiled(texts, drawn), message: ""}

    def unlock(kept: str) -> Any:
        """Shows the form once it is cleared: what is entered any earlier would be lost."""
        return gr.update(visible=bool(kept))

    def renew(kept: str) -> None:
        store.resume(kept or "")

    def add(paths: list[str] | None) -> dict[Any, Any]:
        if not paths:
            return {added: gr.skip()}
        new, refused = 0, []
        for path in paths:
            try:
                new += store.add(Path(path).read_bytes(), Path(path).name, analyser.limits)
            except PictureError as error:
                refused.append(f"{Path(path).name}: {texts.say(error)}")
            except ReviewError as error:
                raise _said(texts, error) from error
        there = len(paths) - new - len(refused)
        return {added: review_view.added(texts, new, there, refused), files: None, counts: counted()}

    def open_in_inspect(kept: str) -> tuple[str, Any]:
        held = store.resume(kept) if kept else None
        if held is None or held.phase != Phase.FINAL:
            raise gr.Error(own.BLIND_FIRST)
        ending = review_export.ENDINGS[store.listed(held.picture).format]
        path = new_folder() / f"{held.picture[:12]}{ending}"
        path.write_bytes(store.data(held.picture))
        return str(path), gr.Tabs(selected="inspect")

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

    # Progress on the message alone: a picture must not be dimmed while it is looked at.
    at_work = QUIET | {"show_progress_on": message}
    desk = [message, stage, verdict, form, step, decision, artifacts, note, submit, inspect, token, phase, counts]
    gr.on(None, None, None, blur, js=KEYS.read_text(encoding="utf-8"), api_visibility="private")
    shown = [stage, verdict, message]
    begun = gr.on(None, arrive, token, [*desk, name], js=_RESUME, **at_work).then(unlock, token, form, **at_work)
    begun.then(reveal, token, shown, **at_work)
    blur.input(None, blur, None, js=_BLUR, api_visibility="private")
    for press in (following.click, name.submit):
        taken = press(take, [name, token], desk, js=_VEIL, trigger_mode="once", **at_work)
        taken.then(None, token, None, js=_KEEP, api_visibility="private")
        taken.success(unlock, token, form, **at_work)
    logged = submit.click(decide, [token, phase, decision, artifacts, note], desk, trigger_mode="once", **at_work)
    logged.then(None, token, None, js=_KEEP, api_visibility="private")
    logged.success(reveal, token, shown, **at_work)
    for activity in (decision.input, artifacts.input, note.blur):  # a reviewer at work keeps the picture
        activity(renew, token, None, **HIDDEN)
    files.upload(add, files, [added, files, counts], **QUIET)
    inspect.click(open_in_inspect, token, [links.picture, links.tabs], **QUIET)
    compute.click(measure, None, figures, **QUIET)
    export.click(write, None, [as_csv, as_json], **QUIET)


def _said(texts: Texts, error: ReviewError) -> gr.Error:
    """The store's refusal in the visitor's language."""
    name = MESSAGES.get(type(error))
    return gr.Error(getattr(texts.review, name) if name else texts.review.FAILED.format(reason=error))
