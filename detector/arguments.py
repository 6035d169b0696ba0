"""What the command line takes. Apart from the commands, so that --help needs no torch."""

from __future__ import annotations

import argparse

from . import __version__

EXAMPLES = """examples:
  python -m detector scan photos/ --out prediction.csv        how likely is each picture in a folder manipulated?
  python -m detector explain portrait.jpg --out explained/    where are the traces? (heatmaps)
  python -m detector verify explained/portrait/analysis.json portrait.jpg
                                                              is it what the detector says of this picture?
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
    explain.add_argument("--report", action="store_true", help="also write report.html, one file that holds it all")
    explain.add_argument(
        "--method", default="gradcam", metavar="NAME", help="heatmap method (default: gradcam); a wrong name lists all"
    )

    verify = commands.add_parser(
        "verify",
        help="is an analysis.json what the detector says of this picture?",
        description="Judges the picture again as analysis.json, which explain wrote, says it was judged, and lists "
        "what differs: the file, the checkpoint, the preprocessing, an edited JSON, the figures (beyond 0.02 "
        "plus one percent). Other versions and settings are noted only. Exit status 0: same, 1: it differs, "
        "2: it could not run.",
    )
    verify.add_argument("analysis", metavar="JSON", help="analysis.json as explain wrote it")
    verify.add_argument("image", metavar="IMAGE", help="the picture that it is said to be of")

    evaluate = commands.add_parser(
        "evaluate",
        help="figures on labelled pictures",
        description="Judges labelled pictures and writes metrics.json, prediction.csv and plots. With --forged or "
        "--masks it measures instead how well the maps mark what was manipulated: localisation.json, localisation.md "
        "and, for forgeries, confusion.png. With --faithful it measures whether the maps tell the truth: "
        "faithfulness.json and faithfulness.png. With --robustness it measures what damage does: robustness.json, "
        "robustness.md and robustness.png.",
    )
    _add_labels(evaluate)
    evaluate.add_argument(
        "--null-split",
        metavar="NAME",
        help="fit the null model (file facts alone) on this split; default: cross-validation",
    )
    evaluate.add_argument("--forged", action="store_true", help="forge the real pictures and look for the forgeries")
    evaluate.add_argument("--masks", metavar="DIR", help="masks of fakes: PNGs of the same stem, white: manipulated")
    evaluate.add_argument("--robustness", action="store_true", help="compress, shrink, blur, darken … every picture")
    evaluate.add_argument("--faithful", action="store_true", help="ask whether the maps of fakes tell the truth")
    evaluate.add_argument(
        "--limit",
        type=int,
        metavar="N",
        help="with --faithful: at most N fakes of each source and N forgeries (default: 40); with --robustness: "
        "N pictures in all, balanced over class and source (default: all)",
    )
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

    calibrate = commands.add_parser(
        "calibrate",
        help="fit probabilities and answers to held-out pictures",
        description="Judges labelled pictures that the checkpoint was not trained on and writes a copy of it whose "
        "probabilities and answers are fitted to them. From 200 real ones on its named artifacts are levelled, too: "
        "each stands out in one of a hundred of those; with --sent it is also set from where on one is enough to call "
        "a picture manipulated, which hardly any real one may reach (beside a probe). Else the weights stay.",
    )
    _add_labels(calibrate)
    calibrate.add_argument(
        "--sent",
        action="store_true",
        help="judge eight in nine pictures as people send them: compressed, shrunk, blurred, noisy, drawn over, as a "
        "screenshot",
    )
    calibrate.add_argument("--out", required=True, metavar="FILE", help="checkpoint to write")

    adapt = commands.add_parser(
        "adapt",
        help="teach the checkpoint labelled pictures of your own",
        description="Goes on teaching the checkpoint's probe by labelled pictures of your own, a hundred or more, real "
        "and manipulated ones from the same places, and calibrates it on them; writes a copy. The largest face of each "
        "counts. Named artifacts stay, but for their zeros (see calibrate). It then knows this source, others less.",
    )
    _add_labels(adapt)
    adapt.add_argument("--out", required=True, metavar="FILE", help="checkpoint to write")
    adapt.add_argument(
        "--alone",
        action="store_true",
        help="set where the answers begin by these pictures alone: fewer stay open, but real photos of other sources "
        "may then be called manipulated",
    )
    adapt.add_argument("--seed", type=int, default=0, help="of folds, deliveries and order (default: 0)")

    card = commands.add_parser(
        "card",
        help="the model card, from what evaluate wrote",
        description="Writes the model card of a checkpoint in the form that the Hugging Face hub reads. Its figures "
        "come from metrics.json, robustness.json, localisation.json and faithfulness.json in the folders given; its "
        "prose from detector/card_template.md and from --recipe.",
    )
    card.add_argument("results", nargs="+", metavar="RESULTS", help="folder that evaluate wrote")
    card.add_argument("--out", required=True, metavar="FILE", help="card to write, as README.md")
    card.add_argument("--recipe", metavar="FILE", help="how it was trained, in words (default: the detector's own)")
    card.add_argument("--checkpoint", metavar="FILE", help="weights to describe (default: the detector's own)")

    _add_reviews(commands)

    for command in (scan, explain):
        add_targets(command)
    for command in (scan, explain, verify, evaluate, calibrate, adapt):
        command.add_argument(
            "--checkpoint", metavar="FILE", help="weights to use (default: those that come with the detector)"
        )
        command.add_argument("--device", default="auto", help="auto (default), cpu, openvino, cuda, cuda:1, mps")
        add_limits(command)
    for command in (scan, evaluate, calibrate, adapt):
        command.add_argument("--batch-size", type=int, default=32, help="pictures judged at once (default: 32)")
    return root


def add_targets(command: argparse.ArgumentParser) -> None:
    """The error rates of verdict.Targets, in percent; the page's door takes them too."""
    for name, usual, kind, wrong in (
        ("false-alarms", 1, "real", "manipulated"),
        ("misses", 5, "manipulated", "authentic"),
    ):
        command.add_argument(
            f"--{name}",
            type=float,
            default=usual,
            metavar="PERCENT",
            help=f"of the {kind} pictures answered, called {wrong} at most (default: {usual})",
        )


def add_limits(command: argparse._ActionsContainer) -> None:
    """What images.Limits refuses; the page's door takes them too."""
    command.add_argument("--max-mb", type=float, default=25, help="refuse larger files (default: 25)")
    command.add_argument("--max-megapixels", type=float, default=50, help="refuse larger pictures (default: 50)")


def _add_labels(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--labels",
        required=True,
        metavar="FILE",
        help="CSV with img_name,target (1 fake) and perhaps source, group, split; or a folder with real/ and fake/",
    )
    command.add_argument("--images", metavar="DIR", help="folder of the pictures (default: beside the list)")
    command.add_argument("--split", metavar="NAME", help="only the rows of this split")


def _add_reviews(commands: argparse._SubParsersAction) -> None:
    reviews = commands.add_parser(
        "reviews",
        help="the file of reviews that the page keeps with --reviews",
        description="Checks, exports and measures the reviews that the page collected, and fills their queue.",
    )
    actions = reviews.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser(
        "verify",
        help="was the log changed?",
        description="Checks the hash chain of the log and the pictures. Exit status 0: it holds, 1: it does not.",
    )
    export = actions.add_parser("export", help="reviews as CSV, JSON, or as a label list for train.py")
    figures = actions.add_parser("agreement", help="agreement of reviewers with each other and with the model")
    add = actions.add_parser("add", help="put pictures into the queue; makes the file where there is none")
    for action in (check, export, figures, add):
        action.add_argument("file", metavar="FILE", help="the file given to the page's --reviews")
    check.add_argument("--expect", metavar="HASH", help="a hash noted earlier, elsewhere, that must be in the log")
    export.add_argument("--csv", metavar="FILE", help="one row for each review")
    export.add_argument("--json", metavar="FILE", help="the log, entry by entry")
    export.add_argument(
        "--labels", metavar="DIR", help="labels.csv and images/ for train.py, by the reviewers' majority"
    )
    figures.add_argument("--truth", metavar="LABELS", help="CSV with img_name,target that says what the pictures are")
    figures.add_argument("--images", metavar="DIR", help="folder of those pictures (default: beside the list)")
    add.add_argument("paths", nargs="+", metavar="PATH", help="picture or folder")
