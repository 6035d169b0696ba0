"""The page's HTML and its uploads, without a browser."""

import asyncio
import html
import os
import re
import types
from dataclasses import replace

import gradio as gr
import httpx
import numpy as np
import pytest
from conftest import CALIBRATION

from detector import page, traces
from detector.analysis import Analysis, FaceVerdict
from detector.artifacts import LABELS
from detector.explain import Heatmap
from detector.faces import Box
from detector.page import holds, proof, stage, uploads, viewer
from detector.page.accusation import accusation
from detector.page.findings import findings
from detector.page.settings import Settings
from detector.page.texts import en as texts
from detector.stability import WAYS, Stability, View
from detector.verdict import OPEN, Answer, Targets, limits

HOSTILE = '<img src=x onerror="alert(1)">&.jpg'


def analysis(probability=0.5, faces=1, warnings=(), width=60, height=40, answer=Answer.UNDECIDED, reasons=()):
    """One map of each kind a face; the faces stand side by side."""
    side = width // max(faces, 1)
    verdicts = tuple(
        FaceVerdict(
            None,
            crop := Box(side * i, 0, side, height),
            {"fake": probability, "face_edge": 0.3},
            0.0,
            answer,
            tuple(Heatmap(label, np.full((4, 4), i + 1.0, np.float32), crop) for label in ("fake", "face_edge")),
        )
        for i in range(max(faces, 1))
    )
    file = types.SimpleNamespace(width=width, height=height)
    said = answer, reasons, (), probability, {"face_edge": 0.3}
    return Analysis(*said, verdicts, faces, warnings, OPEN, CALIBRATION, file, None, None, "gradcam", {})


def staged(found):
    return stage.stage(texts, np.zeros((found.file.height, found.file.width, 3), np.uint8), found)


# ---- the card


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        (Answer.MANIPULATED, "manipulated", "Likely manipulated"),
        (Answer.UNDECIDED, "undecided", "Cannot tell"),
        (Answer.AUTHENTIC, "authentic", "Likely authentic"),
        (Answer.NOT_ASSESSED, "not_assessed", "Not assessed"),
    ],
)
def test_answer(answer, kind, text):
    card = viewer.card(texts, analysis(answer=answer))
    assert f'class="dd-card dd-{kind}" role="status"' in card
    assert f"<h2>{text}</h2>" in card and texts.CAUTION.get(answer, "") in card


def test_card_says_why_and_on_what_it_was_calibrated():
    card = viewer.card(texts, analysis(reasons=("a <flip>",)))
    assert "⚠ a &lt;flip&gt;" in card and "Calibrated on 200 pictures of made, as if" in card
    # Its score may well lie where an answer keeps its error rates; it stays open for the reason that was given.
    assert texts.CAUTION[Answer.UNDECIDED] not in card


# ---- does it hold, and what follows


def stability(*flips):
    picture = np.zeros((4, 4, 3), np.uint8)
    views = tuple(View(name, 0.0, 0.5, Answer.UNDECIDED, picture) for name in ("JPEG <95>", "mirrored"))
    return Stability(views, 0.25, 0.75, 1.0, flips)


def test_a_verdict_that_holds_says_so_and_one_that_was_not_checked_is_silent():
    found = analysis()
    face = found.faces[0]
    assert viewer.held(texts, face) == "" and holds.views(texts, found, face) == ""
    card = viewer.card(texts, replace(found, faces=(replace(face, stability=stability(), answer=Answer.AUTHENTIC),)))
    assert "holds in 2 other deliveries of the same picture (25% to 75%)" in card
    open_one = viewer.held(texts, replace(face, stability=stability(), answer=Answer.UNDECIDED))
    assert "it runs from 25% to 75%" in open_one and "holds" not in open_one
    assert viewer.held(texts, replace(face, stability=stability("mirrored"))) == ""  # the reasons say it


def test_views_are_shown_with_the_limits():
    face = replace(analysis().faces[0], stability=stability())
    found = replace(analysis(), limits=limits(CALIBRATION, Targets(0.02, 0.1)))
    shown = holds.views(texts, found, face)
    assert shown.count("<img") == 2 and "JPEG &lt;95&gt;" in shown and "JPEG <95>" not in shown
    assert "at or below 2.0% and misses at or below 10.0%" in shown and "On 200 pictures of made, these" in shown
    assert texts.NO_LIMITS in holds.views(texts, analysis(), face)


def test_accusation_counts_the_innocent():
    found = limits(CALIBRATION, Targets(0.1, 0.1))
    # Worked out from the rates themselves: Bayes' rule at one manipulated picture in ten.
    wrong = 0.9 * found.alarmed.value / (0.9 * found.alarmed.value + 0.1 * found.found.value)
    drawn = accusation(texts, found, 10)
    assert drawn.count('circle class="dd-real"') == round(100 * wrong) > 0
    assert drawn.count("<circle") == 100 and f"{round(100 * wrong)} of 100" in drawn
    assert accusation(texts, found, 50).count('circle class="dd-real"') < round(100 * wrong)
    assert "not calibrated" in accusation(texts, OPEN, 10)


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "1%"), (0.01, "1%"), (0.124, "12%"), (0.5, "50%"), (0.994, "99%"), (1.0, "99%")]
)
def test_percent_is_never_certain(value, text):
    assert viewer.percent(value) == text


def test_a_bar_for_each_label():
    bars = viewer.bars(texts, analysis(0.42))
    assert re.findall(r"width:(\d+)%", bars) == ["42", "30"]
    assert texts.LABELS["fake"] in bars and texts.LABELS["face_edge"] in bars


def test_card_says_that_its_answer_is_not_checked_yet():
    assert 'aria-busy="true"' in viewer.card(texts, analysis(), checking=True)
    assert texts.inspect.CHECKING in viewer.card(texts, analysis(), checking=True)
    assert 'aria-busy="false"' in viewer.card(texts, analysis())
    assert texts.inspect.CHECKING not in viewer.card(texts, analysis())


@pytest.mark.parametrize(
    ("faces", "text"), [(0, "no face found"), (1, "1 face found"), (3, "3 faces found; the answer is that of")]
)
def test_card_counts_faces(faces, text):
    assert text in viewer.card(texts, analysis(faces=faces))


def test_card_escapes_warnings():
    card = viewer.card(texts, analysis(warnings=("a <b> & c",)))
    assert "⚠ a &lt;b&gt; &amp; c" in card and "<b>" not in card


def test_refusal_escapes_file_names():
    refusal = viewer.refusal(texts, f'"{HOSTILE}" is empty')
    assert 'role="alert"' in refusal and texts.REFUSED in refusal
    assert "<img" not in refusal and "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;.jpg" in refusal


def test_waiting_says_nothing_of_a_verdict():
    assert texts.WAITING in viewer.waiting(texts)
    assert not any(answer in viewer.waiting(texts) for answer in texts.ANSWERS.values())


# ---- the stage


def test_stage_holds_every_picture_itself():
    drawn = staged(analysis())
    assert re.findall(r'src="data:image/(\w+);base64,', drawn) == ["jpeg", "png", "png"]  # a map for each label
    assert drawn.count("src=") == 3 and "http" not in drawn
    assert f'alt="{texts.ALT_PICTURE}"' in drawn and 'alt="Heatmap: manipulation overall"' in drawn
    assert "--ratio:1.5000" in drawn and 'viewBox="0 0 60 40"' in drawn


@pytest.mark.parametrize(
    ("fake", "artifacts", "first"),
    [
        (0.2, {"face_edge": 0.49}, "fake"),
        (0.49, {"face_edge": 0.9}, "face_edge"),  # where only a named trace speaks, fake's map would be cold
        (0.5, {"face_edge": 0.9}, "fake"),
    ],
)
def test_the_map_that_speaks_is_seen_first(fake, artifacts, first):
    drawn = staged(replace(analysis(fake), artifacts=artifacts))
    seen = {label: "hidden" not in rest for label, rest in re.findall(r'dd-heat" data-label="(\w+)"([^>]*)>', drawn)}
    assert seen == {label: label == first for label in ("fake", "face_edge")}
    assert re.findall(r'name="dd-label" value="(\w+)" checked', drawn) == [first] and f'data-first="{first}"' in drawn


def test_a_map_lies_where_its_face_was_judged():
    # Two faces side by side in 60 × 40 px: the second one's square begins in the middle.
    styles = re.findall(r'dd-heat" data-label="fake" data-face="(\d)" style="([^"]+)"', staged(analysis(faces=2)))
    assert styles == [
        ("0", "left:0.000%;top:0.000%;width:50.000%;height:100.000%"),
        ("1", "left:50.000%;top:0.000%;width:50.000%;height:100.000%"),
    ]


def test_a_chip_for_each_label_with_its_strength():
    chips = re.findall(r'name="dd-label" value="(\w+)"[^>]*><span>([^<]+) <b>(\d+%)</b>', staged(analysis(0.42)))
    assert chips == [("fake", "manipulation overall", "42%"), ("face_edge", "tampered face edge", "30%")]


def test_slider_has_its_label():
    assert re.search(rf'<label>{texts.OPACITY} <input type="range"[^>]*></label>', staged(analysis()))


def test_one_face_is_framed_without_a_number_and_needs_no_strip():
    drawn = staged(analysis())
    assert '<rect x="0" y="0" width="60" height="40"/>' in drawn and "<text" not in drawn
    assert "dd-strip" not in drawn


def test_faces_are_numbered_and_one_can_be_chosen():
    drawn = staged(analysis(0.42, faces=2))
    assert re.findall(r"<text[^>]*>(\d)</text>", drawn) == ["1", "2"]
    strip = re.findall(r'name="dd-face" value="(-?\d)"[^>]*><span>(?:<img[^>]*>)?([^<]+)', drawn)
    assert strip == [("-1", "all faces"), ("0", "face 1: 42%"), ("1", "face 2: 42%")]


def views(drawn):
    return re.findall(r'name="dd-view" value="(\w+)"', drawn)


def test_regions_are_offered_where_they_are_known(judged):
    assert views(staged(analysis())) == ["overlay", "original", "heat"]  # maps were asked for without evidence
    assert views(stage.stage(texts, *judged)) == ["overlay", "original", "heat", "regions"]


# ---- texts


def test_every_label_has_a_text():
    assert set(texts.LABELS) == set(LABELS)


def test_every_answer_has_a_text():
    assert set(texts.ANSWERS) == set(texts.SHORT) == set(Answer)


# ---- uploads


def test_picture_file_hands_on_the_path_unopened(tmp_path):
    path = tmp_path / "text.jpg"
    path.write_text("no picture")
    picture = uploads.PictureFile()
    assert picture.preprocess(None) is None
    assert picture.preprocess(types.SimpleNamespace(path=str(path))) == str(path)
    with pytest.raises(gr.Error, match="no longer on the server"):
        picture.preprocess(types.SimpleNamespace(path=str(tmp_path / "deleted.jpg")))


@pytest.mark.parametrize("link", ["http://127.0.0.1/a.jpg", "HTTPS://example.org/a.jpg"])
def test_links_are_not_followed(link):
    with pytest.raises(gr.Error, match="Links are not followed"):
        asyncio.run(uploads.PictureFile().async_move_resource_to_block_cache(link))


def test_upload_folder_comes_and_goes(monkeypatch, tmp_path):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    with uploads.upload_folder() as folder:
        assert os.environ["GRADIO_TEMP_DIR"] == str(folder) and folder.parent == tmp_path
        (folder / "checksum").mkdir()
        (folder / "checksum" / "a.jpg").write_bytes(b"a")
    assert os.environ["GRADIO_TEMP_DIR"] == str(tmp_path) and not folder.exists()


def test_sweep(tmp_path):
    (tmp_path / "checksum").mkdir()
    for path in (tmp_path / "checksum" / "a.jpg", tmp_path / "half-an-upload"):
        path.write_bytes(b"a")
    born = (tmp_path / "half-an-upload").lstat().st_ctime
    uploads.sweep(tmp_path, born + 5, age=10)
    assert len(list(tmp_path.rglob("*"))) == 3
    uploads.sweep(tmp_path, born + 20, age=10)
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
    uploads.sweep(tmp_path, born + 2000, age=10)  # the folder changed when its file went
    assert list(tmp_path.iterdir()) == []


def test_pictures_are_gone_within_the_promised_hour():
    times = uploads.times(60)
    assert times.keep + times.every < times.lost + times.every < 3600
    assert "within {minutes} minutes" in texts.PRIVACY


def test_nothing_is_recorded(tiny):
    blocks = page.build(tiny)
    options = page.launch_options(tiny)
    assert blocks.analytics_enabled is False and options["run_history"] is False
    assert blocks.delete_cache == (600, 1800)
    assert options["max_file_size"] == tiny.limits.max_bytes


def test_what_begins_a_visit_never_happens_again(tiny, tmp_path):
    """`gr.on(None, …)` means also: at each change of an input. It drew the desk anew over what a reviewer entered."""
    blocks = page.build(tiny, Settings(reviews=tmp_path / "reviews.db"))
    targets = [[event for _, event in found["targets"]] for found in blocks.config["dependencies"]]
    begins = [events for events in targets if "load" in events]
    assert begins and all(set(events) == {"load"} for events in begins)


def test_a_machine_too_busy_for_gradios_own_check_serves_all_the_same(tiny, monkeypatch):
    monkeypatch.setattr("gradio.networking.url_ok", lambda url: False)
    blocks = page.build(tiny)
    try:
        _, address, _ = blocks.launch(quiet=True, prevent_thread_lock=True, **page.launch_options(tiny))
        assert httpx.get(f"{address}config", timeout=60).status_code == 200
    finally:
        blocks.close(verbose=False)


# ---- the evidence under the heatmap


@pytest.fixture(scope="module")
def judged(tiny, collins):
    found = tiny.prepare(collins)
    return found.picture.pixels, tiny.judge([found], "gradcam")[0]


def test_the_findings_tell_words_stamp_and_views(judged):
    _, found = judged
    face = found.faces[0]
    shown = findings(texts, found)
    assert all(html.escape(sentence) in shown for sentence in face.evidence.sentences)
    assert shown.count("<figure>") == len(WAYS) and texts.STAMPS[face.causal.stamp][1] in shown
    assert findings(texts, analysis()) == ""  # maps were asked for without evidence


def test_what_an_artifacts_number_means_is_said_where_it_is_known(judged):
    _, found = judged
    assert texts.LEVELLED not in findings(texts, found)  # calibrated on 100 real pictures only
    many = replace(found.calibration, real=found.calibration.real * 2)
    assert texts.LEVELLED in findings(texts, replace(found, calibration=many))
    assert texts.LEVELLED not in findings(texts, replace(found, calibration=many, artifacts={}))
    assert texts.LEVELLED not in findings(texts, replace(found, calibration=None))


def test_several_faces_show_the_most_suspicious_ones_findings(judged):
    _, found = judged
    face = found.faces[0]
    calm = replace(face, logit=face.logit - 5, probabilities={"fake": 0.01, "face_edge": 0.0})
    both = findings(texts, replace(found, faces=(calm, face)))
    assert re.findall(r'<section class="dd-proof" data-face="(\d)"( hidden)?>', both) == [("0", " hidden"), ("1", "")]
    assert texts.OF_FACE.format(number=1) in both and texts.OF_FACE.format(number=2) in both


def test_the_proof_shows_places_shares_and_measurements(judged):
    pixels, found = judged
    evidence = found.faces[0].evidence
    shown = proof.proof(texts, pixels, found, 0)
    pictures = sum(map(len, evidence.crops.values())) + len(evidence.cues) + 1
    assert shown.count("<figure>") == pictures
    assert shown.count("dd-place") == sum(map(len, evidence.crops.values()))
    for share in evidence.shares["face_edge"]:
        assert texts.PLACES[share.region] in shown
    # The measurement of an artifact is seen beside its map, and all of them beside that of `fake`.
    assert re.findall(r'<div data-label="fake (\w+)">', shown) == [cue.artifact for cue in evidence.cues]
    assert re.findall(r'<div data-label="(\w+)"( hidden)?>', shown) == [("fake", ""), ("face_edge", " hidden")]
    assert proof.proof(texts, pixels, analysis(), 0) == ""  # maps were asked for without evidence


def test_what_stands_out_is_outlined_on_the_stage(judged):
    pixels, found = judged
    face = found.faces[0]
    line = traces.Outline("face_edge", 0.1, (((10, 20), (60, 20), (60, 70)), ((30, 30), (40, 30), (35, 35))))
    outlined = replace(face, evidence=replace(face.evidence, outlines={"face_edge": line}))
    both = replace(found, faces=(outlined, replace(face, evidence=None)))
    assert both.outlines("face_edge") == (line,) and both.outlines() == ()
    shown = stage.stage(texts, pixels, replace(both, artifacts={"face_edge": 0.3}))
    assert '<g class="dd-outline" data-label="face_edge" data-face="0" hidden><path d="M10,20 60,20 60,70z' in shown
    assert shown.count("dd-outline") == 1
    assert both.to_dict()["faces"][0]["evidence"]["outlines"] == {"face_edge": {"area": 0.1}}


def test_unsure_regions_are_said(judged):
    pixels, found = judged
    face = found.faces[0]
    doubtful = replace(face.evidence, regions=replace(face.evidence.regions, certainty=0.1))
    shown = proof.proof(texts, pixels, replace(found, faces=(replace(face, evidence=doubtful),)), 0, ["face_edge"])
    assert shown.count(texts.UNSURE_REGIONS) == 2
