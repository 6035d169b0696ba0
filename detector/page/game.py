"""The practice game of the Learn tab: what its rounds look like, and what its buttons do."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any, NamedTuple

import gradio as gr
import numpy as np
from gradio.blocks import Block
from gradio.components import Component

from ..game import GRID, LEVELS, Dealer, Opinion, Round, found, hits, miss, opinion
from ..visits import RoundOver, Score, Tally, Visits
from .compare import compare, outline
from .events import QUIET
from .texts import Texts
from .viewer import address_of, percent

# Arrow keys move in two directions; a row of radio buttons alone would only know forwards and back.
_STEP = (
    f"const step={{ArrowUp:-{GRID},ArrowDown:{GRID},ArrowLeft:-1,ArrowRight:1}}[event.key];if(step){{"
    "event.preventDefault();const all=[...this.querySelectorAll('input')],"
    "next=all[all.indexOf(event.target)+step];if(next){next.checked=true;next.focus()}}"
)
# The mark lives in the picture; gradio's inputs do not see it, so it is handed over on the click.
_TAKE_MARK = "(visit) => [visit, Number(document.querySelector('#game-picture input:checked')?.value ?? -1)]"
_FOCUS = "() => document.querySelector('#game-another')?.focus({preventScroll: true})"


class Deal(NamedTuple):
    """A handler with what goes in, the visit first, and what it fills: it puts a new picture on the table."""

    handler: Callable[..., tuple[Any, ...]]
    inputs: list[Component]
    outputs: list[Block]


def build(texts: Texts, dealer: Dealer, visits: Visits) -> Deal:
    """Adds the game; what it gives starts the first round."""
    words = texts.learn
    # The only thing the page knows of a round: who plays. Not gr.State, which would keep a connection open.
    visit, mark = gr.Textbox("", visible=False), gr.Number(-1, visible=False)
    levels = [(words.LEVELS[level], level) for level in LEVELS]
    with gr.Row():
        with gr.Column(scale=3, min_width=320):
            picture = gr.HTML("", padding=False, elem_id="game-picture")
            with gr.Row(visible=False, elem_id="game-answers") as answers:
                real = gr.Button(words.SAY_REAL, elem_id="game-real")
                fake = gr.Button(words.SAY_FAKE, elem_id="game-fake")
        with gr.Column(scale=2, min_width=300):
            feedback = gr.HTML("", padding=False, elem_id="game-feedback")
            another = gr.Button(words.ANOTHER, variant="primary", elem_id="game-another")
            level = gr.Radio(levels, value="easy", label=words.LEVEL, elem_id="game-level")
            score = gr.HTML(tally(texts, Score()), padding=False, elem_id="game-score")

    def deal(visit: str, level: str):
        try:
            dealt = dealer.deal(level, np.random.default_rng())
        except ValueError as error:  # an unknown level, a portrait without room
            return visit, "", f'<p role="alert">{html.escape(texts.say(error))}</p>', gr.Row(visible=False), gr.skip()
        token, kept = visits.put(visit, dealt)
        return token, board(texts, dealt), "", gr.Row(visible=True), tally(texts, kept)

    def decide(visit: str, mark: float, said: bool):
        cell = int(mark) if said and mark in range(GRID * GRID) else None
        if said and cell is None:
            return gr.skip(), f'<p role="alert">{words.NO_MARK}</p>', gr.skip(), gr.skip()
        try:
            dealt = visits.look(visit)
            judged = opinion(dealer.analyser, dealt.file)
            kept = visits.close(visit, dealt, said, cell, judged)
        except RoundOver:
            return gr.skip(), f'<p role="alert">{words.OVER}</p>', gr.Row(visible=False), gr.skip()
        shown = revealed(texts, dealt, cell, judged)
        return shown, said_of(texts, dealt, said, cell, judged), gr.Row(visible=False), tally(texts, kept)

    dealing = Deal(deal, [visit, level], [visit, picture, feedback, answers, score])
    another.click(*dealing, **QUIET)
    level.input(*dealing, **QUIET)
    shown = [picture, feedback, answers, score]
    for button, said in ((real, False), (fake, True)):
        decided = button.click(
            lambda visit, mark, said=said: decide(visit, mark, said), [visit, mark], shown, js=_TAKE_MARK, **QUIET
        )
        decided.then(None, js=_FOCUS)
    return dealing


def board(texts: Texts, dealt: Round) -> str:
    """The picture of an open round under a grid of places to mark. Nothing in it tells the answer."""
    words, (height, width) = texts.learn, dealt.mask.shape
    places = "".join(
        f'<input type="radio" name="dd-mark" value="{cell}" '
        f'aria-label="{words.CELL.format(row=cell // GRID + 1, column=cell % GRID + 1)}">'
        for cell in range(GRID * GRID)
    )
    return (
        f'<p>{words.ASK}</p><div class="dd-board" style="--ratio:{width / height:.4f}">'
        f'<img src="{address_of(dealt.file, "jpeg")}" alt="{words.ALT_ROUND}">'
        f'<fieldset style="--grid:{GRID}" aria-label="{words.MARK}" onkeydown="{_STEP}">{places}</fieldset></div>'
    )


def revealed(texts: Texts, dealt: Round, cell: int | None, judged: Opinion) -> str:
    """The picture after the decision: what was changed, both marks, and the untouched picture to compare."""
    words, marks = texts.learn, _marks(dealt.mask.shape, cell, judged.cell)
    keys = [("dd-you", words.KEY_YOU)] if cell is not None else []
    keys += [("dd-detector", words.KEY_DETECTOR)] if judged.cell is not None else []
    keys = [("dd-changed", words.KEY_CHANGED), *keys] if dealt.manipulated else keys
    legend = "".join(f'<span><i class="{kind}"></i>{said}</span>' for kind, said in keys)
    after = address_of(dealt.file, "jpeg")
    if dealt.manipulated:
        before = address_of(dealt.before, "jpeg")
        shown = compare(texts, texts.LABELS[dealt.artifact], before, after, dealt.mask, marks, at=15, outlined=True)
    else:
        height, width = dealt.mask.shape
        shown = (
            f'<div class="dd-board" style="--ratio:{width / height:.4f}"><img src="{after}" alt="{words.WAS_REAL}">'
            f"{outline(dealt.mask, marks)}</div>"
        )
    return f'{shown}<p class="dd-keys dd-game-keys">{legend}</p>'


def _marks(shape: tuple[int, int], player: int | None, detector: int | None) -> str:
    """A ring for the player, a diamond for the detector, in the mask's pixels."""
    height, width = shape
    drawn = ""
    for cell, kind in ((player, "dd-you"), (detector, "dd-detector")):
        if cell is None:
            continue
        row, column = divmod(cell, GRID)
        x, y, size = (column + 0.5) * width / GRID, (row + 0.5) * height / GRID, 0.32 * min(height, width) / GRID
        path = (
            f"M{x - size} {y}a{size} {size} 0 1 0 {2 * size} 0a{size} {size} 0 1 0 {-2 * size} 0"
            if kind == "dd-you"
            else f"M{x} {y - size}l{size} {size} {-size} {size} {-size} {-size}z"
        )
        drawn += f'<path class="dd-under-line" d="{path}"/><path class="{kind}" d="{path}"/>'
    return drawn


def said_of(texts: Texts, dealt: Round, said: bool, cell: int | None, judged: Opinion) -> str:
    """The verdict on the player's answer, the truth, and what the detector said."""
    words, right = texts.learn, said == dealt.manipulated
    lines = [words.WAS_FAKE.format(name=texts.LABELS[dealt.artifact]) if dealt.manipulated else words.WAS_REAL]
    if dealt.manipulated:
        if cell is not None:
            lines.append(_place(texts, dealt, cell))
        lines.append(words.CHANCE.format(hits=int(hits(dealt.mask).sum()), places=GRID * GRID))
    detector = words.DETECTOR_SAID.format(answer=texts.ANSWERS[judged.answer], percent=percent(judged.probability))
    if judged.cell is None:
        detector += f" {words.DETECTOR_COLD}"
    elif dealt.manipulated:
        detector += f" {words.DETECTOR_HIT if found(dealt.mask, judged.cell) else words.DETECTOR_MISSED}"
    said_all = "".join(f"<p>{line}</p>" for line in (*lines, detector))
    sign = f"✓ {words.RIGHT}" if right else f"✗ {words.WRONG}"
    return f'<div class="dd-card dd-{"right" if right else "wrong"}" role="status"><h2>{sign}</h2>{said_all}</div>'


def _place(texts: Texts, dealt: Round, cell: int) -> str:
    if found(dealt.mask, cell):
        return texts.learn.HIT
    distance = miss(dealt.mask, cell)
    return texts.learn.MISSED.format(distance=distance) if distance >= 0.01 else texts.learn.MISSED_NEAR


def tally(texts: Texts, score: Score) -> str:
    """Both scores as a table."""
    words = texts.learn
    if not score.rounds:
        return f'<p class="dd-note">{words.SCORE_EMPTY}</p>'
    heads = "<td></td>" + "".join(f'<th scope="col">{head}</th>' for head in words.SCORE_HEADS)
    rows = _row(texts, words.YOU, score.player, score) + _row(texts, words.DETECTOR, score.detector, score)
    note = words.SCORE_NOTE.format(rounds=score.rounds, manipulated=score.manipulated)
    return (
        f'<table class="dd-score"><caption>{words.SCORE}</caption><thead><tr>{heads}</tr></thead>'
        f'<tbody>{rows}</tbody></table><p class="dd-note">{note}</p>'
    )


def _row(texts: Texts, who: str, kept: Tally, score: Score) -> str:
    places = texts.learn.PLACES.format(found=kept.places, of=score.manipulated)
    cells = "".join(f"<td>{value}</td>" for value in (kept.right, kept.wrong, kept.open, places))
    return f'<tr><th scope="row">{who}</th>{cells}</tr>'
