"""What a GPU that fails is told by, and what then happens is said once: smaller batches, in the end the CPU."""

from __future__ import annotations

import logging

import torch

# A program that sets up no logging of its own sees the bare sentence on standard error.
LOG = logging.getLogger(__name__)


# Read from the words, for MPS and the CPU raise no class of their own, and CUDA's came with later versions of torch.
MEMORY = ("out of memory", "can't allocate memory", "not enough memory")
LOST = ("cuda error", "cudnn error", "cublas_status")


def out_of_memory(error: RuntimeError) -> bool:
    """Whether a smaller batch may help."""
    return any(words in str(error).lower() for words in MEMORY)


def lost(error: RuntimeError) -> bool:
    """Whether the device itself failed: then nothing more can be asked of it, not even its copy of the weights."""
    return any(words in str(error).lower() for words in LOST)


def say_smaller(device: torch.device, size: int) -> None:
    LOG.warning("%s has not enough memory for a batch of %d; going on with smaller ones", device, size)


def say_cpu(device: torch.device, error: RuntimeError) -> None:
    why = "has not enough memory for one picture" if out_of_memory(error) else "failed"
    LOG.warning("%s %s; going on on the CPU, slower (%s)", device, why, str(error).splitlines()[0])
