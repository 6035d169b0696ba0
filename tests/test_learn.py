"""The Learn tab: every chapter and every clue is there, in both languages, and says what the checkpoint can do."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from detector.artifacts import ARTIFACTS
from detector.page import learn
from detector.page.drawings import DRAWINGS
from detector.page.texts import en
from detector.page.texts.en import learn as english
from detector.page.texts.zh import learn as chinese

BOTH = pytest.mark.parametrize("words", [english, chinese], ids=["en", "zh"])


class Tags(HTMLParser):
    """Every tag with its attributes; fails on tags that are not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open = [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in ("img", "input", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(params=[english, chinese], ids=["en", "zh"])
def texts(request, monkeypatch):
    monkeypatch.setattr(en, "learn", request.param)
    return en


def names(module):
    return {name: value for name, value in vars(module).items() if name.isupper()}


def fields(text):
    return sorted(re.findall(r"\{(\w+)", text))


def test_both_languages_have_the_same_names_and_places_to_fill():
    ours, theirs = names(english), names(chinese)
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        assert type(theirs[name]) is type(value), name
        if isinstance(value, dict):
            assert list(theirs[name]) == list(value), name
        if isinstance(value, str):
            assert fields(theirs[name]) == fields(value), name
    for name, value in english.DRAWINGS.items():
        assert chinese.DRAWINGS[name].keys() == value.keys()


def test_nothing_was_left_in_english():
    said = [value for value in names(chinese).values() if isinstance(value, str)]
    assert all(re.search("[\u4e00-\u9fff]", text) for text in said if fields(text) != ["found", "of"])


@pytest.mark.parametrize("key", english.CHAPTERS)
def test_each_chapter_is_sound_html(texts, tiny, key):
    text = learn.written(texts, tiny, key)
    tags = Tags(text).found
    assert texts.learn.CHAPTERS[key] in text and not re.search(r"\{\w+\}", text)
    assert all(attrs.get("alt") for tag, attrs in tags if tag == "img")
    drawings = [attrs for tag, attrs in tags if tag == "svg" and attrs.get("aria-hidden") != "true"]
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in drawings)
    assert len(drawings) == {"families": 4, "classifier": 3, "gradcam": 1}.get(key, 0)
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("key", ["what", "families", "classifier", "gradcam", "finetune"])
def test_chapters_are_short(tiny, key):
    words = re.sub(r"<svg.*?</svg>|<pre>.*?</pre>|<[^>]+>", " ", learn.written(en, tiny, key), flags=re.S).split()
    assert 120 <= len(words) <= 330


@BOTH
def test_every_clue_has_its_pictures(words):
    assert list(words.CLUE) == list(ARTIFACTS)
    for artifact in ARTIFACTS:
        before, after = (
            np.asarray(Image.open(learn.PICTURES / f"{artifact}-{name}.webp")).astype(int)
            for name in ("before", "after")
        )
        mask = np.asarray(Image.open(learn.PICTURES / f"{artifact}-mask.png").convert("1"))
        assert before.shape == after.shape == (*mask.shape, 3)
        change = np.abs(before - after).mean(2)
        assert change[mask].mean() > 3 * change[~mask].mean()  # outside it is only WebP's
    assert sum(path.stat().st_size for path in learn.PICTURES.iterdir()) < 400_000


def test_a_clue_says_whether_the_checkpoint_knows_it(tiny):
    sections = learn.written(en, tiny, "clues").split("<section")[1:]
    known = {artifact: english.DETECTED in part for artifact, part in zip(ARTIFACTS, sections, strict=True)}
    assert known == {artifact: artifact == "face_edge" for artifact in ARTIFACTS}  # the tiny network knows that one
    assert sections[1].count(english.NOT_DETECTED) == 1


def test_missing_pictures_are_said(tiny, monkeypatch, tmp_path):
    monkeypatch.setattr(learn, "PICTURES", tmp_path)
    assert learn.written(en, tiny, "clues").count(english.NO_PICTURES) == 5


def test_the_command_names_the_checkpoints_architecture(tiny):
    text = learn.written(en, tiny, "finetune")
    for option in ("--model test_resnet", "--pool lse", "--full-size 64", "--model-kwargs output_stride=16"):
        assert option in text
    assert "--neck" not in text and "--residual" not in text


def test_the_commands_options_exist(tiny):
    import train
    from detector.arguments import parser

    commands = re.findall(r"<pre><code>(.*?)</code></pre>", english.FINETUNE.replace("{further}", ""), re.S)
    parsed = [command.replace("\\\n", " ").split()[1:] for command in commands if command]
    assert [command[0] for command in parsed] == ["train.py", "-m", "demo.py"]
    assert train.arguments(parsed[0][1:]).model == "resnet18"
    assert parser().parse_args(parsed[1][2:]).out == "results/"
    further = learn._further(tiny).replace("\\\n", " ").split()
    assert train.arguments(further[2:]).model_kwargs == ["output_stride=16"]


def test_every_drawing_is_used():
    assert DRAWINGS.keys() == english.DRAWINGS.keys()
    used = {*english.FAMILY, *fields(english.CLASSIFIER), *fields(english.GRADCAM)} - {"architecture"}
    assert used == DRAWINGS.keys()
