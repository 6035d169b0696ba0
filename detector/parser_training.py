"""Trains the part parser on portraits with part masks, and measures it.

    python -m detector.parser_training --labels faces.csv --masks masks/ --backbone mobilenetv2_100.safetensors \
        --out parser.safetensors

The list is `img_name,split,mask`: pictures in `images/` beside it, masks as palette PNG in the 19 classes of
CelebAMask-HQ. Rows of split `train` are learned from; the figures come from split `val`: intersection over union of
each part, as the pictures are, and rotated, small, cropped and badly lit.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file, save
from torch.utils.data import DataLoader, Dataset

from .parts import PARTS, SIZE, UNKNOWN, Parser, load

# CelebAMask-HQ's 19 classes as PARTS: glasses and ears count as skin; hat, jewellery, neck and cloth as body.
CELEBAMASK = (0, 1, 4, 1, 3, 3, 2, 2, 1, 1, 5, 5, 5, 6, 7, 7, 7, 7, 7)
TABLE = np.full(256, UNKNOWN, np.uint8)
TABLE[: len(CELEBAMASK)] = CELEBAMASK
WEIGHTS = (1, 1, 2, 2, 1.5, 1.5, 1, 1)  # small parts count more


def warp(
    image: np.ndarray, labels: np.ndarray, size: int, angle: float, zoom: float, shift: tuple[float, float] = (0, 0),
    mirror: bool = False, border: int = cv2.BORDER_REPLICATE,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Turned by `angle` degrees, `zoom` times as large as the whole square fits, moved by `shift` sides.

    What lies outside the picture is invented in the image and UNKNOWN in the labels.
    """
    height, width = labels.shape
    scale = zoom * size / width
    turn = np.vstack([cv2.getRotationMatrix2D((0, 0), angle, scale), [0, 0, 1]])
    flip = np.diag([-1.0 if mirror else 1.0, 1, 1])
    away = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
    back = np.array([[1, 0, size * (0.5 + shift[0])], [0, 1, size * (0.5 + shift[1])], [0, 0, 1]])
    matrix = (back @ turn @ flip @ away)[:2]
    if scale < 0.6:  # warpAffine takes no mean over what it leaves out
        image = cv2.GaussianBlur(image, (0, 0), 0.5 / scale)
    x = cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=border)
    y = cv2.warpAffine(labels, matrix, (size, size), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT,
                       borderValue=UNKNOWN)  # fmt: skip
    return x, y


def lit(image: np.ndarray, angle: float, depth: float) -> np.ndarray:
    """Light that falls off to one side by exp(depth) over the picture's width."""
    at = np.arange(image.shape[0], dtype=np.float32) / image.shape[0] - 0.5
    ramp = np.cos(angle) * at[None] + np.sin(angle) * at[:, None]
    return np.clip(image * np.exp(ramp * depth)[..., None], 0, 255).astype(np.uint8)


def varied(image: np.ndarray, labels: np.ndarray, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A hard view of a portrait: turned, small or cut off, badly lit, blurred, compressed, something before it."""
    angle = rng.normal(0, 15) if rng.random() < 0.8 else rng.uniform(-60, 60)
    zoom = np.exp(rng.uniform(np.log(0.45), np.log(1.5)))
    border = (cv2.BORDER_REFLECT_101, cv2.BORDER_REPLICATE, cv2.BORDER_CONSTANT)[rng.integers(3)]
    x, y = warp(image, labels, size, angle, zoom, tuple(rng.normal(0, 0.1, 2)), rng.random() < 0.5, border)
    x = x.astype(np.float32)
    if rng.random() < 0.6:
        x = 255 * (x / 255) ** np.exp(rng.normal(0, 0.45))
    if rng.random() < 0.5:
        x = (x - 128) * rng.uniform(0.4, 1.4) + 128 + rng.uniform(-35, 35)
    if rng.random() < 0.4:
        x = x * (1 + rng.uniform(-0.15, 0.15, 3))
    if rng.random() < 0.3:
        x = lit(x, rng.uniform(0, 2 * np.pi), rng.uniform(0, 2.2))
    if rng.random() < 0.15:
        x = np.repeat(x.mean(2, keepdims=True), 3, 2)
    x = np.asarray(x, np.float32)
    if rng.random() < 0.25:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.5, 2.5))
    if rng.random() < 0.25:
        x = x + rng.normal(0, rng.uniform(2, 14), x.shape)
    x = np.clip(x, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        x = cv2.imdecode(cv2.imencode(".jpg", x, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 90))])[1], 1)
    if rng.random() < 0.2:  # a hand or a microphone: nobody knows which part it hides
        x, y = x.copy(), y.copy()
        (top, left), (h, w) = rng.integers(0, size * 3 // 4, 2), rng.integers(size // 14, size // 3, 2)
        x[top : top + h, left : left + w], y[top : top + h, left : left + w] = rng.integers(0, 256, 3), UNKNOWN
    return x, y


class PartData(Dataset):
    """(image float32 (3, s, s) in -1…1, labels int64 (s, s)). Item i is the same on every machine."""

    def __init__(self, rows: list[tuple[Path, Path]], length: int, view: Callable, size: int = SIZE):
        self.rows, self.length, self.view, self.size = rows, length, view, size

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        rng = np.random.default_rng([7, index])
        every = self.length == len(self.rows)
        picture, mask = self.rows[index if every else rng.integers(len(self.rows))]
        image = np.asarray(Image.open(picture).convert("RGB"))
        labels = TABLE[np.asarray(Image.open(mask))]
        x, y = self.view(image, labels, self.size, rng)
        return torch.tensor(np.ascontiguousarray(x)).permute(2, 0, 1).float() / 127.5 - 1, torch.tensor(y).long()


# How the parser is measured: as it is used, and in the four ways that pictures are hard.
VIEWS: dict[str, Callable] = {
    "as they are": lambda x, y, size, rng: warp(x, y, size, 0, 1),
    "rotated 30°": lambda x, y, size, rng: warp(x, y, size, 30 * rng.choice([-1, 1]), 0.8),
    "small (45 %)": lambda x, y, size, rng: warp(x, y, size, 0, 0.45),
    "cropped": lambda x, y, size, rng: warp(x, y, size, 0, 1.5, tuple(rng.uniform(-0.2, 0.2, 2))),
    "badly lit": lambda x, y, size, rng: warp(lit(x * 0.45, rng.uniform(0, 6.28), 2.0), y, size, 0, 1),
}


def overlap(parser: Parser, loader: DataLoader) -> np.ndarray:
    """Intersection over union of each part over all pictures, (parts,), 0…1."""
    count = len(PARTS)
    table = np.zeros((count, count))
    with torch.no_grad():
        for x, y in loader:
            logits = parser(x.contiguous(memory_format=torch.channels_last))
            found = F.interpolate(logits, size=y.shape[1:], mode="bilinear", align_corners=False).argmax(1)
            known = y != UNKNOWN
            table += np.bincount((y[known] * count + found[known]).numpy(), minlength=count**2).reshape(count, count)
    hit = np.diag(table)
    return hit / np.maximum(table.sum(0) + table.sum(1) - hit, 1)


def train(rows: list[tuple[Path, Path]], backbone: Path | None, samples: int, batch: int = 32) -> Parser:
    """`samples` views, one cycle of the learning rate; gives the weights' moving average."""
    torch.manual_seed(0)
    parser = Parser().to(memory_format=torch.channels_last)
    if backbone:
        parser.backbone.load_state_dict(load_file(backbone), strict=False)
    average = deepcopy(parser)
    fresh = [p for name, p in parser.named_parameters() if not name.startswith("backbone")]
    peaks = [5e-4, 3e-3]
    optimizer = torch.optim.AdamW(
        [{"params": parser.backbone.parameters(), "lr": peaks[0]}, {"params": fresh, "lr": peaks[1]}], weight_decay=0.01
    )
    steps = samples // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peaks, total_steps=steps, pct_start=0.1)
    loader = DataLoader(PartData(rows, steps * batch, varied), batch, num_workers=2)
    weights, began = torch.tensor(WEIGHTS, dtype=torch.float32), time.monotonic()
    for step, (x, y) in enumerate(loader, 1):
        logits = parser(x.contiguous(memory_format=torch.channels_last))
        logits = F.interpolate(logits, size=y.shape[1:], mode="bilinear", align_corners=False)
        loss = F.cross_entropy(logits, y, weights, ignore_index=UNKNOWN, label_smoothing=0.02)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        share = 1 - min(0.99, step / (9 + step))
        with torch.no_grad():
            for mean, now in zip(average.state_dict().values(), parser.state_dict().values(), strict=True):
                mean.lerp_(now, share) if mean.is_floating_point() else mean.copy_(now)
        if step % 20 == 0:
            rate = step * batch / (time.monotonic() - began)
            print(f"step {step}/{steps}  loss {loss.detach():.3f}  {rate:.1f} pictures/s", flush=True)
    return average.eval()


def rows_of(labels: Path, masks: Path, split: str) -> list[tuple[Path, Path]]:
    with labels.open(newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if row.get("mask") and row.get("split") == split]
    if not rows:
        raise SystemExit(f"error: {labels} has no rows of split {split!r} with a mask; it needs img_name,split,mask")
    return [(labels.parent / "images" / row["img_name"], masks / row["mask"]) for row in rows]


def main(argv: list[str] | None = None) -> None:
    parse = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parse.add_argument("--labels", type=Path, required=True, help="CSV with img_name,split,mask")
    parse.add_argument("--masks", type=Path, required=True, help="folder of the part masks")
    parse.add_argument("--backbone", type=Path, help="ImageNet weights of mobilenetv2_100 to start from")
    parse.add_argument("--samples", type=int, default=10240, help="views to learn from")
    parse.add_argument("--weights", type=Path, help="measure these instead of training")
    parse.add_argument("--out", type=Path, help="safetensors file to write; the figures go to its .json")
    args = parse.parse_args(argv)
    if args.weights:
        parser = load(args.weights)
    else:
        parser = train(rows_of(args.labels, args.masks, "train"), args.backbone, args.samples)
    held_out = rows_of(args.labels, args.masks, "val")
    figures = {}
    for name, view in VIEWS.items():
        loader = DataLoader(PartData(held_out, len(held_out), view), 32)
        figures[name] = dict(zip(PARTS, overlap(parser, loader).round(3).tolist(), strict=True))
        print(name, figures[name], flush=True)
    if args.out:
        half = {k: (v.half() if v.ndim > 1 else v).contiguous() for k, v in parser.state_dict().items()}
        args.out.write_bytes(save(half))
        args.out.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
