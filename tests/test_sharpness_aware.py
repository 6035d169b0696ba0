"""By hand, on two weights; that train.py takes it in one process and in two: test_train_distributed.py."""

import math

import pytest
import torch
from torch import nn

from detector.sharpness_aware import uphill


class Two(nn.Module):
    """Two weights and a batch norm beside them."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Parameter(torch.tensor([1.5])), nn.Parameter(torch.tensor([1.0]))
        self.idle = nn.Parameter(torch.tensor([7.0]))
        self.norm = nn.BatchNorm1d(1, affine=False)

    def loss(self):  # gradients 2a = 3 and 4b = 4: five long
        return (self.a**2 + 2 * self.b**2).sum()


def test_the_weights_lie_uphill_meanwhile_and_come_back_to_the_bit():
    network = Two()
    network.loss().backward()
    with uphill(network, 0.5):
        assert network.a.item() == pytest.approx(1.5 + 0.5 * 3 / 5)
        assert network.b.item() == pytest.approx(1.0 + 0.5 * 4 / 5)
        assert network.a.grad is None and network.b.grad is None
        network.loss().backward()
    assert (network.a.item(), network.b.item(), network.idle.item()) == (1.5, 1.0, 7.0)
    # The gradients are those of the place further up, for the optimiser to take a step with.
    assert network.a.grad.item() == pytest.approx(2 * 1.8) and network.b.grad.item() == pytest.approx(4 * 1.4)
    assert network.idle.grad is None


def test_running_statistics_stay_those_of_the_first_pass():
    network = Two()
    network.loss().backward()
    with uphill(network, 0.5):
        network.norm(torch.tensor([[5.0], [9.0]]))
    assert network.norm.running_mean.item() == 0 and network.norm.running_var.item() == 1
    assert network.norm.momentum == 0.1


@pytest.mark.parametrize("gradient", [0.0, math.inf, math.nan])
def test_a_gradient_that_points_nowhere_moves_nothing(gradient):
    network = Two()
    network.a.grad = torch.tensor([gradient])
    with uphill(network, 0.5):
        assert network.a.item() == 1.5


def test_an_error_leaves_the_weights_as_they_were():
    network = Two()
    network.loss().backward()
    with pytest.raises(RuntimeError, match="out of memory"), uphill(network, 0.5):
        raise RuntimeError("out of memory")
    assert (network.a.item(), network.norm.momentum) == (1.5, 0.1)
