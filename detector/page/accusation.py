"""The arithmetic of accusation: of a hundred pictures called manipulated, how many are real people's real photos?"""

from __future__ import annotations

from ..verdict import OPEN, Limits, Rate, accused
from .texts import Texts

DOTS = 100


def accusation(texts: Texts, limits: Limits, percent: float) -> str:
    """A hundred dots, as HTML; `percent` (0…100) of all pictures that are judged are manipulated."""
    if limits == OPEN:
        return f"<p>{texts.ACCUSED_OPEN}</p>"
    value, low, high = (100 * share for share in accused(limits, percent / 100))
    wrong, at_most = round(value), min(DOTS, round(high))
    kinds = ["dd-real"] * wrong + ["dd-perhaps"] * (at_most - wrong) + ["dd-fake"] * (DOTS - at_most)
    dots = "".join(
        f'<circle class="{kind}" cx="{8 + 16 * (i % 20)}" cy="{8 + 16 * (i // 20)}" r="6"/>'
        for i, kind in enumerate(kinds)
    )
    said = texts.ACCUSED.format(percent=percent, wrong=value, low=low, high=high)
    rates = texts.ACCUSED_RATES.format(found=rate(texts, limits.found), alarmed=rate(texts, limits.alarmed))
    legend = "".join(
        f'<span><i class="{kind}"></i>{name}</span>'
        for kind, name in zip(("dd-real", "dd-perhaps", "dd-fake"), texts.ACCUSED_LEGEND, strict=True)
    )
    return (
        f'<div class="dd-accused"><p>{said}</p><svg viewBox="0 0 320 80" role="img" aria-label="{said}">{dots}</svg>'
        f'<p class="dd-keys">{legend}</p><p class="dd-note">{rates} {texts.ACCUSED_NOTE}</p></div>'
    )


def rate(texts: Texts, found: Rate) -> str:
    return texts.RATE.format(value=found.value, low=found.low, high=found.high)
