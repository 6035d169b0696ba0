"""Many pictures, one row each, in order; a broken one never stops the others.

A row never says something else than an Analysis of the picture alone would: each picture goes through the classifier
by itself, and pictures out of scope get no score. What turns an answer into "cannot tell" is a check that takes much
longer than the rest; it is made only where it can change the row.
"""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from . import answers, scope
from .analyse import Analyser, Found
from .analysis import Analysis
from .images import PictureError
from .scan import writeable
from .scope import Reason
from .verdict import Answer

THUMBNAIL = 112  # px: longer side
LONGEST = 200  # characters of a name; an archive's may have 65,535


@dataclass(frozen=True)
class Entry:
    """One picture of a batch: `path`, or the `error` for which there is none. `name` is for display alone."""

    name: str
    path: Path | None
    error: str = ""


@dataclass(frozen=True)
class Row:
    """What became of an Entry.

    `answer`: None where the picture could not be read, and `error` says why; `probability` of fake and `artifacts`
    (label → 0…1): None and empty where no score is to be shown; `scope`: what speaks against judging the picture;
    `reasons`: why the answer stays open; `face_count`: faces found; `sha256`: of the file; `thumbnail`: WebP bytes.
    """

    entry: Entry
    answer: Answer | None = None
    probability: float | None = None
    artifacts: dict[str, float] | None = None
    face_count: int = 0
    scope: tuple[Reason, ...] = ()
    reasons: tuple[str, ...] = ()
    sha256: str = ""
    thumbnail: bytes = b""
    error: str = ""


def judge(analyser: Analyser, entries: Iterable[Entry], checked: bool) -> Iterator[Row]:
    """A Row for each Entry, in order, each as soon as it is there.

    `checked`: the answer must hold in other deliveries of the same picture, as `Analyser.analyse` asks for; without,
    it is the one at first sight, which is there much sooner.
    """
    for entry in entries:
        yield _row(analyser, entry, checked)


def _row(analyser: Analyser, entry: Entry, checked: bool) -> Row:
    if entry.path is None:
        return Row(entry, error=entry.error)
    try:
        found = _prepare(analyser, entry)
    except PictureError as error:
        return Row(entry, error=error.args[0])  # not str(): a sentence may know more than its text
    analysis = _analysis(analyser, found, checked)
    known = Row(
        entry,
        analysis.answer,
        face_count=analysis.face_count,
        scope=analysis.scope or (),
        sha256=analysis.file.sha256,
        thumbnail=_thumbnail(found.picture.pixels),
    )
    if analysis.answer == Answer.NOT_ASSESSED:
        return known
    return replace(known, probability=analysis.probability, artifacts=analysis.artifacts, reasons=analysis.reasons)


def _prepare(analyser: Analyser, entry: Entry) -> Found:
    """Raises PictureError, which speaks of the name that a person knows and not of the file's on this disk."""
    try:
        with open(entry.path, "rb", buffering=0) as file:
            file.name = os.path.basename(entry.name)
            return analyser.prepare(file)
    except OSError as error:
        raise PictureError(f'"{entry.name}" cannot be read ({error.strerror}); choose it again.') from error


def _analysis(analyser: Analyser, found: Found, checked: bool) -> Analysis:
    """The quick Analysis, and the one with its checks only for a definite answer.

    An open answer stays open and a refused picture refused whatever the checks find, so these are not waited for.
    """
    outside = scope.assess(found.picture, found.boxes)
    quick = answers.in_scope(analyser.judge([found])[0], outside)
    if not checked or quick.answer in (Answer.UNDECIDED, Answer.NOT_ASSESSED):
        return quick
    return analyser.judge([found], "gradcam", evidence=False)[0]


def _thumbnail(pixels: np.ndarray) -> bytes:
    """RGB uint8 (h, w, 3) as WebP."""
    image, file = Image.fromarray(pixels), io.BytesIO()
    image.thumbnail((THUMBNAIL, THUMBNAIL), reducing_gap=2.0)
    image.save(file, "WEBP", quality=70)
    return file.getvalue()


def distinct(names: Sequence[str]) -> list[str]:
    """The names, all different: of equal ones the later get a number. Overlong ones are cut in their middle."""
    half = LONGEST // 2
    short = [name if len(name) <= LONGEST else f"{name[:half]}…{name[-half:]}" for name in map(writeable, names)]
    taken, counts, given = set(short), Counter(), []
    for name in short:
        counts[name] += 1
        new = name
        while counts[name] > 1 and new in taken:
            path = PurePosixPath(name)
            new = f"{name.removesuffix(path.suffix)} ({counts[name]}){path.suffix}"
            counts[name] += new in taken
        taken.add(new)
        given.append(new)
    return given
