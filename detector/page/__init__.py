"""The Gradio page. It knows the detector; the detector knows nothing of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr

from ..analyse import Analyser
from . import inspect, lab, texts, uploads
from .uploads import upload_folder

__all__ = ["build", "launch_options", "upload_folder"]

STYLE = Path(__file__).parent / "style.css"
ASSETS = Path(__file__).parents[2] / "assets"

# Gradio leaves the example buttons without a name, so a screen reader would only say "button".
NAME_EXAMPLES = """() => {{
  const names = {names};
  const name = () => {{
    const images = document.querySelectorAll("#examples button img");
    if (images.length < names.length) return setTimeout(name, 200);  // not drawn yet
    images.forEach((image, i) => {{ image.alt = names[i]; }});
  }};
  name();
}}"""


def build(analyser: Analyser) -> gr.Blocks:
    """The page on one analyser, to be built inside `upload_folder`; `launch_options` belong to its launch()."""
    examples = sorted(ASSETS.glob("example-*"), key=lambda path: path.stem)  # each before its forgery
    gr.set_static_paths(examples)  # served from where they are, so that the upload folder holds uploads alone
    with gr.Blocks(title=texts.TITLE, analytics_enabled=False, delete_cache=(uploads.EVERY, uploads.KEEP)) as page:
        gr.HTML(
            f'<h1>{texts.TITLE}</h1><p class="dd-lead">{texts.LEAD}</p><p class="dd-note">{texts.PRIVACY}</p>',
            padding=False,
            elem_id="lead",
        )
        with gr.Tabs():
            with gr.Tab(texts.TAB_INSPECT):
                inspect.build(analyser, examples)
            with gr.Tab(texts.TAB_LAB, elem_id="lab") as tab:
                lab.build(analyser, [path for path in examples if path.stem.count("-") == 1], tab)
        names = [path.stem.removeprefix("example-").replace("-", " ") for path in examples]
        page.load(None, js=NAME_EXAMPLES.format(names=json.dumps(names)))
    # Two at a time keep two cores busy; the bound keeps a rush from filling the memory.
    return page.queue(max_size=64, default_concurrency_limit=2)


def launch_options(analyser: Analyser) -> dict[str, Any]:
    return {
        "theme": _theme(),
        "css_paths": STYLE,
        "max_file_size": analyser.limits.max_bytes,
        "run_history": False,
        "footer_links": ["api", "settings"],
        "show_error": False,  # only gr.Error speaks to the visitor; other errors may name paths and go to the log
    }


def _theme() -> gr.themes.Base:
    """The reader's own font needs no download; text and selected buttons in tones with contrast enough to read."""
    text = {f"block_{part}_text_color": "*body_text_color" for part in ("title", "label")}
    return gr.themes.Soft(
        primary_hue="pink",
        neutral_hue="slate",
        font=[gr.themes.Font("system-ui"), gr.themes.Font("sans-serif")],
        font_mono=[gr.themes.Font("ui-monospace"), gr.themes.Font("monospace")],
    ).set(
        background_fill_primary="*neutral_50",  # Soft's own, which set() forgets
        **text,
        **{f"{name}_dark": value for name, value in text.items()},
        block_title_background_fill="none",
        block_title_background_fill_dark="none",
        block_title_padding="0",
        block_label_background_fill="*background_fill_primary",
        block_label_background_fill_dark="*background_fill_primary",
        checkbox_label_background_fill_selected="*primary_700",
        checkbox_label_background_fill_selected_dark="*primary_700",
    )
