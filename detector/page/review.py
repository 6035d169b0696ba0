"""The Review tab."""

from __future__ import annotations

import gradio as gr

from ..analyse import Analyser
from .links import Links
from .settings import Settings
from .texts import Texts


def build(texts: Texts, analyser: Analyser, settings: Settings, links: Links) -> None:
    """Adds the tab's components to the page that is being built."""
    gr.HTML(f"<h2>{texts.review.TITLE}</h2>", padding=False)
