"""How one tab hands on to another without knowing its inside."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from .uploads import PictureFile


@dataclass(frozen=True)
class Links:
    """`tabs`: the row of tabs, chosen by id (inspect, batch, review, lab, learn); `picture`: what Inspect judges.

    A handler opens a picture in Inspect with the outputs (links.picture, links.tabs) and the values
    (path, gr.Tabs(selected="inspect")).
    """

    tabs: gr.Tabs
    picture: PictureFile
