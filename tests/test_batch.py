"""A batch: a row for each picture whatever becomes of it, and tables of all."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from detector import batch_tables, csv_text
from detector.batch import LONGEST, Entry, Row, distinct, judge
from detector.page import batch_report, batch_table
from detector.page.texts import en as texts
from detector.page.texts.en import batch as english
from detector.scope import Reason
from detector.stability import Stability
from detector.verdict import Answer, Limits

WHEN = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
HOSTILE = '<img src=x onerror="alert(1)">&.jpg'
REASON = Reason("face_small", "refuse", "Too <small>.", 30.0, 48.0)
WARNING = Reason("file_small", "warn", "A small file.", 900.0, 3000.0)
ROWS = [
    Row(Entry("=1+1.jpg", Path("a")), Answer.MANIPULATED, 0.75, {"face_edge": 0.5}, 2, reasons=("It flips.",)),
    Row(Entry(HOSTILE, Path("b")), Answer.NOT_ASSESSED, face_count=1, scope=(REASON, WARNING)),
    Row(Entry("顔, 1.jpg", Path("c")), Answer.AUTHENTIC, 0.0625, {"face_edge": 0.25}, 1, thumbnail=b"abc"),
    Row(Entry("@SUM.jpg", None), error="-broken"),
]
LABELS = ("fake", "face_edge")


# ---- judging


@pytest.fixture
def entries(tmp_path, collins, hopper):
    (tmp_path / "0001.jpg").write_bytes(b"no picture")
    with Image.open(collins) as image:
        image.resize((96, 96)).save(tmp_path / "small.png")
    return [
        Entry("deep/collins.jpg", collins),
        Entry("deep/broken.jpg", tmp_path / "0001.jpg"),
        Entry("refused.jpg", None, "It is a link."),
        Entry("small.png", tmp_path / "small.png"),
        Entry("gone.png", tmp_path / "gone.png"),
        Entry("hopper.jpg", hopper),
    ]


def test_every_picture_has_a_row_in_order(tiny, entries, collins):
    rows = list(judge(tiny, entries, checked=False))
    assert [row.entry for row in rows] == entries
    assert [row.answer is None for row in rows] == [False, True, True, False, True, False]
    assert '"broken.jpg" is not a picture' in rows[1].error and "0001" not in rows[1].error
    assert rows[2].error == "It is a link." and "cannot be read" in rows[4].error
    alone = tiny.analyse(collins, None)
    assert (rows[0].probability, rows[0].artifacts) == (alone.probability, alone.artifacts)
    assert (rows[0].sha256, rows[0].face_count) == (alone.file.sha256, 1)
    with Image.open(io.BytesIO(rows[0].thumbnail)) as image:
        assert image.format == "WEBP" and max(image.size) == 112


def test_out_of_scope_has_no_score(tiny, entries):
    (row,) = judge(tiny, entries[3:4], checked=True)
    assert row.answer == Answer.NOT_ASSESSED and row.probability is None and row.artifacts is None
    assert row.scope[0].kind == "refuse" and row.thumbnail


# The tiny network's logits of both portraits lie well apart: each limit makes one definite, and open, answers of them.
@pytest.mark.parametrize("shift", [-2.0, 0.0, 2.0])
@pytest.mark.parametrize("holds", [True, False])
def test_a_checked_answer_is_that_of_inspect(tiny, collins, hopper, monkeypatch, shift, holds):
    logits = [tiny.analyse(path, None).logit for path in (collins, hopper)]
    middle = sum(logits) / 2 + shift * abs(logits[0] - logits[1])
    gap = abs(logits[0] - logits[1]) / 10
    monkeypatch.setattr(tiny, "verdicts", replace(tiny.verdicts, lower=middle - gap, upper=middle + gap))
    asked = []

    def check(classifier, crops, logits, limits, calibration):
        asked.append(len(crops))
        flips = () if holds else ("mirrored",)
        return [Stability((), 0.0, 1.0, 1.0, flips)] * len(crops)

    monkeypatch.setattr("detector.analyse.stability.check", check)
    rows = list(judge(tiny, [Entry(path.name, path) for path in (collins, hopper)], checked=True))
    assert asked == [1, 1]  # both answers are definite, so both were checked
    expected = [tiny.analyse(path) for path in (collins, hopper)]
    assert [row.answer for row in rows] == [one.answer for one in expected]
    assert [row.reasons for row in rows] == [one.reasons for one in expected]
    assert [row.probability for row in rows] == [one.probability for one in expected]
    assert (Answer.UNDECIDED in {row.answer for row in rows}) is not holds


def test_an_open_answer_is_not_checked_for_nothing(tiny, collins, monkeypatch):
    wide = replace(tiny.verdicts, lower=-1e9, upper=1e9)
    assert isinstance(wide, Limits)
    monkeypatch.setattr(tiny, "verdicts", wide)
    monkeypatch.setattr("detector.analyse.stability.check", None)  # a call would fail
    (row,) = judge(tiny, [Entry("a", collins)], checked=True)
    assert row.answer == Answer.UNDECIDED and row.probability is not None


def test_equal_names_are_kept_apart():
    given = ["a.jpg", "a.jpg", "a (2).jpg", "b", "b", "a.jpg", "d/a.jpg"]
    assert distinct(given) == ["a.jpg", "a (3).jpg", "a (2).jpg", "b", "b (2)", "a (4).jpg", "d/a.jpg"]
    long = distinct(["x" * 9999 + ".jpg", "y\udce9.jpg"])
    assert len(long[0]) == LONGEST + 1 and long[0].endswith("x.jpg") and long[1] == "y\\udce9.jpg"


# ---- tables


def lines_of(text):
    return list(csv.reader(io.StringIO(text, newline="")))


def test_prediction_has_exact_names_of_what_has_a_score():
    assert batch_tables.prediction(ROWS) == 'img_name,y_pred\n=1+1.jpg,0.750000\n"顔, 1.jpg",0.062500\n'


def test_full_table_has_every_picture_and_no_formula():
    scope = "refuse: Too <small>. warn: A small file."
    head, *lines = lines_of(batch_tables.full(ROWS, LABELS, checked=True))
    assert ",".join(head) == "img_name,y_pred,answer,checked,faces,face_edge,scope,reasons,error,sha256"
    assert lines[0] == ["'=1+1.jpg", "0.750000", "manipulated", "true", "2", "0.500000", "", "It flips.", "", ""]
    assert lines[1] == [HOSTILE, "", "not assessed", "true", "1", "", scope, "", "", ""]
    assert lines[3] == ["'@SUM.jpg", "", "", "", "", "", "", "", "'-broken", ""]
    starts = [cell[:1] for line in lines for cell in line]
    assert not {"=", "+", "-", "@", "\t", "\r"} & set(starts)


def test_text_that_begins_like_a_formula_is_made_text():
    cells = ["=1", "+1", "-1", "@A", "\t=1", "\r=1", "\n=1", "a\r=1", -1, ""]
    assert lines_of(csv_text.harmless([cells])) == [
        ["'=1", "'+1", "'-1", "'@A", "'\t=1", "'\r=1", "'\n=1", "a\r=1", "-1", ""]
    ]
    assert csv_text.exact([["=1", -1]]) == "=1,-1\n"


def test_json_has_every_picture(tiny):
    whole = json.loads(batch_tables.as_json(ROWS, tiny.identity, False, 9, WHEN))
    assert (whole["total"], whole["checked"], whole["made"]) == (9, False, "2026-01-02T03:04:00+00:00")
    assert [one["name"] for one in whole["pictures"]] == [row.entry.name for row in ROWS]
    assert whole["pictures"][1]["scope"][0]["text"] == "Too <small>." and whole["pictures"][3]["error"] == "-broken"
    assert whole["model"]["sha256"] == tiny.identity.sha256 and "path" not in json.dumps(whole)


def test_report_has_every_picture_as_text(tiny):
    limits = tiny.verdicts, tiny.classifier.header.calibration
    html = batch_report.report(texts, ROWS, LABELS, tiny.identity, *limits, True, 9, WHEN)
    assert english.REPORT_STOPPED.format(done=4, total=9) in html and english.CHECKED[True] in html
    assert "<img src=x" not in html and "&lt;img src=x" in html and "Too &lt;small&gt;." in html
    assert "顔, 1.jpg" in html and "data:image/webp;base64,YWJj" in html and "2026-01-02 03:04 UTC" in html
    assert "<script" not in html and 'src="http' not in html and "url(" not in html
    assert batch_report.counts(texts, ROWS) == (
        "Likely manipulated: 1 · Likely authentic: 1 · Not assessed: 1 · Not read: 1"
    )


def test_table_says_to_the_script_what_it_needs():
    rows = [batch_table.row_html(texts, LABELS, index, row) for index, row in enumerate(ROWS)]
    assert 'data-index="0"' in rows[0] and 'data-p="0.750000"' in rows[0] and 'data-face_edge="0.500000"' in rows[0]
    assert "data-p=" not in rows[1] and "data-open" in rows[1] and "<img src=x" not in rows[1]
    assert "Too &lt;small&gt;." in rows[1] and "A small file." not in rows[1]
    assert "data-open" not in rows[3] and 'data-answer="unread"' in rows[3] and "-broken" in rows[3]
    head = batch_table.opening(texts, LABELS, checked=False)
    assert english.CHECKED[False] in head and head.count("aria-sort") == 5 and 'value="face_edge"' in head
