"""The Gradio page. It knows the detector; the detector knows nothing of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from ..analyse import Analyser
from . import inspect, texts

STYLE = Path(__file__).parent / "style.css"
ASSETS = Path(__file__).parents[2] / "assets"
KEEP = 1800  # seconds that an uploaded picture stays on disk


def build(analyser: Analyser) -> gr.Blocks:
    """The page on one analyser; `launch_options` belong to its launch()."""
    with gr.Blocks(title=texts.TITLE, analytics_enabled=False, delete_cache=(KEEP // 3, KEEP)) as page:
        gr.Markdown(f"# {texts.TITLE}")
        gr.HTML(f'<p class="dd-lead">{texts.LEAD}</p><p class="dd-note">{texts.PRIVACY}</p>')
        inspect.build(analyser, sorted(ASSETS.glob("example-*")))
    # Two at a time keep two cores busy; the bound keeps a rush from filling the memory.
    return page.queue(max_size=64, default_concurrency_limit=2)


def launch_options(analyser: Analyser) -> dict[str, Any]:
    return {
        "theme": gr.themes.Soft(primary_hue="pink", neutral_hue="slate"),
        "css_paths": STYLE,
        "max_file_size": analyser.limits.max_bytes,
        "run_history": False,
        "footer_links": ["api", "settings"],
        "show_error": True,
    }
