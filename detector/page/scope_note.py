"""What stands above the verdict where a picture is out of scope."""

from __future__ import annotations

import html
from collections.abc import Sequence

from ..scope import Reason, refused
from .texts import Texts


def note(texts: Texts, reasons: Sequence[Reason]) -> str:
    """The reasons as HTML; empty without any. With a refusal among them it takes the place of the verdict."""
    if not reasons:
        return ""
    no_score = refused(reasons)
    heading, lead = (texts.REFUSED, texts.SCOPE_REFUSED) if no_score else (texts.SCOPE_WARNED, texts.SCOPE_CARE)
    said = "".join(f"<p>⚠ {html.escape(texts.say(reason.text))}</p>" for reason in reasons)
    role = "alert" if no_score else "note"
    return f'<div class="dd-card dd-refused" role="{role}"><h2>{heading}</h2><p>{lead}</p>{said}</div>'
