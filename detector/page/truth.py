"""The stamp beside a heatmap: does the score depend on the place that the map calls hottest?"""

from __future__ import annotations

import html

from ..causal import CausalCheck
from .texts import Texts


def stamp(texts: Texts, check: CausalCheck) -> str:
    """Badge and sentence as HTML; its class ends in the stamp with "-" for each blank."""
    sign, name = texts.STAMPS[check.stamp]
    return (
        f'<p class="dd-stamp dd-{check.stamp.replace(" ", "-")}">'
        f'<strong><span aria-hidden="true">{sign}</span> {name}</strong> {html.escape(texts.say(check.sentence))}</p>'
    )
