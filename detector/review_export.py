"""Reviews as files: CSV and JSON of the log, and a label list that `train.py` takes as it is."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from . import csv_text
from .atomic import replacing
from .review_log import Decision, Review, reviews
from .reviews import ReviewError, Reviews

ENDINGS = {
    "JPEG": ".jpg",
    "MPO": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "BMP": ".bmp",
    "TIFF": ".tif",
    "GIF": ".gif",
    "AVIF": ".avif",
    "HEIF": ".heic",
}
TARGETS = {Decision.AUTHENTIC: 0, Decision.MANIPULATED: 1}
COLUMNS = (
    *("picture", "img_name", "reviewer", "blind", "final", "artifacts", "note", "blind_seconds", "final_seconds"),
    *("model_answer", "model_probability", "model_checkpoint"),
)


def as_csv(store: Reviews) -> str:
    """One row for each review: what was decided blind, what finally, and what the model said in between."""
    names = {picture.sha256: picture.name for picture in store.pictures()}
    return csv_text.harmless([COLUMNS, *(_row(one, names.get(one.picture, "")) for one in reviews(store.entries()))])


def as_json(store: Reviews) -> str:
    """The pictures' names and the log entry by entry, with its last hash."""
    return json.dumps(
        {
            "head": store.verify().head,
            "pictures": [asdict(picture) for picture in store.pictures()],
            "log": [asdict(entry) for entry in store.entries()],
        },
        indent=1,
        ensure_ascii=False,
    )


def _row(one: Review, name: str) -> list[object]:
    model = one.model
    said = (model.answer, model.probability, model.checkpoint) if model else ("", "", "")
    decided = (one.picture, name, one.reviewer, one.blind, one.final or "", " ".join(one.artifacts), one.note)
    return [*decided, *one.seconds, *said]


@dataclass(frozen=True)
class Labelled:
    """How many pictures went into the list as real and as fake, and how many were left out."""

    real: int
    fake: int
    left_out: int


def write_labels(store: Reviews, folder: str | Path) -> Labelled:
    """Writes labels.csv (`img_name,target`), images/ and left_out.csv into `folder`. Raises ReviewError.

    A picture's target is what more than half of its reviewers finally decided. Pictures without such a majority, those
    where it is "unsure", and those that nobody reviewed are listed in left_out.csv with the reason.
    """
    folder = Path(folder)
    if folder.exists() and any(folder.iterdir()):
        raise ReviewError(f"{folder} is not empty; give a new folder")
    votes: dict[str, Counter] = {}
    for one in reviews(store.entries()):
        votes.setdefault(one.picture, Counter())[one.decision] += 1
    (folder / "images").mkdir(parents=True, exist_ok=True)
    labels, left_out = [], []
    for picture in store.pictures():
        target, why = _target(votes.get(picture.sha256, Counter()))
        if target is None:
            left_out.append([picture.sha256, picture.name, why])
            continue
        name = picture.sha256 + ENDINGS[picture.format]  # a name from outside could be a path, or be there twice
        (folder / "images" / name).write_bytes(store.data(picture.sha256))
        labels.append([name, target])
    left_out_csv = csv_text.harmless([("picture", "img_name", "reason"), *left_out])
    (folder / "left_out.csv").write_text(left_out_csv, encoding="utf-8")
    with replacing(folder / "labels.csv") as partial:  # the list comes last, so that one that is there is complete
        partial.write_text(csv_text.exact([("img_name", "target"), *labels]), encoding="utf-8")
    fake = sum(target for _, target in labels)
    return Labelled(len(labels) - fake, fake, len(left_out))


def _target(votes: Counter) -> tuple[int | None, str]:
    if not votes:
        return None, "nobody reviewed it"
    (decision, most), said = (
        votes.most_common(1)[0],
        ", ".join(f"{kind} {votes[kind]}" for kind in Decision if votes[kind]),
    )
    if 2 * most <= votes.total():
        return None, f"no majority: {said}"
    if decision == Decision.UNSURE:
        return None, f"the majority is unsure: {said}"
    return TARGETS[decision], ""
