"""Sharpness-aware minimisation (Foret et al., ICLR 2021): gradients count where the loss is about its worst nearby.

So training looks for weights whose neighbours do well too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def uphill(network: nn.Module, radius: float) -> Iterator[None]:
    """Meanwhile the weights lie `radius` further along their gradients, all of them taken as one vector.

    The gradients are cleared on entering, so that those left behind are of the place further up; weights and batch
    norm's running statistics come out as they went in. Gradients that are not finite (half precision) move nothing.
    """
    weights = [weight for weight in network.parameters() if weight.grad is not None]
    before = [weight.detach().clone() for weight in weights]
    norms = [module for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    with torch.no_grad():
        length = torch.stack([weight.grad.norm() for weight in weights]).norm()
        step = torch.where(length.isfinite() & (length > 0), radius / length, 0)
        for weight in weights:
            weight.add_(weight.grad.nan_to_num(0, 0, 0) * step)
            weight.grad = None
    for norm in norms:
        norm.momentum = 0.0  # the place further up is not where the weights will be
    try:
        yield
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        with torch.no_grad():
            for weight, value in zip(weights, before, strict=True):
                weight.copy_(value)
