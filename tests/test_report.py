"""The report stands alone: nothing is fetched, nothing runs, and strangers' texts stay text."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PIL import Image

from detector import provenance
from detector.page.report import report
from detector.page.texts import en as texts
from detector.review_log import Decision, Review

WHEN = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tiny, collins):
    found = tiny.prepare(collins)
    return found.picture, tiny.judge([found], "gradcam")[0]


def written(tiny, picture, analysis):
    reproduce = provenance.facts(tiny.classifier, tiny.limits, picture, "gradcam")
    return report(texts, picture.pixels, analysis, reproduce, WHEN)


def test_it_holds_everything_itself(tiny, made):
    page = written(tiny, *made)
    assert page.count("<img ") > 15 and set(re.findall(r'src="(data:image/\w+)', page)) == {"data:image/jpeg"}
    assert page.count("<img ") == page.count('src="data:') and "<script" not in page
    assert not re.search(r'(?:src|href)="(?!data:)', page) and "url(" not in page and "@import" not in page
    assert "<details>" not in page  # all of it shows in print


def test_it_says_what_the_analysis_says(tiny, made):
    picture, analysis = made
    page = written(tiny, picture, analysis)
    assert texts.ANSWERS[analysis.answer] in page and "2026-01-02 03:04 UTC" in page
    for value in (analysis.file.sha256, analysis.model.sha256, analysis.model.calibration, "torch "):
        assert value in page
    assert all(sentence.split("%")[0] in page for sentence in analysis.faces[0].evidence.sentences)
    assert texts.FILE_FACTS in page and texts.REPORT_LIMITS in page


def test_strange_names_stay_text(tiny, made):
    picture, analysis = made
    hostile = replace(analysis, file=replace(analysis.file, name="<script>alert(1)</script>.jpg"))
    assert "<script" not in written(tiny, picture, hostile)


def test_out_of_scope_shows_the_reason_and_no_score(tiny, collins, tmp_path):
    with Image.open(collins) as image:
        image.resize((90, 90)).save(tmp_path / "small.png")
    found = tiny.prepare(tmp_path / "small.png")
    analysis = tiny.judge([found], "gradcam")[0]
    page = written(tiny, found.picture, analysis)
    assert analysis.scope[0].text.split("'")[0] in page and texts.PROBABILITY not in page


def test_reviewers_decisions(tiny, made):
    picture, analysis = made
    reproduce = provenance.facts(tiny.classifier, tiny.limits, picture, "gradcam")
    revised = Review("s", "A <b>", Decision.AUTHENTIC, Decision.MANIPULATED, None, ("hair",), "see & look", (1.0, 2.0))
    blind = Review("s", "B", Decision.UNSURE, None, None, (), "", (1.0, None))
    page = report(texts, picture.pixels, analysis, reproduce, reviews=[revised, blind])
    assert (
        '<th scope="row">A &lt;b&gt;</th><td>Authentic; after seeing the detector&#x27;s answer: Manipulated; ' in page
    )
    assert f"{texts.LABELS['hair']}; see &amp; look</td>" in page and '<th scope="row">B</th><td>Unsure</td>' in page
    assert texts.REPORT_DECISIONS not in report(texts, picture.pixels, analysis, reproduce)
