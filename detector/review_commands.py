"""python -m detector reviews verify | export | agreement | add."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from . import agreement, review_export
from .data import ENDINGS, read_labels
from .images import PictureError, load
from .review_log import Decision, reviews
from .reviews import ReviewError, Reviews
from .verdict import Rate


def run(args: argparse.Namespace) -> int:
    """0: done, 1: the log does not hold, or a picture could not be read. Raises ReviewError and OSError."""
    commands = {"verify": _verify, "export": _export, "agreement": _agreement, "add": _add}
    return commands[args.action](args)


def _verify(args: argparse.Namespace) -> int:
    found = Reviews(args.file, create=False).verify(args.expect)
    if found.problem:
        print(f"does not hold: {found.problem}\n{found.count} entries before that hold; hash {found.head}")
        return 1
    print(f"{found.count} entries hold; the last hash is {found.head}")
    if found.since is None:
        print("an end that was cut off shows only with --expect and the last hash noted elsewhere")
    else:
        print(f"the expected hash is there, and {found.since} entries came after it")
    return 0


def _export(args: argparse.Namespace) -> int:
    store = _sound(args.file)
    files = {args.csv: review_export.as_csv, args.json: review_export.as_json}
    wanted = {name: write for name, write in files.items() if name}
    if not wanted and not args.labels:
        raise ReviewError("nothing to write; give --csv FILE, --json FILE or --labels DIR")
    for name in wanted:
        if Path(name).exists():
            raise ReviewError(f"{name} exists; give another name")
    for name, write in wanted.items():
        Path(name).write_text(write(store), encoding="utf-8")
        print(f"→ {name}")
    if args.labels:
        done = review_export.write_labels(store, args.labels)
        print(f"{done.real} real, {done.fake} fake, {done.left_out} left out → {args.labels}/labels.csv")
    return 0


def _agreement(args: argparse.Namespace) -> int:
    truth = None
    if args.truth:
        listed = read_labels(args.truth, args.images)
        kinds = (Decision.AUTHENTIC, Decision.MANIPULATED)
        truth = {load(one.path).facts.sha256: kinds[one.target] for one in listed}
    found = agreement.measure(reviews(_sound(args.file).entries()), truth)
    print(f"{found.reviews} reviews of {found.pictures} pictures by {found.reviewers} reviewers")
    print(f"agreement of blind decisions (Krippendorff's alpha): {_figure(found.alpha)}")
    for pair in found.pairs:
        print(f"  {pair.first}, {pair.second}: Cohen's kappa {_figure(pair.kappa)} on {pair.pictures} pictures")
    print(f"blind decisions that equal the model's answer: {_rate(found.blind_with_model)}")
    print(f"final decisions that equal the model's answer: {_rate(found.final_with_model)}")
    print(f"contradicted by the model, then changed to its answer: {_rate(found.reliance.switched)}")
    known = "known truth" if found.truth == "known" else "what most other reviewers, at least two, said blind"
    print(f"judged by {known}:")
    print(f"  right, but given up for a wrong model (over-reliance): {_rate(found.reliance.over)}")
    print(f"  wrong, but kept against a right model (under-reliance): {_rate(found.reliance.under)}")
    return 0


def _add(args: argparse.Namespace) -> int:
    store, added, there, failed = Reviews(args.file), 0, 0, 0
    for path in _files(args.paths):
        try:
            picture = load(path)
        except PictureError as error:
            failed += 1
            print(f"error: {error}", file=sys.stderr)
            continue
        if store.add(picture.data, path.name):
            added += 1
        else:
            there += 1
    print(f"{added} added, {there} there already, {failed} unreadable → {args.file}")
    return 1 if failed else 0


def _files(paths: list[str]) -> Iterator[Path]:
    """Files as they are named, of folders the pictures at any depth."""
    for path in map(Path, paths):
        if path.is_dir():
            yield from sorted(one for one in path.rglob("*") if one.suffix.lower() in ENDINGS)
        else:
            yield path


def _sound(file: str) -> Reviews:
    """Figures and labels from a log that was changed would pass for reviewers' decisions."""
    store = Reviews(file, create=False)
    if problem := store.verify().problem:
        raise ReviewError(f"the log in {file} does not hold: {problem}; take it from a copy that does")
    return store


def _figure(value: float | None) -> str:
    return "not defined (too few reviews, or all the same)" if value is None else f"{value:.3f}"


def _rate(rate: Rate) -> str:
    if not rate.of:
        return "no such case"
    return f"{rate.count} of {rate.of} ({rate.value:.0%}, 95% interval {rate.low:.0%} to {rate.high:.0%})"
