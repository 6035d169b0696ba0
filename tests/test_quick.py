"""What makes judging quicker must not change what is found."""

import numpy as np
import pytest
import torch
from conftest import small_network
from torch import nn

from detector import quick
from detector.analyse import Analyser
from detector.classifier import load
from detector.model import Architecture, Network

EXACT = 2e-5


def trained(name, **kwargs):
    """A network whose norms are not the ones they start with."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Network(Architecture(name, kwargs), ("fake",)).eval()
        nn.init.normal_(network.head.weight)
        for norm in network.modules():
            if isinstance(norm, nn.BatchNorm2d):
                norm.running_mean.normal_(0, 0.1)
                norm.running_var.uniform_(0.5, 2)
                nn.init.uniform_(norm.weight, 0.5, 1.5)
                nn.init.normal_(norm.bias, 0, 0.1)
    return network


def norms(extract):
    return sum(isinstance(module, nn.BatchNorm2d) for module in extract.__self__.modules())


@pytest.mark.parametrize(
    "name, left", [("resnet18", 0), ("mobilenetv2_050", 0), ("efficientnet_b0", 0), ("resnetv2_50", None)]
)
def test_norms_are_folded_and_the_features_stay(name, left):
    network = trained(name)
    extract = quick.folded(network, 64)
    x = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = network.features(x)
        torch.testing.assert_close(extract(x), expected, rtol=1e-3, atol=1e-3 * float(expected.abs().max()))
    if left is not None:
        assert norms(extract) == left
    assert norms(network.features) > 0  # the network itself is left alone


def test_no_norm_no_copy():
    network = small_network("test_convnext")
    assert quick.folded(network, 64) == network.features


class Crossed(nn.Module):
    """Registers a norm after a convolution whose output it never sees."""

    def __init__(self):
        super().__init__()
        self.other, self.norm, self.first = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3), nn.Conv2d(3, 3, 3)
        self.norm.running_var.fill_(4)

    def features(self, x):
        return self.other(self.norm(self.first(x)).relu())


def test_a_network_that_cannot_be_folded_is_used_as_it_is():
    network = Crossed().eval()
    assert quick.folded(network, 16) == network.features


# ---- oneDNN


def convolutions(extract, kind):
    return sum(isinstance(module, kind) for module in extract.__self__.modules())


def fused_of(network, size):
    if not hasattr(torch.ops.mkldnn, "_convolution_pointwise"):
        pytest.skip("this PyTorch lacks oneDNN's operator")
    extract = quick.fused(network, size)
    assert convolutions(extract, quick._Convolution) > 10
    return extract


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    "name, size, kwargs",
    [
        ("mobilenetv2_050", 64, {"pad_type": "same"}),  # pads below and right alone
        ("mobilenetv2_050", 75, {"pad_type": "same"}),  # both ways, of odd maps
        ("efficientnet_b0", 64, {"pad_type": "same"}),  # kernels of 5 px, activations that stay their own
        ("mobilenetv2_050", 64, {"pad_type": "same", "output_stride": 8}),  # dilated
        ("resnet18", 64, {}),
        ("regnetx_002", 64, {}),  # grouped
    ],
)
def test_fused_convolutions_give_the_same_features(name, size, kwargs, threads):
    network = trained(name, **kwargs)
    before = torch.get_num_threads()
    extract = fused_of(network, size)
    try:
        torch.set_num_threads(threads)
        for count in (1, 2, 3, 1):
            x = torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(count))
            for laid in (x, x.contiguous(memory_format=torch.channels_last)):
                with torch.no_grad():
                    expected, found = network.features(laid), extract(laid)
                torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3 * float(expected.abs().max()))
    finally:
        torch.set_num_threads(before)


def test_activations_are_fused():
    extract = fused_of(trained("mobilenetv2_050"), 64)
    assert convolutions(extract, nn.ReLU6) == 0


class Aside(nn.Module):
    """Registers an activation behind a convolution that it does not follow, and calls another one twice."""

    def __init__(self):
        super().__init__()
        self.one, self.act, self.two, self.three, self.twice = (
            nn.Conv2d(3, 3, 1), nn.ReLU(), nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1), nn.ReLU()
        )  # fmt: skip

    def features(self, x):
        y = self.three(self.act(self.two(self.one(x))))
        y += x
        return self.twice(y) + self.twice(self.one(x))


def test_only_what_follows_a_convolution_is_fused_with_it():
    torch.manual_seed(0)
    network = Aside().eval().requires_grad_(False)
    extract = quick.fused(network, 16)
    left = dict(extract.__self__.named_modules())
    assert isinstance(left["one"], quick._Convolution) and isinstance(left["twice"], nn.ReLU)
    assert left["one"].activation[0] == left["three"].activation[0] == "none" and left["two"].activation[0] == "relu"
    x = torch.randn(1, 3, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(extract(x), network.features(x))


def test_without_onednn_norms_are_folded_all_the_same(monkeypatch):
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    extract = quick.fused(trained("mobilenetv2_050"), 64)
    assert norms(extract) == 0 and convolutions(extract, quick._Convolution) == 0


def test_the_shipped_weights_lose_every_norm():
    classifier = load(None, "cpu")
    assert norms(classifier._place.extract) == 0
    assert convolutions(classifier._place.extract, nn.ReLU6) == 0
    assert norms(classifier.network.features) > 0  # which is what `calibrate` saves


# ---- OpenVINO


@pytest.fixture(scope="module")
def compiled():
    pytest.importorskip("openvino", reason="openvino is not installed")
    return load(None, "openvino")


@pytest.fixture(scope="module")
def batch():
    return np.random.default_rng(0).integers(0, 256, (5, 256, 256, 3), np.uint8)


def test_openvino_gives_the_same_logits(compiled, batch):
    found, expected = compiled.run(batch), load(None, "cpu").run(batch)
    np.testing.assert_allclose(found.logits, expected.logits, rtol=0, atol=EXACT)
    np.testing.assert_allclose(found.features, expected.features, rtol=0, atol=1e-4)
    alone = np.concatenate([compiled.run(batch[i : i + 1]).logits for i in range(len(batch))])
    np.testing.assert_allclose(alone, found.logits, rtol=0, atol=EXACT)


def test_openvino_tells_nobody(monkeypatch, tiny_checkpoint):
    sender = pytest.importorskip("openvino_telemetry.utils.sender", reason="openvino is not installed")
    sent = []
    monkeypatch.setattr(sender.TelemetrySender, "send", lambda *told: sent.append(told))
    load(tiny_checkpoint, "openvino").run(np.zeros((1, 64, 64, 3), np.uint8))
    assert not sent


def test_openvino_is_named_in_the_analysis(tiny_checkpoint, collins):
    pytest.importorskip("openvino", reason="openvino is not installed")
    analysis = Analyser(tiny_checkpoint, "openvino").analyse(collins)
    assert analysis.model.device == "openvino" and analysis.faces[0].heatmaps


def test_without_openvino_the_error_names_the_package(monkeypatch, tiny_checkpoint):
    monkeypatch.setattr(quick.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install openvino"):
        load(tiny_checkpoint, "openvino")
