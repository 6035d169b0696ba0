"""Labelled pictures as training meets them: views, forgeries made on the way, and what each place teaches."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from PIL import Image
from torch.utils.data import Dataset, Sampler
from torchvision import tv_tensors
from torchvision.transforms import v2

from . import edits, faces, forge, parts
from .artifacts import FAKE, artifacts_of
from .data import Example, LabelError
from .edits import CHANGED, CLEAN, GENERATED, UNKNOWN
from .forge import COMPOSITE
from .images import load

Region = tuple[faces.Box, np.ndarray]  # a face, and what `forge.parse` says of the square around it
SHOWN = 0.005  # share of a crop that a change covers at least, to count
# Forged so many times as often as the others, for they take longest.
HARD = {"face_edge": 4, "sharpness": 2.5, "hair": 2.5}


class FaceData(Dataset):
    """Labelled pictures, some of the real ones forged on the way.

    An item is (image float32 (3, h, w), targets float32 (labels,), mask uint8 (1, h, w)). Targets are 1, 0 or NaN
    (nobody knows). The mask is CHANGED where a forgery or a composite was changed, CLEAN where nothing was, UNKNOWN
    for fakes of which nothing more is known, and GENERATED all over for fakes of the sources in `generated`. `forged`,
    `composites`: shares of the real pictures that get one of the five artifacts, or parts of another person. Index with
    (position, seed): the same pair always gives the same item. `regions`: by the pictures' names, as `region_of` finds
    them; those that it lacks are found when they are asked for.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        transform: v2.Compose,
        labels: Sequence[str],
        forged: float = 0.0,
        generated: Sequence[str] = (),
        composites: float = 0.0,
        regions: Mapping[str, Region] | None = None,
    ):
        self.examples, self.transform, self.labels = list(examples), transform, tuple(labels)
        self.forged, self.composites = forged, composites
        self.generated = frozenset(generated)
        self.artifacts = artifacts_of(labels)
        self.reals = [index for index, example in enumerate(self.examples) if not example.target]
        self._regions: dict[str, Region] = dict(regions or {})
        self._parser: parts.Parser | None = None

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, key: tuple[int, int] | int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        index, seed = key if isinstance(key, tuple) else (key, 0)
        example = self.examples[index]
        pixels = load(example.path).pixels
        rng = np.random.default_rng(seed)
        artifact = None
        mask = self._mask(index, pixels)
        draw = 1.0 if example.target else rng.random()
        if draw < self.forged + self.composites:
            forgery = (self._forge if draw < self.forged else self._compose)(index, pixels, rng)
            if forgery:
                pixels, artifact = forgery.pixels, forgery.artifact
                mask = np.where(forgery.mask > 0.1, CHANGED, CLEAN).astype(np.uint8)
        with torch.random.fork_rng(devices=[]):  # the transforms draw from torch's generator; leave others' draws alone
            torch.default_generator.manual_seed(seed)  # torch.manual_seed also asks for every GPU there may be
            image, view = self.transform(Image.fromarray(pixels), tv_tensors.Mask(mask[None]))
        seen = float((view == CHANGED).float().mean())
        missed = not seen and bool((mask == CHANGED).any())
        targets = self._targets(example, artifact if seen > SHOWN else None, missed)
        return image.as_subclass(torch.Tensor), targets, view.as_subclass(torch.Tensor)

    def _mask(self, index: int, pixels: np.ndarray) -> np.ndarray:
        """Of the picture as it came."""
        example = self.examples[index]
        if example.target and example.edited:
            return edits.mask_of(example.edited, self._portrait(index, pixels))
        known = GENERATED if example.source in self.generated else UNKNOWN
        return np.full(pixels.shape[:2], known if example.target else CLEAN, np.uint8)

    def _forge(self, index: int, pixels: np.ndarray, rng: np.random.Generator) -> forge.Forgery | None:
        strength = rng.uniform(0.3, 1.0)
        often = np.array([HARD.get(artifact, 1) for artifact in self.artifacts])
        order = rng.choice(self.artifacts, len(self.artifacts), replace=False, p=often / often.sum())
        for artifact in order:  # the next one where this picture has no room for the first
            donor = self._another(index, rng) if artifact == "hair" else None
            try:
                return forge.forge(self._portrait(index, pixels), str(artifact), strength, rng, donor=donor)
            except forge.CannotForge:
                continue
        return None

    def _compose(self, index: int, pixels: np.ndarray, rng: np.random.Generator) -> forge.Forgery | None:
        strength = rng.uniform(0.0, 1.0)
        for _ in range(3):
            donor = self._another(index, rng)
            try:
                return forge.compose(self._portrait(index, pixels), strength, rng, donor)
            except forge.CannotForge:
                continue
        return None

    def _another(self, index: int, rng: np.random.Generator) -> forge.Portrait | None:
        """Of a real picture that is not the one at `index`; None where there is no other."""
        if len(self.reals) < 2:
            return None
        place = self.reals.index(index)
        other = self.reals[(place + rng.integers(1, len(self.reals))) % len(self.reals)]
        return self._portrait(other, load(self.examples[other].path).pixels)

    def _portrait(self, index: int, pixels: np.ndarray) -> forge.Portrait:
        name = self.examples[index].name
        if name not in self._regions:
            self._parser = self._parser or parts.load()
            self._regions[name] = region_of(pixels, self._parser)
        return forge.Portrait.of(pixels, *self._regions[name])

    def _targets(self, example: Example, artifact: str | None, missed: bool) -> torch.Tensor:
        """`artifact`: what was forged and is to be seen; `missed`: the view shows nothing of what was changed."""
        if example.target:
            # A crop that missed a composite's parts may still show some of their blending; nobody knows.
            known = {FAKE: math.nan if missed else 1.0}
        else:  # a crop that shows nothing of the forgery is a crop of a real picture
            known = {FAKE: float(artifact is not None)}
            if artifact != COMPOSITE:  # whether its edges are tampered with depends on how well it was made
                known.update({label: float(label == artifact) for label in self.labels if label != FAKE})
        return torch.tensor([known.get(label, math.nan) for label in self.labels])


def region_of(pixels: np.ndarray, parser: parts.Parser) -> Region:
    """The largest face of RGB `pixels` (h, w, 3) uint8, else the picture's middle; and its parts."""
    found = faces.find(pixels)
    box = found[0].box if found else _middle(pixels)
    return box, forge.parse(parser, pixels, box)


def _middle(pixels: np.ndarray) -> faces.Box:
    height, width = pixels.shape[:2]  # an aligned portrait has its face in the middle
    side = round(min(height, width) * 0.55)
    return faces.Box((width - side) // 2, round((height - side) * 0.55), side, side)


class BalancedSampler(Sampler):
    """Draws (position, seed) pairs, `fake_share` of them fakes, within a class by source.

    A source weighs the root of its count, and thrice that when it has pictures of both classes.

    Epoch `e` of the same seed is the same sequence on every machine, and `start` skips what was done already:
    that makes a resumed run equal to an unbroken one. Of `size` processes each takes every `size`-th pair from `rank`
    on; the pairs that would leave some of them with one more than others are left out.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        seed: int,
        fake_share: float = 0.5,
        draws: int | None = None,
        rank: int = 0,
        size: int = 1,
    ):
        if {example.target for example in examples} != {0, 1}:
            raise LabelError("training needs both real (0) and fake (1) pictures; the list has one kind only")
        counts = Counter((example.target, example.source) for example in examples)
        # The root keeps a source of 200 pictures from being seen as often as one of 2,000.
        # One with both classes teaches what tells fakes from real pictures, not what tells sources apart.
        share = {
            (target, source): math.sqrt(count) * (3 if (1 - target, source) in counts else 1)
            for (target, source), count in counts.items()
        }
        of_class = {t: sum(s for (target, _), s in share.items() if target == t) for t in (0, 1)}
        class_share = (1 - fake_share, fake_share)
        self.weights = np.array(
            [
                class_share[e.target] * share[e.target, e.source] / of_class[e.target] / counts[e.target, e.source]
                for e in examples
            ]
        )
        self.seed, self.draws = seed, draws or len(examples)
        self.epoch, self.start = 0, 0
        self.rank, self.size = rank, size

    def __len__(self) -> int:
        return (self.draws - self.start) // self.size

    def __iter__(self) -> Iterator[tuple[int, int]]:
        rng = np.random.default_rng([self.seed, self.epoch])
        positions = rng.choice(len(self.weights), self.draws, p=self.weights / self.weights.sum())
        seeds = rng.integers(0, 2**62, self.draws)
        ours = list(zip(positions, seeds, strict=True))[self.start + self.rank :: self.size]
        for position, seed in ours[: len(self)]:
            yield int(position), int(seed)
