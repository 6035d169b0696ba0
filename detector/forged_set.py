"""Pictures with known masks, for measuring: forgeries of held-out real ones, and fakes that came with masks."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from . import faces, forge, parts
from .artifacts import ARTIFACTS, FAKE
from .data import Example
from .degrade import encode
from .faces import Box
from .images import PictureError, load

QUALITY = 87  # JPEG quality that forged and untouched pictures share, so that compression tells nothing
STRENGTH = (0.3, 1.0)  # weaker ones are seldom seen by people either
CHANGED = 0.1  # a place whose mask exceeds this was manipulated, as in training
TRIES = 20  # base pictures tried for one forgery before it is left out


@dataclass(frozen=True)
class Item:
    """One picture of the set. `artifact` and `variant` are "" where it is untouched.

    `pixels` uint8 (h, w, 3); `mask` bool (h, w), true where manipulated; `box`: the face found in the untouched
    picture, None where that is not at hand; `group`: that of the picture it was made from.
    """

    name: str
    group: str
    artifact: str
    variant: str
    held_back: bool
    strength: float
    pixels: np.ndarray
    mask: np.ndarray
    box: Box | None


def forged_set(
    examples: Sequence[Example],
    seed: int = 0,
    artifacts: Sequence[str] = tuple(ARTIFACTS),
    trained: int = 150,
    held_back: int = 50,
    degrade: str = "none",
) -> Iterator[Item]:
    """For each artifact `trained` forgeries over forge.VARIANTS and `held_back` over HELD_BACK, then the originals.

    Base pictures and hair donors come from the real ones among `examples`; those that can't be read or show no face
    that is found are passed over. A forgery for which TRIES base pictures had no room is left out. `degrade` as in
    degrade.DEGRADE; without a quality of its own every picture is stored as JPEG of QUALITY. Pictures are made one at
    a time, as they are asked for; the same examples and seed give the same set. Raises ValueError when there is no
    real picture with a face.
    """
    # Twice as many base pictures as forgeries of an artifact: few of them are used twice.
    bases = _Bases([example for example in examples if not example.target], 2 * (trained + held_back), seed)
    used: set[int] = set()
    for artifact in artifacts:
        # The artifact's own place in the vocabulary: the others asked for must not change its forgeries.
        place = list(ARTIFACTS).index(artifact)
        order = np.random.default_rng([seed, place]).permutation(len(bases.examples))
        wanted = [(kind, number) for kind, count in enumerate((trained, held_back)) for number in range(count)]
        turn = 0
        for kind, number in wanted:
            rng = np.random.default_rng([seed, place, kind, number])
            variants = (forge.VARIANTS, forge.HELD_BACK)[kind][artifact]
            variant, strength = variants[number % len(variants)], float(rng.uniform(*STRENGTH))
            for _ in range(TRIES):
                index, turn = int(order[turn % len(order)]), turn + 1
                portrait = bases.portrait(index)
                donor = bases.donor(index, rng) if artifact == "hair" else None
                try:
                    forgery = forge.forge(portrait, artifact, strength, rng, variant, donor)
                except forge.CannotForge:
                    continue
                used.add(index)
                name = f"{bases.examples[index].name} {artifact} {variant} {number}"
                mask = forgery.mask > CHANGED
                made = artifact, variant, bool(kind), strength
                sent, mask = _sent(forgery.pixels, mask, degrade, QUALITY)
                yield Item(name, bases.group(index), *made, sent, mask, _scaled(portrait, sent))
                break
    for index in sorted(used):
        portrait = bases.portrait(index)
        sent, mask = _sent(portrait.pixels, np.zeros(portrait.pixels.shape[:2], bool), degrade, QUALITY)
        name, group = bases.examples[index].name, bases.group(index)
        yield Item(name, group, "", "", False, 0.0, sent, mask, _scaled(portrait, sent))


def masked_set(examples: Sequence[Example], masks: str | Path, degrade: str = "none") -> Iterator[Item]:
    """The fakes among `examples` for which the folder `masks` has a PNG of the same stem, above 127 where manipulated.

    Their `artifact` is "fake". Fakes without a mask, or with an empty one, are passed over. A mask may have another
    size than its picture, but not another shape. Raises ValueError for that, PictureError for what can't be read.
    """
    for example in examples:
        path = Path(masks) / f"{Path(example.name).stem}.png"
        if not example.target or not path.is_file():
            continue
        pixels, mask = load(example.path).pixels, load(path).pixels.max(2) > 127
        (height, width), (rows, columns) = pixels.shape[:2], mask.shape
        if abs(width * rows - height * columns) > 0.02 * height * columns:
            raise ValueError(
                f"{path} is {columns}×{rows} and {example.name} {width}×{height}; a mask must have its picture's shape"
            )
        if not mask.any():
            continue
        mask = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) >= 0.5
        sent, mask = _sent(pixels, mask, degrade)
        yield Item(example.name, example.group or example.name, FAKE, "", False, 1.0, sent, mask, None)


def _sent(
    pixels: np.ndarray, mask: np.ndarray, degrade: str, quality: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The pixels after storing and reading back, and the mask at their size."""
    sent = np.asarray(Image.open(io.BytesIO(encode(pixels, degrade, quality))).convert("RGB"))
    if sent.shape != pixels.shape:
        mask = cv2.resize(mask.astype(np.float32), sent.shape[1::-1], interpolation=cv2.INTER_AREA) >= 0.5
    return sent, mask


def _scaled(portrait: forge.Portrait, sent: np.ndarray) -> Box:
    box, scale = portrait.box, sent.shape[1] / portrait.pixels.shape[1]
    x, y, width, height = (round(value * scale) for value in (box.x, box.y, box.width, box.height))
    return Box(x, y, max(1, width), max(1, height))


class _Bases:
    """Some real pictures in a random order. Their faces and parts are found once; pixels are read when needed."""

    def __init__(self, reals: Sequence[Example], count: int, seed: int):
        self.examples: list[Example] = []
        self._regions: list[tuple[Box, np.ndarray]] = []
        parser = parts.load()
        for index in np.random.default_rng(seed).permutation(len(reals)):
            if len(self.examples) == count:
                break
            try:
                pixels = load(reals[index].path).pixels
            except PictureError:
                continue
            if found := faces.find(pixels):
                self.examples.append(reals[index])
                self._regions.append((found[0].box, forge.parse(parser, pixels, found[0].box)))
        if not self.examples:
            raise ValueError(
                f"none of the {len(reals)} real pictures (target 0) can be forged: give some with a face that is found"
            )
        self.groups = np.array([self.group(index) for index in range(len(self.examples))])

    def group(self, index: int) -> str:
        return self.examples[index].group or self.examples[index].name

    def portrait(self, index: int) -> forge.Portrait:
        pixels = load(self.examples[index].path).pixels
        box, coarse = self._regions[index]
        return forge.Portrait.of(pixels, box, coarse)

    def donor(self, index: int, rng: np.random.Generator) -> forge.Portrait | None:
        """Someone else: own hair put back on would be no forgery. None when there is nobody else."""
        others = np.flatnonzero(self.groups != self.groups[index])
        return self.portrait(int(rng.choice(others))) if others.size else None
