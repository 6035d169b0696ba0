"""What speaks against an answer though the logit allows it."""

import dataclasses

import pytest

from detector import answers
from detector.analyse import Analyser
from detector.analysis import FaceVerdict
from detector.faces import Box
from detector.stability import Stability
from detector.verdict import LEAST_LEVEL, Answer, Calibration, limits

REAL, FAKE = tuple(range(-LEAST_LEVEL, 0)), tuple(range(1, LEAST_LEVEL + 1))
LEVELLED = Calibration("made up", 1.0, 1.0, 0.0, REAL, FAKE)
FEW = dataclasses.replace(LEVELLED, real=REAL[-LEAST_LEVEL + 1 :])
LIMITS = limits(LEVELLED)
QUIET, LOUD = {"fake": 0.1, "hair": 0.49, "sharpness": 0.2}, {"fake": 0.1, "hair": 0.5, "sharpness": 0.9}


def face(probabilities, logit, calibration=LEVELLED, stability=None):
    answer = answers.of_face(LIMITS, calibration, probabilities, logit)
    box = Box(0, 0, 9, 9)
    return FaceVerdict(box, box, probabilities, logit, answer, stability=stability)


@pytest.mark.parametrize(
    ("probabilities", "logit", "calibration", "answer"),
    [
        (QUIET, -50, LEVELLED, Answer.AUTHENTIC),
        (LOUD, -50, LEVELLED, Answer.UNDECIDED),
        (LOUD, -50, FEW, Answer.AUTHENTIC),  # nobody knows in how many real pictures they stand out
        (LOUD, 50, LEVELLED, Answer.MANIPULATED),
        (QUIET, 50, LEVELLED, Answer.MANIPULATED),
    ],
)
def test_what_stands_out_keeps_a_face_from_being_called_authentic(probabilities, logit, calibration, answer):
    assert face(probabilities, logit, calibration).answer == answer


def test_without_calibration_every_answer_stays_open():
    assert answers.of_face(limits(None), None, LOUD, -50) == Answer.UNDECIDED
    assert answers.reasons(limits(None), None, [face(LOUD, -50)]) == ()


def test_the_reason_names_the_traces_of_all_such_faces():
    other = face({"fake": 0.1, "hair": 0.2, "lighting": 0.7}, -50)
    [reason] = answers.reasons(LIMITS, LEVELLED, [face(LOUD, -50), other, face(QUIET, -50)])
    assert reason == (
        "The picture as a whole looks authentic, but a trace of sharpness, a trace of hair and a trace of lighting "
        "stand out, so it is not called so."
    )
    [reason] = answers.reasons(LIMITS, LEVELLED, [other])
    assert "but a trace of lighting stands out, so" in reason


def test_no_reason_where_the_answer_needs_none():
    assert answers.reasons(LIMITS, LEVELLED, [face(QUIET, -50)]) == ()
    assert answers.reasons(LIMITS, LEVELLED, [face(LOUD, -50), face(QUIET, 50)]) == ()  # called manipulated
    assert answers.reasons(LIMITS, FEW, [face(LOUD, -50, FEW)]) == ()


def test_both_reasons_stand_where_the_answer_does_not_hold_either():
    flips = Stability((), 0.0, 1.0, 1.0, ("JPEG 50",))
    unstable, contradicted = answers.reasons(LIMITS, LEVELLED, [face(LOUD, -50, stability=flips)])
    assert "does not hold" in unstable and "looks authentic" in contradicted


def test_what_looks_painted_is_not_called_authentic_even_where_nobody_looked_at_its_scope(tiny_checkpoint, collins):
    analysis = Analyser(tiny_checkpoint).analyse(collins, None)
    [one] = analysis.faces
    sure = dataclasses.replace(one, logit=-50.0, probabilities=QUIET, answer=Answer.AUTHENTIC)

    def judged(painted, outside):
        faces = (dataclasses.replace(sure, looks={"painted": painted, "smoothed": 0.1}),)
        whole = dataclasses.replace(analysis, faces=faces, limits=LIMITS, calibration=LEVELLED)
        return answers.in_scope(whole, outside)

    photo, painting = judged(0.1, None), judged(0.9, None)
    assert (photo.answer, photo.scope, photo.reasons) == (Answer.AUTHENTIC, None, ())
    assert (painting.answer, painting.faces[0].answer, painting.scope) == (Answer.UNDECIDED, Answer.UNDECIDED, None)
    [reason] = painting.reasons
    assert "it looks painted" in reason
    later = answers.in_scope(painting, ())  # as a batch does: judged first, its scope found after that
    assert later.reasons == (reason,) and [found.key for found in later.scope] == ["painted"]


def test_a_face_edge_is_not_enough_where_a_filter_smoothed_the_skin(tiny_checkpoint, collins):
    analysis = Analyser(tiny_checkpoint).analyse(collins, None)
    [one] = analysis.faces
    accused = dataclasses.replace(one, logit=50.0, probabilities=LOUD, answer=Answer.MANIPULATED)

    def judged(smoothed, enough):
        faces = (dataclasses.replace(accused, looks={"painted": 0.1, "smoothed": smoothed}, enough=enough),)
        whole = dataclasses.replace(analysis, faces=faces, limits=LIMITS, calibration=LEVELLED)
        return answers.in_scope(whole, ())

    open_one = judged(0.9, ("face_edge",))
    assert (open_one.answer, open_one.faces[0].answer) == (Answer.UNDECIDED, Answer.UNDECIDED)
    [reason] = open_one.reasons
    assert "a filter that smooths skin leaves such a trace, too" in reason
    assert judged(0.1, ("face_edge",)).answer == Answer.MANIPULATED  # a photo as it is
    assert judged(0.9, ("hair",)).answer == judged(0.9, ("face_edge", "hair")).answer == Answer.MANIPULATED
    assert judged(0.9, ()).answer == Answer.MANIPULATED and judged(0.9, ()).reasons == ()  # the whole picture speaks
