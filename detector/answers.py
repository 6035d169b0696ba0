"""From logits to answers: what speaks against an answer though the logit allows it, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from . import scope, sentences
from .analysis import Analysis, FaceVerdict
from .scope import Reason
from .verdict import Answer, Calibration, Limits


def of_face(limits: Limits, calibration: Calibration | None, probabilities: dict[str, float], logit: float) -> Answer:
    """By its logit of fake; open where that says authentic and a named artifact stands out.

    Local forgeries leave most of a picture as it was, and the logit rests on the whole of it. `probabilities`: label →
    0…1.
    """
    return Answer.UNDECIDED if _contradicting(limits, calibration, probabilities, logit) else limits.answer(logit)


def together(answers: Sequence[Answer]) -> Answer:
    """The picture's answer: one manipulated face makes it manipulated, one open verdict keeps it open."""
    return next((kind for kind in (Answer.MANIPULATED, Answer.UNDECIDED) if kind in answers), Answer.AUTHENTIC)


def reasons(limits: Limits, calibration: Calibration | None, faces: Sequence[FaceVerdict]) -> tuple[str, ...]:
    """Why the picture's answer stays open though a face's logit asks for another; empty where it does not."""
    said = [reason for face in faces if (reason := sentences.unstable(face.stability))]
    found = [label for face in faces for label in _contradicting(limits, calibration, face.probabilities, face.logit)]
    if found and together([face.answer for face in faces]) == Answer.UNDECIDED:
        said.append(sentences.contradicted(list(dict.fromkeys(found))))
    return tuple(said)


def in_scope(analysis: Analysis, outside: Sequence[Reason] | None) -> Analysis:
    """With what its scope makes of it: `outside` speaks against judging the picture, as scope.assess found.

    None where nobody looked: then only what the network itself saw holds an answer open, and `scope` stays None.
    """
    seen = with_look(outside or (), analysis.faces)
    if scope.refused(seen):
        return replace(analysis, scope=seen, answer=Answer.NOT_ASSESSED)
    faces = held_open(analysis.faces, outside or ())
    answer, causes = together([face.answer for face in faces]), scope.hiding(seen)
    why = reasons(analysis.limits, analysis.calibration, faces)
    cleared = any(analysis.limits.answer(face.logit) == Answer.AUTHENTIC for face in faces)
    if causes and cleared and answer == Answer.UNDECIDED:
        why += (sentences.hidden(causes),)
    if answer == Answer.UNDECIDED and any(_filtered(seen, face) for face in faces):
        why += (sentences.filtered(),)
    return replace(analysis, scope=None if outside is None else seen, faces=faces, answer=answer, reasons=why)


def with_look(outside: Sequence[Reason], faces: Sequence[FaceVerdict]) -> tuple[Reason, ...]:
    """What speaks against judging a picture, and what its largest face looks like to the network."""
    return scope.with_look(outside, faces[0].looks, scope.FACE if faces[0].box else scope.MIDDLE)


def held_open(faces: tuple[FaceVerdict, ...], outside: Sequence[Reason]) -> tuple[FaceVerdict, ...]:
    """Without "authentic" where the traces of a manipulation would not show, or "manipulated" for a filter's own."""
    seen = with_look(outside, faces)
    hiding = scope.hiding(seen)
    return tuple(
        replace(face, answer=Answer.UNDECIDED)
        if (hiding and face.answer == Answer.AUTHENTIC) or _filtered(seen, face)
        else face
        for face in faces
    )


def _filtered(seen: Sequence[Reason], face: FaceVerdict) -> bool:
    """Whether all that makes a face manipulated is its edge, and its skin looks smoothed: beauty filters end there."""
    return face.enough == ("face_edge",) and any(reason.key == "smoothed" for reason in seen)


def _contradicting(
    limits: Limits, calibration: Calibration | None, probabilities: dict[str, float], logit: float
) -> list[str]:
    """The artifacts that stand out in a face whose logit alone would be called authentic.

    Where the artifacts were not levelled it is not known in how many real pictures they stand out; none contradicts.
    """
    if calibration is None or not calibration.levels or limits.answer(logit) != Answer.AUTHENTIC:
        return []
    return sentences.standing_out(probabilities)
