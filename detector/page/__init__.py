"""The Gradio page. It knows the detector; the detector knows nothing of it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from ..analyse import Analyser
from ..images import PictureError
from . import api, batch, inspect, lab, learn, review, uploads
from .body_limit import BodyLimit
from .document import STYLE
from .hosting import hosted
from .links import Links
from .settings import Settings, SettingsError, read_logins
from .texts import FIRST, LANGUAGES
from .uploads import upload_folder

__all__ = ["Settings", "SettingsError", "build", "hosted", "launch_options", "read_logins", "upload_folder", "warm_up"]

ASSETS = Path(__file__).parents[2] / "assets"

DEFAULT = Settings()

# Gradio leaves the example buttons without a name, so a screen reader would only say "button".
NAME_EXAMPLES = """() => {{
  document.documentElement.lang = {code};
  document.title = {title};
  const names = {names};
  const name = () => {{
    const images = document.querySelectorAll("#examples button img");
    if (images.length < names.length) return setTimeout(name, 200);  // not drawn yet
    images.forEach((image, i) => {{ image.alt = names[i]; }});
  }};
  name();
}}"""


def build(analyser: Analyser, settings: Settings = DEFAULT) -> gr.Blocks:
    """The page on one analyser, to be built inside `upload_folder`; `launch_options` belong to its launch()."""
    examples = sorted(ASSETS.glob("example-*"), key=lambda path: path.stem)  # each before its forgery
    gr.set_static_paths(examples)  # served from where they are, so that the upload folder holds uploads alone
    times = uploads.times(settings.keep)
    with gr.Blocks(
        title=LANGUAGES[FIRST].TITLE, analytics_enabled=False, delete_cache=(times.every, times.keep)
    ) as page:
        _draw(page, FIRST, analyser, settings, examples)
        api.build(analyser)
    for code in [code for code in LANGUAGES if code != FIRST]:
        with page.route(LANGUAGES[code].LANGUAGE, f"/{code}"):
            _draw(page, code, analyser, settings, examples)
    # The bound keeps a rush from filling the memory.
    return page.queue(max_size=settings.queue, default_concurrency_limit=2)


def warm_up(analyser: Analyser) -> None:
    """Judges an example: what is loaded at the first picture takes seconds that the first visitor should not wait."""
    for path in sorted(ASSETS.glob("example-*"))[:1]:
        with contextlib.suppress(PictureError):  # larger than the limits that were asked for
            analyser.analyse(path)


def _draw(page: gr.Blocks, code: str, analyser: Analyser, settings: Settings, examples: Sequence[Path]) -> None:
    """Everything in one language."""
    texts = LANGUAGES[code]
    portraits = [path for path in examples if path.stem.count("-") == 1]  # the untouched examples
    gr.Navbar(visible="hidden")  # the languages have a place of their own; visible=False shows it all the same
    privacy = texts.PRIVACY.format(minutes=settings.keep)
    gr.HTML(
        f'<h1>{texts.TITLE}</h1><p class="dd-lead">{texts.LEAD}</p><p class="dd-note">{privacy}</p>{_languages(code)}',
        padding=False,
        elem_id="lead",
    )
    with gr.Tabs(elem_id="tabs") as tabs:
        with gr.Tab(texts.TAB_INSPECT, id="inspect"):
            picture = inspect.build(texts, analyser, settings, examples, public=code == FIRST)
        links = Links(tabs, picture)
        with gr.Tab(texts.batch.TAB, id="batch", elem_id="batch"):
            batch.build(texts, analyser, settings, links)
        if settings.reviews:
            with gr.Tab(texts.review.TAB, id="review", elem_id="review"):
                review.build(page, texts, analyser, settings, links)
        with gr.Tab(texts.TAB_LAB, id="lab", elem_id="lab") as tab:
            lab.build(texts, analyser, portraits, tab)
        with gr.Tab(texts.learn.TAB, id="learn", elem_id="learn") as tab:
            learn.build(texts, analyser, portraits, tab)
    names = [path.stem.removeprefix("example-").replace("-", " ") for path in examples]
    said = dict(names=names, code=code, title=texts.TITLE)
    page.load(None, js=NAME_EXAMPLES.format(**{name: json.dumps(value) for name, value in said.items()}))


def _languages(chosen: str) -> str:
    """Links to the page in the other languages."""
    links = "".join(
        f'<a href="/{"" if code == FIRST else code}" lang="{code}" hreflang="{code}">{texts.LANGUAGE}</a>'
        for code, texts in LANGUAGES.items()
        if code != chosen
    )
    return f'<p class="dd-languages">{links}</p>' if links else ""


def launch_options(analyser: Analyser, settings: Settings = DEFAULT) -> dict[str, Any]:
    """Nothing that records or passes on what visitors do, whatever gradio or a Space would switch on by itself."""
    return {
        "theme": _theme(),
        "css_paths": sorted(STYLE.glob("*.css")),
        "max_file_size": analyser.limits.max_bytes,
        # Twice, as a picture in a data: URL is a third longer than its file.
        "app_kwargs": {"middleware": [Middleware(BodyLimit, most=2 * analyser.limits.max_bytes + 1_000_000)]},
        "auth": list(settings.logins) or None,
        "mcp_server": settings.mcp,
        "run_history": False,
        "enable_monitoring": False,
        "pwa": False,
        # Gradio's check of its own address gives up after 3 s, and a busy machine may take longer for its first page.
        "_frontend": False,
        "ssr_mode": False,  # a Space would put a node server in front, which was never tried
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
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
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
