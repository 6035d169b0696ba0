"""A network's features sooner, for judging; training never comes here.

An extractor gives what `network.features` gives, within 2e-5 of a logit (tests/test_quick.py).
"""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

Extractor = Callable[[Tensor], Tensor]  # (n, 3, h, w), normalised, to (n, channels, rows, columns)
Way = Callable[[nn.Module, int], Extractor]  # how one is made, of a network and the side of its input, px


def folded(network: nn.Module, size: int) -> Extractor:
    """Each batch norm folded into the convolution before it: fewer passes over memory, which is what a CPU waits for.

    What follows what is read from the order in which modules were registered, and that order may be another one: so
    the outcome is compared on noise of `size` px, and a network that it does not hold for is used as it is. A norm
    that divides by next to nothing may make it fail too.
    """
    return lighter(network, size).features


def lighter(network: nn.Module, size: int) -> nn.Module:
    """A copy of the network with its batch norms folded, or itself where that does not hold."""
    if not any(isinstance(module, nn.BatchNorm2d) for module in network.modules()):
        return network
    quick = copy.deepcopy(network).eval().requires_grad_(False)
    _fold(quick)
    device = next(network.parameters()).device
    noise = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0)).to(device)
    with torch.no_grad():
        expected, found = network.features(noise), quick.features(noise)
    same = torch.allclose(found, expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))
    return quick if same else network


def _fold(module: nn.Module) -> None:
    before, convolution = "", None
    for name, child in list(module.named_children()):
        if isinstance(child, nn.BatchNorm2d) and isinstance(convolution, nn.Conv2d):
            if child.num_features == convolution.out_channels and child.running_mean is not None:
                setattr(module, before, fuse_conv_bn_eval(convolution, child))
                setattr(module, name, getattr(child, "act", nn.Identity()))  # timm's norms hold their activation
                child = None
        else:
            _fold(child)
        before, convolution = name, child


def openvino(network: nn.Module, size: int) -> Extractor:
    """Compiled for the CPU by OpenVINO, in full precision. Raises ValueError where that is not installed.

    Its converter on the command line and `openvino.convert_model` report their use to its makers; what is called here
    does not.
    """
    if importlib.util.find_spec("openvino") is None:
        raise ValueError("--device openvino needs one more package; install it with: pip install openvino")
    from openvino import Core
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    with torch.no_grad():
        traced = torch.jit.trace(_Features(network).eval(), torch.zeros(2, 3, size, size), check_trace=False)
    frontend = FrontEndManager().load_by_framework("pytorch")
    decoder = TorchScriptPythonDecoder(traced)  # must outlive the conversion, which does not hold it
    converted = frontend.convert(frontend.load(decoder))
    wanted = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    compiled = Core().compile_model(converted, "CPU", wanted)

    def extract(x: Tensor) -> Tensor:
        # A request of its own for each call: one alone is not safe between threads.
        return torch.from_numpy(compiled.create_infer_request().infer({0: x.contiguous().numpy()})[0].copy())

    return extract


class _Features(nn.Module):
    """What torch.jit.trace can call."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network.features(x)
