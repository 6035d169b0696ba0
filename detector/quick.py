"""A network's features sooner, for judging; training never comes here.

An extractor gives what `network.features` gives, within 2e-5 of a logit (tests/test_quick.py).
"""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Callable

import torch
from timm.layers import Conv2dSame, get_same_padding
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

Extractor = Callable[[Tensor], Tensor]  # (n, 3, h, w), normalised, to (n, channels, rows, columns)
Way = Callable[[nn.Module, int], Extractor]  # how one is made, of a network and the side of its input, px

AT_ONCE = 4  # crops that a CPU judges together: of twice as many each takes longer again


def folded(network: nn.Module, size: int) -> Extractor:
    """Each batch norm folded into the convolution before it: fewer passes over memory, which is what a CPU waits for.

    What follows what is read from the order in which modules were registered, and that order may be another one: so
    the outcome is compared on noise of `size` px, and a network that it does not hold for is used as it is. A norm
    that divides by next to nothing may make it fail too.
    """
    return lighter(network, size).features


def fused(network: nn.Module, size: int) -> Extractor:
    """`folded`, with each convolution and the activation behind it as one call of oneDNN; for a CPU, full precision.

    PyTorch's own convolution has the weights sorted anew in each call, copies the whole map for padding as
    TensorFlow's "same" has it, and with one thread leaves 1×1 kernels to a slower library. The operator is the one that
    torch.compile's code calls; where this PyTorch lacks it, or the outcome differs, it stays with `folded`.
    """
    light = lighter(network, size)
    if not (torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_convolution_pointwise")):
        return light.features
    quick = copy.deepcopy(light)
    _fuse(quick, size)
    return quick.features if _same(light, quick, size) else light.features


def lighter(network: nn.Module, size: int) -> nn.Module:
    """A copy of the network with its batch norms folded, or itself where that does not hold."""
    if not any(isinstance(module, nn.BatchNorm2d) for module in network.modules()):
        return network
    quick = copy.deepcopy(network).eval().requires_grad_(False)
    _fold(quick)
    return quick if _same(network, quick, size) else network


def _noise(network: nn.Module, size: int) -> Tensor:
    device = next(network.parameters()).device
    return torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0)).to(device)


def _same(network: nn.Module, quick: nn.Module, size: int) -> bool:
    noise = _noise(network, size)
    with torch.no_grad():
        expected, found = network.features(noise), quick.features(noise)
    return torch.allclose(found, expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))


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


class _Convolution(nn.Module):
    """A convolution of maps of one height and width; `activation`: how oneDNN calls what comes behind it."""

    def __init__(self, convolution: nn.Conv2d, height: int, width: int):
        super().__init__()
        kernel = convolution.weight.detach()
        padding = [int(side) for side in convolution.padding]
        if isinstance(convolution, Conv2dSame):
            sides = zip((height, width), convolution.kernel_size, convolution.stride, strict=True)
            both = [get_same_padding(*each, dilation=1) for each in sides]
            # Of an odd number the side that is last gets one more. With a tap of zero before the others the sides are
            # even, and nothing need be copied.
            padding = [(each + 1) // 2 for each in both]
            kernel = functional.pad(kernel, (both[1] % 2, 0, both[0] % 2, 0))
        self.kernel = kernel.contiguous(memory_format=torch.channels_last)
        self.bias = convolution.bias
        self.how = padding, list(convolution.stride), list(convolution.dilation), convolution.groups
        self.activation: tuple[str, list[float], str] = ("none", [], "")
        self.sorted: dict[tuple[int, int], Tensor] = {}

    def forward(self, x: Tensor) -> Tensor:
        kernel = self._sorted(x) if len(x) in (1, AT_ONCE) else self.kernel
        return torch.ops.mkldnn._convolution_pointwise(x, kernel, self.bias, *self.how, *self.activation)

    def _sorted(self, x: Tensor) -> Tensor:
        """The weights as oneDNN wants them. That depends on the size of the batch and on how many threads there are,
        and weights sorted for others make it up to twenty times slower; so the commonest cases keep theirs.
        """
        case = len(x), torch.get_num_threads()
        if case not in self.sorted:
            kernel = self.kernel.to_mkldnn()
            self.sorted[case] = torch._C._nn.mkldnn_reorder_conv2d_weight(kernel, *self.how, list(x.shape))
        return self.sorted[case]


ACTIVATIONS = {nn.ReLU: ("relu", [], ""), nn.ReLU6: ("hardtanh", [0.0, 6.0], "")}  # oneDNN's names and numbers


def _fuse(quick: nn.Module, size: int) -> None:
    """In place. What a convolution gets, and which activation gets what it gives, is seen in one pass over noise."""
    names = {module: name for name, module in quick.named_modules()}
    convolutions = [module for module in names if _plain(module)]
    activations = [module for module in names if type(module) in ACTIVATIONS]
    sides: dict[nn.Module, tuple[int, int]] = {}
    given: dict[tuple[int, int], tuple[nn.Module, Tensor]] = {}  # held, so that no other tensor gets its number
    follows: dict[nn.Module, list[nn.Module | None]] = {module: [] for module in activations}

    def convolved(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        sides[module] = tuple(inputs[0].shape[2:])
        given[id(output), output._version] = module, output  # a sum in place makes another version of it

    def activated(module: nn.Module, inputs: tuple[Tensor]) -> None:
        follows[module].append(given.get((id(inputs[0]), inputs[0]._version), (None,))[0])

    hooks = [module.register_forward_hook(convolved) for module in convolutions]
    hooks += [module.register_forward_pre_hook(activated) for module in activations]
    with torch.no_grad():
        quick.features(_noise(quick, size))
    for hook in hooks:
        hook.remove()
    made = {module: _Convolution(module, *of) for module, of in sides.items()}
    for activation, before in follows.items():
        if len(before) == 1 and before[0] is not None:
            made[before[0]].activation = ACTIVATIONS[type(activation)]
            made[activation] = nn.Identity()
    for module, instead in made.items():
        quick.set_submodule(names[module], instead)


def _plain(module: nn.Module) -> bool:
    if type(module) is Conv2dSame:
        return tuple(module.dilation) == (1, 1)
    return type(module) is nn.Conv2d and module.padding_mode == "zeros" and not isinstance(module.padding, str)


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
