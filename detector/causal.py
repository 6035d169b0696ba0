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
from .messages import Message, message
from .model import Classifier
from .traces import FAINT

AREA = 0.10  # of the crop, replaced in one view
DISCS = 8  # that share it: evidence often lies at several small places, and round discs add no straight edges
RANDOM = 3  # views with random places; with the untouched crop, the hottest and the coldest: six in all
GRID = 64  # places a side on which discs are placed; finer than any map
RADIUS = GRID * float(np.sqrt(AREA / DISCS / np.pi))  # of a disc, in places
FEATHER = 0.01  # of the side: standard deviation with which the fill fades out, so that it brings no edge of its own
BLUR = 0.05  # of the side: standard deviation of the blur that fills
FINE = 1.5  # px at the network's size: detail finer than this is grain
CLUMP = 0.7  # px: standard deviation of the grain's own blur; after JPEG and resizing noise is never white

SUPPORTED, WEAK, NOT_SUPPORTED, NOT_APPLICABLE = STAMPS = ("supported", "weak", "not supported", "not applicable")
# Logits by which the hot fall must exceed every other one. On 86 fakes of `val` whose maps claim something, random
# places put in the hottest ones' stead were then stamped "supported" in 4 % of cases, against 23 % without a margin;
# of the true maps 63 % against 69 %. (The hot places of another face: 29 % against 48 %; eyes are hot in many.)
MARGIN = 0.4

MEANS = {
    SUPPORTED: message("So the score does rest on these places."),
    WEAK: message("So these places matter a little more than others, not clearly."),
    NOT_SUPPORTED: message("So the score rests on these places no more than on others: do not lean on this map."),
    NOT_APPLICABLE: message("No place of this map is warm enough to be worth a look, so there is nothing to check."),
}

Place = tuple[int, int]  # row, column on the grid


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
) -> list[CausalCheck]:
    """One CausalCheck for each crop, all their views in one batch.

    `crops`: uint8 RGB (h, w, 3) of any size, the network's own input size included; `maps`: float32
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
    inputs = classifier.prepare([crops[index] for index in claims])
    side = inputs.shape[1]
    covers = [[_cover(area, side) for area in planned[index]] for index in claims]
    fills = [fill(pixels, np.random.default_rng(seed)) for pixels in inputs]
    views = np.stack(
        [blend(crop, other, cover) for crop, other, own in zip(inputs, fills, covers, strict=True) for cover in own]
    )
    batch = views if logits is not None else np.concatenate([views, inputs])
    after = classifier.run(batch).logits[:, classifier.labels.index(label)]
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


def _plan(values: np.ndarray, seed: int) -> list[list[Place]]:
    """The areas to replace: hottest, coldest, random ones; empty when the hottest is too faint to be shown."""
    fine = cv2.resize(values.astype(np.float32), (GRID, GRID), interpolation=cv2.INTER_LINEAR)
    reach = int(np.ceil(RADIUS))
    row, column = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = (np.hypot(row, column) <= RADIUS).astype(np.float32)
    mean = cv2.filter2D(fine, -1, disc / disc.sum())
    hot = _highest(mean, ())
    if mean[hot[0]] < FAINT:
        return []
    rng = np.random.default_rng(seed)
    randoms = [_highest(rng.random(mean.shape), hot) for _ in range(RANDOM)]
    return [hot, _highest(-mean, hot), *randoms]


def _highest(score: np.ndarray, taken: Sequence[Place]) -> list[Place]:
    """Centres of DISCS discs with the highest score, best first; they lie inside and overlap neither each other nor
    those `taken`. There is always room: no fifteen circles of twice the radius cover the square of places inside.
    """
    rows, columns = np.mgrid[:GRID, :GRID]
    inside = (np.minimum(rows, columns) >= RADIUS) & (np.maximum(rows, columns) <= GRID - 1 - RADIUS)
    score = np.where(inside, score, -np.inf)
    found: list[Place] = []
    for place in taken:
        score[np.hypot(rows - place[0], columns - place[1]) < 2 * RADIUS] = -np.inf
    for _ in range(DISCS):
        place = tuple(int(i) for i in np.unravel_index(score.argmax(), score.shape))
        found.append(place)
        score[np.hypot(rows - place[0], columns - place[1]) < 2 * RADIUS] = -np.inf
    return found


def _cover(area: Sequence[Place], side: int) -> np.ndarray:
    """How much of each pixel is replaced, float32 (side, side): 1 inside the discs, 0 a little outside them."""
    mask, scale, bits = np.zeros((side, side), np.uint8), side / GRID, 8  # OpenCV draws half a pixel more
    for row, column in area:
        centre = [round(((place + 0.5) * scale - 0.5) * 2**bits) for place in (column, row)]
        cv2.circle(mask, centre, round((RADIUS * scale - 0.5) * 2**bits), 1, cv2.FILLED, shift=bits)
    return soft(mask, side)


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
