"""The views of a picture, and what becomes of a verdict that does not hold in them."""

import numpy as np
import pytest
from conftest import ASSETS
from PIL import Image

from detector import analyse, stability
from detector.classifier import resize
from detector.stability import WAYS, check, views
from detector.verdict import Answer, measured


@pytest.fixture(scope="module")
def portrait():
    return np.asarray(Image.open(ASSETS / "example-collins.jpg").convert("RGB"))


def test_there_are_at_least_twelve_ways_and_each_changes_the_picture(tiny, portrait):
    seen, shrunk = views(portrait, tiny.classifier)
    assert shrunk.shape == (len(WAYS),)
    assert seen.shape == (len(WAYS), 64, 64, 3) and seen.dtype == np.uint8 and len(WAYS) >= 12
    own = resize(portrait, 64)
    for name, view in zip(WAYS, seen, strict=True):
        assert not np.array_equal(view, own), name
        upright = view[:, ::-1] if name == "mirrored" else view
        apart = np.abs(upright.astype(int) - own).mean()
        assert apart < (50 if "cropped" in name else 6), name  # the same picture still


def test_ways_at_work_side_by_side_leave_each_other_alone(tiny, portrait):
    small = portrait[::4, ::4]
    alone = np.stack([resize(np.asarray(way(Image.fromarray(small))), 64) for way in WAYS.values()])
    assert all(np.array_equal(views(small, tiny.classifier)[0], alone) for _ in range(100))


def test_mirrored_is_the_mirror_image(tiny, portrait):
    small = portrait[::8, ::8]
    mirrored = views(small, tiny.classifier)[0][list(WAYS).index("mirrored")]
    assert np.array_equal(mirrored, resize(small[:, ::-1], 64))


def test_tiny_crops_survive_every_way(tiny):
    assert views(np.zeros((1, 2, 3), np.uint8), tiny.classifier)[0].shape == (len(WAYS), 64, 64, 3)


def test_stability_is_what_the_classifier_says_of_the_views(tiny, portrait):
    limits = measured([0], [0], -1e-6, 1e-6)
    expected = tiny.classifier.run(*views(portrait, tiny.classifier)).logits[:, 0]
    (held,) = check(tiny.classifier, [portrait], [5.0], limits, None)
    assert [view.logit for view in held.views] == pytest.approx(expected.tolist(), abs=1e-5)
    assert held.spread == pytest.approx(expected.std(), abs=1e-5)
    assert held.lowest == pytest.approx(1 / (1 + np.exp(-expected.min())), abs=1e-5)
    opposite = tuple(name for name, logit in zip(WAYS, expected, strict=True) if logit < 0)
    assert held.flips == opposite and held.holds == (not opposite)


@pytest.mark.parametrize(
    ("own", "view", "flips"),
    [(2.0, -3.0, 12), (2.0, -0.1, 12), (2.0, 0.1, 0), (-2.0, -3.0, 0), (-2.0, 0.1, 12), (0.0, -3.0, 0)],
)
def test_a_view_beyond_the_middle_is_a_flip(tiny, portrait, own, view, flips):
    class Low:
        labels, prepare, shrunk = tiny.classifier.labels, tiny.classifier.prepare, tiny.classifier.shrunk

        @staticmethod
        def run(batch, shrunk):
            return type("Output", (), {"logits": np.full((len(batch), 2), view)})

    (held,) = check(Low, [portrait], [own], measured([0], [0], -1.0, 1.0), None)
    assert len(held.flips) == flips


def test_a_verdict_that_flips_stays_open_and_says_why(tiny, portrait, monkeypatch):
    logit = tiny.analyse(portrait, None).logit
    monkeypatch.setattr(tiny, "verdicts", measured([0], [0], logit - 1e-3, logit - 1e-4))
    assert tiny.analyse(portrait, None).answer == Answer.MANIPULATED  # a scan asks for no checks
    analysis = tiny.analyse(portrait)
    flips = analysis.faces[0].stability.flips
    assert flips and analysis.answer == Answer.UNDECIDED
    assert f"{len(flips)} of {len(WAYS)} other deliveries" in analysis.reasons[0]
    assert analysis.faces[0].evidence.sentences[0].startswith("The verdict stays open")
    assert analysis.to_dict()["faces"][0]["stability"]["flips"] == list(flips)


def test_of_many_faces_the_most_suspicious_are_checked(tiny, portrait, monkeypatch):
    monkeypatch.setattr(analyse, "MAX_CHECKED", 1)
    analysis = tiny.analyse(np.hstack([portrait, portrait[:, ::-1]]))
    (checked,) = [face.logit for face in analysis.faces if face.stability is not None]
    assert len(analysis.faces) == 2 and checked == max(face.logit for face in analysis.faces)


def test_large_crops_are_shrunk_before_they_are_encoded(tiny, portrait, monkeypatch):
    seen = []
    monkeypatch.setattr(stability, "WAYS", {"as it is": lambda image: seen.append(image.size) or image})
    views(np.asarray(Image.fromarray(portrait).resize((2000, 1000))), tiny.classifier)
    assert seen == [(stability.LARGEST, stability.LARGEST // 2)]
