"""A probe beside a trained network (necks.Probe): how it is attached, and what it sees of pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from . import quick
from .model import Header, Network


@dataclass(frozen=True)
class Read:
    """What is known and seen of n pictures.

    `target` (n,): 1 fake, 0 real; `evidence`: the head's of fake, (n, h, w), logits; `trained`, `untouched`: statistics
    (n, features) of the two backbones, as necks.Probe reads them.
    """

    target: np.ndarray
    evidence: np.ndarray
    trained: np.ndarray
    untouched: np.ndarray


def attached(
    network: Network, header: Header, start: torch.nn.Module, mean: Sequence[float], std: Sequence[float]
) -> tuple[Network, Header]:
    """A network with a probe that says nothing yet.

    `start`: what necks.untouched gave, trained on channels in 0…1 less `mean`, over `std`, three of each.
    """
    header = replace(header, architecture=replace(header.architecture, probe=True))
    fresh = Network(header.architecture, header.labels)
    fresh.load_state_dict(network.state_dict(), strict=False)
    fresh.probe.untouched.load_state_dict(start.state_dict())
    # From the network's input back to 0…1, and on to the other backbone's.
    own, their = (
        (np.array(header.preprocessing.mean), np.array(header.preprocessing.std)),
        (np.array(mean), np.array(std)),
    )
    for buffer, values in ((fresh.probe.gain, own[1] / their[1]), (fresh.probe.shift, (own[0] - their[0]) / their[1])):
        buffer.copy_(torch.from_numpy(values).view(3, 1, 1))
    return fresh.eval(), header


def read(network: Network, loader: Iterable, device: torch.device, size: int) -> Read:
    """Runs over batches of a dataset.FaceData, pictures of `size` px. `network` has a probe."""
    index = network.probe.index
    network = quick.lighter(network.to(device, memory_format=torch.channels_last).eval(), size)
    found: list[tuple] = []
    with torch.no_grad():
        for images, targets, _ in loader:
            at_once = quick.AT_ONCE if device.type == "cpu" else len(images)
            for part, wanted in zip(images.split(at_once), targets.split(at_once), strict=True):
                part = part.to(device, memory_format=torch.channels_last)
                y, coarse = network.maps(part)
                statistics = network.probe.statistics(part, coarse)
                found.append((wanted[:, index], network.head(y)[:, index].cpu(), *(each.cpu() for each in statistics)))
    columns = [torch.cat(column).numpy() for column in zip(*found, strict=True)]
    known = ~np.isnan(columns[0])
    return Read(*(column[known] for column in columns))


def joined(*reads: Read) -> Read:
    """The pictures of several, one after the other."""
    return Read(*map(np.concatenate, zip(*(vars(read).values() for read in reads), strict=True)))


def both(read: Read) -> torch.Tensor:
    """Statistics of both backbones, side by side: (n, features)."""
    return torch.from_numpy(np.concatenate([read.trained, read.untouched], 1))
