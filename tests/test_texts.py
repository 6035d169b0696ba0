"""The page's sentences: every language says the same things, and the page itself holds none of them."""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter
from types import ModuleType

import pytest

from detector import forge
from detector.page.texts import LANGUAGES, en

PAGE = Path(__file__).parents[1] / "detector" / "page"
OTHERS = [texts for code, texts in LANGUAGES.items() if code != "en"]
# What may read the same in every language: names of formats, and what is no word at all.
SAME = {"EXIF", "XMP", "✓", "~", "✗", "–", "prediction.csv", "{found} / {of}", "{name}（{key}）", ""}
SAME |= {"N", "B", "S, Enter", "1 2 3", "4 … 8"}  # keys
WORDS = re.compile(r"(?:[A-Za-z]+[ ,;:]+){3}[A-Za-z]+")  # four English words in a row
FOREIGN = ("Grace Hopper", "Eileen Collins", "IEEE Journal of Selected Topics in Signal Processing")


def names(texts):
    """Its sentences and parts; MESSAGES is compared in test_messages."""
    public = {name for name in vars(texts) if name.isupper()} - {"MESSAGES"}
    return public | set(getattr(texts, "__all__", ())) | ({"say"} & vars(texts).keys())


def pairs(first, second, path=""):
    """Each string of a language beside the same of another; fails where they are not built alike."""
    if isinstance(first, ModuleType):
        assert names(first) == names(second), path
        for name in sorted(names(first)):
            yield from pairs(getattr(first, name), getattr(second, name), f"{path}.{name}")
    elif isinstance(first, dict):
        assert list(first) == list(second), path
        for key in first:
            yield from pairs(first[key], second[key], f"{path}[{key}]")
    elif isinstance(first, tuple | list):
        assert len(first) == len(second), path
        for number, (one, other) in enumerate(zip(first, second, strict=True)):
            yield from pairs(one, other, f"{path}[{number}]")
    elif isinstance(first, str):
        yield path, first, second


def fields(text):
    return {(name, spec) for _, name, spec, _ in Formatter().parse(text) if name is not None}


def test_the_comparison_sees_every_sentence():
    found = {path: one for path, one, _ in pairs(en, en)}
    assert found[".TITLE"] == en.TITLE and found[".batch.TAB"] == en.batch.TAB and len(found) > 200


@pytest.mark.parametrize("texts", OTHERS, ids=lambda texts: texts.CODE)
def test_every_language_has_the_same_names_and_placeholders(texts):
    wrong = [path for path, one, other in pairs(en, texts) if fields(one) != fields(other)]
    assert wrong == []


@pytest.mark.parametrize("texts", OTHERS, ids=lambda texts: texts.CODE)
def test_no_english_is_left(texts):
    for path, one, other in pairs(en, texts):
        assert one != other or other in SAME, path
        for name in FOREIGN:
            other = other.replace(name, "")
        other = re.sub(r"python -m [a-z ]+", "", other)  # a command is the same in every language
        assert not WORDS.search(re.sub(r"<[^>]*>", "", other)), path


def test_chinese_is_written_in_chinese():
    """Whatever is not the same in every language has a Chinese character, or is Chinese punctuation alone."""
    for path, _, text in pairs(en, LANGUAGES["zh"]):
        assert text in SAME or path == ".CODE" or re.search("[\u4e00-\u9fff：；]", text), path


def test_codes_are_the_addresses():
    assert all(code == texts.CODE for code, texts in LANGUAGES.items())
    assert len({texts.LANGUAGE for texts in LANGUAGES.values()}) == len(LANGUAGES)


@pytest.mark.parametrize("texts", LANGUAGES.values(), ids=lambda texts: texts.CODE)
def test_every_way_to_forge_has_a_name(texts):
    assert texts.VARIANTS.keys() == {variant for variants in forge.VARIANTS.values() for variant in variants}


# ---- nothing is said outside texts/

# What is said to programs (api.py) is English alone.
SOURCES = [path for path in sorted(PAGE.rglob("*.py")) if "texts" not in path.parts and path.name != "api.py"]
SPOKEN = {"label", "placeholder", "info", "title", "headline", "alt", "description"}
UNITS = {"px", "SHA-256", "x", "y"}  # the same in every language


class _Visible(HTMLParser):
    """What a reader sees or hears of a piece of HTML."""

    def __init__(self, markup):
        super().__init__()
        self.found = []
        self.feed(markup)

    def handle_starttag(self, tag, attributes):
        self.skipped = tag in ("style", "script")
        self.found += [value for name, value in attributes if name in ("alt", "title", "aria-label", "placeholder")]

    def handle_data(self, data):
        if not getattr(self, "skipped", False):
            self.found.append(data)


def written(node):
    """A string literal; what an f-string fills in stands as "§"."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "§" for part in node.values)
    return None


def words(text):
    return [word for word in re.findall(r"[^\W\d_][\w-]+", text) if word not in UNITS]


def strays(source):
    """Words that stand in the code: in HTML, and where gradio takes what a visitor reads."""
    tree = ast.parse(source)
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    documented = [node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)]
    inner |= {id(node.body[0].value) for node in documented if ast.get_docstring(node)}
    for node in ast.walk(tree):
        text = written(node)
        if text and re.search("</?[a-z]", text) and id(node) not in inner:
            yield from (word for seen in _Visible(text).found if seen for word in words(seen))
        if isinstance(node, ast.Call):
            component = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", None) == "gr"
            first = node.args[:1] if component and node.func.attr not in ("HTML", "Examples", "Slider") else []
            spoken = [*first, *(keyword.value for keyword in node.keywords if keyword.arg in SPOKEN)]
            yield from (word for value in spoken if written(value) for word in words(written(value)))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PAGE).as_posix())
def test_the_page_holds_no_words_of_its_own(path):
    assert list(strays(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "code",
    [
        "gr.Button('Send')",
        "gr.Slider(0, 1, label='Strength')",
        "f'<p>{text} and more</p>'",
        'f\'<img alt="A picture" src="{address}">\'',
    ],
)
def test_a_word_in_the_code_is_found(code):
    assert list(strays(code)) != []
