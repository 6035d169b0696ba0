"""An HTML file that needs nothing else: no network, no scripts; it prints well."""

from __future__ import annotations

import html
from pathlib import Path

from .texts import Texts

STYLE = Path(__file__).parent / "style"
# The page's style takes its colours from gradio's variables; here they are plain.
PAPER = """
:root { --border-color-primary: #d4d4d8; --background-fill-secondary: #fafafa; }
body { max-width: 860px; margin: 24px auto; padding: 0 16px; font: 15px/1.45 system-ui, sans-serif; }
body { color: #18181b; background: #fff; }
h1 { font-size: 1.5rem; }
figure { margin: 0; break-inside: avoid; }
.dd-report-maps { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 14px; }
.dd-report-maps img { width: 100%; border-radius: 8px; }
figcaption { font-size: .85rem; overflow-wrap: anywhere; }
@media print {
  body { margin: 0; max-width: none; }
  .dd-card, section h3 { break-inside: avoid; break-after: avoid; }
}
"""


def document(texts: Texts, title: str, body: str, style: str = "") -> str:
    """The whole file. `title` is plain text, `body` HTML, `style` CSS of this document alone."""
    base = (STYLE / "base.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="{texts.CODE}"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{base}{PAPER}{style}</style></head><body>{body}</body></html>\n"
    )
