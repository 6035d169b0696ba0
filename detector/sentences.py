"""One or two plain sentences for what was found, from measured facts only; they never contradict verdict or maps."""

from __future__ import annotations

from collections.abc import Sequence

from .artifacts import FAKE
from .cues import Cue
from .messages import Message, enumerated, listed, message
from .stability import Stability
from .traces import Share
from .verdict import Answer, shown

FOUND = 0.5  # an artifact stands out from this probability on
PHOTOS = 1000  # real ones, of which hardly one shows an artifact that is enough (weights/tried.md)
USUAL, RARE = 75, 90  # percentiles: below the first a measurement is as in most photos, above the second it is rare

NAMES = {
    "face_edge": message("Face edge"),
    "lighting": message("Lighting"),
    "background": message("Background"),
    "sharpness": message("Sharpness"),
    "hair": message("Hair"),
}
TRACES = {
    "face_edge": message("a trace of face edge"),
    "lighting": message("a trace of lighting"),
    "background": message("a trace of background"),
    "sharpness": message("a trace of sharpness"),
    "hair": message("a trace of hair"),
}
PLACE_NAMES = {
    "face_edge": message("along the face edge"),
    "face": message("inside the face"),
    "hair": message("on the hair"),
    "body": message("on neck and clothes"),
    "background": message("in the background"),
}


def standing_out(probabilities: dict[str, float]) -> list[str]:
    """The named artifacts that stand out, strongest first; `probabilities` label → 0…1."""
    found = [label for label, value in probabilities.items() if label != FAKE and value >= FOUND]
    return sorted(found, key=lambda label: -probabilities[label])


def explain(
    answer: Answer,
    probabilities: dict[str, float],
    shares: dict[str, Sequence[Share]],
    cues: Sequence[Cue] = (),
    sure: bool = True,
    enough: Sequence[str] = (),
) -> tuple[str, ...]:
    """Sentences for one face: first what the verdict rests on, then each artifact that stands out, strongest first.

    `probabilities` label → 0…1; `shares` label → its map's shares; `sure`: the regions can be trusted; `enough`: the
    artifacts of which each is enough for the verdict.
    """
    found = standing_out(probabilities)
    cue_of = {cue.artifact: cue for cue in cues}
    return (
        _opening(answer, probabilities, found, enough, _where(shares.get(FAKE, ()), sure)),
        *(_artifact(label, probabilities[label], shares.get(label, ()), cue_of.get(label), sure) for label in found),
    )


def _opening(
    answer: Answer, probabilities: dict[str, float], found: list[str], enough: Sequence[str], where: Message | None
) -> Message:
    if answer == Answer.MANIPULATED and enough:
        return message(
            "Judged as likely manipulated: {stands}. Hardly one of {photos:.0f} real photos "
            "should show so strong a trace, so it is enough by itself.",
            stands=_stands(enough),
            photos=PHOTOS,
        )
    if found:
        return _opening_with(answer, _stands(found))
    none = message("none of the named artifacts stands out")
    if len(probabilities) == 1:
        none = message("this checkpoint names no artifacts")
    if answer == Answer.AUTHENTIC:
        return message("Judged as likely authentic, and {none}.", none=none)
    if answer != Answer.MANIPULATED:
        return message("The verdict stays open; {said}.", said=none)
    if where is None:
        return message("Judged as likely manipulated, but {none}: the verdict rests on other traces.", none=none)
    return message(
        "Judged as likely manipulated, but {none}: the verdict rests on other traces; {where}.", none=none, where=where
    )


def _stands(found: Sequence[str]) -> Message:
    traces = enumerated([TRACES[label] for label in found])
    if len(found) == 1:
        return message("{traces} stands out", traces=traces)
    return message("{traces} stand out", traces=traces)


def _opening_with(answer: Answer, stands: Message) -> Message:
    """`stands`: which artifacts stand out."""
    if answer == Answer.MANIPULATED:
        return message("Judged as likely manipulated, and {stands}.", stands=stands)
    if answer == Answer.AUTHENTIC:
        return message("Judged as likely authentic, yet {stands}: look for yourself.", stands=stands)
    return message("The verdict stays open; {said}.", said=stands)


def unstable(stability: Stability | None) -> str:
    """Why a verdict that flips stays open; empty where it holds or was not checked."""
    if stability is None or stability.holds:
        return ""
    return message(
        "The answer does not hold: {count} of {views} other deliveries of the same picture speak against it "
        "(as: {names}), so it stays open.",
        count=len(stability.flips),
        views=len(stability.views),
        names=listed(stability.flips[:3]),
    )


def contradicted(found: Sequence[str]) -> str:
    """Why a picture in which artifacts stand out, one or more, is not called authentic."""
    return message(
        "The picture as a whole looks authentic, but {stands}, so it is not called so.", stands=_stands(found)
    )


def hidden(causes: Sequence[Message]) -> str:
    """Why nothing is called authentic where `causes`, one or more, hide the traces of a manipulation."""
    return message(
        "The traces of a manipulation would not show here ({causes}), so the picture is not called authentic.",
        causes=listed(causes),
    )


def filtered() -> str:
    """Why a trace along the face edge is not enough where skin looks smoothed."""
    return message(
        "The trace along the face edge is strong, but the skin looks smoothed, and a filter that smooths skin leaves "
        "such a trace, too; so the picture is not called manipulated for it."
    )


def _artifact(label: str, probability: float, shares: Sequence[Share], cue: Cue | None, sure: bool) -> Message:
    where = _where(shares, sure)
    known = dict(name=NAMES[label], probability=shown(probability))
    if where is None:
        said = message(
            "{name}, {probability:.0%}: its map shows where; the regions of this face could not be told apart.", **known
        )
    else:
        said = message("{name}, {probability:.0%}: {where}.", **known, where=where)
    if cue is None or cue.percentile is None:
        return said
    if cue.percentile >= RARE:
        return message(
            "{said} A measurement without the classifier agrees: higher than in {share:.0f}% of real photos.",
            said=said,
            share=min(cue.percentile, 99),  # no table knows all photos
        )
    if cue.percentile < USUAL:
        return message("{said} A measurement without the classifier sees nothing unusual here.", said=said)
    return said


def _where(shares: Sequence[Share], sure: bool) -> Message | None:
    """The region with most of the evidence, and how that compares with its area; None when nothing can be said."""
    if not shares or not sure:
        return None
    most = max(shares, key=lambda share: share.evidence)
    known = dict(share=most.evidence, place=PLACE_NAMES[most.region])
    if most.ratio < 1.5:
        return message("{share:.0%} of its evidence lies {place}", **known)
    return message(
        "{share:.0%} of its evidence lies {place}, {ratio:.1f} times that region's share of the picture",
        **known,
        ratio=most.ratio,
    )
