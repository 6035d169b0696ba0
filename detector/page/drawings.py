"""The Learn tab's drawings: inline SVG, coloured by the page's own variables, so that they fit light and dark."""

from __future__ import annotations

import html
from collections.abc import Mapping

_ARROW = (
    '<marker id="dd-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 8 4 0 8z" class="dd-ink"/></marker>'
)


def _svg(words: Mapping[str, str], width: int, height: int, inside: str) -> str:
    said = html.escape(words["said"])
    return (
        f'<svg class="dd-drawing" viewBox="0 0 {width} {height}" style="--width:{width}px" '
        f'role="img" aria-label="{said}">'
        f"<defs>{_ARROW}</defs>{inside}</svg>"
    )


def _arrow(path: str, kind: str = "") -> str:
    return f'<path class="dd-line {kind}" d="{path}" marker-end="url(#dd-tip)"/>'


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "middle") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" class="{kind}">{html.escape(words)}</text>'


def _box(x: float, y: float, width: float, height: float, kind: str = "") -> str:
    return f'<rect class="dd-shape {kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="6"/>'


# --- heads -----------------------------------------------------------------------------------------------------------

_MOUTHS = {
    "calm": "M-9 20q9 5 18 0",
    "smile": "M-11 17q11 13 22 0z",
    "open": "M-6 20a6 8 0 1 0 12 0a6 8 0 1 0-12 0",
}


def _head(x: float, hair: str, face: str, mouth: str = "calm", glasses: bool = False, mouth_kind: str = "") -> str:
    """A head 76 wide around x, 60; `hair` and `face` are classes that colour them: who it is."""
    spectacles = (
        '<g class="dd-line"><circle cx="-10" cy="-2" r="8"/><circle cx="10" cy="-2" r="8"/><path d="M-2-2h4"/></g>'
        if glasses
        else ""
    )
    return (
        f'<g transform="translate({x} 62)"><path class="dd-shape {hair}" d="M-34 30v-34a34 38 0 0 1 68 0v34z"/>'
        f'<ellipse class="dd-shape {face}" cy="4" rx="25" ry="32"/>'
        '<circle class="dd-ink" cx="-10" cy="-2" r="2.6"/><circle class="dd-ink" cx="10" cy="-2" r="2.6"/>'
        f'{spectacles}<path class="dd-line" d="M0 2v8h-4"/>'
        f'<path class="dd-line {mouth_kind}" d="{_MOUTHS[mouth]}"/></g>'
    )


def swap(words: Mapping[str, str]) -> str:
    inside = (
        _head(48, "dd-one", "dd-warm")
        + _text(102, 68, "+", "dd-big")
        + _head(156, "dd-two", "dd-cool", "smile")
        + _arrow("M200 62h24")
        + _head(268, "dd-two", "dd-warm dd-seam", "calm")
    )
    return _svg(words, 316, 112, inside)


def reenactment(words: Mapping[str, str]) -> str:
    inside = (
        _head(48, "dd-two", "dd-cool", "open", mouth_kind="dd-hot")
        + _text(102, 68, "+", "dd-big")
        + _head(156, "dd-one", "dd-warm")
        + _arrow("M200 62h24")
        + _head(268, "dd-one", "dd-warm", "open", mouth_kind="dd-hot")
    )
    return _svg(words, 316, 112, inside)


def talking(words: Mapping[str, str]) -> str:
    bars = "".join(
        f'<path class="dd-line dd-hot" d="M{18 + 9 * i} {62 - tall}v{2 * tall}"/>'
        for i, tall in enumerate((6, 16, 26, 12, 30, 18, 8))
    )
    inside = (
        bars
        + _text(102, 68, "+", "dd-big")
        + _head(156, "dd-one", "dd-warm")
        + _arrow("M200 62h24")
        + _head(268, "dd-one", "dd-warm", "open", mouth_kind="dd-hot")
    )
    return _svg(words, 316, 112, inside)


def attributes(words: Mapping[str, str]) -> str:
    inside = (
        _head(88, "dd-one", "dd-warm") + _arrow("M140 62h36") + _head(228, "dd-two dd-seam", "dd-warm", "smile", True)
    )
    return _svg(words, 316, 112, inside)


# --- the network -----------------------------------------------------------------------------------------------------


def transfer(words: Mapping[str, str]) -> str:
    heights = (110, 96, 80, 64)
    layers = "".join(_box(30 + 66 * i, 80 - tall / 2, 40, tall, "dd-cool") for i, tall in enumerate(heights))
    links = "".join(_arrow(f"M{72 + 66 * i} 80h22") for i in range(3))
    inside = (
        f"{layers}{links}{_text(6, 14, words['kept'], anchor='start')}"
        f"{_text(6, 156, words['early'], 'dd-faint', 'start')}{_text(248, 156, words['late'], 'dd-faint')}"
        f"{_arrow('M270 72q16-22 40-24')}{_box(314, 26, 116, 36, 'dd-gone')}{_text(372, 49, words['old'], 'dd-faint')}"
        f'<path class="dd-line dd-faint" d="M318 58 426 30"/>'
        f"{_arrow('M270 88q16 22 40 24', 'dd-hot')}{_box(314, 96, 116, 36, 'dd-warm')}{_text(372, 119, words['new'])}"
    )
    return _svg(words, 440, 164, inside)


def residual(words: Mapping[str, str]) -> str:
    layer, norm = words["layer"], words["norm"]
    inside = (
        f"{_text(8, 105, 'x', 'dd-formula')}{_arrow('M20 100h22')}"
        f"{_box(44, 74, 134, 52, 'dd-cool')}{_text(111, 95, layer)}{_text(111, 115, f'{norm}, ReLU', 'dd-faint')}"
        f"{_arrow('M178 100h22')}"
        f"{_box(202, 74, 134, 52, 'dd-cool')}{_text(269, 95, layer)}{_text(269, 115, norm, 'dd-faint')}"
        f"{_arrow('M336 100h22')}{_text(190, 150, 'F(x)', 'dd-formula')}"
        '<circle class="dd-shape dd-warm" cx="374" cy="100" r="15"/>'
        f"{_text(374, 106, '+', 'dd-big')}{_arrow('M389 100h22')}{_text(446, 105, 'x + F(x)', 'dd-formula')}"
        f"{_arrow('M30 100V36q0-8 8-8h328q8 0 8 8v46', 'dd-hot')}{_text(202, 18, words['shortcut'])}"
    )
    return _svg(words, 480, 160, inside)


def normalisation(words: Mapping[str, str]) -> str:
    def heap(x: float, middle: float) -> str:
        return (
            f'<path class="dd-line" d="M{x} 110h170"/>'
            f'<path class="dd-shape dd-warm" d="M{middle - 40} 110c22 0 22-74 40-74s18 74 40 74z"/>'
        )

    inside = (
        f"{heap(20, 84)}{_text(20, 128, '0', 'dd-faint')}{_text(190, 128, '255', 'dd-faint')}"
        f"{_text(105, 150, words['raw'])}"
        f"{_arrow('M206 76h84')}{_text(248, 64, words['formula'], 'dd-faint')}"
        f"{heap(306, 391)}"
        '<path class="dd-line dd-faint" stroke-dasharray="3 4" d="M391 26v84"/>'
        f"{_text(391, 128, '0', 'dd-faint')}{_text(351, 128, '−1', 'dd-faint')}{_text(431, 128, '+1', 'dd-faint')}"
        f"{_text(391, 150, words['done'])}"
    )
    return _svg(words, 496, 160, inside)


def gradcam(words: Mapping[str, str]) -> str:
    spots = ((12, 12), (30, 30), (14, 34))
    maps = "".join(
        f'<g transform="translate({190 + 10 * i} {28 + 44 * i})">{_box(0, 0, 52, 38, "dd-cool")}'
        f'<circle class="dd-spot" cx="{x}" cy="{min(y, 28)}" r="8"/></g>'
        for i, (x, y) in enumerate(spots)
    )
    weights = "".join(
        f"{_arrow(f'M{244 + 10 * i} {47 + 44 * i}h{76 - 10 * i}')}{_text(290, 42 + 44 * i, f'× α{k}', 'dd-formula')}"
        for i, k in enumerate("₁₂₃")
    )
    inside = (
        f'<g transform="translate(-6 20) scale(.92)">{_head(56, "dd-one", "dd-warm")}</g>'
        f"{_text(46, 150, words['picture'])}"
        f"{_arrow('M88 82h22')}"
        '<path class="dd-shape dd-cool" d="M114 44 168 60v44l-54 16z"/>'
        f"{_text(216, 172, words['maps'])}"
        f"{maps}{weights}"
        f"{_box(326, 36, 84, 96)}"
        '<circle class="dd-glow" cx="358" cy="74" r="24"/><circle class="dd-spot" cx="358" cy="74" r="12"/>'
        f"{_text(368, 150, words['sum'])}"
        f"{_arrow('M410 84h28')}{_text(468, 89, words['score'])}"
        f"{_arrow('M468 98v86q0 8-8 8H298q-8 0-8-8v-32', 'dd-hot')}{_text(382, 208, words['gradient'], 'dd-faint')}"
        f"{_text(290, 16, words['weights'], 'dd-faint')}"
    )
    return _svg(words, 510, 216, inside)


DRAWINGS = {
    "swap": swap,
    "reenactment": reenactment,
    "talking": talking,
    "attributes": attributes,
    "transfer": transfer,
    "residual": residual,
    "normalisation": normalisation,
    "gradcam": gradcam,
}


def draw(name: str, words: Mapping[str, Mapping[str, str]]) -> str:
    """The drawing `name` with its words of one language (`texts.learn.DRAWINGS`)."""
    return DRAWINGS[name](words[name]).replace("dd-tip", f"dd-tip-{name}")  # an id of its own: several on a page
