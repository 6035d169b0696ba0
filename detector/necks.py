"""What stands around a timm backbone: a pyramid behind it, finest detail as extra input, a probe beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import timm
import torch
import torch.nn.functional as F
from torch import Tensor, nn

# What a picture may look like to a probe, besides fake: no photo, a filtered one, one of no living face.
LOOKS = ("painted", "smoothed", "sculpted")
MAPS = 2  # of a backbone, the coarsest ones, that the probe reads
HIDDEN = 192  # units of a read-out
FAR = 6.0  # standard deviations
SILENT = -20.0  # logits: a probability of next to nothing
NO_FLOOR = -100.0  # logits: lower than anything that is said
UNHEARD = 100.0  # logits: higher than any artifact's
GATE = 4.0  # below its level an artifact falls silent so much faster than it grows louder above
DETAIL = 32.0  # gain on the residual: with a standard deviation of 0.5 four grey levels become 1


def backbone(name: str, kwargs: dict[str, Any], pyramid: bool, pretrained: bool) -> nn.Module:
    """A timm model without classifier; for a pyramid one that gives the maps of all its strides."""
    if pyramid:
        return timm.create_model(name, pretrained=pretrained, features_only=True, **kwargs)
    return timm.create_model(name, pretrained=pretrained, num_classes=0, global_pool="", **kwargs)


def lateral(width: int, channels: int) -> nn.Sequential:
    """Brings a map of `width` channels to the pyramid's."""
    return nn.Sequential(nn.Conv2d(width, channels, 1, bias=False), nn.BatchNorm2d(channels))


def separable(channels: int) -> list[nn.Module]:
    """A depthwise-separable 3×3 convolution with its norms and activations."""
    return [
        nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
    ]


class Pyramid(nn.Module):
    """Brings a backbone's maps together at one fine stride (feature pyramid: Lin et al., CVPR 2017).

    Input: the backbone's maps, finest first; output (n, channels, h / stride, w / stride), not negative.
    """

    def __init__(self, backbone: nn.Module, channels: int, stride: int):
        super().__init__()
        info = backbone.feature_info
        self.used = [index for index, reduction in enumerate(info.reduction()) if reduction >= stride]
        if not self.used:
            raise ValueError(f"the backbone has no map of stride {stride} or more; use --stride {info.reduction()[-1]}")
        widths = [info.channels()[index] for index in self.used]
        self.lateral = nn.ModuleList(lateral(width, channels) for width in widths)
        self.smooth = nn.ModuleList(nn.Sequential(nn.ReLU(), *separable(channels)) for _ in widths)

    def forward(self, maps: list[Tensor]) -> Tensor:
        y = self.smooth[-1](self.lateral[-1](maps[self.used[-1]]))
        for level in range(len(self.used) - 2, -1, -1):
            here = self.lateral[level](maps[self.used[level]])
            y = F.interpolate(y, size=here.shape[2:], mode="bilinear", align_corners=False)
            y = self.smooth[level](here + y)
        return y


class Standardised(nn.Module):
    """Reads statistics (n, features) as they compare with those that it was fitted to.

    `mean`, `scale`: (x - mean) · scale has the mean 0 and the spread 1 where it was fitted; what lies further out than
    FAR is cut off, for a picture unlike all others must not be shouted about.
    """

    def __init__(self, features: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))

    def standardise(self, x: Tensor) -> Tensor:
        """Takes `mean` and `scale` from statistics (n, features), and gives them as they are read."""
        self.mean.copy_(x.mean(0))
        self.scale.copy_(1 / (x.std(0) + 1e-6))
        return self.standardised(x)

    def standardised(self, x: Tensor) -> Tensor:
        return ((x - self.mean) * self.scale).clamp(-FAR, FAR)


class Line(Standardised):
    """A linear read-out of statistics: (n, features) to (n,), logits. It starts SILENT."""

    def __init__(self, features: int):
        super().__init__(features)
        self.out = nn.Linear(features, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.constant_(self.out.bias, SILENT)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.standardised(x))[:, 0]


class Reader(Standardised):
    """A perceptron with one hidden layer on statistics: (n, features) to (n,), logits."""

    def __init__(self, features: int, hidden: int = HIDDEN):
        super().__init__(features)
        self.hidden = nn.Linear(features, hidden)
        self.out = nn.Linear(hidden, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor, dropped: tuple[float, float] = (0.0, 0.0)) -> Tensor:
        """`dropped`: shares of the statistics and of the hidden units that are left out by chance, to teach it."""
        few, more = dropped
        hidden = self.hidden(F.dropout(self.standardised(x), few, few > 0)).relu()
        return self.out(F.dropout(hidden, more, more > 0))[:, 0]


class Pair(nn.Module):
    """A read-out of each backbone's statistics, added up: two times (n, features) to (n,), logits."""

    def __init__(self, trained: int, untouched: int):
        super().__init__()
        self.trained, self.untouched = Reader(trained), Reader(untouched)

    def forward(self, trained: Tensor, untouched: Tensor, dropped: tuple[float, float] = (0.0, 0.0)) -> Tensor:
        return self.trained(trained, dropped) + self.untouched(untouched, dropped)


class Probe(nn.Module):
    """What small read-outs of the whole picture say of `fake`, and of how it looks.

    They see the mean and the mean square of each channel of the two coarsest maps, of two backbones: the trained one,
    and the same architecture as it was before it was trained on fakes. Features that no fake has touched tell kinds of
    fakes that training never met better than those that have (Ojha et al., CVPR 2023); the trained ones know the kinds
    it did meet.

    Most of what they read is fine detail, and gone from a picture that was shrunk and compressed on its way; so there
    are two pairs of them, and a picture's size says how much each is to be believed (model.Network.chosen).

    `widths`: channels of the trained backbone's maps. `index`, `labels`: the place of `fake` among so many. `gain`,
    `shift`: bring the network's input to what the untouched backbone expects; x · gain + shift for each channel.
    `floor`: what it says never falls below that, softly: a trace that the head sees in one place must not drown in how
    real the rest looks. `looks`: a line for each of LOOKS, on the statistics of both backbones.
    `levels` (labels,): from there on a named artifact is enough for `fake`, whatever the rest says (`heard`).
    """

    def __init__(self, name: str, kwargs: dict[str, Any], widths: Sequence[int], index: int, labels: int):
        super().__init__()
        self.index = index
        self.untouched = untouched(name, kwargs)
        self.register_buffer("gain", torch.ones(3, 1, 1))
        self.register_buffer("shift", torch.zeros(3, 1, 1))
        self.register_buffer("floor", torch.full((1,), NO_FLOOR))
        self.register_buffer("levels", torch.full((labels,), UNHEARD))
        self.register_buffer("height", torch.zeros(1))
        self.register_buffer("place", F.one_hot(torch.tensor(index), labels).float(), persistent=False)
        features = 2 * sum(widths), 2 * sum(self.untouched.feature_info.channels())
        self.usual, self.shrunk = Pair(*features), Pair(*features)
        self.looks = nn.ModuleDict({look: Line(sum(features)) for look in LOOKS})

    def statistics(self, x: Tensor, maps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Of the input (n, 3, h, w) and the trained backbone's maps: what `pooled` gives, of both backbones."""
        return pooled(maps), pooled(self.untouched(x * self.gain + self.shift))

    def floored(self, said: Tensor) -> Tensor:
        """What a pair says, softly kept above the floor."""
        return self.floor + F.softplus(said - self.floor)

    def heard(self, logits: Tensor) -> Tensor:
        """Logits (n, labels), to the odds of `fake` those added that the named artifacts give it by themselves.

        A picture may be manipulated in one way or in another, so their odds add up. An artifact at its level
        is about as good as a logit of `height`, of `fake` alone.
        """
        fake = torch.where(self.place > 0, logits, self.alone(logits)).logsumexp(1, keepdim=True)
        return torch.where(self.place > 0, fake, logits)

    def alone(self, logits: Tensor) -> Tensor:
        """The log of those odds, (n, labels); that of `fake` itself means nothing."""
        above = logits - self.levels
        return self.height + above + F.logsigmoid(GATE * above)

    def forward(self, x: Tensor, maps: Sequence[Tensor]) -> Tensor:
        """In logits, (n, labels + looks + 1): evidence, 0 for all labels but `fake`; how it looks; and the evidence for
        `fake` if it was shrunk.
        """
        trained, other = self.statistics(x, maps)
        with torch.autocast(x.device.type, enabled=False):  # hundreds of squares are summed: not in half precision
            both = torch.cat([trained, other], 1)
            said, shrunk = (self.floored(pair(trained, other)) for pair in (self.usual, self.shrunk))
            looks = torch.stack([self.looks[look](both) for look in LOOKS], 1)
        return torch.cat([said[:, None] * self.place, looks, shrunk[:, None]], 1)


def pooled(maps: Sequence[Tensor]) -> Tensor:
    """Mean and mean square of each channel of maps (n, channels, h, w): (n, 2 · channels), in full precision."""
    maps = [map.float() for map in maps]
    return torch.cat([each for map in maps for each in (map.mean((2, 3)), (map * map).mean((2, 3)))], 1)


def untouched(name: str, kwargs: dict[str, Any], pretrained: bool = False) -> nn.Module:
    """A timm model that gives its MAPS coarsest maps. Raises ValueError for an architecture without any."""
    with torch.device("meta"):  # only to see what it has
        strides = timm.create_model(name, features_only=True, **kwargs).feature_info.reduction()
    coarse = [index for index, stride in enumerate(strides) if stride >= 16][-MAPS:]
    if not coarse:
        raise ValueError(f"{name} has no map of stride 16, which the probe reads; choose another backbone")
    model = timm.create_model(name, pretrained=pretrained, features_only=True, out_indices=coarse, **kwargs)
    return model.requires_grad_(False)


def widen_stem(backbone: nn.Module) -> None:
    """Lets the first convolution take six channels; the new ones start at zero, so nothing changes yet."""
    stem = stem_of(backbone)
    if stem.in_channels != 3:
        raise ValueError(f"the stem takes {stem.in_channels} channels; the residual needs a colour backbone of 3")
    stem.in_channels = 6
    stem.weight = nn.Parameter(torch.cat([stem.weight.detach(), torch.zeros_like(stem.weight)], 1))


def stem_of(backbone: nn.Module) -> nn.Conv2d:
    """The first convolution, which sees the picture."""
    return next(module for module in backbone.modules() if isinstance(module, nn.Conv2d))


def with_residual(x: Tensor) -> Tensor:
    """Adds each pixel's difference from its neighbourhood's mean: (n, 3, h, w) to (n, 6, h, w), the new ones in -1…1.

    Generators betray themselves in the relation of neighbouring pixels (Tan et al., CVPR 2024), at a scale of a few
    grey levels that the picture's content drowns; truncation keeps edges from drowning it again (Fridrich & Kodovský,
    IEEE TIFS 2012).
    """
    around = F.pad(x, (1, 1, 1, 1), mode="replicate")
    rows = around[:, :, :-2] + around[:, :, 1:-1] + around[:, :, 2:]
    mean = (rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]) / 9  # avg_pool2d takes longer on a CPU
    return torch.cat([x, torch.tanh((x - mean) * DETAIL)], 1)
