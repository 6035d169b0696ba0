"""Is a heatmap true? Its hottest area is replaced by a neutral fill: does the score fall, and more than elsewhere?

A map can be the classifier's own evidence and still mislead: each of its places has seen far more of the picture than
lies under it. So the *pixels* are changed and the classifier is asked again (perturbation of regions: Fong & Vedaldi,
ICCV 2017). A fill leaves traces of its own and may even raise the score; so the same fill at the coldest and at
random places is what the fall is compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .artifacts import FAKE
from .classifier import Classifier
from .messages import Message, message
from .traces import FAINT, reach

# Of the crop, replaced in one view: what the map's outline holds, for that is what the page claims. Of a wider one the
# hottest part, so that as much elsewhere is still elsewhere.
LEAST, MOST = 0.05, 0.30
RANDOM = 3  # views with random places; with the untouched crop, the hottest and the coldest: six in all
GRID = 64  # places a side on which areas are chosen; finer than any map
SMOOTH = 2.0  # places: standard deviation of the blur by which a place counts with what lies around it
CLUMPS = 4.0  # places: the same for the noise whose highest places are random areas, about as clumped as hot ones
FEATHER = 0.01  # of the side: standard deviation with which the fill fades out, so that it brings no edge of its own
BLUR = 0.05  # of the side: standard deviation of the blur that fills
FINE = 1.5  # px at the network's size: detail finer than this is grain
CLUMP = 0.7  # px: standard deviation of the grain's own blur; after JPEG and resizing noise is never white

SUPPORTED, WEAK, NOT_SUPPORTED, NOT_APPLICABLE = STAMPS = ("supported", "weak", "not supported", "not applicable")
# Logits by which the hot fall must exceed every other one. Of 104 fakes of `val` whose maps claim something 53 % are
# then stamped "supported"; with another face's map in its map's stead 27 %, mostly of generated faces, whose hot places
# are alike; with random places 21 %. With 0.4 it was 61, 37 and 38 %. A tenth of the crop, in eight discs, whatever the
# outline held, and 0.4: 42 % of the maps, 30 % of other faces' ones; of forgeries 19 % instead of 42 %.
MARGIN = 0.8

MEANS = {
    SUPPORTED: message("So the score does rest on these places."),
    WEAK: message("So these places matter a little more than others, not clearly."),
    NOT_SUPPORTED: message("So the score rests on these places no more than on others: do not lean on this map."),
    NOT_APPLICABLE: message("No place of this map is warm enough to be worth a look, so there is nothing to check."),
}


@dataclass(frozen=True)
class CausalCheck:
    """How far one label's logit fell when areas of the crop were replaced; above 0: it fell.

    `hot`: the map's hottest area; `cold`: its coldest; `random`: RANDOM random ones. None and () where the map has no
    hot area and so claims nothing. `share`: of the crop that one replacement covered, 0…1. `stamp`: one of STAMPS.
    """

    label: str
    hot: float | None
    cold: float | None
    random: tuple[float, ...]
    share: float
    stamp: str
    sentence: str


def check(
    classifier: Classifier,
    crops: Sequence[np.ndarray],
    maps: np.ndarray,
    label: str = FAKE,
    seed: int = 0,
    logits: np.ndarray | None = None,
    shrunk: np.ndarray | None = None,
) -> list[CausalCheck]:
    """One CausalCheck for each crop, all their views in one batch.

    `crops`: uint8 RGB (h, w, 3) of any size; those of the network's own size come with `shrunk` (n,), what
    Classifier.shrunk gave before they were brought to it; `maps`: float32
    (n, rows, columns), the label's maps of those crops, in logits; `logits`: float (n,), what the classifier gave for
    the label on the untouched crops, which otherwise run along. A crop's answer does not depend on the other crops.
    Raises ValueError for a label the classifier does not know and for maps that are not one for each crop.
    """
    if label not in classifier.labels:
        raise ValueError(f"the checkpoint does not know {label!r}; it knows {', '.join(classifier.labels)}")
    if maps.ndim != 3 or len(maps) != len(crops) or (logits is not None and len(logits) != len(crops)):
        raise ValueError(f"{len(crops)} crops need as many maps and logits of {label!r}; got maps of {maps.shape}")
    planned = [_plan(values, seed) for values in maps]
    claims = [index for index, areas in enumerate(planned) if areas]
    if not claims:
        return [_nothing(label)] * len(crops)
    shrunk = (classifier.shrunk(crops) if shrunk is None else shrunk)[claims]
    inputs = classifier.prepare([crops[index] for index in claims])
    side = inputs.shape[1]
    covers = [[soft(area, side) for area in planned[index]] for index in claims]
    fills = [fill(pixels, np.random.default_rng(seed)) for pixels in inputs]
    views = np.stack(
        [blend(crop, other, cover) for crop, other, own in zip(inputs, fills, covers, strict=True) for cover in own]
    )
    batch = views if logits is not None else np.concatenate([views, inputs])
    shares = np.repeat(shrunk, len(covers[0]))
    shares = shares if logits is not None else np.concatenate([shares, shrunk])
    after = classifier.run(batch, shares).logits[:, classifier.labels.index(label)]
    before = after[len(views) :] if logits is None else np.asarray(logits)[claims]
    falls = before[:, None] - after[: len(views)].reshape(len(claims), -1)
    checks = [_nothing(label)] * len(crops)
    for index, fall, own in zip(claims, falls.tolist(), covers, strict=True):
        checks[index] = _judged(label, fall, float(own[0].mean()))
    return checks


def stamp(hot: float, others: Sequence[float]) -> str:
    """The stamp for a fall at the hottest area and the falls at the others, all in logits.

    Supported: it exceeds every other fall by MARGIN. Weak: it is above 0 and exceeds their mean. Else not supported.
    """
    if hot >= max(others) + MARGIN and hot >= MARGIN:
        return SUPPORTED
    return WEAK if hot > max(float(np.mean(others)), 0.0) else NOT_SUPPORTED


def fill(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What stands in for places of a crop (side, side, 3) uint8: its colours without detail, under grain as strong.

    The grain is what makes it neutral: to the network, which reads the picture's finest detail, a place without noise
    looks generated. On nine fakes of `val` random places filled with a bare blur, with the colours around them, or by
    OpenCV's inpainting (Telea) *raised* the score by 1.3, 2.5 and 3.9 logits on average; with grain by 0.0. On twelve
    more, grain of the picture's own detail, shuffled, moved the score at neutral places more (0.67 logits; 0.31 here).
    """
    blurred = cv2.GaussianBlur(pixels, (0, 0), BLUR * len(pixels)).astype(np.float32)
    noise = cv2.GaussianBlur(rng.standard_normal(pixels.shape[:2], np.float32), (0, 0), CLUMP)
    noise *= grain(pixels) / grain(noise)
    return (blurred + noise[..., None] + 0.5).clip(0, 255).astype(np.uint8)


def grain(values: np.ndarray) -> float:
    """Standard deviation of the finest detail of (h, w) or (h, w, 3), by its median, which lines and edges do not move
    (Donoho & Johnstone, Biometrika 1994)."""
    values = values.astype(np.float32)
    return 1.4826 * float(np.median(np.abs(values - cv2.GaussianBlur(values, (0, 0), FINE))))


def blend(pixels: np.ndarray, other: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """`pixels` with as much of `other`, both (side, side, 3) uint8, as `cover` (side, side) says, 0…1."""
    return (pixels + (other.astype(np.float32) - pixels) * cover[..., None] + 0.5).astype(np.uint8)


def soft(mask: np.ndarray, side: int) -> np.ndarray:
    """A mask of any size as a cover, float32 (side, side) in 0…1, that fades at its edges."""
    large = cv2.resize(mask.astype(np.float32), (side, side), interpolation=cv2.INTER_NEAREST)
    return cv2.GaussianBlur(large, (0, 0), FEATHER * side)


# --- where


def _plan(values: np.ndarray, seed: int) -> list[np.ndarray]:
    """The areas to replace, bool (GRID, GRID) each: hottest, coldest, random ones, the latter four outside the first.

    Empty when the hottest place is too faint to be shown.
    """
    fine = cv2.resize(values.astype(np.float32), (GRID, GRID), interpolation=cv2.INTER_LINEAR)
    mean = cv2.GaussianBlur(fine, (0, 0), SMOOTH)
    if mean.max() < FAINT:
        return []
    share = min(max(float((reach(fine) >= 0).mean()), LEAST), MOST)
    hot, rng = _highest(mean, share), np.random.default_rng(seed)
    return [hot, *(_highest(score, share, hot) for score in (-mean, *(_noise(rng) for _ in range(RANDOM))))]


def _noise(rng: np.random.Generator) -> np.ndarray:
    return cv2.GaussianBlur(rng.standard_normal((GRID, GRID), np.float32), (0, 0), CLUMPS)


def _highest(score: np.ndarray, share: float, taken: np.ndarray | None = None) -> np.ndarray:
    """Bool (GRID, GRID): the `share` of all places that score highest, of those that are not `taken`."""
    score = score if taken is None else np.where(taken, -np.inf, score)
    chosen = np.zeros(score.size, bool)
    chosen[np.argsort(-score, axis=None, kind="stable")[: round(share * score.size)]] = True
    return chosen.reshape(score.shape)


# --- what it says


def _judged(label: str, falls: Sequence[float], share: float) -> CausalCheck:
    hot, *others = falls
    given = stamp(hot, others)
    said = message(
        "With the hottest {share:.0%} of the judged square smoothed away, the score {moved}; "
        "with as much smoothed elsewhere it {elsewhere}. {meaning}",
        share=share,
        moved=_moved(hot),
        elsewhere=_moved(max(others), bound=True),
        meaning=MEANS[given],
    )
    return CausalCheck(label, hot, others[0], tuple(others[1:]), share, given, said)


def _nothing(label: str) -> CausalCheck:
    return CausalCheck(label, None, None, (), 0.0, NOT_APPLICABLE, MEANS[NOT_APPLICABLE])


def _moved(fall: float, bound: bool = False) -> Message:
    """`bound`: it is the largest of several falls."""
    if abs(fall) < 0.05:
        return message("stays the same")
    if fall < 0:
        return message("rises by {rise:.1f} logits", rise=-fall)
    if bound:
        return message("falls by at most {fall:.1f} logits", fall=fall)
    return message("falls by {fall:.1f} logits", fall=fall)
