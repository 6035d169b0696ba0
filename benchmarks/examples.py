"""Makes the forged examples of Collins in assets/, and says how they were chosen.

    python -m benchmarks.examples [--write]

Of each artifact --tries forgeries of the untouched portrait, each with a seed of its own, are judged as the page judges
them. The table says of how many the artifact is named, and how many are called manipulated, authentic or neither. The
example is the first that is named and called manipulated; else the first that is named; else the first. `hair` takes
the same portrait's hair, mirrored and gone grey.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.deliveries import encoded
from detector import forge, heap, parts, sentences
from detector.analyse import Analyser
from detector.analysis import Analysis
from detector.artifacts import ARTIFACTS
from detector.forge.hair import unlike
from detector.images import load
from detector.verdict import Answer

ASSETS = Path(__file__).parents[1] / "assets"
STRENGTH, QUALITY = 0.8, 92


def forged(portrait: forge.Portrait, artifact: str, seed: int) -> bytes:
    donor = unlike(portrait) if artifact == "hair" else None
    made = forge.forge(portrait, artifact, STRENGTH, np.random.default_rng(seed), donor=donor)
    return encoded(Image.fromarray(made.pixels), "JPEG", quality=QUALITY)


def rank(artifact: str, analysis: Analysis) -> int:
    """0 for the best example."""
    named = analysis.artifacts[artifact] >= sentences.FOUND
    return 0 if named and analysis.answer == Answer.MANIPULATED else 1 if named else 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--write", action="store_true", help="put the chosen ones into assets/")
    args = parser.parse_args()
    heap.keep_freed()
    analyser = Analyser()
    portrait = forge.portrait_of(parts.load(), load(ASSETS / "example-collins.jpg").pixels)
    print("| forged | tries | named | manipulated | authentic | neither | example: seed, probability, answer |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for artifact in ARTIFACTS:
        made = [forged(portrait, artifact, seed) for seed in range(args.tries)]
        found = list(map(analyser.analyse, made))
        ranks = [rank(artifact, analysis) for analysis in found]
        seed = int(np.argmin(ranks))
        counts = Counter(analysis.answer for analysis in found)
        definite = [counts[answer] for answer in (Answer.MANIPULATED, Answer.AUTHENTIC)]
        chosen = f"{seed}, {found[seed].probability:.0%}, {found[seed].answer}"
        row = [artifact, len(found), sum(r < 2 for r in ranks), *definite, len(found) - sum(definite), chosen]
        print("| " + " | ".join(map(str, row)) + " |", flush=True)
        if args.write:
            name = artifact.replace("_", "-")
            (ASSETS / f"example-collins-{name}.jpg").write_bytes(made[seed])


if __name__ == "__main__":
    main()
