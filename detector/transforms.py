"""What a training picture goes through, with its mask: drawings, delivery, crop, colour, and the final resizing."""

from __future__ import annotations

import io
import math

import numpy as np
import torch
from PIL import Image
from torchvision import tv_tensors
from torchvision.transforms import v2

from .degrade import encode
from .drawing import drawn_over
from .edits import CHANGED, CLEAN, GENERATED, UNKNOWN
from .model import Preprocessing

DRAWN = 0.15  # share of the whole pictures that have something drawn over them
OPAQUE = 0.6  # what a drawing covers more than so much shows nothing of the picture below
KERNELS = (v2.InterpolationMode.BILINEAR, v2.InterpolationMode.BICUBIC, v2.InterpolationMode.LANCZOS)


class RandomDrawing(v2.Transform):
    """With probability `p`, draws one to three things over the picture.

    Takes and gives an RGB PIL image and its mask (1, h, w) uint8 of `edits`. Where the mask says CHANGED and the
    drawing hides it, the mask says CLEAN; where it says GENERATED, UNKNOWN. Draws from torch's generator.
    """

    def __init__(self, p: float):
        super().__init__()
        self.p = p

    def forward(self, image: Image.Image, mask: torch.Tensor) -> tuple[Image.Image, torch.Tensor]:
        if torch.rand(()) >= self.p:
            return image, mask
        rng = np.random.default_rng(int(torch.randint(2**62, ())))
        image, cover = drawn_over(image, rng, rng.choice((1, 2, 3), p=(0.6, 0.3, 0.1)))
        below = torch.from_numpy(cover > OPAQUE)[None]
        mask = mask.clone()
        mask[below & (mask == CHANGED)] = CLEAN
        mask[below & (mask == GENERATED)] = UNKNOWN
        return image, mask


class RandomReencode(v2.Transform):
    """With probability `p`, stores the picture as JPEG, WebP or AVIF of random quality and reads it back.

    JPEG and WebP are each twice as likely as AVIF. Effort and subsampling are drawn, too: each changes what is left of
    skin and edges, and a network that met one of them alone took others for forgeries.
    """

    def __init__(self, p: float, quality: tuple[int, int] = (40, 98)):
        super().__init__()
        self.p, self.quality = p, quality

    def forward(self, image: Image.Image, mask: torch.Tensor) -> tuple[Image.Image, torch.Tensor]:
        if torch.rand(()) < self.p:
            quality = int(torch.randint(*self.quality, ()))
            drawn, file = float(torch.rand(())), io.BytesIO()
            if drawn < 0.4:
                image.save(file, "JPEG", quality=quality, subsampling=int(torch.randint(0, 3, ())))
            elif drawn < 0.8:
                image.save(file, "WEBP", quality=quality, method=int(torch.randint(0, 5, ())))
            else:
                colours = ("4:2:0", "4:4:4")[int(torch.randint(0, 2, ()))]
                speed = int(torch.randint(6, 11, ()))  # slower ones would starve training
                image.save(file, "AVIF", quality=quality, speed=speed, subsampling=colours, max_threads=1)
            image = Image.open(file).convert("RGB")
        return image, mask


class RandomScale(v2.Transform):
    """With probability `p`, scales both by a random factor and kernel, as a messenger or a screenshot does.

    Small factors are as likely as large ones on a logarithmic scale; the shorter side keeps at least `least` px.
    """

    def __init__(self, p: float, factors: tuple[float, float] = (0.5, 1.2), least: int = 80):
        super().__init__()
        self.p, self.factors, self.least = p, factors, least

    def forward(self, image: Image.Image, mask: torch.Tensor) -> tuple[Image.Image, torch.Tensor]:
        if torch.rand(()) < self.p:
            factor = math.exp(float(torch.empty(()).uniform_(*map(math.log, self.factors))))
            factor = max(factor, min(1, self.least / min(image.size)))
            size = [max(1, round(image.height * factor)), max(1, round(image.width * factor))]
            kernel = KERNELS[int(torch.randint(len(KERNELS), ()))]
            image, mask = v2.functional.resize(image, size, kernel), v2.functional.resize(mask, size)
        return image, mask


class Delivery(v2.Transform):
    """Delivers each picture in the same way, a key of degrade.DEGRADE. The mask keeps its size, until it is resized."""

    def __init__(self, degrade: str):
        super().__init__()
        self.degrade = degrade

    def forward(self, image: Image.Image, mask: torch.Tensor) -> tuple[Image.Image, torch.Tensor]:
        return Image.open(io.BytesIO(encode(np.asarray(image), self.degrade))).convert("RGB"), mask


class RandomView(v2.Transform):
    """Resize, then RandomCrop: with probability `native` no resizing, else the face about as large as in use.

    `size`: side of the training crop, px; `full`: side to which a whole picture is scaled in use, px. Resizing
    destroys the finest traces, so part of the views must do without; a picture smaller than the crop is enlarged.
    """

    def __init__(self, size: int, full: int, native: float = 0.5):
        super().__init__()
        self.size, self.sides, self.native = size, (max(size, round(full * 0.7)), max(size, round(full * 1.3))), native

    def forward(self, image: Image.Image, mask: torch.Tensor) -> tuple[Image.Image, torch.Tensor]:
        shorter = min(image.size)
        if torch.rand(()) < self.native and self.size <= shorter <= 1.5 * self.sides[1]:
            return v2.RandomCrop(self.size)(image, mask)
        side = int(torch.randint(self.sides[0], self.sides[1] + 1, ()))
        stretch = math.exp(float(torch.empty(()).uniform_(-0.12, 0.12)))
        size = [max(self.size, round(side * stretch)), max(self.size, round(side / stretch))]
        image, mask = v2.functional.resize(image, size), v2.functional.resize(mask, size)
        return v2.RandomCrop(self.size)(image, mask)


def train_transform(size: int, preprocessing: Preprocessing, drawn: float = 0.0) -> v2.Compose:
    """Random views for training. Both classes meet the same re-encoding and resizing, so format is no clue.

    `drawn`: share of the pictures that get something drawn over them, by somebody who then passes them on.
    """
    return v2.Compose(
        [
            RandomDrawing(drawn),
            RandomScale(p=0.4),
            RandomReencode(p=0.6),
            RandomView(size, preprocessing.size),
            v2.RandomHorizontalFlip(),
            v2.RandomApply([v2.ColorJitter(0.25, 0.25, 0.25, 0.03)], p=0.4),
            v2.RandomGrayscale(p=0.03),
            v2.RandomApply([v2.GaussianBlur(7, (0.3, 2.0))], p=0.1),
            *_to_tensor(
                preprocessing,
                v2.RandomApply([v2.RandomChoice([v2.GaussianNoise(sigma=s) for s in (0.01, 0.03)])], p=0.1),
            ),
        ]
    )


def whole_transform(preprocessing: Preprocessing) -> v2.Compose:
    """Whole pictures as they are used, drawn over now and then, and delivered in random ways."""
    return _whole(preprocessing, RandomScale(p=0.3), RandomReencode(p=0.5))


def shrunk_transform(preprocessing: Preprocessing) -> v2.Compose:
    """Whole pictures as they are used, delivered much worse: shrunk, and most of them compressed coarsely."""
    scale = RandomScale(p=1, factors=(0.35, 0.75), least=64)
    return _whole(preprocessing, scale, RandomReencode(p=0.85, quality=(35, 80)))


def _whole(preprocessing: Preprocessing, *deliveries: v2.Transform) -> v2.Compose:
    shown = [v2.Resize((preprocessing.size, preprocessing.size)), v2.RandomHorizontalFlip()]
    return v2.Compose([RandomDrawing(DRAWN), *deliveries, *shown, *_to_tensor(preprocessing)])


def damaged_transform(preprocessing: Preprocessing) -> v2.Compose:
    """Whole pictures as messengers leave them, and as `evaluate --degrade both` asks about them."""
    size = preprocessing.size
    return v2.Compose([Delivery("both"), v2.Resize((size, size)), *_to_tensor(preprocessing)])


def eval_transform(preprocessing: Preprocessing) -> v2.Compose:
    """The picture as it is used: Resize to a square, CenterCrop, no randomness."""
    size = preprocessing.size
    return v2.Compose([v2.Resize((size, size)), v2.CenterCrop(size), *_to_tensor(preprocessing)])


def _to_tensor(preprocessing: Preprocessing, *between: v2.Transform) -> list[v2.Transform]:
    # ToImage and ToDtype together are what torchvision's ToTensor was.
    return [v2.ToImage(), v2.ToDtype({tv_tensors.Image: torch.float32, "others": None}, scale=True),
            *between, v2.Normalize(preprocessing.mean, preprocessing.std)]  # fmt: skip
