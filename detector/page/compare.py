"""Two pictures under each other, and a line between them that the visitor moves: in the browser alone."""

from __future__ import annotations

import html

import cv2
import numpy as np

from .texts import Texts

_MOVE = "this.closest('.dd-compare').style.setProperty('--dd-cut',this.value+'%')"


def compare(
    texts: Texts,
    name: str,
    before: str,
    after: str,
    mask: np.ndarray,
    marks: str = "",
    at: int = 50,
    outlined: bool = False,
) -> str:
    """`before` and `after`: addresses of two pictures of the same size; `mask`: bool (h, w), what was changed.

    `marks`: more to draw over them, in the mask's pixels. `at`: where the line is at first, in percent from the left.
    `outlined`: is the mask's outline there from the start?
    """
    words, height, width = texts.learn, *mask.shape
    said = html.escape(words.COMPARE.format(name=name))
    alt_before, alt_after = (html.escape(alt.format(name=name)) for alt in (words.ALT_BEFORE, words.ALT_AFTER))
    checked = " checked" if outlined else ""
    return (
        f'<div class="dd-compare" style="--ratio:{width / height:.4f};--dd-cut:{at}%"><div class="dd-pair">'
        f'<img src="{before}" alt="{alt_before}">'
        f'<img class="dd-after" src="{after}" alt="{alt_after}">'
        f"{outline(mask, marks)}"
        f'<input type="range" min="0" max="100" value="{at}" aria-label="{said}" oninput="{_MOVE}">'
        '<span class="dd-handle" aria-hidden="true"></span>'
        f'<span class="dd-tag" aria-hidden="true">{words.BEFORE}</span>'
        f'<span class="dd-tag dd-right" aria-hidden="true">{words.AFTER}</span></div>'
        f'<label><input type="checkbox" class="dd-toggle"{checked}> {words.OUTLINE}</label></div>'
    )


def outline(mask: np.ndarray, marks: str = "") -> str:
    """The outline of a bool mask (h, w), as SVG to lie over the picture; said in words elsewhere."""
    height, width = mask.shape
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    smooth = [cv2.approxPolyDP(line, 1.0, True)[:, 0] for line in found if cv2.contourArea(line) > 16]
    path = "".join("M" + " ".join(f"{x} {y}" for x, y in line) + "z" for line in smooth)
    return (
        f'<svg class="dd-over" viewBox="0 0 {width} {height}" aria-hidden="true">'
        f'<g class="dd-outline"><path class="dd-under-line" d="{path}"/><path d="{path}"/></g>{marks}</svg>'
    )
