"""What the tests share: a detector small enough to build on the fly, and two portraits with their forgeries."""

from pathlib import Path

import pytest
import torch

from detector import Analyser
from detector.model import Architecture, Header, Network, default_preprocessing, save
from detector.verdict import Calibration

pytest_plugins = ["browser"]

ASSETS = Path(__file__).parents[1] / "assets"
# Of 100 real and 100 manipulated pictures; probability is the plain sigmoid of the logit.
CALIBRATION = Calibration("made", 1.0, 1.0, 0.0, tuple(map(float, range(-90, 10))), tuple(map(float, range(-10, 90))))


def small_network(name="test_resnet", pool="lse", labels=("fake", "face_edge"), seed=0, **kwargs):
    """A network with seeded random weights, the head's too: a zero head would make every map constant."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = Network(Architecture(name, kwargs, pool), labels)
        torch.nn.init.normal_(network.head.weight)
        torch.nn.init.normal_(network.head.bias)
    return network.eval()


def header_of(network, name="test_resnet", size=64, **kwargs):
    architecture = Architecture(name, kwargs, network.pool_name)
    labels = ("fake", "face_edge")[: network.head.out_channels]
    return Header(
        architecture, default_preprocessing(network, size), labels, {"epochs": 1}, "CC0-1.0", calibration=CALIBRATION
    )


@pytest.fixture(scope="module")
def one_thread():
    """Tiny tensors are slower on many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory):
    """64 px in, a 4 × 4 map out."""
    path = tmp_path_factory.mktemp("checkpoint") / "tiny.safetensors"
    network = small_network(output_stride=16)
    save(path, network, header_of(network, output_stride=16))
    return path


@pytest.fixture(scope="session")
def tiny(tiny_checkpoint):
    """Knows `fake` and `face_edge`; its answers mean nothing but repeat exactly."""
    return Analyser(tiny_checkpoint, "cpu")


@pytest.fixture(scope="session")
def assets():
    return ASSETS


@pytest.fixture(scope="session")
def collins():
    return ASSETS / "example-collins.jpg"


@pytest.fixture(scope="session")
def hopper():
    return ASSETS / "example-hopper.jpg"


@pytest.fixture(scope="session")
def forgeries():
    """Untouched → forged along the face's edge."""
    return {ASSETS / f"example-{who}.jpg": ASSETS / f"example-{who}-face-edge.jpg" for who in ("collins", "hopper")}
