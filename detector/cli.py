"""The command line: python -m detector scan | explain | evaluate."""

from __future__ import annotations

import argparse
import sys
from itertools import chain, count
from pathlib import Path

from . import __version__
from .images import Limits, PictureError

EXAMPLES = """examples:
  python -m detector scan photos/ --out prediction.csv        how likely is each picture in a folder manipulated?
  python -m detector explain portrait.jpg --out explained/    where are the traces? (heatmaps)
  python -m detector evaluate --labels labels.csv --images pictures/ --out results/
                                                              how good is the detector on labelled pictures?
"""


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(
        prog="python -m detector",
        description="Finds manipulated face pictures and shows its evidence.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action="version", version=__version__)
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")

    scan = commands.add_parser(
        "scan",
        help="pictures and folders → a table img_name,y_pred",
        description="Writes for each picture the probability (0 to 1) that it was manipulated. Folders are searched "
        "to any depth. What can't be read is listed with its reason in OUT.errors.csv, and the exit status is then 1.",
    )
    scan.add_argument("paths", nargs="+", metavar="PATH", help="picture or folder")
    scan.add_argument("--out", required=True, metavar="CSV", help="table to write: img_name,y_pred")
    scan.add_argument("--details", metavar="JSONL", help="also write every field of each analysis, one JSON a line")
    scan.add_argument("--resume", action="store_true", help="go on with an --out that was stopped")

    explain = commands.add_parser(
        "explain",
        help="heatmaps of single pictures",
        description="Writes for each picture a folder OUT/<file name without ending>/ with analysis.json, maps.npz "
        "(one float32 array of the picture's height × width for each label, in logits: above 0 speaks for it), the "
        "maps over the picture (overlay.png for fake, overlay-<artifact>.png), regions.png, cues/ (measurements that "
        "do not use the classifier) and "
        "crops/ (the hottest places at full resolution).",
    )
    explain.add_argument("images", nargs="+", metavar="IMAGE")
    explain.add_argument("--out", required=True, metavar="DIR")
    explain.add_argument(
        "--method", default="gradcam", metavar="NAME", help="heatmap method (default: gradcam); a wrong name lists all"
    )

    evaluate = commands.add_parser(
        "evaluate",
        help="figures on labelled pictures",
        description="Judges labelled pictures and writes metrics.json, prediction.csv and plots. With --forged or "
        "--masks it measures instead how well the maps mark what was manipulated: localisation.json, localisation.md "
        "and, for forgeries, confusion.png.",
    )
    evaluate.add_argument(
        "--labels",
        required=True,
        metavar="FILE",
        help="CSV with img_name,target (1 fake) and perhaps source, group, split; or a folder with real/ and fake/",
    )
    evaluate.add_argument("--images", metavar="DIR", help="folder of the pictures (default: beside the list)")
    evaluate.add_argument("--split", metavar="NAME", help="only the rows of this split")
    evaluate.add_argument(
        "--null-split",
        metavar="NAME",
        help="fit the null model (file facts alone) on this split; default: cross-validation",
    )
    evaluate.add_argument("--forged", action="store_true", help="forge the real pictures and look for the forgeries")
    evaluate.add_argument("--masks", metavar="DIR", help="masks of fakes: PNGs of the same stem, white: manipulated")
    evaluate.add_argument(
        "--plain-checkpoint", metavar="FILE", help="a checkpoint trained without masks, to compare its map of fake with"
    )
    evaluate.add_argument("--seed", type=int, default=0, help="of the forgeries and of the halves (default: 0)")
    evaluate.add_argument(
        "--degrade",
        choices=("none", "jpeg60", "half", "both"),
        default="none",
        help="store every picture as JPEG of quality 60 first, or shrink it to half its sides, or both",
    )
    evaluate.add_argument("--out", required=True, metavar="DIR")

    for command in (scan, explain, evaluate):
        command.add_argument(
            "--checkpoint", metavar="FILE", help="weights to use (default: those that come with the detector)"
        )
        command.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:1, mps")
        command.add_argument("--max-mb", type=float, default=25, help="refuse larger files (default: 25)")
        command.add_argument("--max-megapixels", type=float, default=50, help="refuse larger pictures (default: 50)")
    for command in (scan, evaluate):
        command.add_argument("--batch-size", type=int, default=32, help="pictures judged at once (default: 32)")
    return root


def main(argv: list[str] | None = None) -> int:
    """Runs one command; 0: done, 1: some pictures could not be read, 2: it could not start, 130: interrupted."""
    args = parser().parse_args(argv)
    # torch takes seconds to import; --help should not
    from .analyse import Analyser
    from .scan import ScanError

    try:
        limits = Limits(round(args.max_mb * 1e6), round(args.max_megapixels * 1e6))
        if limits.max_bytes < 1 or limits.max_pixels < 1 or getattr(args, "batch_size", 1) < 1:
            raise ScanError("--max-mb, --max-megapixels and --batch-size must be above 0")
        command = {"scan": _scan, "explain": _explain, "evaluate": _evaluate}[args.command]
        return command(args, lambda checkpoint=args.checkpoint: Analyser(checkpoint, args.device, limits))
    except KeyboardInterrupt:
        more = "; go on with --resume" if args.command == "scan" else ""
        print(f"\nstopped; what was done is kept{more}", file=sys.stderr)
        return 130
    except (ValueError, OverflowError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
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
            analysis = explain_one(ready, image, folder, args.method)
        except PictureError as error:
            failed += 1
            print(f"error: {error}", file=sys.stderr)
            continue
        print(f"{image}: {analysis.probability:.1%} fake → {folder}")
        for number, verdict in enumerate(analysis.faces, 1):
            start = f"face {number}: " if len(analysis.faces) > 1 else ""
            for sentence in verdict.evidence.sentences:
                print(f"  {start}{sentence}")
        for warning in analysis.warnings:
            print(f"  {warning}")
    return 1 if failed else 0


def explain_one(analyser, image: Path, folder: Path, method: str):
    """Analyses one picture and writes everything of it into `folder`; gives the Analysis."""
    from . import folder as output

    found = analyser.prepare(image)
    analysis = analyser.judge([found], method)[0]
    output.write(folder, found.picture.pixels, analysis)
    return analysis


def _evaluate(args: argparse.Namespace, analyser) -> int:
    from .data import read_labels
    from .evaluate import evaluate, summary

    examples = read_labels(args.labels, args.images, args.split)
    null_examples = read_labels(args.labels, args.images, args.null_split) if args.null_split else ()
    if args.forged or args.masks:
        return _localise(args, analyser, examples)
    if args.plain_checkpoint:
        raise ValueError("--plain-checkpoint is a baseline for maps; give --forged or --masks too")
    result = evaluate(analyser(), examples, args.out, null_examples, args.batch_size, degrade=args.degrade)
    print(summary(result))
    print(f"→ {args.out}/metrics.json")
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
