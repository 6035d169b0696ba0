"""English sentences that remember how they were made, so that a page can say them in another language.

As with gettext, the English template is the key of its translation. A Message is an ordinary str for everybody else:
what is written as JSON, printed or compared is the English sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Message(str):
    """`template` with `values` filled in, as str.format does it; a value may be a Message itself."""

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, values: Mapping[str, Any]) -> Message:
        made = super().__new__(cls, template.format(**values))
        made.template, made.values = template, values
        return made

    def __getnewargs__(self) -> tuple[str, Mapping[str, Any]]:
        """For pickle and copy, which would otherwise call `__new__` with the finished text."""
        return self.template, self.values


def message(template: str, /, **values: Any) -> Message:
    """The sentence that a visitor may see. Write the template out at the call: translators' tests look for it there."""
    return Message(template, values)


def listed(items: Sequence[str]) -> str:
    """The items one after the other: "a, b, c"."""
    first, *rest = items
    for item in rest:
        first = message("{first}, {second}", first=first, second=item)
    return first


def enumerated(items: Sequence[str]) -> str:
    """As `listed`, with "and" before the last: "a, b and c"."""
    *rest, last = items
    return message("{first} and {last}", first=listed(rest), last=last) if rest else last


def reason(error: Exception, longest: int | None = None) -> str:
    """What an exception says: a Message where it was raised with one, which `str(error)` would lose.

    Other people's text is cut to `longest` characters; empty if there is none.
    """
    said = error.args[0] if error.args else ""
    return said if isinstance(said, Message) else str(error)[:longest]


def translated(sentence: str | Exception, templates: Mapping[str, str]) -> str:
    """The sentence by `templates` (English → other language), its values too; as it is where it has no translation."""
    if isinstance(sentence, Exception):
        sentence = reason(sentence)
    if not isinstance(sentence, Message) or sentence.template not in templates:
        return str(sentence)
    values = {
        name: translated(value, templates) if isinstance(value, Message) else value
        for name, value in sentence.values.items()
    }
    return templates[sentence.template].format(**values)
