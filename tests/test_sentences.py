"""What is said follows from what was measured, and never says more."""

import numpy as np
import pytest

from detector import sentences
from detector.cues import Cue
from detector.sentences import unstable
from detector.stability import Stability, View
from detector.traces import Share
from detector.verdict import Answer

NO = {"fake": 0.1, "face_edge": 0.1, "lighting": 0.1, "background": 0.1, "sharpness": 0.1, "hair": 0.1}
ON_HAIR = (Share("face_edge", 0.1, 0.1), Share("hair", 0.8, 0.2), Share("background", 0.1, 0.7))
EVEN = (Share("face", 0.5, 0.45), Share("background", 0.5, 0.55))


def explain(probabilities, *rest, **more):
    """As a checkpoint with limits at 0.2 and 0.8 answers."""
    fake = probabilities["fake"]
    answer = Answer.MANIPULATED if fake >= 0.8 else Answer.AUTHENTIC if fake <= 0.2 else Answer.UNDECIDED
    return sentences.explain(answer, probabilities, *rest, **more)


def cue(percentile, artifact="hair"):
    return Cue(artifact, 1.0, "", percentile, "", np.zeros((1, 1, 3), np.uint8), {})


def test_nothing_found():
    (said,) = explain(NO, {})
    assert said == "Judged as likely authentic, and none of the named artifacts stands out."
    assert explain({"fake": 0.1}, {})[0].endswith("this checkpoint names no artifacts.")


def test_fake_without_an_artifact_says_so():
    (said,) = explain(NO | {"fake": 0.9}, {"fake": ON_HAIR})
    assert "none of the named artifacts stands out" in said and "other traces" in said
    assert "80% of its evidence lies on the hair, 4.0 times" in said
    assert "%" not in explain(NO | {"fake": 0.9}, {"fake": ON_HAIR}, sure=False)[0]


def test_an_artifact_in_a_picture_called_real_says_so():
    said = explain(NO | {"hair": 0.7}, {"hair": ON_HAIR})
    assert said[0] == "Judged as likely authentic, yet a trace of hair stands out: look for yourself."
    assert said[1].startswith("Hair, 70%: 80% of its evidence lies on the hair, 4.0 times")


def test_nothing_is_said_to_be_certain():
    said = explain(NO | {"hair": 0.9999}, {"hair": ON_HAIR})
    assert said[1].startswith("Hair, 99%: ")


def test_an_artifact_that_is_enough_is_said_to_be():
    said = explain(NO | {"fake": 0.9, "hair": 0.9, "lighting": 0.8}, {}, enough=["hair"])
    assert said[0] == (
        "Judged as likely manipulated: a trace of hair stands out. Hardly one of 1000 real photos should show so "
        "strong a trace, so it is enough by itself."
    )
    # An answer that became open for another reason says nothing of the kind.
    assert explain(NO | {"fake": 0.5, "hair": 0.9}, {}, enough=["hair"])[0].startswith("The verdict stays open")


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


def test_a_verdict_that_flips_says_so():
    views = tuple(View(name, 0.0, 0.5, Answer.UNDECIDED, np.zeros((1, 1, 3), np.uint8)) for name in "abcd")
    said = unstable(Stability(views, 0.1, 0.9, 1.0, ("a", "d")))
    assert "2 of 4 other deliveries" in said and "(as: a, d)" in said
    assert unstable(Stability(views, 0.1, 0.9, 1.0, ())) == "" == unstable(None)
