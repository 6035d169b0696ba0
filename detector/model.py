"""The network and its checkpoint: weights, preprocessing and label names travel in one file.

The heads are 1×1 convolutions on the backbone's last feature map. Their output, the *evidence*, holds one value in
logit units for each label and place; pooling it over places gives the logit. So a label's heatmap is what the
classifier decided by, not a story told afterwards (class activation mapping: Zhou et al., CVPR 2016).
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from . import necks
from .artifacts import FAKE, LABELS
from .atomic import replacing
from .verdict import Calibration

EMBEDDED = Path(__file__).parent / "weights" / "detector.safetensors"
FORMAT = "face-deepfake-detector/1"
POOLS = ("lse", "mean")


class CheckpointError(ValueError):
    """The checkpoint can't be used; the message says why and what to do."""


@dataclass(frozen=True)
class Architecture:
    """What `timm.create_model` needs to build the backbone, and what stands around it.

    `pool`: how evidence becomes logits. `neck`: channels of a feature pyramid that brings the last map up to
    `stride` px; 0 leaves the backbone's own last map. `residual`: three more input channels hold the picture's
    finest detail. `probe`: a probe (necks.Probe) stands beside it.
    """

    name: str
    kwargs: dict[str, Any] = field(default_factory=dict)
    pool: str = "lse"
    neck: int = 0
    stride: int = 8
    residual: bool = False
    probe: bool = False


@dataclass(frozen=True)
class Preprocessing:
    """Square input of `size` px a side; channels scaled to 0…1, then (x - mean) / std."""

    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True)
class Header:
    """All a checkpoint says of itself. `labels` names the heads that were trained, in the order of the logits.

    `calibration` is None until held-out pictures were judged; no answer but "cannot tell" is given before.
    """

    architecture: Architecture
    preprocessing: Preprocessing
    labels: tuple[str, ...]
    training: dict[str, Any] = field(default_factory=dict)
    licence: str = ""
    sha256: str = ""
    calibration: Calibration | None = None


class Network(nn.Module):
    """A timm backbone with one 1×1 head for each label. Input (n, 3, h, w), normalised; output logits (n, labels)."""

    def __init__(self, architecture: Architecture, labels: Sequence[str], pretrained: bool = False):
        super().__init__()
        unknown = [label for label in labels if label not in LABELS]
        if unknown or len(set(labels)) != len(labels) or not labels:
            raise ValueError(f"labels must be distinct and out of {', '.join(LABELS)}; got {list(labels)}")
        if architecture.pool not in POOLS:
            raise ValueError(f"pool must be one of {', '.join(POOLS)}; got {architecture.pool!r}")
        if not timm.is_model(architecture.name):  # "hf-hub:…" too: a checkpoint must not make us fetch something
            raise ValueError(f"timm {timm.__version__} has no model {architecture.name!r}; see timm.list_models()")
        self.pool_name = architecture.pool
        self.backbone = necks.backbone(architecture.name, architecture.kwargs, architecture.neck, pretrained)
        self.neck = necks.Pyramid(self.backbone, architecture.neck, architecture.stride) if architecture.neck else None
        self.residual = architecture.residual
        if self.residual:
            necks.widen_stem(self.backbone)
        channels = architecture.neck or self.backbone.num_features
        self.head = nn.Conv2d(channels, len(labels), kernel_size=1)
        # A random head spends half of a short run on unlearning itself; from zero every gradient is useful.
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.probe = None
        if architecture.probe:
            seen = self.backbone.feature_info.channels()[-necks.MAPS :] if architecture.neck else [channels]
            self.probe = necks.Probe(architecture.name, architecture.kwargs, seen, labels.index(FAKE), len(labels))

    def features(self, x: Tensor) -> Tensor:
        """Last feature map (n, channels, h, w), and behind it what a probe says, where there is one.

        That is said of the whole picture and of no place, so every place has the same, in the channels that necks.Probe
        gives. `chosen` makes of it what everything else here takes.
        """
        y, coarse = self.maps(x)
        if self.probe is None:
            return y
        said = self.probe(x, coarse)[:, :, None, None]
        return torch.cat([y, said.to(y.dtype).expand(-1, -1, *y.shape[2:])], 1)

    def chosen(self, features: Tensor, shrunk: Tensor | None = None) -> Tensor:
        """What `features` gave, with the evidence of one of the probe's pairs, one channel less.

        `shrunk` (n,), 0…1: by how much the pair for shrunk pictures is believed; None: not at all.
        """
        if self.probe is None:
            return features
        kept, other = features[:, :-1], features[:, -1]
        if shrunk is not None:
            place, share = self.head.in_channels + self.probe.index, shrunk.view(-1, 1, 1).to(kept)
            kept = kept.clone()
            kept[:, place] = torch.lerp(kept[:, place], other, share)
        return kept

    def maps(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """What the heads read, and what the probe does: the backbone's own coarsest maps, or its only one.

        A transformer's tokens are laid out on their grid.
        """
        if self.residual:
            x = necks.with_residual(x)
        if self.neck is not None:
            maps = self.backbone(x)
            return self.neck(maps), maps[-necks.MAPS :]
        y = self.backbone.forward_features(x)
        channels = self.head.in_channels
        if y.ndim == 3:  # tokens (n, prefix + h·w, channels): ViT and its kin
            y = y[:, getattr(self.backbone, "num_prefix_tokens", 0) :]
            rows = math.isqrt(y.shape[1])
            if rows * rows != y.shape[1]:
                raise ValueError(f"{y.shape[1]} patch tokens do not form a square grid; use a square input size")
            y = y.transpose(1, 2).reshape(y.shape[0], channels, rows, rows)
        elif y.shape[1] != channels and y.shape[-1] == channels:  # (n, h, w, channels): Swin and its kin
            y = y.permute(0, 3, 1, 2)
        return y, [y]

    def pool(self, evidence: Tensor) -> Tensor:
        """Evidence (n, labels, h, w) to logits (n, labels): its mean, or log-mean-exp (a soft maximum)."""
        flat = evidence.flatten(2)
        if self.pool_name == "mean":
            return flat.mean(2)
        return flat.logsumexp(2) - math.log(flat.shape[2])

    def evidence(self, features: Tensor) -> Tensor:
        """Feature map (n, channels, h, w) to what each place says for each label: (n, labels, h, w), logits."""
        if self.probe is None:
            return self.head(features)
        channels = self.head.in_channels
        return self.head(features[:, :channels]) + features[:, channels : -len(necks.LOOKS)]

    def looks(self, features: Tensor) -> Tensor:
        """How each looks, logits (n, looks), as necks.LOOKS has them; (n, 0) without a probe, which alone can tell."""
        return features[:, features.shape[1] if self.probe is None else -len(necks.LOOKS) :, 0, 0]

    def classify(self, features: Tensor) -> Tensor:
        """Feature map (n, channels, h, w) to logits (n, labels)."""
        logits = self.pool(self.evidence(features))
        return logits if self.probe is None else self.probe.heard(logits)

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.chosen(self.features(x)))


def default_preprocessing(network: Network, size: int) -> Preprocessing:
    """The backbone's own mean and standard deviation, at the input size wanted."""
    config = network.backbone.pretrained_cfg
    return Preprocessing(size, tuple(config["mean"]), tuple(config["std"]))


# --- checkpoint file -------------------------------------------------------------------------------------------------


def save(path: str | os.PathLike, network: Network, header: Header) -> None:
    """Writes one safetensors file, atomically. Kernels are stored in half precision, statistics in full."""
    tensors = {
        name: (value.half() if value.ndim > 1 and value.is_floating_point() else value).cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    facts = {"format": FORMAT, **asdict(header), "sha256": _digest(tensors)}
    with replacing(Path(path)) as partial:
        # Not safetensors' save_file: it leaves a file that only its owner may read.
        partial.write_bytes(to_bytes(tensors, metadata={"detector": json.dumps(facts)}))


def read(path: str | os.PathLike) -> tuple[Network, Header]:
    """The network, in full precision and evaluation mode, and its header. No code of the file is run.

    Raises CheckpointError for a file that is missing, damaged, or not one of this project's checkpoints.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"no checkpoint at {path}; train one with train.py or give another --checkpoint")
    try:
        with safe_open(path, "pt") as file:
            facts = (file.metadata() or {}).get("detector")
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path.name} is damaged or no safetensors file ({error}); get it again") from error
    if facts is None:
        raise CheckpointError(f"{path.name} holds bare weights; give a checkpoint that train.py wrote")
    header = _parse(path.name, facts)
    if _digest(tensors) != header.sha256:
        raise CheckpointError(f"{path.name} is damaged: its weights differ from their checksum; get it again")
    try:
        network = Network(header.architecture, header.labels)
        network.load_state_dict({name: value.float() if value.is_floating_point() else value
                                 for name, value in tensors.items()})  # fmt: skip
    except (RuntimeError, ValueError, TypeError) as error:
        raise CheckpointError(
            f"{path.name} does not fit timm {timm.__version__}'s {header.architecture.name}: {error}"
        ) from error
    return network.eval(), header


def _parse(name: str, facts: str) -> Header:
    try:
        values = json.loads(facts)
        if values["format"] != FORMAT:
            raise CheckpointError(
                f"{name} has format {values['format']}, this version reads {FORMAT}; update one of them"
            )
        size = values["preprocessing"]
        if FAKE not in values["labels"]:
            raise CheckpointError(f"{name} has no head for {FAKE!r}; train it with train.py")
        return Header(
            architecture=Architecture(**values["architecture"]),
            preprocessing=Preprocessing(int(size["size"]), tuple(size["mean"]), tuple(size["std"])),
            labels=tuple(values["labels"]),
            training=dict(values["training"]),
            licence=str(values["licence"]),
            sha256=str(values["sha256"]),
            calibration=_calibration(values.get("calibration")),
        )
    except CheckpointError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{name} has a header that can't be read ({error!r}); get it again") from error


def _calibration(values: dict[str, Any] | None) -> Calibration | None:
    if values is None:
        return None
    real, fake = (tuple(sorted(map(float, values[kind]))) for kind in ("real", "fake"))
    parameters = (float(values[name]) for name in "abc")
    marks = (bool(values.get(name, False)) for name in ("damaged", "levelled"))
    return Calibration(str(values["data"]), *parameters, real, fake, *marks)


def _digest(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        value = tensors[name].contiguous()
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()
