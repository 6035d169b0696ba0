"""What is said of real portraits under a beauty filter? python -m benchmarks.filters --labels faces.csv

Skin of real pictures of a split is smoothed in each of the styles of detector/smoothing.py, stored as JPEG of quality
87 and judged without heatmaps: how many are said to be smoothed, called manipulated or authentic, and in how many the
face edge or uneven sharpness is named. One style was kept back from training.
"""

import argparse

import numpy as np
from PIL import Image
from tqdm import tqdm

from benchmarks.deliveries import encoded
from benchmarks.examples import named
from detector import answers, forge, parts, scope, smoothing
from detector.analyse import Analyser
from detector.data import Example, read_labels
from detector.images import load
from detector.verdict import Answer

NAMED = ("face_edge", "sharpness")
COLUMNS = ("said to be smoothed", "manipulated", "authentic", *(f"{name.replace('_', ' ')} named" for name in NAMED))


def portraits(examples: list[Example], count: int, seed: int) -> list[forge.Portrait]:
    """Of real pictures in which a face is found."""
    parser, found = parts.load(), []
    for index in np.random.default_rng(seed).permutation(len(examples)):
        try:
            found.append(forge.portrait_of(parser, load(examples[index].path).pixels))
        except forge.CannotForge:
            continue
        if len(found) == count:
            break
    return found


def judged(analyser: Analyser, pixels: np.ndarray) -> np.ndarray:
    """Which of COLUMNS hold, bool."""
    one = analyser.prepare(encoded(Image.fromarray(pixels), "JPEG", quality=87))
    [analysis] = analyser.judge([one])
    outside = scope.assess(one.picture, one.boxes)
    analysis = answers.in_scope(analysis, outside)
    said = "smoothed" in {reason.key for reason in analysis.scope}
    definite = [analysis.answer == answer for answer in (Answer.MANIPULATED, Answer.AUTHENTIC)]
    return np.array([said, *definite, *(named(artifact, analysis) for artifact in NAMED)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--labels", required=True)
    parser.add_argument("--images")
    parser.add_argument("--split", default="val")
    parser.add_argument("--pictures", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    reals = [example for example in read_labels(args.labels, args.images, args.split) if not example.target]
    chosen, analyser = portraits(reals, args.pictures, args.seed), Analyser()
    print(f"{len(chosen)} real portraits")
    print("| filter | " + " | ".join(COLUMNS) + " |")
    print("| --- |" + " --- |" * len(COLUMNS))
    for style in (None, *smoothing.STYLES):
        rng = np.random.default_rng(args.seed)
        made = (smoothing.smooth(one, rng, style) if style else one.pixels for one in chosen)
        found = [judged(analyser, pixels) for pixels in tqdm(made, style or "none", len(chosen))]
        kept_back = " (kept back)" if style and style not in smoothing.TRAINED else ""
        shares = " | ".join(f"{share:.0%}" for share in np.mean(found, 0))
        print(f"| {style or 'none'}{kept_back} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
