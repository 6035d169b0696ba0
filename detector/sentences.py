"""One or two plain sentences for what was found, from measured facts only; they never contradict verdict or maps."""

from __future__ import annotations

from collections.abc import Sequence

from .artifacts import FAKE
from .cues import Cue
from .stability import Stability
from .traces import Share
from .verdict import Answer

FOUND = 0.5  # an artifact stands out from this probability on
USUAL, RARE = 75, 90  # percentiles: below the first a measurement is as in most photos, above the second it is rare

NAMES = {
    "face_edge": "Face edge",
    "lighting": "Lighting",
    "background": "Background",
    "sharpness": "Sharpness",
    "hair": "Hair",
}
PLACE_NAMES = {
    "face_edge": "along the face edge",
    "face": "inside the face",
    "hair": "on the hair",
    "body": "on neck and clothes",
    "background": "in the background",
}


def explain(
    answer: Answer,
    probabilities: dict[str, float],
    shares: dict[str, Sequence[Share]],
    cues: Sequence[Cue] = (),
    sure: bool = True,
) -> tuple[str, ...]:
    """Sentences for one face: first what the verdict rests on, then each artifact that stands out, strongest first.

    `probabilities` label → 0…1; `shares` label → its map's shares; `sure`: the regions can be trusted.
    """
    found = sorted(
        (label for label, value in probabilities.items() if label != FAKE and value >= FOUND),
        key=lambda label: -probabilities[label],
    )
    cue_of = {cue.artifact: cue for cue in cues}
    return (
        _opening(answer, probabilities, found, _where(shares.get(FAKE, ()), sure)),
        *(_artifact(label, probabilities[label], shares.get(label, ()), cue_of.get(label), sure) for label in found),
    )


def _opening(answer: Answer, probabilities: dict[str, float], found: list[str], where: str) -> str:
    none = "none of the named artifacts stands out" if len(probabilities) > 1 else "this checkpoint names no artifacts"
    stands = f"{_list(found)} {'stands' if len(found) == 1 else 'stand'} out"
    if answer == Answer.MANIPULATED:
        if found:
            return f"Judged as likely manipulated, and {stands}."
        return f"Judged as likely manipulated, but {none}: the verdict rests on other traces{where and f'; {where}'}."
    if answer == Answer.AUTHENTIC:
        if found:
            return f"Judged as likely authentic, yet {stands}: look for yourself."
        return f"Judged as likely authentic, and {none}."
    return f"The verdict stays open; {stands if found else none}."


def unstable(stability: Stability | None) -> str:
    """Why a verdict that flips stays open; empty where it holds or was not checked."""
    if stability is None or stability.holds:
        return ""
    return (
        f"The answer does not hold: {len(stability.flips)} of {len(stability.views)} other deliveries of the same "
        f"picture speak against it (as: {', '.join(stability.flips[:3])}), so it stays open."
    )


def _list(found: list[str]) -> str:
    if not found:
        return ""
    names = [f"a trace of {NAMES[label].lower()}" for label in found]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def _artifact(label: str, probability: float, shares: Sequence[Share], cue: Cue | None, sure: bool) -> str:
    where = _where(shares, sure)
    said = f"{NAMES[label]}, {probability:.0%}"
    said += f": {where}." if where else ": its map shows where; the regions of this face could not be told apart."
    if cue is None or cue.percentile is None:
        return said
    if cue.percentile >= RARE:
        usual = f"higher than in {min(cue.percentile, 99):.0f}% of real photos"  # no table knows all photos
        return f"{said} A measurement without the classifier agrees: {usual}."
    if cue.percentile < USUAL:
        return f"{said} A measurement without the classifier sees nothing unusual here."
    return said


def _where(shares: Sequence[Share], sure: bool) -> str:
    """The region with most of the evidence, and how that compares with its area; empty when nothing can be said."""
    if not shares or not sure:
        return ""
    most = max(shares, key=lambda share: share.evidence)
    said = f"{most.evidence:.0%} of its evidence lies {PLACE_NAMES[most.region]}"
    if most.ratio >= 1.5:
        return f"{said}, {most.ratio:.1f} times that region's share of the picture"
    return said
