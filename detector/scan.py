"""Many pictures → `img_name,y_pred`. Written as it goes, so that a stop at any moment loses nothing that was done."""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

from tqdm import tqdm

from . import csv_text
from .analyse import Analyser
from .atomic import replacing
from .data import ENDINGS
from .stream import Job, Result, run

HEADER = ["img_name", "y_pred"]
# Kinds we can't read but a person would call a picture: they must show up as errors, not vanish.
FOREIGN = {
    ".jxl",
    ".jp2",
    ".jfif",
    ".psd",
    ".svg",
    ".tga",
    ".ico",
    ".raw",
    ".dng",
    ".cr2",
    ".nef",
}
PICTURES = ENDINGS | FOREIGN


class ScanError(ValueError):
    """The scan can't start; the message says why and what to do."""


@dataclass(frozen=True)
class Summary:
    """Counts of a scan: judged in this run, unreadable, done by an earlier run, and files that are no pictures."""

    judged: int
    errors: int
    resumed: int
    ignored: int


def find_jobs(paths: Iterable[str | os.PathLike]) -> tuple[list[Job], int]:
    """Pictures under `paths` in a fixed order, and how many other files the folders held.

    A file keeps its name, a picture in a folder its path relative to that folder. Raises ScanError for a path
    that does not exist and for two pictures of one name.
    """
    jobs, ignored = [], 0
    for path in map(Path, paths):
        if not path.is_dir():
            if not path.exists():
                raise ScanError(f"{path} does not exist; check the path")
            jobs.append(Job(writeable(path.name), path))
            continue
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            inside = file.relative_to(path)
            if is_picture(inside):
                jobs.append(Job(writeable(inside.as_posix()), file))
            else:
                ignored += 1
    twice = [name for name, count in Counter(job.name for job in jobs).items() if count > 1]
    if twice:
        raise ScanError(
            f"{len(twice)} names occur more than once, as {twice[0]}; scan their common parent folder instead"
        )
    if not jobs:
        raise ScanError(f"no pictures found ({', '.join(sorted(ENDINGS))})")
    return jobs, ignored


def is_picture(inside: PurePath) -> bool:
    """Whether a person would call a file of a folder or archive a picture: by its ending, or for want of one."""
    return not is_hidden(inside) and inside.suffix.lower() in PICTURES | {""}


def is_hidden(inside: PurePath) -> bool:
    """Whether a file is one that a system keeps for itself; macOS puts such ones into every ZIP."""
    return any((part.startswith(".") and part.strip(".")) or part == "__MACOSX" for part in inside.parts)


def writeable(name: str) -> str:
    """A file name that is not UTF-8 must not break the table."""
    return name.encode(errors="backslashreplace").decode()


def scan(
    analyser: Analyser,
    paths: Iterable[str | os.PathLike],
    out: str | os.PathLike,
    details: str | os.PathLike | None = None,
    resume: bool = False,
    batch_size: int = 32,
    progress: bool = True,
) -> Summary:
    """Writes `out` (img_name,y_pred), `<out>.errors.csv` (img_name,reason) and, if asked for, `details` (JSON lines).

    With `resume` pictures that `out` has are skipped; unreadable ones are tried again. Raises ScanError.
    """
    out = Path(out)
    jobs, ignored = find_jobs(paths)
    if out.exists() and not resume:
        raise ScanError(f"{out} exists; go on with it by --resume, or give another --out")
    if details and Path(details).exists() and not resume:
        raise ScanError(f"{details} exists; go on with it by --resume, or give another --details")
    done = _recover(out, Path(details) if details else None) if out.exists() else set()
    left = [job for job in jobs if job.name not in done]
    out.parent.mkdir(parents=True, exist_ok=True)
    errors = out.with_name(out.name + ".errors.csv")
    errors.unlink(missing_ok=True)
    failed = 0
    with out.open("a", newline="", encoding="utf-8") as table, _open_details(details) as lines:
        if not table.tell():
            table.write(csv_text.exact([HEADER]))
        for result in tqdm(run(analyser, left, batch_size), "scan", len(left), unit="picture", disable=not progress):
            if result.analysis is None:
                failed += 1
                _append_error(errors, result)
                continue
            if details:  # first the details, then the row that says they are there
                lines.write(json.dumps({"img_name": result.job.name, **result.analysis.to_dict()}) + "\n")
                lines.flush()
            table.write(csv_text.exact([[result.job.name, f"{result.analysis.probability:.6f}"]]))
            table.flush()
    return Summary(len(left) - failed, failed, len(jobs) - len(left), ignored)


def _open_details(path: str | os.PathLike | None):
    return open(path or os.devnull, "a", encoding="utf-8")


def _append_error(path: Path, result: Result) -> None:
    fresh = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        header = [["img_name", "reason"]] if fresh else []
        file.write(csv_text.exact([*header, [result.job.name, result.error]]))


def _recover(out: Path, details: Path | None) -> set[str]:
    """Names that are done. Drops a last line that a kill left half-written, in the table and in the details."""
    rows = list(csv.reader(io.StringIO(_whole_lines(out), newline="")))
    if rows and rows[0] != HEADER:
        raise ScanError(f"{out} is no prediction list (its first line is not img_name,y_pred); give another --out")
    rows = [row for row in rows if len(row) == 2]  # a kill inside a name that holds a line break leaves less
    done = {row[0] for row in rows[1:]}
    if details is not None:
        lines = _whole_lines(details).splitlines() if details.exists() else []
        known = {json.loads(line)["img_name"]: line for line in lines}
        done &= known.keys()  # a row without its details is judged again
        _replace(details, "".join(line + "\n" for name, line in known.items() if name in done))
    _replace(out, csv_text.exact([HEADER, *(row for row in rows[1:] if row[0] in done)]))
    return done


def _whole_lines(path: Path) -> str:
    data = path.read_bytes()
    return data[: data.rfind(b"\n") + 1].decode()


def _replace(path: Path, text: str) -> None:
    with replacing(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        file.write(text)
