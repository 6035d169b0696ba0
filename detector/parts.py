"""Which place of a portrait is face, hair, body or background: the part parser.

A MobileNetV2 up to stride 16 with a light decoder (feature pyramid: Lin et al., CVPR 2017), trained on the part masks
of CelebAMask-HQ (Lee et al., CVPR 2020). It never sees the classifier, and the classifier never sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import timm
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from . import necks
from .model import CheckpointError

PARTS = ("background", "skin", "brows", "eyes", "nose", "mouth", "hair", "body")
BACKGROUND, SKIN, BROWS, EYES, NOSE, MOUTH, HAIR, BODY = ((index,) for index in range(len(PARTS)))
FACE = SKIN + BROWS + EYES + NOSE + MOUTH
PERSON = FACE + HAIR + BODY
UNKNOWN = 255  # a place that was not parsed

EMBEDDED = Path(__file__).parent / "weights" / "parser.safetensors"
SIZE = 160  # px: side of the parser's input


class Parser(nn.Module):
    """Input (n, 3, h, w) in -1…1, sides a multiple of 16; output part logits (n, parts, h / 4, w / 4)."""

    def __init__(self, width: int = 48):
        super().__init__()
        self.backbone = timm.create_model("mobilenetv2_100", pad_type="same", features_only=True, out_indices=(1, 2, 3))
        self.backbone.blocks = self.backbone.blocks[:5]  # timm keeps the stages behind stride 16, which nobody asks for
        channels = self.backbone.feature_info.channels()
        self.lateral = nn.ModuleList(necks.lateral(k, width) for k in channels)
        self.smooth = nn.ModuleList(nn.Sequential(*necks.separable(width)) for _ in channels)
        # One wide look at the coarse map: where the head is, and which way up.
        self.context = nn.Sequential(
            nn.Conv2d(channels[-1], width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 7, padding=3, groups=width, bias=False),
            nn.BatchNorm2d(width),
        )
        self.head = nn.Conv2d(width, len(PARTS), 1)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.backbone(x)
        y = self.smooth[2](self.lateral[2](maps[2]) + self.context(maps[2]))
        for level in (1, 0):
            y = F.interpolate(y, size=maps[level].shape[2:], mode="bilinear", align_corners=False)
            y = self.smooth[level](self.lateral[level](maps[level]) + y)
        return self.head(y)


def load(path: str | Path = EMBEDDED) -> Parser:
    """The embedded parser, ready for use. Raises CheckpointError."""
    with torch.random.fork_rng(devices=[]):  # first weights are drawn by chance; leave others' draws alone
        parser = Parser()
    try:
        tensors = load_file(path)
        parser.load_state_dict({name: value.float() if value.is_floating_point() else value
                                for name, value in tensors.items()})  # fmt: skip
    except (SafetensorError, OSError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(
            f"{Path(path).name} is missing or damaged ({reason}); install the detector again"
        ) from error
    return parser.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def probabilities(parser: Parser, crops: Sequence[np.ndarray]) -> np.ndarray:
    """RGB crops (h, w, 3) uint8 of any size to part probabilities, float32 (n, SIZE, SIZE, parts)."""
    small = [np.asarray(Image.fromarray(crop).resize((SIZE, SIZE), Image.Resampling.BILINEAR)) for crop in crops]
    with torch.no_grad():
        x = torch.from_numpy(np.stack(small)).permute(0, 3, 1, 2).float() / 127.5 - 1
        maps = parser(x).softmax(1).permute(0, 2, 3, 1).numpy()
    return np.stack([cv2.resize(one, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR) for one in maps])


def parse(parser: Parser, pixels: np.ndarray) -> np.ndarray:
    """The likeliest part at each place of a portrait (h, w, 3): uint8 (SIZE, SIZE)."""
    return probabilities(parser, [pixels])[0].argmax(2).astype(np.uint8)


def among(labels: np.ndarray, classes: tuple[int, ...]) -> np.ndarray:
    """Where a part map (h, w) holds one of `classes`: bool (h, w)."""
    table = np.zeros(256, bool)
    table[list(classes)] = True
    return table[labels]


def enlarge(coarse: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A part map brought to (h, w)."""
    return cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_NEAREST)
