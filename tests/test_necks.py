"""The feature pyramid and the residual input, against values worked out by hand."""

import pytest
import torch

from detector import model, necks
from detector.model import Architecture, Network


def test_a_widened_stem_changes_nothing_yet():
    torch.manual_seed(0)
    plain = Network(Architecture("test_resnet", {}, "lse"), ("fake",)).eval()
    wide = Network(Architecture("test_resnet", {}, "lse", residual=True), ("fake",)).eval()
    weights = plain.state_dict()
    name = next(name for name, value in wide.state_dict().items() if value.shape != weights[name].shape)
    weights[name] = torch.cat([weights[name], torch.zeros_like(weights[name])], 1)
    wide.load_state_dict(weights)
    x = torch.randn(2, 3, 64, 64)
    assert torch.allclose(plain.features(x), wide.features(x), atol=1e-6)
    # … and once trained it listens to the detail.
    with torch.no_grad():
        necks.stem_of(wide.backbone).weight[:, 3:] = 0.1
    assert not torch.allclose(plain.features(x), wide.features(x), atol=1e-3)


def test_the_residual_is_the_difference_from_the_neighbourhood():
    x = torch.zeros(1, 3, 5, 5)
    x[0, 1, 2, 2] = 9 / necks.DETAIL
    y = necks.with_residual(x)
    assert torch.equal(y[:, :3], x)
    assert (y[0, 3] == 0).all() and (y[0, 5] == 0).all()
    assert float(y[0, 4, 2, 2]) == pytest.approx(float(torch.tanh(torch.tensor(8.0))))  # 9 less the mean, 1
    assert float(y[0, 4, 1, 1]) == pytest.approx(float(torch.tanh(torch.tensor(-1.0))))
    assert float(y[0, 4, 0, 0]) == 0
    flat = necks.with_residual(torch.full((1, 3, 8, 8), 0.7))[:, 3:]
    assert flat.abs().max() < 1e-5  # no border either


@pytest.mark.parametrize(("stride", "side"), [(8, 8), (16, 4), (32, 2)])
def test_the_pyramid_has_the_stride_asked_for(stride, side):
    network = Network(Architecture("test_efficientnet", {}, "lse", 24, stride), ("fake", "hair"))
    features = network.features(torch.randn(2, 3, 64, 64))
    assert features.shape == (2, 24, side, side)
    assert features.min() >= 0
    assert network(torch.randn(2, 3, 64, 64)).shape == (2, 2)
    network(torch.randn(2, 3, 64, 64)).sum().backward()
    assert all(p.grad is not None for p in network.neck.parameters())


def test_what_can_not_be_built_is_said():
    with pytest.raises(ValueError, match="no map of stride 64"):
        Network(Architecture("test_efficientnet", {}, "lse", 24, 64), ("fake",))
    with pytest.raises(ValueError, match="stem takes 1"):
        Network(Architecture("test_efficientnet", {"in_chans": 1}, "lse", residual=True), ("fake",))


def test_neck_and_residual_travel_with_the_checkpoint(tmp_path):
    architecture = Architecture("test_efficientnet", {}, "lse", 24, 8, True)
    network = Network(architecture, ("fake", "hair")).eval()
    torch.nn.init.normal_(network.head.weight)
    header = model.Header(architecture, model.default_preprocessing(network, 64), ("fake", "hair"))
    model.save(tmp_path / "a.safetensors", network, header)
    again, read = model.read(tmp_path / "a.safetensors")
    assert read.architecture == architecture
    x = torch.randn(1, 3, 64, 64)
    assert torch.allclose(again(x), network(x), atol=0.05)  # stored in half precision
