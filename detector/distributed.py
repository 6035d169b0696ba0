"""One training in several processes, one for each GPU: what they must agree on, and nothing else.

`torchrun` starts the processes and tells each its number; `accelerate launch` sets the same variables. Every process
holds the whole network and sees its share of each batch. Gradients are summed, not averaged, since the loss divides by
the counts of the whole batch: so N processes take the very step that one takes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from timm.layers import convert_sync_batchnorm
from torch import Tensor, nn


@dataclass(frozen=True)
class Team:
    """The processes of one training; `rank` 0…`size` - 1 is this one's number, and 0 alone writes files."""

    rank: int = 0
    size: int = 1

    def sum(self, *tensors: Tensor) -> None:
        """Replaces each tensor by its sum over all processes, in one exchange. All of one dtype and device."""
        if self.size == 1 or not tensors:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        dist.all_reduce(flat)
        for tensor, total in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(total.view(tensor.shape))

    def total(self, count: Tensor) -> Tensor:
        """The sum of `count`, which needs no gradient, over all processes."""
        result = count.clone()
        self.sum(result)
        return result

    def gather(self, value: Any) -> list[Any]:
        """Each process's `value`, by rank. Nothing is padded, so nothing has to be taken out again."""
        values = [value] * self.size
        if self.size > 1:
            dist.all_gather_object(values, value)
        return values

    def average_statistics(self, network: nn.Module) -> None:
        """Batch norm's running statistics, which each process took of its share, become their mean."""
        floating = [buffer for buffer in network.buffers() if buffer.is_floating_point()]
        self.sum(*floating)
        if self.size > 1:
            for buffer in floating:
                buffer /= self.size


ALONE = Team()


def join(device: torch.device) -> tuple[Team, torch.device]:
    """Meets the other processes, if a launcher started several; gives the team and this process's own device."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return ALONE, device
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return Team(dist.get_rank(), size), device


def leave() -> None:
    """Ends the meeting; what follows is one process's own work."""
    if dist.is_initialized():
        dist.destroy_process_group()


def prepared(network: nn.Module, team: Team, device: torch.device) -> nn.Module:
    """With batch norm over the whole batch, which PyTorch has for GPUs only; elsewhere it sees each one's share."""
    return convert_sync_batchnorm(network) if team.size > 1 and device.type == "cuda" else network


def split_batch_norm(network: nn.Module, team: Team, device: torch.device) -> bool:
    """Whether the result depends on the number of processes: batch norm then sees a share of each batch."""
    normalised = any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in network.modules())
    return team.size > 1 and device.type != "cuda" and normalised
