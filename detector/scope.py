"""Is a picture one that the detector can judge at all? What speaks against it, before any score is shown.

A reason either warns, and the score stands beside it, or refuses, and no score is shown. The limits were chosen on
the real photos of the training split so that at most 2 % of them are refused (`python -m benchmarks.scope`).

Plain statistics can't tell paintings that keep the shading from photos, nor skin that a beauty filter has smoothed, nor
statues from old photos, which are grey too; that is asked of the network (`with_look`). Not looked for: a poster filter
under a later JPEG.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2

from . import image_statistics, recompression
from .faces import CROP, Box
from .images import Picture
from .messages import Message, message
from .verdict import shown

Kind = Literal["refuse", "warn"]
FACE, MIDDLE = message("face"), message("picture's middle")  # where light and sharpness are measured


@dataclass(frozen=True)
class Reason:
    """Why a picture is out of scope. `value` was measured, `limit` is the one it crossed; `text` says both."""

    key: str
    kind: Kind
    text: str
    value: float
    limit: float


@dataclass(frozen=True)
class Rule:
    """Limits of one measurement; a limit that is None is never crossed. `text`: template of value, limit, where."""

    text: str
    warn: float | None = None
    refuse: float | None = None
    below: bool = True  # values under the limit are the bad ones

    def judge(self, key: str, value: float, where: Message = FACE) -> Reason | None:
        for kind, limit in (("refuse", self.refuse), ("warn", self.warn)):
            if limit is not None and (value < limit if self.below else value >= limit):
                said = message(self.text, value=value, limit=limit, where=where)
                return Reason(key, kind, said, value, limit)
        return None


# Refused is where the AUC of `fake`, measured on damaged pictures of `val`, came near to chance. Shrunk (176 pictures,
# 0.88 untouched): 0.81 with faces of 102 px, 0.74 of 61, 0.60 of 41. Damaged (108 pictures, 0.85 untouched): 0.82 at
# JPEG quality 30; 0.63 at quality 10, with 41 % of the real ones above 0.8; 0.65 at 15 % of the light and 0.62 at three
# times the light; 0.55 when blurred by 1/50 of the face.
FACE_PX = (80, 48)  # brows to chin: warned below the first, refused below the second

RULES = {
    "no_face": Rule(
        "No face was found, so the whole picture was judged. The detector learned from face portraits; trust this "
        "answer less, or crop the picture to the face.",
        warn=1,
    ),
    "face_small": Rule(
        "The largest face is {value:.0f} px wide, less than {limit:.0f}: too few pixels for the traces of a "
        "manipulation. Look for a larger version of the picture.",
        *FACE_PX,
    ),
    "other_faces_small": Rule(
        "{value:.0f} of the judged faces are too small to tell anything. Crop the picture to the face you mean.",
        warn=1,
        below=False,
    ),
    "picture_small": Rule(
        "The picture shows no face that is found, and its shorter side has {value:.0f} px, less than {limit:.0f}. Look "
        "for a larger version of it.",
        *(round(CROP * side) for side in FACE_PX),  # what a portrait around the least face takes
    ),
    "file_small": Rule(
        "The whole file is {value:,.0f} bytes, less than {limit:,.0f}; fine traces do not fit in. Look for the "
        "original file.",
        warn=3000,
    ),
    "low_quality": Rule(
        "The file is stored at about JPEG quality {value:.1f}, below {limit:.0f}, which wipes out the traces of a "
        "manipulation. Look for the original file.",
        warn=35,
        refuse=16,
    ),
    "re_encoded": Rule(
        "The file was stored before at about JPEG quality {value:.0f}, more coarsely than now, and what was lost then "
        "is lost. Look for the original file.",
        warn=50,
        refuse=12,
    ),
    "dark": Rule(
        "The {where} is nearly black: its lightest places reach {value:.0f} of 255, less than {limit:.0f}. Look for a "
        "lighter picture; brightening this one does not bring back what is missing.",
        warn=80,
        refuse=40,
    ),
    "overexposed": Rule(
        "{value:.0%} of the {where} is plain white, {limit:.0%} or more, and shows nothing. Look for a darker picture.",
        warn=0.2,
        refuse=0.4,
        below=False,
    ),
    "blurred": Rule(
        "The {where} is blurred or was enlarged: its fine detail has {value:.3f} times its coarse detail's strength, "
        "less than {limit:.3f}. Look for a sharper picture.",
        warn=0.05,
        refuse=0.025,
    ),
    "noisy": Rule(
        "The {where} is noisy: neighbouring pixels differ by about {value:.0f} of 255 levels for no reason, "
        "{limit:.0f} or more. Look for a cleaner picture.",
        warn=9,
        below=False,
    ),
    "drawing": Rule(
        "{value:.0%} of the {where} has no shading at all, {limit:.0%} or more, as in drawings. The detector learned "
        "from photos; use a photo.",
        warn=0.35,
        refuse=0.5,
        below=False,
    ),
    "few_tones": Rule(
        "Only {value:.0%} of the tones of the {where} occur, less than {limit:.0%}, as after a poster filter or in "
        "a sketch. Look for the unfiltered picture.",
        warn=0.25,
    ),
    "saturated": Rule(
        "The colours are extreme: in a tenth of the {where} the channels lie {value:.0f} of 255 apart or more; "
        "{limit:.0f} is too much. Look for the unfiltered picture.",
        warn=230,
        below=False,
    ),
    "painted": Rule(
        "The {where} looks drawn, painted, rendered or sculpted: {value:.0%}, where of the photos it was tried on one "
        "in two hundred reaches {limit:.0%}. The detector learned from photos; if this is one, look for the original "
        "file.",
        warn=0.5,
        below=False,
    ),
    "smoothed": Rule(
        "The skin looks smoothed, as by a beauty filter: {value:.0%}, where of the photos it was tried on one in two "
        "hundred reaches {limit:.0%}. Such a filter leaves traces of its own, and hides others: look for the "
        "unfiltered picture.",
        warn=0.5,
        below=False,
    ),
    "sculpted": Rule(
        "The {where} looks carved or cast, as a statue's: {value:.0%}, where of the photos it was tried on one in two "
        "hundred reaches {limit:.0%}. The detector learned from photos of living faces; if this is one, look for the "
        "original file.",
        warn=0.5,
        below=False,
    ),
    "screenshot": Rule(
        "The picture looks like a screenshot: it holds about {value:.0f} lines of text on a plain ground. Open the "
        "photo itself, or crop the screenshot to it.",
        warn=12,
        below=False,
    ),
}
# Under blur and noise fakes on `val` were called authentic far more often than the limits allow, so nothing is; and a
# painting, a filtered picture or a statue is no authentic photo of a face whatever its score.
HIDING = {
    "blurred": message("blur"),
    "noisy": message("noise"),
    "painted": message("it looks painted"),
    "smoothed": message("its skin looks smoothed"),
    "sculpted": message("it looks like a statue"),
}
UNSHADED = {"dark", "overexposed", "blurred"}  # they leave no shading either, and are no drawings for it
DRAWN = {"drawing", "few_tones", "painted", "smoothed", "sculpted"}  # the first of them is all that is said


def assess(picture: Picture, boxes: Sequence[Box | None]) -> tuple[Reason, ...]:
    """Reasons against judging the picture, refusals first; empty for an ordinary photo.

    `boxes`: the faces to be judged, largest first, or one None where none was found, as in analyse.Found. Light,
    sharpness and drawing are measured on the largest face, or else on the picture's middle.
    """
    values = _sizes(picture, boxes) | _storage(picture) | _looks(picture, boxes)
    where = FACE if boxes[0] else MIDDLE
    judged = (RULES[key].judge(key, value, where) for key, value in values.items())
    found = {reason.key: reason for reason in judged if reason}
    if not UNSHADED.isdisjoint(found):
        found.pop("drawing", None)
    return tuple(sorted(found.values(), key=lambda reason: reason.kind != "refuse"))


def with_look(reasons: Sequence[Reason], looks: Mapping[str, float], where: Message = FACE) -> tuple[Reason, ...]:
    """`reasons` and, unless they say so already, what speaks against it that the network alone can see.

    `looks`: of the largest face, as analysis.FaceVerdict's. Twice gives no more than once.
    """
    if not (UNSHADED | DRAWN).isdisjoint(reason.key for reason in reasons):
        return tuple(reasons)
    look = max(looks, key=looks.__getitem__, default=None)
    found = RULES[look].judge(look, shown(looks[look]), where) if look else None
    return (*reasons, found) if found else tuple(reasons)


def refused(reasons: Sequence[Reason]) -> bool:
    """Whether any of them forbids to show a score."""
    return any(reason.kind == "refuse" for reason in reasons)


def hiding(reasons: Sequence[Reason]) -> list[Message]:
    """What hides the traces of a manipulation, in words; empty where they would show."""
    return [HIDING[reason.key] for reason in reasons if reason.key in HIDING]


def _sizes(picture: Picture, boxes: Sequence[Box | None]) -> dict[str, float]:
    sides = [min(box.width, box.height) for box in boxes if box]
    if not sides:
        return {"no_face": 0, "picture_small": min(picture.facts.width, picture.facts.height)}
    least = FACE_PX[1]
    others = sum(side < least for side in sides) if max(sides) >= least else 0
    return {"face_small": max(sides), "other_faces_small": others}


def _storage(picture: Picture) -> dict[str, float]:
    facts, values = picture.facts, {}
    if facts.bytes is not None:
        values["file_small"] = facts.bytes
    if facts.quality is not None:
        values["low_quality"] = facts.quality
    if facts.orientation == 1:  # turning may move the grid of the compression
        earlier = recompression.earlier_quality(cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2GRAY), facts.quality)
        if earlier is not None:
            values["re_encoded"] = earlier
    return values


def _looks(picture: Picture, boxes: Sequence[Box | None]) -> dict[str, float]:
    face = image_statistics.of_face((boxes[0] or _middle(picture)).cut(picture.pixels))
    return {
        "dark": face.highlights,
        "overexposed": face.overexposed,
        "blurred": face.detail,
        "noisy": face.noise,
        "drawing": face.flat,
        "few_tones": face.tones,
        "saturated": face.chroma,
        "screenshot": image_statistics.lines_of_text(picture.pixels),
    }


def _middle(picture: Picture) -> Box:
    """Half the picture's sides: where a portrait has its face."""
    width, height = picture.facts.width, picture.facts.height
    return Box(width // 4, height // 4, max(1, width // 2), max(1, height // 2))
