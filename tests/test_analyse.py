"""One picture, one Analysis: alone, in a batch and from many threads at once."""

import dataclasses
import hashlib
import io
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from detector import Analyser, Limits, PictureError, __version__, batch, faces, sentences, traces
from detector.analyse import MAX_FACES, NO_FACE, SEAMS
from detector.faces import Box, Face
from detector.page import holds
from detector.page.texts import en
from detector.stability import Stability
from detector.verdict import Answer, limits


def pixels_of(path):
    return np.asarray(Image.open(path).convert("RGB"))


def side_by_side(*paths):
    return np.concatenate([pixels_of(path)[:512, :512] for path in paths], axis=1)


def judged_alone(analyser, pixels, crop):
    """Probability of fake of one square, without Analyser's help."""
    return analyser.classifier.run(analyser.classifier.prepare([crop.cut(pixels)])).probabilities[0, 0]


def maps_of(analysis):
    return [heatmap.values for verdict in analysis.faces for heatmap in verdict.heatmaps]


def test_a_portrait(tiny, collins):
    analysis = tiny.analyse(collins)
    (verdict,) = analysis.faces
    assert analysis.face_count == 1 and analysis.warnings == () and analysis.method == "gradcam"
    assert 165 < verdict.box.x < 190 and 55 < verdict.box.y < 80 and 85 < verdict.box.width < 110
    assert verdict.crop.width == verdict.crop.height == round(verdict.box.width * 2.2)
    assert analysis.probability == verdict.probabilities["fake"]
    assert analysis.artifacts == {"face_edge": verdict.probabilities["face_edge"]}
    assert analysis.probability == pytest.approx(judged_alone(tiny, pixels_of(collins), verdict.crop), abs=1e-6)
    assert [heatmap.label for heatmap in verdict.heatmaps] == ["fake", "face_edge"]
    assert all(heatmap.box == verdict.crop for heatmap in verdict.heatmaps)
    assert (analysis.file.name, analysis.file.width, analysis.file.height) == ("example-collins.jpg", 512, 512)
    assert (analysis.model.architecture, analysis.model.size, analysis.model.device) == ("test_resnet", 64, "cpu")
    assert analysis.model.version == __version__
    assert analysis.timings.keys() == {"load", "faces", "classify", "explain", "scope", "checks", "evidence"}
    assert min(analysis.timings.values()) >= 0


def test_the_worst_face_decides(tiny, collins, hopper):
    pixels = side_by_side(collins, hopper)
    analysis = tiny.analyse(pixels)
    assert analysis.face_count == len(analysis.faces) == 2
    left, right = sorted(analysis.faces, key=lambda verdict: verdict.box.x)
    assert left.crop.x + left.crop.width <= 512 <= right.crop.x  # each square holds one of them
    assert analysis.warnings == ()
    for verdict in (left, right):
        alone = judged_alone(tiny, pixels, verdict.crop)
        assert verdict.probabilities["fake"] == pytest.approx(alone, abs=1e-5)
    for label, highest in (("fake", analysis.probability), ("face_edge", analysis.artifacts["face_edge"])):
        values = [left.probabilities[label], right.probabilities[label]]
        assert values[0] != values[1] and highest == max(values)


def test_photos_side_by_side_are_judged_each_within_its_own(tiny, collins, hopper):
    narrow = np.concatenate([pixels_of(path)[:512, 100:430] for path in (collins, hopper)], axis=1)
    found = tiny.prepare(narrow)
    right = next(crop for box, crop in zip(found.boxes, found.crops, strict=True) if box.x > 330)
    assert right.x >= 330 and found.seamed == 1  # Collins is small enough not to reach over
    [analysis] = tiny.judge([found])
    assert analysis.warnings == (SEAMS,) and right in {face.crop for face in analysis.faces}
    assert tiny.prepare(narrow[:, 330:]).seamed == 0  # one face alone is judged as in training


def test_several_faces_share_the_false_alarms(tiny, collins, hopper):
    alone, together = tiny.analyse(collins), tiny.analyse(side_by_side(collins, hopper))
    assert alone.limits == tiny.verdicts
    assert together.limits == limits(tiny.classifier.header.calibration, tiny.verdicts.targets, 2)
    assert holds.limits(en, together.limits, together.calibration).endswith(en.LIMITS_SHARED.format(faces=2))
    assert "faces" not in holds.limits(en, alone.limits, alone.calibration)
    # The picture's own limits decide, not those of a single face.
    found = tiny.prepare(side_by_side(collins, hopper))
    for upper, answer in ((-99.0, Answer.MANIPULATED), (99.0, Answer.UNDECIDED)):
        bounds = dataclasses.replace(found.limits, lower=-100.0, upper=upper)
        [said] = tiny.judge([dataclasses.replace(found, limits=bounds)], None)
        assert said.answer == answer and said.limits == bounds


def test_heatmaps_lie_where_they_were_judged(tiny, collins, hopper):
    analysis = tiny.analyse(side_by_side(collins, hopper))
    whole, first = analysis.heatmap("fake"), analysis.heatmap("fake", face=0)
    assert whole.shape == first.shape == (512, 1024) and whole.dtype == np.float32
    for verdict in analysis.faces:
        values = verdict.heatmaps[0].values
        middle = verdict.crop.cut(whole)[verdict.crop.height // 2, verdict.crop.width // 2]
        # an even number of rows and columns: the crop's middle is that of the four inner places
        assert middle == pytest.approx(values[1:3, 1:3].mean(), abs=0.1 * float(np.ptp(values)))
    second = analysis.faces[1].crop
    assert not second.cut(first).any()
    assert np.count_nonzero(first) == analysis.faces[0].crop.area


def test_the_picture_need_not_be_square(tiny, hopper):
    assert tiny.analyse(hopper).heatmap("face_edge").shape == (600, 512)
    assert tiny.analyse(pixels_of(hopper)[:, 100:400]).heatmap().shape == (600, 300)


def test_a_small_face_in_a_large_picture(tiny, collins):
    scene = Image.new("RGB", (1600, 1200), (90, 120, 90))
    scene.paste(Image.open(collins).resize((320, 320)), (1100, 700))
    (verdict,) = tiny.analyse(np.asarray(scene)).faces
    # the face of the 512 px portrait has its middle at (226, 114)
    x, y = 1100 + 226 * 320 / 512, 700 + 114 * 320 / 512
    assert abs(verdict.box.x + verdict.box.width / 2 - x) < 8
    assert abs(verdict.box.y + verdict.box.height / 2 - y) < 8
    assert verdict.crop.width < 180 and verdict.crop.x < x < verdict.crop.x + verdict.crop.width


def test_without_a_face_the_whole_picture_is_judged_and_said_so(tiny):
    analysis = tiny.analyse(np.full((60, 90, 3), 128, np.uint8))
    (verdict,) = analysis.faces
    assert analysis.face_count == 0 and "no_face" in {reason.key for reason in analysis.scope}
    assert analysis.answer == Answer.NOT_ASSESSED  # 60 px of even grey
    assert tiny.analyse(np.full((60, 90, 3), 128, np.uint8), None).warnings == (NO_FACE,)
    assert verdict.box is None and verdict.crop == Box(0, 0, 90, 60)
    assert analysis.heatmap().shape == (60, 90)


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1)])
def test_odd_shapes(tiny, shape):
    analysis = tiny.analyse(np.zeros((*shape, 3), np.uint8))
    assert analysis.heatmap().shape == shape and 0 <= analysis.probability <= 1


def test_without_maps(tiny, collins):
    analysis = tiny.analyse(collins, None)
    assert analysis.faces[0].heatmaps == () and analysis.method is None
    assert analysis.probability == tiny.analyse(collins).probability
    with pytest.raises(KeyError, match="maps were not asked for"):
        analysis.heatmap()
    with pytest.raises(KeyError, match="no map for 'hair'"):
        tiny.analyse(collins).heatmap("hair")


def test_an_analysis_does_not_change(tiny, collins):
    analysis = tiny.analyse(collins, None)
    for target in (analysis, analysis.faces[0], analysis.model, analysis.file):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(target, dataclasses.fields(target)[0].name, 0)


def test_to_dict_is_json(tiny, collins):
    analysis = tiny.analyse(collins)
    there = json.loads(json.dumps(analysis.to_dict(), allow_nan=False))
    assert there["file"]["sha256"] == hashlib.sha256(collins.read_bytes()).hexdigest()
    assert there["file"]["bytes"] == collins.stat().st_size
    assert there["probability"] == analysis.probability and there["artifacts"] == analysis.artifacts
    assert there["model"]["sha256"] == tiny.classifier.header.sha256
    (face,) = there["faces"]
    assert face["box"] == dataclasses.asdict(analysis.faces[0].box)
    values = analysis.faces[0].heatmaps[1].values
    limits = {"rows": 4, "columns": 4, "least": float(values.min()), "most": float(values.max())}
    assert face["heatmaps"]["face_edge"] == limits
    no_face = tiny.analyse(np.zeros((50, 50, 3), np.uint8), None).to_dict()
    assert no_face["faces"][0]["box"] is None and json.dumps(no_face)


def test_garbage_is_refused(tiny, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff" + b"no picture" * 20)
    for source in (tmp_path / "a.jpg", tmp_path / "none.png", b"", io.BytesIO(b"text"), tmp_path):
        with pytest.raises(PictureError):
            tiny.analyse(source)


def test_limits_hold(tiny_checkpoint, collins):
    with pytest.raises(PictureError, match="512×512 pixels, more than"):
        Analyser(tiny_checkpoint, "cpu", Limits(max_pixels=512 * 511)).analyse(collins)


def test_a_batch_is_judged_like_its_pictures_alone(tiny, forgeries, collins, hopper):
    sources = [*forgeries, *forgeries.values(), side_by_side(collins, hopper), np.zeros((40, 40, 3), np.uint8)]
    together = tiny.judge([tiny.prepare(source) for source in sources], "gradcam")
    assert [len(analysis.faces) for analysis in together] == [1, 1, 1, 1, 2, 1]
    for source, analysis in zip(sources, together, strict=True):
        alone = tiny.analyse(source)
        assert analysis.probability == pytest.approx(alone.probability, abs=1e-5)
        assert analysis.file == alone.file
        for a, b in zip(maps_of(analysis), maps_of(alone), strict=True):
            assert a == pytest.approx(b, abs=1e-4)
    assert len({round(analysis.probability, 5) for analysis in together}) >= 5


def test_eight_threads_get_the_same_answers(tiny, forgeries):
    sources = [*forgeries, *forgeries.values()] * 6
    alone = {source: tiny.analyse(source) for source in set(sources)}
    with ThreadPoolExecutor(8) as pool:
        for source, analysis in zip(sources, pool.map(tiny.analyse, sources), strict=True):
            assert analysis.probability == alone[source].probability
            assert analysis.faces[0].crop == alone[source].faces[0].crop
            for a, b in zip(maps_of(analysis), maps_of(alone[source]), strict=True):
                assert np.array_equal(a, b)


def test_of_a_crowd_the_largest_are_judged(tiny, monkeypatch):
    crowd = tuple(Face(Box(10 * i, 10 * i, 60 - i, 60 - i), 1.0) for i in range(MAX_FACES + 4))
    monkeypatch.setattr(faces, "find", lambda pixels: crowd)
    analysis = tiny.analyse(np.random.default_rng(0).integers(0, 256, (400, 400, 3), dtype=np.uint8))
    assert analysis.face_count == 20
    assert [verdict.box for verdict in analysis.faces] == [face.box for face in crowd[:16]]
    assert analysis.warnings == ("20 faces were found; the 16 largest were judged.",)


def test_the_last_step_is_the_whole_analysis(tiny, collins):
    found = tiny.prepare(collins)
    first, second, last = tiny.steps(found, "gradcam")
    whole = tiny.judge([found], "gradcam")[0].to_dict() | {"timings": None}
    assert last.to_dict() | {"timings": None} == whole
    assert first.faces[0].evidence is None and second.faces[0].evidence is not None
    assert second.faces[0].stability is None
    assert first.scope == last.scope and first.probability == second.probability == last.probability


def test_what_is_out_of_scope_has_one_step(tiny, collins):
    with Image.open(collins) as image:
        small = np.asarray(image.resize((90, 90)))
    [only] = tiny.steps(tiny.prepare(small), "gradcam")
    assert only.answer == Answer.NOT_ASSESSED


@pytest.mark.parametrize("manipulated", [False, True])
def test_where_traces_would_not_show_nothing_is_called_authentic(tiny, collins, tmp_path, monkeypatch, manipulated):
    noise = np.random.default_rng(0).normal(0, 25, (512, 512, 3))
    noisy = (pixels_of(collins) + noise).clip(0, 255).astype(np.uint8)
    logit = tiny.analyse(noisy, None).logit
    lower, upper = (logit - 3, logit - 1) if manipulated else (logit + 1, logit + 3)
    monkeypatch.setattr(tiny, "verdicts", dataclasses.replace(tiny.verdicts, lower=lower, upper=upper))
    monkeypatch.setattr("detector.analyse.stability._stability", lambda *row: Stability((), 0.0, 1.0, 1.0, ()))
    found = tiny.prepare(noisy)
    path = tmp_path / "noisy.png"
    Image.fromarray(noisy).save(path)
    rows = [next(iter(batch.judge(tiny, [batch.Entry("a", path)], checked))) for checked in (False, True)]
    for said in (*tiny.steps(found, "gradcam"), *tiny.judge([found], "gradcam"), *rows):
        assert "noisy" in {reason.key for reason in said.scope}
        if manipulated:
            assert (said.answer, said.reasons) == (Answer.MANIPULATED, ())
            continue
        assert said.answer == Answer.UNDECIDED
        [reason] = said.reasons
        assert "would not show here (noise)" in reason
        evidence = getattr(said, "faces", None) and said.faces[0].evidence
        assert not evidence or evidence.sentences[0].startswith("The verdict stays open")


def test_only_what_stands_out_is_outlined(tiny, collins, monkeypatch):
    low, high = sorted(tiny.analyse(collins).faces[0].probabilities.items(), key=lambda pair: pair[1])
    monkeypatch.setattr(sentences, "FOUND", high[1])
    face = tiny.analyse(collins).faces[0]
    heatmap = next(heatmap for heatmap in face.heatmaps if heatmap.label == high[0])
    assert face.evidence.outlines == {high[0]: traces.outline(heatmap)} and low[1] < high[1]
    assert tiny.analyse(collins, "layercam").faces[0].evidence.outlines == {}  # its maps are no logits
