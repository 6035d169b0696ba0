"""What XMP says of programs and sources. Only the few names below are kept; nothing of the tree is built."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from xml.etree import ElementTree

from ..messages import message
from . import plain

MOST_BYTES = 1 << 20
MOST_VALUES = 16  # of one name
NAMES = {
    *("CreatorTool", "softwareAgent", "Software", "Credit", "description", "UserComment", "provenance"),
    *("DigitalSourceType", "digitalSourceType", "digitalSourcefileType", "AISystemUsed", "AIPromptInformation"),
}


@dataclass(frozen=True)
class Xmp:
    """`history`: the programs of the editing history, in order and each once; `source`: IPTC's digital source type."""

    creator_tool: str | None
    history: tuple[str, ...]
    source: str | None
    credit: str | None
    remote_credentials: str | None  # where content credentials are said to lie; never asked for


class _Collector:
    """Gets the parser's events; keeps the text of elements, and attributes, whose name is wanted."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = defaultdict(list)
        self.open: list[str] = []  # for each element around the place: itself or the nearest wanted one, or ""
        self.pieces: list[str] = []  # a text comes cut at line ends and at "&"

    def doctype(self, *_: object) -> None:
        raise ValueError(message("it declares a document type, which XMP never does"))

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._finish()
        for name, value in attributes.items():
            self._keep(_local(name), value)
        short = _local(tag)
        self.open.append(short if short in NAMES else self.open[-1] if self.open else "")

    def data(self, text: str) -> None:
        if self.open and self.open[-1]:
            self.pieces.append(text)

    def end(self, _: str) -> None:
        self._finish()
        self.open.pop()

    def _finish(self) -> None:
        if self.pieces:
            self._keep(self.open[-1], "".join(self.pieces))
            self.pieces = []

    def _keep(self, name: str, value: str) -> None:
        if name in NAMES and value.strip() and len(self.values[name]) < MOST_VALUES:
            self.values[name].append(value)


def parse(raw: bytes) -> dict[str, list[str]]:
    """Name → values, for the names in NAMES, whatever their namespace. Raises ValueError or ParseError."""
    if len(raw) > MOST_BYTES:
        raise ValueError(message("it is larger than {most} MB", most=MOST_BYTES >> 20))
    collector = _Collector()
    parser = ElementTree.XMLParser(target=collector)
    parser.feed(raw.strip(b"\0 \r\n\t"))
    parser.close()
    return dict(collector.values)


def facts(values: dict[str, list[str]]) -> Xmp:
    def first(*names: str) -> str | None:
        return next((text for name in names for value in values.get(name, ()) if (text := plain.text(value))), None)

    history = (plain.text(value, 100) for value in values.get("softwareAgent", ()))
    return Xmp(
        creator_tool=first("CreatorTool"),
        history=tuple(dict.fromkeys(text for text in history if text)),
        source=first("DigitalSourceType", "digitalSourceType", "digitalSourcefileType"),
        credit=first("Credit"),
        remote_credentials=address if (address := first("provenance") or "").startswith("http") else None,
    )


def texts(values: dict[str, list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, found in values.items() for value in found)


def _local(name: str) -> str:
    return name.rpartition("}")[2]
