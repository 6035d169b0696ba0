"""The reviewer's desk: the picture in hand, the decision that is due on it, and what happens when one is made.

Whose turn it is and what may be shown is decided by `detector.reviews` alone. The browser keeps no more than the token
of the picture in hand, in its session storage, so that a reload or a new server goes on where the log stands.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from .. import review_export, review_file
from ..analyse import Analyser
from ..images import load
from ..review_log import Entry, ModelView, Phase
from ..reviews import Claim, ReviewError, Reviews
from ..verdict import Answer
from . import review_view, scope_note, viewer
from .stage import stage
from .texts import Texts
from .uploads import new_folder

MESSAGES = {
    review_file.BadName: "NO_NAME",
    review_file.NotYours: "LOST",
    review_file.NotDue: "NOT_DUE",
    review_file.Full: "FULL",
}


@contextlib.contextmanager
def review_errors(texts: Texts) -> Iterator[None]:
    """Inside, the store's refusal is raised as gr.Error, in the visitor's language."""
    try:
        yield
    except ReviewError as error:
        name = MESSAGES.get(type(error))
        said = getattr(texts.review, name) if name else texts.review.FAILED.format(reason=error)
        raise gr.Error(said) from error


@dataclass(frozen=True, eq=False)
class Desk:
    """The components, and the handlers that fill them: those give {component: value} of what changes.

    `token` and `phase`: of the picture in hand. Not gr.State: that would keep a connection open for each visitor. What
    comes back in them is checked by the store.
    """

    texts: Texts
    analyser: Analyser
    store: Reviews
    name: gr.Textbox
    counts: gr.HTML
    message: gr.HTML
    picture: gr.HTML
    verdict: gr.HTML
    form: gr.Column
    step: gr.HTML
    decision: gr.Radio
    artifacts: gr.CheckboxGroup
    note: gr.Textbox
    submit: gr.Button
    inspect: gr.Button
    token: gr.Textbox
    phase: gr.Textbox

    def counted(self) -> str:
        return review_view.counts(self.texts, self.store.queue())

    def arrive(self, kept: str, request: gr.Request) -> dict[Any, Any]:
        """A visit begins, or goes on with the picture that this browser holds."""
        held = self.store.resume(kept) if kept else None
        drawn = self._due(held) if held else {self.counts: self.counted(), self.token: ""}
        login = getattr(request, "username", None)
        return drawn | ({self.name: gr.update(value=login, interactive=False)} if login else {})

    def take(self, given: str, kept: str, request: gr.Request) -> dict[Any, Any]:
        """The next picture; the one in hand goes back to the queue, unless there is no other."""
        own = self.texts.review
        with review_errors(self.texts):
            held = self.store.claim(getattr(request, "username", None) or given or "")
        if held is None:
            before = self.store.resume(kept) if kept else None
            return {self.message: review_view.message(own.ONLY_ONE)} if before else self._empty(own.EMPTY)
        if kept:
            self.store.release(kept)
        return self._due(held)

    def decide(self, kept: str, at: str, chosen: str | None, ticked: list[str], remark: str) -> dict[Any, Any]:
        """Logs a decision, and only then says so. What the model says comes after the blind one, in `reveal`."""
        if not chosen:
            raise gr.Error(self.texts.review.NO_DECISION)
        with review_errors(self.texts):
            entry = self.store.decide(kept, Phase(at), chosen, ticked, remark or "")
        final = entry.phase == Phase.FINAL
        return self._empty(self.texts.review.SAVED.format(id=entry.id)) if final else self._asked(entry)

    def reveal(self, kept: str) -> dict[Any, Any]:
        """The model's answer and map, logged as shown before they are sent; nothing before the blind decision."""
        held = self.store.resume(kept) if kept else None
        if held is None or held.phase != Phase.FINAL:
            return {self.message: gr.skip()}
        found = self.analyser.prepare(self.store.data(held.picture))
        analysis = self.analyser.judge([found], "gradcam", evidence=False)[0]
        assessed = analysis.answer != Answer.NOT_ASSESSED
        view = ModelView(analysis.answer, analysis.probability if assessed else None, analysis.model.sha256)
        self.store.shown(kept, view)
        noted = scope_note.note(self.texts, analysis.scope)
        if not assessed:
            return {self.verdict: noted, self.message: ""}
        drawn = review_view.veiled(self.texts, stage(self.texts, found.picture.pixels, analysis))
        return {self.verdict: noted + viewer.card(self.texts, analysis), self.picture: drawn, self.message: ""}

    def unlock(self, kept: str) -> Any:
        """Shows the form once it is cleared: what is entered any earlier would be lost."""
        return gr.update(visible=bool(kept))

    def renew(self, kept: str) -> None:
        self.store.resume(kept or "")

    def open_in_inspect(self, kept: str) -> tuple[str, Any]:
        """The picture in hand, under a name that tells nothing."""
        held = self.store.resume(kept) if kept else None
        if held is None or held.phase != Phase.FINAL:
            raise gr.Error(self.texts.review.BLIND_FIRST)
        ending = review_export.ENDINGS[self.store.listed(held.picture).format]
        path = new_folder() / f"{held.picture[:12]}{ending}"
        path.write_bytes(self.store.data(held.picture))
        return str(path), gr.Tabs(selected="inspect")

    def _due(self, held: Claim) -> dict[Any, Any]:
        """A picture in hand and the decision that is due on it."""
        blind = self.store.blind(held) if held.phase == Phase.FINAL else None
        pixels = load(self.store.data(held.picture), self.analyser.limits).pixels
        return {
            self.message: "",
            self.picture: review_view.picture(self.texts, pixels),
            self.verdict: "",
            self.form: gr.update(visible=False),  # until its new values have arrived: `unlock`
            self.step: review_view.step(self.texts, blind),
            self.decision: blind and str(blind.decision),
            self.artifacts: list(blind.artifacts) if blind else [],
            self.note: blind.note if blind else "",
            self.submit: self.texts.review.SUBMIT[held.phase],
            self.inspect: gr.update(visible=blind is not None),
            self.token: held.token,
            self.phase: held.phase,
            self.counts: self.counted(),
        }

    def _asked(self, entry: Entry) -> dict[Any, Any]:
        """After the blind decision, until the model has been asked."""
        return {
            self.message: review_view.message(self.texts.review.ASKING),
            self.step: review_view.step(self.texts, entry),
            self.submit: self.texts.review.SUBMIT[Phase.FINAL],
            self.inspect: gr.update(visible=True),
            self.phase: Phase.FINAL,
            self.counts: self.counted(),
        }

    def _empty(self, said: str) -> dict[Any, Any]:
        """Nothing in hand."""
        cleared = dict.fromkeys((self.picture, self.verdict, self.token, self.phase), "")
        shown = {self.message: review_view.message(said), self.counts: self.counted()}
        return cleared | shown | {self.form: gr.update(visible=False)}
