"""Makes the forged examples of Collins in assets/, and says how they were chosen.

    python -m benchmarks.examples [--write]

Of each artifact --tries forgeries of the untouched portrait, each with a seed of its own, are judged as the page judges
them. The table says of how many the artifact is named, and how many are called manipulated, authentic or neither; and
in how many no face is found, so that the whole picture was judged. The example is the first that is named and called
manipulated; else the first that is named and whose map of fake is supported; else the first that is named; else the
first; one in which no face is found comes last. `hair` takes the same portrait's hair, mirrored and gone grey.
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
from detector.causal import SUPPORTED
from detector.forge.hair import unlike
from detector.images import load
from detector.verdict import Answer

ASSETS = Path(__file__).parents[1] / "assets"
STRENGTH, QUALITY = 0.8, 92


def forged(portrait: forge.Portrait, artifact: str, seed: int) -> bytes:
    donor = unlike(portrait) if artifact == "hair" else None
    made = forge.forge(portrait, artifact, STRENGTH, np.random.default_rng(seed), donor=donor)
    return encoded(Image.fromarray(made.pixels), "JPEG", quality=QUALITY)


def named(artifact: str, analysis: Analysis) -> bool:
    return analysis.artifacts[artifact] >= sentences.FOUND


def rank(artifact: str, analysis: Analysis) -> int:
    """0 for the best example."""
    face = analysis.faces[0]
    if face.box is None:
        return 4
    if not named(artifact, analysis):
        return 3
    supported = face.causal is not None and face.causal.stamp == SUPPORTED
    return 0 if analysis.answer == Answer.MANIPULATED else 1 if supported else 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--write", action="store_true", help="put the chosen ones into assets/")
    args = parser.parse_args()
    heap.keep_freed()
    analyser = Analyser()
    portrait = forge.portrait_of(parts.load(), load(ASSETS / "example-collins.jpg").pixels)
    print("| forged | tries | named | manipulated | authentic | neither | no face | example: seed, answer |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for artifact in ARTIFACTS:
        made = [forged(portrait, artifact, seed) for seed in range(args.tries)]
        found = list(map(analyser.analyse, made))
        ranks = [rank(artifact, analysis) for analysis in found]
        seed = int(np.argmin(ranks))
        counts = Counter(analysis.answer for analysis in found)
        definite = [counts[answer] for answer in (Answer.MANIPULATED, Answer.AUTHENTIC)]
        chosen = f"{seed}, {found[seed].probability:.0%}, {found[seed].answer}"
        clear = sum(named(artifact, analysis) for analysis in found)
        faceless = sum(analysis.faces[0].box is None for analysis in found)
        row = [artifact, len(found), clear, *definite, len(found) - sum(definite), faceless, chosen]
        print("| " + " | ".join(map(str, row)) + " |", flush=True)
        if args.write:
            name = artifact.replace("_", "-")
            (ASSETS / f"example-collins-{name}.jpg").write_bytes(made[seed])


if __name__ == "__main__":
    main()
