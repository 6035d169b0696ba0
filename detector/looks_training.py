"""Teaches a checkpoint how paintings, filtered photos and statues look, to say what it was not made for.

    python -m detector.looks_training --labels faces.csv --checkpoint PROBED --out LOOKS

For each of necks.LOOKS a linear read-out of what the checkpoint's probe sees, fitted to pictures of the list's split
`train`, every other one changed on the way (detector/painting.py, smoothing.py, sculpting.py). On the real ones of
`val` its zero is set to where one in two hundred gets. Nothing else of the checkpoint changes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import torch
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from torch.utils.data import Dataset
from torchvision import tv_tensors
from torchvision.transforms import v2

from . import data, dataset, forge, model, painting, parts, probe, sculpting, smoothing, transforms
from .artifacts import FAKE
from .images import load
from .necks import LOOKS, Line
from .probe_fitting import LEAST
from .probe_training import given, guarded, parser, reads

STRENGTH = 1e-3  # inverse of the penalty; ten times more or less of it told other people's paintings worse
REACHED = 0.005  # share of real photos that are said to have each of the looks
RELIT = 0.4  # share of the pictures that get other light: coloured lamps, darkness and grading paint nothing
GREY = 0.25  # share of the pictures without colour: an old photo shows no statue
SOFT = v2.RandomApply([v2.GaussianBlur(13, (0.5, 2.0))], p=0.3)  # a photo out of focus is none the less a photo

Maker = Callable[[np.ndarray, np.random.Generator], np.ndarray]  # pixels (h, w, 3) uint8 → the same, changed


@cache
def _parser() -> parts.Parser:
    return parts.load()


def _of_portrait(make: Callable[[forge.Portrait, np.random.Generator], np.ndarray]) -> Maker:
    def of(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return make(forge.Portrait.of(pixels, *dataset.region_of(pixels, _parser())), rng)

    return of


MAKERS: dict[str, Maker] = dict(
    zip(LOOKS, (painting.paint, _of_portrait(smoothing.smooth), _of_portrait(sculpting.sculpt)), strict=True)
)


class Changed(Dataset):
    """Pictures as they are used, delivered in random ways; those at odd places changed by `maker`.

    An item is (image float32 (3, size, size), targets float32 (labels,), nothing): 1 at the place of `fake` for what is
    changed and 0 for what is not, as probe.read wants it. The same place always gives the same item.
    """

    def __init__(
        self,
        examples: Sequence[data.Example],
        maker: Maker,
        preprocessing: model.Preprocessing,
        labels: Sequence[str],
    ):
        self.examples, self.maker, self.labels = examples, maker, labels
        self.transform = transforms.whole_transform(preprocessing)

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, place: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        pixels = load(self.examples[place].path).pixels
        changed, rng = place % 2 == 1, np.random.default_rng(place)
        if changed:
            pixels = self.maker(pixels, rng)
        if rng.random() < RELIT:
            pixels = relit(pixels, rng)
        if rng.random() < GREY:
            pixels = toned(pixels, rng)
        nothing = tv_tensors.Mask(torch.zeros(1, *pixels.shape[:2], dtype=torch.uint8))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(place)
            image = Image.fromarray(pixels)
            image, _ = self.transform(image if changed else SOFT(image), nothing)
        targets = torch.tensor([float(changed) if label == FAKE else float("nan") for label in self.labels])
        return image.as_subclass(torch.Tensor), targets, torch.zeros(1)


def relit(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A picture (h, w, 3), uint8, under a light whose colour changes from side to side, darker or lighter."""
    height, width = pixels.shape[:2]
    angle, turn = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 3)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    share = 1 / (1 + np.exp(-4 * turn * (x * np.cos(angle) + y * np.sin(angle))))[..., None]
    lamps = np.exp(rng.normal(0, 0.4, (2, 3)))
    light = (1 - share) * lamps[0] + share * lamps[1]
    lit = (pixels / 255) ** np.exp(rng.normal(0, 0.3)) * light
    return (255 * lit.clip(0, 1) + 0.5).astype(np.uint8)


def toned(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A picture (h, w, 3), uint8, without its colours; every other one in the brown or blue of old prints."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[..., None]
    tone = np.exp(rng.normal(0, 0.15, 3)) if rng.random() < 0.5 else np.ones(3)
    return (255 * ((grey / 255) ** tone) + 0.5).astype(np.uint8)


def fit(line: Line, train: probe.Read, real: probe.Read) -> float:
    """Sets the read-out's weights, in place; its AUC on `train` is returned. `real`: photos that set its zero.

    Raises ValueError for fewer than LEAST pictures of a kind.
    """
    changed = int(train.target.sum())
    for name, count in (("changed", changed), ("plain", len(train.target) - changed), ("real", len(real.target))):
        if count < LEAST:
            raise ValueError(f"{count} {name} pictures are too few to tell how pictures look; give {LEAST}")
    x = line.standardise(probe.both(train)).numpy()
    found = LogisticRegression(C=STRENGTH, max_iter=1000).fit(x, train.target)
    with torch.no_grad():
        line.out.weight.copy_(torch.from_numpy(found.coef_))
        line.out.bias.zero_()
        line.out.bias.sub_(torch.quantile(line(probe.both(real)), 1 - REACHED))
        return float(roc_auc_score(train.target, line(probe.both(train)).numpy()))


def main(argv: Sequence[str] | None = None) -> int:
    ours = parser("looks_training", __doc__, "with a probe, as detector.probe_training writes it")
    ours.add_argument("--pictures", type=int, default=4000, help="at most, drawn from train; half of them are changed")
    return guarded(_run, ours.parse_args(argv))


def _run(args: argparse.Namespace) -> int:
    train, val, network, header = given(args)
    if not header.architecture.probe:
        raise ValueError(f"{args.checkpoint} has no probe; first python -m detector.probe_training")
    process, labels = header.preprocessing, header.labels
    order = np.random.default_rng(args.seed).permutation(len(train))[: args.pictures]
    chosen = [train[place] for place in order]
    photos = [example for example in val if not example.target]
    by_look = [Changed(chosen, maker, process, labels) for maker in MAKERS.values()]
    even, odd = (range(start, len(chosen), 2) for start in (0, 1))
    sets = [(of, odd) for of in by_look]
    sets.append((by_look[0], even))  # unchanged, and so the same for every look
    sets.append((dataset.FaceData(photos, transforms.eval_transform(process), labels), None))
    *seen, plain, real = reads(args, network, process.size, sets)
    network = network.cpu()
    for look, changed in zip(MAKERS, seen, strict=True):
        told = fit(network.probe.looks[look], probe.joined(plain, changed), real)
        print(f"{look} from plain pictures of train: AUC {told:.4f}; its zero is set on {len(photos)} photos of val")
    facts = dict(pictures=len(order), photos=len(photos), seed=args.seed)
    model.save(args.out, network, replace(header, training=header.training | {"looks": facts}))
    print(f"→ {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
