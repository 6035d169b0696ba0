"""Do the heatmaps tell the truth? Three tests over a set of fakes, none of which needs a mask.

- the causal check of each picture (detector/causal.py): share of maps that are supported;
- deletion and insertion curves (RISE: Petsiuk et al., BMVC 2018). With this architecture the map is the evidence that
  was pooled, so taking *evidence* away would prove nothing; what is taken away here are pixels;
- the sanity check of Adebayo et al. (NeurIPS 2018): a map that stays the same when the weights are randomised shows
  the picture, not what the network learned.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from . import causal, explain, plots
from . import localisation_metrics as lm
from .analyse import Analyser
from .artifacts import ARTIFACTS, FAKE
from .causal import CausalCheck
from .classifier import Classifier
from .data import Example
from .forged_set import forged_set
from .images import PictureError, Source
from .randomise import STAGES, randomised, rank_correlation

STEPS = 8  # of a curve: each replaces or brings back an eighth of the crop
PLACES = 16  # a side, ranked by the map: squares of 1/16 of the crop are large enough to hold what they show
CURVES = ("deletion", "insertion", "deletion_moved", "insertion_moved")
FORGED = "forged"  # the forgeries' name among the sources
BATCH = 8  # pictures between two draws of random weights


@dataclass(frozen=True)
class Figure:
    """A mean over pictures with its 95 % interval."""

    mean: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Faithfulness:
    """What was measured over `pictures` fakes; `unreadable` ones are left out.

    `stamps`: source, or "all" → stamp → pictures. `curves`: name of CURVES → mean probability of fake after each of
    0…STEPS steps; `areas`: the area under it, 0…1; "moved" is the same map at another place. `gain`: "deletion" and
    "insertion" → by how much the map does better than the moved one, above 0 if it does. `randomised`: stage of STAGES
    → Spearman's rank correlation of the maps before and after, -1…1, and `randomised_size` the mean of its size, 0…1.
    """

    checkpoint: str
    seed: int
    pictures: int
    unreadable: int
    stamps: dict[str, dict[str, int]]
    curves: dict[str, tuple[float, ...]]
    areas: dict[str, Figure]
    gain: dict[str, Figure]
    randomised: dict[str, Figure]
    randomised_size: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


@dataclass(frozen=True)
class _Row:
    source: str
    group: str
    stamp: str
    curves: np.ndarray  # (4, STEPS + 1)
    correlations: dict[str, float]


def measure(
    analyser: Analyser,
    examples: Sequence[Example],
    out: str | Path,
    limit: int = 40,
    seed: int = 0,
    progress: bool = True,
) -> Faithfulness:
    """Measures the map of fake on at most `limit` fakes of each source, and as many forgeries of the real pictures.

    Of a picture with several faces the largest one counts. Forgeries are made where the list has real pictures and
    the checkpoint knows artifacts, at least one of each. Writes faithfulness.json and faithfulness.png. Raises
    ValueError when there is nothing to measure.
    """
    rows: list[_Row] = []
    unreadable, batch = 0, []
    bar = tqdm(_pictures(examples, analyser.labels, limit, seed), "faithful", unit="picture", disable=not progress)
    for source, group, picture in bar:
        try:
            one = analyser.prepare(picture)
            batch.append((source, group, one.inputs[0], one.shrunk[0]))
        except PictureError:
            unreadable += 1
        if len(batch) == BATCH:
            rows += _rows(analyser.classifier, batch, seed, len(rows))
            batch = []
    if batch:
        rows += _rows(analyser.classifier, batch, seed, len(rows))
    if not rows:
        raise ValueError("no fake could be read, and nothing forged; give a list with fakes (target 1) or real faces")
    result = _summed(rows, analyser.identity.sha256, seed, unreadable)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "faithfulness.json").write_text(json.dumps(result.to_dict(), indent=1) + "\n", encoding="utf-8")
    plots.faithfulness(result.curves, {name: figure.mean for name, figure in result.areas.items()},
                       out / "faithfulness.png")  # fmt: skip
    return result


def curves(
    classifier: Classifier, pixels: np.ndarray, values: np.ndarray, rng: np.random.Generator, shrunk: float = 0.0
) -> np.ndarray:
    """Probability of fake along CURVES, (4, STEPS + 1), for one prepared crop (side, side, 3) and its map (h, w).

    `shrunk`: what Classifier.shrunk gave for it before it was prepared.

    Deletion goes from the crop to its fill, the hottest places first; insertion from the fill to the crop. "Moved" is
    the same map shifted around by a random distance: as clumped as the map, so its order makes no more edges than the
    map's own, but at the wrong places.
    """
    rows, columns = (min(PLACES, side) for side in values.shape)
    places = cv2.resize(values.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    shift = [int(rng.integers(side // 4, side - side // 4 + 1)) for side in places.shape]
    covers = []
    for order in (places, np.roll(places, shift, (0, 1))):
        rank = np.argsort(np.argsort(-order, axis=None, kind="stable")).reshape(order.shape)
        taken = [causal.soft(rank < round(order.size * k / STEPS), len(pixels)) for k in range(1, STEPS)]
        covers += [taken, [1 - cover for cover in taken]]
    fill = causal.fill(pixels, rng)
    views = [causal.blend(pixels, fill, cover) for curve in covers for cover in curve]
    column = classifier.labels.index(FAKE)
    batch = np.stack([pixels, fill, *views])
    found = classifier.run(batch, np.full(len(batch), shrunk, np.float32)).probabilities[:, column].astype(float)
    whole, gone, between = found[0], found[1], found[2:].reshape(4, STEPS - 1)
    ends = [(whole, gone), (gone, whole)] * 2
    return np.stack([[start, *curve, end] for (start, end), curve in zip(ends, between, strict=True)])


def area(curve: np.ndarray) -> np.ndarray:
    """Area under curves (..., steps + 1) over the share 0…1 of the crop, by trapezoids."""
    return (curve[..., 1:] + curve[..., :-1]).mean(-1) / 2


def table(result: Faithfulness) -> str:
    """The figures that a person looks at first, in a few lines."""
    lines = [
        f"{result.pictures} fakes, {result.unreadable} unreadable; in brackets 95 % intervals",
        f"{'source':<12}" + "".join(f"{name:>16}" for name in causal.STAMPS),
    ]
    lines += [
        f"{source:<12}" + "".join(f"{of[name]:>16}" for name in causal.STAMPS) for source, of in result.stamps.items()
    ]
    every = result.stamps["all"]
    if claims := sum(every.values()) - every[causal.NOT_APPLICABLE]:
        low, high = lm.wilson(every[causal.SUPPORTED] / claims, claims)
        lines.append(
            f"supported, of the {claims} maps that claim something: {every[causal.SUPPORTED] / claims:.3f} "
            f"[{low:.3f}, {high:.3f}]"
        )
    for name, better in (("deletion", "lower"), ("insertion", "higher")):
        own, moved, gain = result.areas[name], result.areas[f"{name}_moved"], result.gain[name]
        lines.append(
            f"{name} area ({better} is better): {own.mean:.3f}, map moved {moved.mean:.3f}; "
            f"better by {gain.mean:+.3f} [{gain.interval[0]:+.3f}, {gain.interval[1]:+.3f}]"
        )
    lines += [
        f"maps after randomising {stage}: rank correlation {of.mean:+.3f} "
        f"[{of.interval[0]:+.3f}, {of.interval[1]:+.3f}], mean size {result.randomised_size[stage]:.3f}"
        for stage, of in result.randomised.items()
    ]
    return "\n".join(lines)


# --- how


def _pictures(
    examples: Sequence[Example], labels: Sequence[str], limit: int, seed: int
) -> Iterator[tuple[str, str, Source]]:
    """Source, group and picture of the fakes to measure."""
    fakes = [example for example in examples if example.target]
    for source in sorted({example.source for example in fakes}):
        those = [example for example in fakes if example.source == source]
        for index in np.random.default_rng(seed).permutation(len(those))[:limit]:
            example = those[index]
            yield source or "fakes", example.group or example.name, example.path
    known = [artifact for artifact in ARTIFACTS if artifact in labels]
    if known and any(not example.target for example in examples):
        each = max(1, limit // len(known))
        made = forged_set(examples, seed, known, trained=each - each // 4, held_back=each // 4)
        for item in takewhile(lambda item: item.artifact, made):  # the untouched ones come last
            yield FORGED, item.group, item.pixels


def _rows(
    classifier: Classifier, batch: Sequence[tuple[str, str, np.ndarray, float]], seed: int, number: int
) -> list[_Row]:
    inputs, shrunk = (np.stack([row[place] for row in batch]) for place in (2, 3))
    column = classifier.labels.index(FAKE)
    output = classifier.run(inputs, shrunk)
    maps = explain.evidence(classifier, output.features)[:, column]
    checks: list[CausalCheck] = causal.check(classifier, inputs, maps, FAKE, seed, output.logits[:, column], shrunk)
    random = {}
    for stage in STAGES:  # other noise for each batch: one draw may happen to look like the head that was learned
        other = randomised(classifier, stage, seed + number)
        random[stage] = explain.evidence(other, other.run(inputs, shrunk).features)[:, column]
    return [
        _Row(
            source,
            group,
            checks[i].stamp,
            curves(classifier, inputs[i], maps[i], np.random.default_rng([seed, number + i]), shrunk[i]),
            {stage: rank_correlation(maps[i], random[stage][i]) for stage in STAGES},
        )
        for i, (source, group, *_) in enumerate(batch)
    ]


def _summed(rows: Sequence[_Row], checkpoint: str, seed: int, unreadable: int) -> Faithfulness:
    groups = [row.group for row in rows]

    def figure(values: np.ndarray) -> Figure:
        return Figure(float(values.mean()), tuple(lm.mean_interval(values, groups, seed)))

    every = np.stack([row.curves for row in rows])
    under = dict(zip(CURVES, area(every).T, strict=True))
    correlations = {stage: np.array([row.correlations[stage] for row in rows]) for stage in STAGES}
    stamps = {
        source: {
            name: sum(row.stamp == name for row in rows if source in ("all", row.source)) for name in causal.STAMPS
        }
        for source in ("all", *dict.fromkeys(row.source for row in rows))
    }
    return Faithfulness(
        checkpoint=checkpoint,
        seed=seed,
        pictures=len(rows),
        unreadable=unreadable,
        stamps=stamps,
        curves={name: tuple(map(float, mean)) for name, mean in zip(CURVES, every.mean(0), strict=True)},
        areas={name: figure(values) for name, values in under.items()},
        gain={
            "deletion": figure(under["deletion_moved"] - under["deletion"]),
            "insertion": figure(under["insertion"] - under["insertion_moved"]),
        },
        randomised={stage: figure(values) for stage, values in correlations.items()},
        randomised_size={stage: float(np.abs(values).mean()) for stage, values in correlations.items()},
    )
