"""What is said follows from what was measured, and never says more."""

import numpy as np
import pytest

from detector.cues import Cue
from detector.sentences import explain
from detector.traces import Share

NO = {"fake": 0.1, "face_edge": 0.1, "lighting": 0.1, "background": 0.1, "sharpness": 0.1, "hair": 0.1}
ON_HAIR = (Share("face_edge", 0.1, 0.1), Share("hair", 0.8, 0.2), Share("background", 0.1, 0.7))
EVEN = (Share("face", 0.5, 0.45), Share("background", 0.5, 0.55))


def cue(percentile, artifact="hair"):
    return Cue(artifact, 1.0, "", percentile, "", np.zeros((1, 1, 3), np.uint8), {})


def test_nothing_found():
    (said,) = explain(NO, {})
    assert said == "Judged as probably authentic, and none of the named artifacts stands out."
    assert explain({"fake": 0.1}, {})[0].endswith("this checkpoint names no artifacts.")


def test_fake_without_an_artifact_says_so():
    (said,) = explain(NO | {"fake": 0.9}, {"fake": ON_HAIR})
    assert "none of the named artifacts stands out" in said and "other traces" in said
    assert "80% of its evidence lies on the hair, 4.0 times" in said
    assert "%" not in explain(NO | {"fake": 0.9}, {"fake": ON_HAIR}, sure=False)[0]


def test_an_artifact_in_a_picture_called_real_says_so():
    said = explain(NO | {"hair": 0.7}, {"hair": ON_HAIR})
    assert said[0] == "Judged as probably authentic, yet a trace of hair stands out: look for yourself."
    assert said[1].startswith("Hair, 70%: 80% of its evidence lies on the hair, 4.0 times")


def test_the_open_verdict_stays_open():
    assert explain(NO | {"fake": 0.5}, {})[0] == "The verdict stays open; none of the named artifacts stands out."
    assert explain(NO | {"fake": 0.5, "hair": 0.9}, {})[0] == "The verdict stays open; a trace of hair stands out."


def test_strongest_first():
    said = explain(NO | {"fake": 0.9, "hair": 0.6, "lighting": 0.8, "sharpness": 0.7}, {})
    assert "a trace of lighting, a trace of sharpness and a trace of hair stand out" in said[0]
    assert [text.split(",")[0] for text in said[1:]] == ["Lighting", "Sharpness", "Hair"]


def test_even_evidence_is_not_called_concentrated():
    said = explain(NO | {"fake": 0.9, "hair": 0.6}, {"hair": EVEN})[1]
    assert "times" not in said


def test_unsure_regions_are_not_used():
    said = explain(NO | {"fake": 0.9, "hair": 0.6}, {"hair": ON_HAIR}, sure=False)[1]
    assert "could not be told apart" in said and "evidence lies" not in said


@pytest.mark.parametrize(
    ("percentile", "words"),
    [(97, "agrees: higher than in 97% of real photos"), (40, "nothing unusual"), (80, None), (None, None)],
)
def test_independent_measurements(percentile, words):
    said = explain(NO | {"fake": 0.9, "hair": 0.6}, {"hair": ON_HAIR}, [cue(percentile), cue(99, "lighting")])[1]
    assert ("measurement" in said) == (words is not None)
    assert words is None or words in said
