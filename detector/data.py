"""Label lists: what each picture is, and where it comes from."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import edits
from .images import PictureError, load

ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".heic", ".heif"}


class LabelError(ValueError):
    """The label list can't be used; the message says why and what to do."""


@dataclass(frozen=True)
class Example:
    """One labelled picture. `target`: 1 fake, 0 real. `group`: pictures that belong together share it.

    `age`: of the person, years; None where the list does not say. `edited`: of a composite, the parts that are another
    person's (`edits.EDITABLE`); empty where the list does not say.
    """

    path: Path
    name: str
    target: int
    source: str = ""
    group: str = ""
    split: str = ""
    age: float | None = None
    edited: tuple[str, ...] = ()


def read_labels(labels: str | Path, images: str | Path | None = None, split: str | None = None) -> list[Example]:
    """Reads any of the three label formats.

    - a CSV or text list with the columns `img_name,target` (Kaggle's), pictures in `images`, or else in the folder
      named like the list without `_label` (`trainset_label.txt` → `trainset/`), in `images/`, or beside the list;
    - the same with more columns, of which `source`, `group`, `split`, `age` and `edited_parts` are used;
    - a folder that holds `real/` and `fake/`.

    `split` keeps the rows of one split. Raises LabelError.
    """
    labels = Path(labels)
    if labels.is_dir():
        examples = _read_folders(labels)
    elif labels.is_file():
        examples = _read_list(labels, Path(images) if images else _images_beside(labels))
    else:
        raise LabelError(f"no label list at {labels}; give a CSV with img_name,target or a folder with real/ and fake/")
    if split is not None:
        there = sorted({example.split for example in examples} - {""})
        examples = [example for example in examples if example.split == split]
        if not examples:
            raise LabelError(f"{labels} has no rows of split {split!r}; it has {', '.join(there) or 'no split column'}")
    return examples


def _read_folders(folder: Path) -> list[Example]:
    examples = []
    for target, kind in enumerate(("real", "fake")):
        if not (folder / kind).is_dir():
            raise LabelError(f"{folder} has no folder {kind}/; a folder of pictures needs real/ and fake/")
        for path in sorted((folder / kind).rglob("*")):
            if path.suffix.lower() in ENDINGS:
                examples.append(Example(path, path.relative_to(folder).as_posix(), target))
    if not examples:
        raise LabelError(f"{folder}/real and {folder}/fake hold no pictures ({', '.join(sorted(ENDINGS))})")
    return examples


def _images_beside(labels: Path) -> Path:
    named = labels.with_name(labels.stem.removesuffix("_label").removesuffix("_labels") or labels.name)
    for folder in (named, labels.parent / "images"):
        if folder.is_dir() and folder != labels:
            return folder
    return labels.parent


def _read_list(labels: Path, images: Path) -> list[Example]:
    try:
        with labels.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            rows = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise LabelError(f"{labels} is no text list ({error}); it needs the columns img_name,target") from error
    if not rows or not {"img_name", "target"} <= set(reader.fieldnames):
        raise LabelError(f"{labels} lacks rows or one of the columns img_name,target; add that header line")
    examples, seen = [], {}
    for line, row in rows:
        name, target = (row["img_name"] or "").strip(), (row["target"] or "").strip()
        if not name or target not in ("0", "1"):
            raise LabelError(
                f"{labels}, line {line}: needs a name and target 0 (real) or 1 (fake), got {name!r}, {target!r}"
            )
        if seen.setdefault(name, target) != target:
            raise LabelError(f"{labels}, line {line}: {name} is listed both as real and as fake; keep one")
        more = {column: row.get(column) or "" for column in ("source", "group", "split")}
        try:
            age = float(row["age"]) if row.get("age") else None
        except ValueError:
            raise LabelError(f"{labels}, line {line}: age must be a number of years, got {row['age']!r}") from None
        edited = tuple(row["edited_parts"].split("|")) if row.get("edited_parts") else ()
        if not set(edited) <= set(edits.EDITABLE):
            raise LabelError(
                f"{labels}, line {line}: edited_parts must be names out of {', '.join(edits.EDITABLE)} with | between "
                f"them, got {row['edited_parts']!r}"
            )
        examples.append(Example(images / name, name, int(target), **more, age=age, edited=edited))
    return examples


def find_problems(examples: Sequence[Example], threads: int = 4) -> dict[Path, str]:
    """Pictures that are missing or can't be read, with the reason. Decodes every picture once."""

    def problem(example: Example) -> str | None:
        try:
            load(example.path)
        except PictureError as error:
            return str(error)
        return None

    with ThreadPoolExecutor(threads) as pool:
        reasons = pool.map(problem, examples)
        return {example.path: reason for example, reason in zip(examples, reasons, strict=True) if reason}
