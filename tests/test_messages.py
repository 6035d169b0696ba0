"""Sentences that remember their template: plain strings for all others, and each can be said in other languages."""

import ast
import copy
import json
import pickle
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from string import Formatter

import numpy as np
import pytest
from PIL import Image

from detector import messages, scope
from detector.images import PictureError, load
from detector.messages import Message, enumerated, listed, message, reason, translated
from detector.page.texts import LANGUAGES

DETECTOR = Path(__file__).parents[1] / "detector"
GERMAN = {"{who} is {how}.": "{how} ist {who}.", "dark": "dunkel", "{first}, {second}": "{first}; {second}"}


def sentence():
    return message("{who} is {how}.", who=message('"{name}"', name="{a}.jpg"), how=message("dark"))


# ---- a Message is its English sentence


def test_it_is_the_sentence():
    assert sentence() == '"{a}.jpg" is dark.' and isinstance(sentence(), str)
    assert message("{share:.0%} of {count:,}", share=0.126, count=12345) == "13% of 12,345"
    assert json.dumps({"text": sentence()}) == '{"text": "\\"{a}.jpg\\" is dark."}'
    assert {"mirrored": 1}[message("mirrored")] == 1


@dataclass(frozen=True)
class Said:
    text: str
    other: int = 0


@pytest.mark.parametrize(
    "again",
    [
        lambda said: pickle.loads(pickle.dumps(said)),
        copy.copy,
        copy.deepcopy,
        lambda said: replace(Said(said), other=1).text,
        lambda said: asdict(Said(said))["text"],
        lambda said: pickle.loads(pickle.dumps(PictureError(said))).args[0],
    ],
)
def test_copies_remember_as_well(again):
    made = again(sentence())
    assert made == sentence() and made.template == "{who} is {how}."
    assert translated(made, GERMAN) == 'dunkel ist "{a}.jpg".'


def test_lists():
    assert listed(["a"]) == enumerated(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b, c" and enumerated(["a", "b", "c"]) == "a, b and c"
    assert translated(listed([message("dark"), "b", "c"]), GERMAN) == "dunkel; b; c"


# ---- in another language


def test_values_are_translated_too_and_formatted_as_the_template_says():
    assert translated(sentence(), GERMAN) == 'dunkel ist "{a}.jpg".'
    assert translated(message("{share:.0%} dark", share=0.126), {"{share:.0%} dark": "zu {share:.1%} dunkel"}) == (
        "zu 12.6% dunkel"
    )


def test_what_has_no_translation_stays_english():
    assert translated("plain", {"plain": "schlicht"}) == "plain"  # a stranger's text is never looked up
    assert translated(message("unknown"), GERMAN) == "unknown"
    assert type(translated(sentence(), {})) is str


def test_exceptions_keep_the_message_that_str_loses():
    assert translated(ValueError(sentence()), GERMAN) == 'dunkel ist "{a}.jpg".'
    assert translated(ValueError("other"), GERMAN) == "other"
    assert reason(ValueError(sentence())).template and reason(OSError(2, "gone")) == "[Errno 2] gone"
    assert reason(ValueError("x" * 200), 120) == "x" * 120 and reason(ValueError()) == ""


# ---- every sentence of the detector


def calls():
    for path in sorted(DETECTOR.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "message":
                yield path.relative_to(DETECTOR).as_posix(), node.args[0]


def templates():
    found = {first.value for _, first in calls() if isinstance(first, ast.Constant)}
    return found | {rule.text for rule in scope.RULES.values()}


def fields(template):
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def test_templates_stand_in_the_code_or_in_the_table_of_rules():
    built = {(path, ast.unparse(first)) for path, first in calls() if not isinstance(first, ast.Constant)}
    assert built == {("scope.py", "self.text"), ("analyse.py", "scope.RULES['no_face'].text")}
    assert len(templates()) > 150


TRANSLATED = [texts for code, texts in LANGUAGES.items() if code != "en"]


@pytest.mark.parametrize("texts", TRANSLATED, ids=lambda texts: texts.CODE)
def test_every_template_is_translated_and_no_other(texts):
    assert templates() - texts.MESSAGES.keys() == set()
    assert texts.MESSAGES.keys() - templates() == set()


@pytest.mark.parametrize("texts", TRANSLATED, ids=lambda texts: texts.CODE)
def test_translations_have_the_same_fields(texts):
    assert {en: other for en, other in texts.MESSAGES.items() if fields(en) != fields(other)} == {}


def strings(value):
    """What a person reads of an Analysis; a plain str among it would stay English in every language."""
    for face in value.faces:
        yield from face.evidence.sentences
        yield face.causal.sentence
        yield from (view.name for view in face.stability.views if not view.name.startswith(("JPEG", "WebP")))
        yield from (cue.text for cue in face.evidence.cues)
    yield from value.warnings
    yield from value.reasons
    yield from (found.text for found in value.scope)


def ways(collins):
    with Image.open(collins) as image:
        picture = image.convert("RGB")
    yield picture
    yield picture.resize((90, 90))
    yield picture.point(lambda level: level // 8)
    yield np.full((300, 300, 3), 128, np.uint8)


def test_what_an_analysis_says_can_all_be_said(tiny, collins):
    for picture in ways(collins):
        said = list(strings(tiny.analyse(picture)))
        assert len(said) > 10 and [text for text in said if not isinstance(text, Message)] == []


@pytest.mark.parametrize(
    "source", [b"", b"no picture", b"%PDF-1.4", b"\xff\xd8\xff cut", "/gone/a.jpg", np.zeros((2, 2, 2, 2)), 7]
)
def test_what_is_wrong_with_a_picture_can_be_said(source):
    with pytest.raises(PictureError) as error:
        load(source)
    said = LANGUAGES["zh"].say(error.value)
    assert isinstance(messages.reason(error.value), Message) and said != str(error.value)
    assert said.startswith(("这张图片", "“a.jpg”"))
