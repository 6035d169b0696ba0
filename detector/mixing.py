"""Half a generated picture, half a photo: what is told apart is then the places, not the pictures' looks."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F

from .edits import UNKNOWN

SHARES = (0.25, 0.75)  # of the area that the pasted rectangle takes
SEAM = 8  # px to either side of its outline of which nothing is taught


def mix(
    image: torch.Tensor, mask: torch.Tensor, other: torch.Tensor, other_mask: torch.Tensor, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """A random rectangle of one pasted into the other, either way round, and the mask that belongs to it.

    `image` and `other`: (3, h, w) of equal size; masks: uint8 (1, h, w) with `edits`' values. The inputs stay as
    they are. CutMix (Yun et al., ICCV 2019), with labels for places instead of shares of a label.
    """
    if rng.random() < 0.5:
        image, mask, other, other_mask = other, other_mask, image, mask
    height, width = image.shape[-2:]
    side, stretch = math.sqrt(rng.uniform(*SHARES)), math.exp(rng.uniform(-0.5, 0.5))
    tall, wide = min(height, round(height * side * stretch)), min(width, round(width * side / stretch))
    top, left = int(rng.integers(height - tall + 1)), int(rng.integers(width - wide + 1))
    inside = torch.zeros(1, height, width)
    inside[:, top : top + tall, left : left + wide] = 1
    seam = (_grown(inside) * _grown(1 - inside)).bool()
    mixed = torch.where(inside.bool(), other_mask, mask)
    mixed[seam] = UNKNOWN
    return torch.where(inside.bool(), other, image), mixed


def _grown(where: torch.Tensor) -> torch.Tensor:
    return F.max_pool2d(where, 2 * SEAM + 1, stride=1, padding=SEAM)
