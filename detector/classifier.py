"""A checkpoint on its device, ready for crops: batches, half precision, and what happens when a GPU gives up."""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from . import fallback, quick
from .artifacts import FAKE
from .model import EMBEDDED, Header, Network, Preprocessing, read

# Side of a crop over the network's: at the first and below, a probe's pair for shrunk pictures is believed, at the
# second and above the usual one. In between both, so that no answer jumps where a picture is a little larger.
SHRUNK = (0.6, 0.7)


def pick_device(name: str = "auto") -> torch.device:
    """`auto` takes CUDA, then Apple's MPS, then the CPU. Raises ValueError for a device this machine lacks."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, there in available.items() if there))
    kind = name.split(":")[0]
    if not available.get(kind, False):
        there = ", ".join(kind for kind, there in available.items() if there)
        raise ValueError(f"device {name!r} is not available here; choose auto, {there}")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"device {name!r} is no device; choose auto, {kind} or {kind}:0") from error


@dataclass(frozen=True)
class Output:
    """For n crops and k labels: probabilities (n, k) in 0…1, logits (n, k), features (n, channels, h, w).

    `looks` (n, looks): how much each looks like each of necks.LOOKS, 0…1; (n, 0) where the checkpoint can't tell.
    """

    probabilities: np.ndarray
    logits: np.ndarray
    features: Tensor
    looks: np.ndarray


class _ThisThread(threading.local):
    """`steady`: on a CPU, what this thread finds is the same to the bit whatever else is in a batch.

    Any batch then costs as much as a full one. For scans: an answer would depend, by its last digit, on how many
    pictures a stopped one had left.
    """

    steady = False


this_thread = _ThisThread()


@dataclass(frozen=True)
class _Place:
    """The network on one device, with its normalisation; one object, so that threads see all of it change at once."""

    device: torch.device
    network: Network
    extract: quick.Extractor
    mean: Tensor
    std: Tensor

    @classmethod
    def of(
        cls, network: Network, process: Preprocessing, device: torch.device, faster: quick.Way | None = None
    ) -> _Place:
        mean, std = (torch.tensor(v, device=device).view(1, 3, 1, 1) * 255 for v in (process.mean, process.std))
        network = network.to(device, memory_format=torch.channels_last)
        if faster is None:
            faster = quick.fused if device.type == "cpu" else quick.folded
        return cls(device, network, faster(network, process.size), mean, std)

    def forward(self, batch: np.ndarray, shrunk: np.ndarray) -> Output:
        if self.device.type != "cpu":
            return self._at_once(batch, shrunk)
        judge = self._filled_up if this_thread.steady else self._at_once
        parts = (slice(first, first + quick.AT_ONCE) for first in range(0, len(batch), quick.AT_ONCE))
        return _joined([judge(batch[part], shrunk[part]) for part in parts])

    def _filled_up(self, batch: np.ndarray, shrunk: np.ndarray) -> Output:
        """oneDNN adds in another order for batches of another size."""
        missing = quick.AT_ONCE - len(batch)
        full = (np.concatenate([each, each[-1:].repeat(missing, 0)]) for each in (batch, shrunk))
        found = self._at_once(*full)
        return Output(*(of[: len(batch)] for of in (found.probabilities, found.logits, found.features, found.looks)))

    def _at_once(self, batch: np.ndarray, shrunk: np.ndarray) -> Output:
        half = torch.autocast(self.device.type, torch.float16) if self.device.type != "cpu" else nullcontext()
        with torch.no_grad():  # not inference_mode: explain differentiates the head on these features
            # Moved as bytes: `.to` with both would make floats of them first, on the CPU.
            # (n, h, w, 3) seen as (n, 3, h, w) is what PyTorch calls channels_last: nothing is moved.
            x = torch.from_numpy(batch).to(self.device).permute(0, 3, 1, 2).to(torch.float32)
            x = (x - self.mean) / self.std
            with half:
                features = self.extract(x)
            features = self.network.chosen(features.float(), torch.from_numpy(shrunk))
            logits = self.network.classify(features)
            probabilities = logits.sigmoid()
            looks = self.network.looks(features).sigmoid()
        return Output(probabilities.cpu().numpy(), logits.cpu().numpy(), features, looks.cpu().numpy())


class Classifier:
    """A checkpoint on its device, ready for crops. Threads may share it.

    The same picture's logits agree within 5e-5 whatever the threads, the batch and the memory layout, and within 0.05
    in half precision (tests/test_numerics.py). A GPU short of memory gets smaller batches; one that cannot take a
    single picture, or fails, is left for the CPU for good.
    """

    def __init__(
        self,
        network: Network,
        header: Header,
        device: torch.device | None = None,
        faster: quick.Way | None = None,
    ):
        device = device or torch.device("cpu")
        self.header = header
        self.labels = header.labels
        network.eval().requires_grad_(False)
        # A GPU that fails does not give the weights back.
        self._spare = None if device.type == "cpu" else copy.deepcopy(network).cpu()
        self._place = _Place.of(network, header.preprocessing, device, faster)
        self._smaller_said = False
        self._openvino = faster is quick.openvino

    @property
    def where(self) -> str:
        """What the network runs on, as `--device` names it."""
        return "openvino" if self._openvino else str(self.device)

    @property
    def device(self) -> torch.device:
        return self._place.device

    @property
    def network(self) -> Network:
        return self._place.network

    def prepare(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """uint8 RGB crops of any size (h, w, 3) to the network's: uint8 (n, size, size, 3)."""
        return np.stack([resize(crop, self.header.preprocessing.size) for crop in crops])

    def shrunk(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """How much crops (h, w, 3) lack the detail that the network's input could show, 0…1, float32 (n,)."""
        ratios = np.array([min(crop.shape[:2]) for crop in crops]) / self.header.preprocessing.size
        return ((SHRUNK[1] - ratios) / (SHRUNK[1] - SHRUNK[0])).clip(0, 1).astype(np.float32)

    def enough(self, logits: np.ndarray, limit: float) -> tuple[str, ...]:
        """The named artifacts of which each alone brings fake to `limit`, by the logits (labels,) of one crop."""
        probe = self.network.probe
        if probe is None:
            return ()
        alone = probe.alone(torch.from_numpy(logits).to(probe.levels)).tolist()
        return tuple(label for label, odds in zip(self.labels, alone, strict=True) if odds >= limit and label != FAKE)

    def run(self, batch: np.ndarray, shrunk: np.ndarray | None = None) -> Output:
        """One forward pass over what `prepare` gave, or as many as memory asks for; half precision on a GPU.

        `shrunk` (n,): what `shrunk` gave for the same crops; None: they lack nothing.
        """
        shrunk = np.zeros(len(batch), np.float32) if shrunk is None else shrunk
        place = self._place
        try:
            return place.forward(batch, shrunk)
        except RuntimeError as error:
            if fallback.out_of_memory(error) and len(batch) > 1:
                failure = None
            elif self._spare is not None and (fallback.out_of_memory(error) or fallback.lost(error)):
                failure = error
            else:
                raise
        # Outside of `except`: the error's traceback holds what filled the memory.
        if failure is None:
            if not self._smaller_said:
                fallback.say_smaller(place.device, len(batch))
                self._smaller_said = True
            half = len(batch) // 2
            return _joined([self.run(batch[:half], shrunk[:half]), self.run(batch[half:], shrunk[half:])])
        if self._place is place:  # no other thread has left it
            self._place = _Place.of(self._spare, self.header.preprocessing, torch.device("cpu"))
            fallback.say_cpu(place.device, failure)
        return self._place.forward(batch, shrunk)


def _joined(parts: Sequence[Output]) -> Output:
    """All on the last one's device, for between them the first may have been left."""
    if len(parts) == 1:
        return parts[0]
    device = parts[-1].features.device
    return Output(
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate([part.logits for part in parts]),
        torch.cat([part.features.to(device) for part in parts]),
        np.concatenate([part.looks for part in parts]),
    )


def resize(crop: np.ndarray, size: int) -> np.ndarray:
    """uint8 (h, w, 3) to (size, size, 3), antialiased: the very resampling that training used."""
    return np.asarray(Image.fromarray(crop).resize((size, size), Image.Resampling.BILINEAR))


def load(path: str | os.PathLike | None = None, device: str = "auto") -> Classifier:
    """The checkpoint at `path`, or the embedded one, on `device` (auto, cpu, openvino, cuda, cuda:1, mps)."""
    network, header = read(EMBEDDED if path is None else path)
    if device == "openvino":
        return Classifier(network, header, faster=quick.openvino)
    return Classifier(network, header, pick_device(device))
