"""Signs that AI generators and editors leave in texts of the file. They are easily removed, and easily forged."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..messages import message
from . import plain

MOST_SIGNS = 8
SEARCHED = 1 << 16  # characters of a text that are looked through


@dataclass(frozen=True)
class Sign:
    """`tool`: what it speaks for; `place`: block and key it stands in; `quote`: at most 300 characters of it."""

    tool: str
    place: str
    quote: str


@dataclass(frozen=True)
class _Rule:
    tool: str
    keys: frozenset[str] | None  # lower case; None: any
    pattern: re.Pattern[str]


def _rule(tool: str, keys: str, pattern: str = "") -> _Rule:
    names = frozenset(keys.lower().split()) if keys else None
    return _Rule(tool, names, re.compile(pattern, re.IGNORECASE | re.DOTALL))


# Names of programs, where a program writes its name; there a sentence of a person is unlikely.
_PROGRAM = "software creatortool softwareagent credit make model artist author source aisystemused"
_PROMPTED = "parameters usercomment comment description imagedescription"
_SOURCE = "digitalsourcetype digitalsourcefiletype"

# Patterns are plain words, or bounded: they must be quick on any text.
RULES = (
    _rule("ComfyUI", "prompt", r'"class_type"'),
    _rule("ComfyUI", "workflow", r'"nodes"'),
    _rule("InvokeAI", "invokeai_metadata invokeai_graph invokeai_workflow sd-metadata dream"),
    _rule("NovelAI", "software source title", r"novelai"),
    _rule("Fooocus", "fooocus_scheme"),
    _rule("Fooocus", _PROMPTED, r'"version": ?"fooocus'),
    _rule("Stable Diffusion (web UI)", _PROMPTED, r"\bsteps: ?\d{1,4}, .{0,200}?\b(sampler|seed|cfg scale):"),
    _rule("Midjourney", _PROMPTED, r"\bjob id: ?[0-9a-f]{8}-[0-9a-f]{4}-"),
    _rule("Midjourney", _PROGRAM, r"\bmidjourney\b"),
    _rule("DALL·E or ChatGPT (OpenAI)", _PROGRAM, r"\b(dall[·.\- ]?e|openai|chatgpt|gpt-4o|gpt-image)\b"),
    _rule("Adobe Firefly", _PROGRAM, r"\badobe firefly\b"),
    _rule("Google AI", _PROGRAM, r"\b(made|edited) with google ai\b"),
    _rule("Meta AI", _PROGRAM, r"\bimagined with ai\b|\bmeta ai\b"),
    _rule("Stable Diffusion", _PROGRAM, r"\bstable[ -]?diffusion\b|\bautomatic1111\b|\bcomfyui\b|\binvokeai\b"),
    _rule(message("an AI system that the file names"), "aisystemused aipromptinformation", r"\S"),
    _rule(message("a trained model (IPTC source type)"), _SOURCE, r"(?<!with)trainedAlgorithmicMedia"),
    _rule(message("parts by a trained model (IPTC source type)"), _SOURCE, r"compositeWithTrainedAlgorithmicMedia"),
)


def find(blocks: Iterable[tuple[str, Iterable[tuple[str, str]]]]) -> tuple[Sign, ...]:
    """`blocks`: name of a block → its keys and texts. Each tool is named once for each place."""
    found: dict[tuple[str, str], Sign] = {}
    for block, texts in blocks:
        for key, value in texts:
            place = plain.text(f"{block} {key}", 60)
            for rule in RULES:
                if rule.keys is not None and key.lower() not in rule.keys:
                    continue
                match = rule.pattern.search(value, 0, SEARCHED)
                if match and (rule.tool, place) not in found:
                    quote = plain.text(value if match.start() < 200 else value[match.start() :]) or ""
                    found[rule.tool, place] = Sign(rule.tool, place, quote)
    return tuple(found.values())[:MOST_SIGNS]
