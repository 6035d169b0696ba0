"""Builds the tables of what is usual among real photos, and measures how well each cue separates forged from real.

    python -m detector.cues.reference --labels faces.csv --out detector/weights/cues.npz

The tables are of the `train` split's real photos: each crop shrunk to the sizes of `tables.SIZES`, then stored as JPEG
in each quality class or not at all. The AUC is of the `val` split's, against forgeries made of the same photos, both
stored once more at quality 87. Limits: the photos it was built with are JPEG of quality 87 already, so the class
"higher or lossless" is of such photos too; and a picture larger than a size class was sharper before it was shrunk
than a camera's photo of that size.
"""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from sklearn.metrics import roc_auc_score

from .. import faces, forge, parts, regions
from ..artifacts import ARTIFACTS
from ..data import Example, read_labels
from ..forge.base import compressed
from ..images import load
from . import shrink, tables, value, values
from .base import Frame

STORED = (50, 75, 88, None)  # one JPEG quality in each class of tables.QUALITIES; None: not stored again
EVALUATED = 87  # JPEG quality of both classes when the AUC is measured
STRENGTHS = (0.3, 1.0)


def balanced(examples: Sequence[Example], count: int, rng: np.random.Generator) -> list[Example]:
    """`count` of them at most, drawn from the sources in turn, so that a large source does not decide what is usual."""
    sources: dict[str, list[Example]] = {}
    for index in rng.permutation(len(examples)):
        sources.setdefault(examples[index].source, []).append(examples[index])
    queues = [sources[name] for name in sorted(sources)]
    turns = (queue[turn] for turn in range(max(map(len, queues), default=0)) for queue in queues if turn < len(queue))
    return [example for _, example in zip(range(count), turns, strict=False)]


def portraits(examples: Sequence[Example], parser: parts.Parser) -> Iterator[forge.Portrait]:
    """Those with a face, as the forgeries need them."""
    for example in examples:
        with contextlib.suppress(forge.CannotForge):
            yield forge.portrait_of(parser, load(example.path).pixels)


def stored(pixels: np.ndarray, quality: int | None) -> np.ndarray:
    """The picture (h, w, 3) after JPEG compression, unchanged for None."""
    return pixels if quality is None else compressed(pixels, quality)


def _crop(portrait: forge.Portrait, pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape[:2]
    return np.ascontiguousarray(faces.crop_box(portrait.box, width, height).cut(pixels))


def quantiles(found: Sequence[forge.Portrait], parser: parts.Parser) -> tuple[np.ndarray, np.ndarray]:
    """float32 (cues, sizes, qualities, 101) and the counts they rest on (cues, sizes, qualities)."""
    shape = (len(ARTIFACTS), len(tables.SIZES), len(STORED))
    seen: list[list[float]] = [[] for _ in range(int(np.prod(shape)))]
    for portrait in found:
        crop = _crop(portrait, portrait.pixels)
        (parsed,) = regions.find(parser, [crop])
        for size_at, side in enumerate(tables.SIZES):
            if side > max(crop.shape[:2]) * 1.03:
                continue  # an enlarged photo is softer than any of its new size
            small = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
            for quality_at, quality in enumerate(STORED):
                numbers = values(stored(small, quality), parsed)
                for cue_at, artifact in enumerate(ARTIFACTS):
                    if numbers[artifact] is not None:
                        seen[np.ravel_multi_index((cue_at, size_at, quality_at), shape)].append(numbers[artifact])
    counts = np.array([len(numbers) for numbers in seen]).reshape(shape)
    steps = np.linspace(0, 1, 101)
    rows = [np.quantile(n, steps) if len(n) >= tables.LEAST_COUNT else np.full(101, np.nan) for n in seen]
    return np.array(rows, np.float32).reshape(*shape, 101), counts


def separation(found: Sequence[forge.Portrait], parser: parts.Parser, seed: int) -> dict[str, dict]:
    """For each artifact: `auc`, `auc_trained`, `auc_held_back` (None without both classes) and the numbers assessed."""
    scores: dict[str, dict[str, list[float | None]]] = {
        artifact: {"real": [], "trained": [], "held_back": []} for artifact in ARTIFACTS
    }
    for index, portrait in enumerate(found):
        for artifact, number in values(*_judged(portrait, portrait.pixels, parser)).items():
            scores[artifact]["real"].append(number)
        for artifact_at, artifact in enumerate(ARTIFACTS):
            rng = np.random.default_rng([seed, index, artifact_at])
            variants = forge.VARIANTS[artifact] + forge.HELD_BACK[artifact]
            variant = variants[rng.integers(len(variants))]
            donor = found[rng.integers(len(found))]
            try:
                forgery = forge.forge(portrait, artifact, rng.uniform(*STRENGTHS), rng, variant, donor)
            except forge.CannotForge:
                continue
            crop, parsed = _judged(portrait, forgery.pixels, parser)
            kind = "held_back" if variant in forge.HELD_BACK[artifact] else "trained"
            scores[artifact][kind].append(value(artifact, Frame(shrink(crop), parsed)))
    return {artifact: _separation(**of) for artifact, of in scores.items()}


def _judged(portrait: forge.Portrait, pixels: np.ndarray, parser: parts.Parser) -> tuple[np.ndarray, regions.Regions]:
    crop = _crop(portrait, stored(pixels, EVALUATED))
    return crop, regions.find(parser, [crop])[0]


def _separation(real: list, trained: list, held_back: list) -> dict:
    def auc(forged: list) -> float | None:
        low, high = ([n for n in numbers if n is not None] for numbers in (real, forged))
        if not low or not high:
            return None
        return round(float(roc_auc_score([0] * len(low) + [1] * len(high), low + high)), 4)

    forged = trained + held_back
    return {
        "auc": auc(forged),
        "auc_trained": auc(trained),
        "auc_held_back": auc(held_back),
        "real": len(real),
        "real_assessed": sum(n is not None for n in real),
        "forged": len(forged),
        "forged_assessed": sum(n is not None for n in forged),
    }


def build(labels: str | Path, count: int = 400, pairs: int = 150, seed: int = 0) -> tables.Tables:
    """`count` real photos of the train split for the quantiles, `pairs` of the val split for the AUC."""
    parser = parts.load()
    rng = np.random.default_rng(seed)

    def reals(split: str, number: int) -> list[forge.Portrait]:
        examples = [example for example in read_labels(labels, split=split) if not example.target]
        return list(portraits(balanced(examples, number, rng), parser))

    learned, judged = reals("train", count), reals("val", pairs)
    rows, counts = quantiles(learned, parser)
    report = {"photos": len(learned), "evaluated_photos": len(judged), "seed": seed, "strengths": STRENGTHS}
    report["cues"] = separation(judged, parser, seed)
    auc = [report["cues"][artifact]["auc"] for artifact in ARTIFACTS]
    return tables.Tables(rows, counts, np.array([np.nan if one is None else one for one in auc]), report)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--labels", required=True, help="list with the columns img_name,target,source,split")
    arguments.add_argument("--out", default=tables.EMBEDDED, type=Path)
    arguments.add_argument("--count", default=400, type=int, help="real photos for the tables")
    arguments.add_argument("--pairs", default=150, type=int, help="real photos to forge for the AUC")
    arguments.add_argument("--seed", default=0, type=int)
    given = arguments.parse_args()
    found = build(given.labels, given.count, given.pairs, given.seed)
    tables.save(found, given.out)
    print(json.dumps(found.report, indent=1))
    print(f"{given.out}: {given.out.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
