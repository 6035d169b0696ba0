"""The command line: python -m detector scan | explain | verify | evaluate | calibrate | adapt | card | reviews."""

from __future__ import annotations

import argparse
import errno
import sys
from itertools import chain, count
from pathlib import Path

from . import heap
from .arguments import parser
from .images import Limits, PictureError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # no room on the disk, or no more of it for this user
SHOWN = 20  # differences that verify lists


def main(argv: list[str] | None = None) -> int:
    """Runs one command; 0: done, 1: not all of it holds or could be read, 2: it could not start, 130: interrupted."""
    args = parser().parse_args(argv)
    heap.keep_freed()
    # torch takes seconds to import; --help should not
    from .analyse import Analyser
    from .scan import ScanError
    from .verdict import DEFAULT_TARGETS, Targets

    try:
        if args.command == "card":
            return _card(args)
        if args.command == "reviews":
            from .review_commands import run

            return run(args)
        limits = Limits(round(args.max_mb * 1e6), round(args.max_megapixels * 1e6))
        if limits.max_bytes < 1 or limits.max_pixels < 1 or getattr(args, "batch_size", 1) < 1:
            raise ScanError("--max-mb, --max-megapixels and --batch-size must be above 0")
        targets = DEFAULT_TARGETS
        if "false_alarms" in args:
            targets = Targets(args.false_alarms / 100, args.misses / 100)
        commands = {
            "scan": _scan,
            "explain": _explain,
            "verify": _verify,
            "evaluate": _evaluate,
            "calibrate": _calibrate,
            "adapt": _adapt,
        }

        def analyser(checkpoint: str | None = args.checkpoint, targets: Targets = targets) -> Analyser:
            return Analyser(checkpoint, args.device, limits, targets)

        return commands[args.command](args, analyser)
    except KeyboardInterrupt:
        more = "; go on with --resume" if args.command == "scan" else ""
        print(f"\nstopped; what was done is kept{more}", file=sys.stderr)
        return 130
    except (ValueError, OverflowError, OSError) as error:
        full = isinstance(error, OSError) and error.errno in FULL
        more = "; make room" + ", and go on with --resume" * (args.command == "scan") if full else ""
        print(f"error: {error}{more}", file=sys.stderr)
        return 2


def _scan(args: argparse.Namespace, analyser) -> int:
    from .scan import scan

    done = scan(analyser(), args.paths, args.out, args.details, args.resume, args.batch_size)
    skipped = f", {done.resumed} done before" if done.resumed else ""
    ignored = f", {done.ignored} other files left out" if done.ignored else ""
    print(f"{done.judged} judged, {done.errors} unreadable{skipped}{ignored} → {args.out}")
    if done.errors:
        print(f"the unreadable ones and why: {args.out}.errors.csv", file=sys.stderr)
    return 1 if done.errors else 0


def _explain(args: argparse.Namespace, analyser) -> int:
    from .explain import METHODS
    from .verdict import shown

    if args.method not in METHODS:
        raise ValueError(f"unknown --method {args.method}; choose one of {', '.join(METHODS)}")
    taken: set[str] = set()
    ready, failed = analyser(), 0
    for image in map(Path, args.images):
        numbered = (f"{image.stem}-{number}" for number in count(2))
        name = next(name for name in chain([image.stem], numbered) if name not in taken)
        taken.add(name)
        folder = Path(args.out) / name
        try:
            analysis = explain_one(ready, image, folder, args.method, args.report)
        except PictureError as error:
            failed += 1
            print(f"error: {error}", file=sys.stderr)
            continue
        print(f"{image}: {analysis.answer}, {shown(analysis.probability):.0%} fake → {folder}")
        for reason in (*(reason.text for reason in analysis.scope), *analysis.reasons):
            print(f"  {reason}")
        for number, verdict in enumerate(analysis.faces, 1):
            start = f"face {number}: " if len(analysis.faces) > 1 else ""
            for sentence in verdict.evidence.sentences:
                print(f"  {start}{sentence}")
        for warning in analysis.warnings:
            print(f"  {warning}")
    return 1 if failed else 0


def explain_one(analyser, image: Path, folder: Path, method: str, report: bool = False):
    """Analyses one picture and writes everything of it into `folder`; gives the Analysis."""
    from . import folder as output
    from . import provenance

    found = analyser.prepare(image)
    analysis = analyser.judge([found], method)[0]
    reproduce = provenance.facts(analyser.classifier, analyser.limits, found.picture, method)
    output.write(folder, found.picture.pixels, analysis, reproduce)
    if report:
        from .page.report import report as page  # brings gradio, which takes seconds to import
        from .page.texts import en

        (folder / "report.html").write_text(page(en, found.picture.pixels, analysis, reproduce), encoding="utf-8")
    return analysis


def _verify(args: argparse.Namespace, analyser) -> int:
    from .verify import read, targets, verify

    recorded = read(args.analysis)
    found = verify(recorded, analyser(targets=targets(recorded)), args.image)
    print("same, within 0.02 plus one percent" if found.same else f"differences: {len(found.differences)}")
    for difference in found.differences[:SHOWN]:
        print(f"  {difference}")
    if len(found.differences) > SHOWN:
        print(f"  and {len(found.differences) - SHOWN} more")
    for note in found.notes:
        print(f"  note: {note}")
    return 0 if found.same else 1


def _evaluate(args: argparse.Namespace, analyser) -> int:
    from .data import read_labels
    from .evaluate import evaluate, summary

    examples = read_labels(args.labels, args.images, args.split)
    null_examples = read_labels(args.labels, args.images, args.null_split) if args.null_split else ()
    if args.forged or args.masks:
        return _localise(args, analyser, examples)
    if args.faithful:
        return _faithful(args, analyser, examples)
    if args.robustness:
        return _robustness(args, analyser, examples)
    if args.plain_checkpoint:
        raise ValueError("--plain-checkpoint is a baseline for maps; give --forged or --masks too")
    result = evaluate(analyser(), examples, args.out, null_examples, args.batch_size, degrade=args.degrade)
    print(summary(result))
    print(f"→ {args.out}/metrics.json")
    return 1 if result["errors"] else 0


def _given(args: argparse.Namespace) -> tuple[list, str]:
    """The labelled pictures, and what their list is called, of a command that writes a new checkpoint."""
    from .data import read_labels

    if Path(args.out).exists():
        raise ValueError(f"{args.out} exists; give another --out")
    split = f" ({args.split})" if args.split else ""
    return read_labels(args.labels, args.images, args.split), Path(args.labels).name + split


def _calibrate(args: argparse.Namespace, analyser) -> int:
    from .calibrate import compare, deaf, fitted
    from .degrade import SENT, OneWay, Sent
    from .evaluate import logits
    from .model import save
    from .verdict import LEAST_LEVEL

    examples, name = _given(args)
    ready = analyser()
    network = ready.classifier.network
    with deaf(network):
        seen, kept = logits(Sent(ready) if args.sent else ready, examples, args.batch_size)
        target = [example.target for example in kept]
        real = [example for example in kept if not example.target]
        ways = [logits(OneWay(ready, way), real, args.batch_size)[0] for way in SENT] if args.sent else []
    header, of_fake = fitted(network, ready.classifier.header, seen, target, name, ways, args.sent)
    print("held-out folds        log loss   calibration error")
    groups = [example.group or example.name for example in kept]
    for way in compare(of_fake, target, groups):
        print(f"  {way.name:<18}  {way.log_loss:.4f}     {way.ece:.4f}")
    if len(header.calibration.real) < LEAST_LEVEL:
        print(f"named artifacts: kept as they were, for fewer than {LEAST_LEVEL} of the pictures are real ones")
    elif not args.sent:
        print("named artifacts: levelled; from where on one is enough was kept as it was (--sent sets it)")
    save(args.out, network, header)
    a, b, c = header.calibration.a, header.calibration.b, header.calibration.c
    print(f"beta: probability = sigmoid({a:.3f} · ln p - {b:.3f} · ln(1 - p) {c:+.3f}) → {args.out}")
    return 0


def _adapt(args: argparse.Namespace, analyser) -> int:
    from .adapt import adapt
    from .evaluate import NEAR
    from .model import save

    examples, name = _given(args)
    of = adapt(analyser(), examples, name, args.alone, args.seed, args.batch_size)
    print(f"{of.real} real and {of.fake} fake pictures, {of.unread} unreadable")
    print(f"AUC on them: {of.before:.4f} before, {of.after:.4f} after, each judged by what others had taught")
    if of.null is not None:
        print(f"null model's AUC: {of.null:.4f} (file facts alone: bytes, size, quantisation)")
        if of.after < of.null + NEAR:
            print("warning: file facts alone do nearly as well, so it may have learned the files, not the faces")
    save(args.out, of.network, of.header)
    print(f"→ {args.out}; use it by --checkpoint")
    return 1 if of.unread else 0


def _card(args: argparse.Namespace) -> int:
    from . import card, model

    _, header = model.read(args.checkpoint or model.EMBEDDED)
    recipe = Path(args.recipe or card.RECIPE).read_text(encoding="utf-8")
    text = card.write(header, card.collect(args.results, header.sha256), recipe, card.TEMPLATE.read_text("utf-8"))
    Path(args.out).write_text(text, encoding="utf-8")
    print(f"card of {header.sha256[:12]} → {args.out}")
    return 0


def _faithful(args: argparse.Namespace, analyser, examples) -> int:
    from .faithfulness import measure, table

    limit = 40 if args.limit is None else args.limit
    if limit < 1:
        raise ValueError("--limit must be above 0")
    result = measure(analyser(), examples, args.out, limit, args.seed)
    print(table(result))
    print(f"→ {args.out}/faithfulness.json, faithfulness.png")
    return 1 if result.unreadable else 0


def _robustness(args: argparse.Namespace, analyser, examples) -> int:
    from .robustness import markdown, measure

    if args.degrade != "none":
        raise ValueError("--robustness degrades the pictures itself; leave --degrade out")
    result = measure(analyser(), examples, args.out, args.limit, args.seed, args.batch_size)
    print(markdown(result))
    print(f"→ {args.out}/robustness.json, robustness.md, robustness.png")
    return 1 if result["errors"] else 0


def _localise(args: argparse.Namespace, analyser, examples) -> int:
    from .localise import localise, markdown

    plain = analyser(args.plain_checkpoint) if args.plain_checkpoint else None
    result = localise(
        analyser(), examples, args.out, args.forged, args.masks, plain, args.seed, args.degrade, args.batch_size
    )
    print(markdown(result))
    print(f"→ {args.out}/localisation.json, localisation.md")
    return 0
