"""The Learn tab: short chapters, and the practice game as the last of them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

import gradio as gr
import numpy as np
from PIL import Image

from ..analyse import Analyser
from ..artifacts import ARTIFACTS
from ..game import Dealer
from ..visits import Visits
from . import game
from .compare import compare
from .drawings import draw
from .events import HIDDEN
from .texts import Texts
from .viewer import address_of

PICTURES = Path(__file__).parents[2] / "assets" / "learn"
PRACTICE = "practice"

_TO_TOP = "() => document.querySelector('#learn-row')?.scrollIntoView({block: 'start'})"


def build(texts: Texts, analyser: Analyser, portraits: Sequence[Path], tab: gr.Tab) -> None:
    """Adds the tab's components to the page that is being built; a chapter travels when it is opened.

    `portraits`: what the practice game's rounds are made of.
    """
    words = texts.learn
    keys = list(words.CHAPTERS)
    with gr.Row(elem_id="learn-row"):
        with gr.Column(scale=1, min_width=230, elem_id="learn-side"):
            chapter = gr.Radio(
                [(title, key) for key, title in words.CHAPTERS.items()],
                value=keys[0],
                label=words.CHAPTERS_LABEL,
                elem_id="learn-chapters",
            )
        with gr.Column(scale=4, min_width=320, elem_id="learn-main"):
            shown = gr.HTML("", padding=False, elem_id="learn-chapter")
            with gr.Column(visible=False, elem_id="learn-game") as room:
                deal = game.build(texts, Dealer(analyser, portraits), Visits())
            following = gr.Button(words.NEXT_CHAPTER.format(title=words.CHAPTERS[keys[1]]), elem_id="learn-next")

    def open_chapter(key: str, visit: str, *given):
        after = keys[keys.index(key) + 1 :]
        label = words.NEXT_CHAPTER.format(title=words.CHAPTERS[after[0]]) if after else ""
        first = key == PRACTICE and not visit  # who comes back finds the round as it was
        return (
            written(texts, analyser, key),
            gr.Column(visible=key == PRACTICE),
            gr.Button(label, visible=bool(after)),
            *(deal.handler(visit, *given) if first else [gr.skip()] * len(deal.outputs)),
        )

    def next_of(key: str) -> str:
        return keys[min(keys.index(key) + 1, len(keys) - 1)]

    filled = [shown, room, following, *deal.outputs]
    for event in (tab.select, chapter.change):
        event(open_chapter, [chapter, *deal.inputs], filled, trigger_mode="always_last", **HIDDEN)
    following.click(next_of, chapter, chapter, **HIDDEN).then(None, js=_TO_TOP)


def written(texts: Texts, analyser: Analyser, key: str) -> str:
    """A chapter as HTML; of the practice what to know before; the game stands below."""
    words, drawings = texts.learn, texts.learn.DRAWINGS
    architecture = analyser.classifier.header.architecture
    body = {
        "what": lambda: words.WHAT,
        "families": lambda: _families(texts),
        "clues": lambda: words.CLUES + _clues(texts, analyser.labels),
        "classifier": lambda: words.CLASSIFIER.format(
            architecture=html.escape(architecture.name),
            **{name: draw(name, drawings) for name in ("transfer", "residual", "normalisation")},
        ),
        "gradcam": lambda: words.GRADCAM.format(gradcam=draw("gradcam", drawings)),
        "finetune": lambda: words.FINETUNE.format(further=html.escape(_further(analyser))),
        PRACTICE: lambda: words.GAME,
    }[key]()
    return f'<article class="dd-prose"><h2>{words.CHAPTERS[key]}</h2>{body}</article>'


def _families(texts: Texts) -> str:
    words = texts.learn
    each = "".join(
        f"<section>{draw(key, words.DRAWINGS)}<h3>{title}</h3>{said}</section>"
        for key, (title, said) in words.FAMILY.items()
    )
    return f'{words.FAMILIES}<div class="dd-families">{each}</div>{words.FAMILIES_END}'


def _clues(texts: Texts, labels: Sequence[str]) -> str:
    words, drawn = texts.learn, ""
    for artifact in ARTIFACTS:
        title, said = words.CLUE[artifact]
        known = words.DETECTED if artifact in labels else words.NOT_DETECTED
        drawn += (
            f'<section class="dd-clue">{_pair(texts, artifact)}<div><h3>{title}</h3><p>{said}</p>'
            f'<p class="dd-note">{known}</p></div></section>'
        )
    return drawn


def _pair(texts: Texts, artifact: str) -> str:
    """The crop before and after, drawn by benchmarks/learn_pictures.py."""
    mask = PICTURES / f"{artifact}-mask.png"
    if not mask.is_file():
        return f'<p class="dd-note">{texts.learn.NO_PICTURES}</p>'
    before, after = (
        address_of((PICTURES / f"{artifact}-{name}.webp").read_bytes(), "webp") for name in ("before", "after")
    )
    with Image.open(mask) as image:
        return compare(texts, texts.learn.CLUE[artifact][0], before, after, np.asarray(image.convert("1")))


def _further(analyser: Analyser) -> str:
    """The command that trains on from the checkpoint in use: it must name the same architecture."""
    header = analyser.classifier.header
    made = header.architecture
    options = [f"--model {made.name}", f"--pool {made.pool}", f"--full-size {header.preprocessing.size}"]
    if made.kwargs:
        options.append("--model-kwargs " + " ".join(f"{key}={value}" for key, value in made.kwargs.items()))
    if made.neck:
        options.append(f"--neck {made.neck} --stride {made.stride}")
    if made.residual:
        options.append("--residual")
    return " \\\n  ".join(["python train.py --labels DIR --weights FILE.safetensors", *options, "--lr 1e-4"])
