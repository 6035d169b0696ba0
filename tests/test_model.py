"""The network's arithmetic by hand, and what the embedded checkpoint holds."""

import math

import numpy as np
import pytest
import torch
from conftest import small_network

from detector import faces, forge
from detector.analyse import Analyser
from detector.artifacts import LABELS
from detector.classifier import load
from detector.images import load as load_picture
from detector.model import EMBEDDED, Architecture, Network, read


@pytest.fixture(scope="module")
def embedded():
    return Analyser(device="cpu")


def test_mean_pool_by_hand():
    network = small_network(pool="mean")
    with torch.no_grad():
        network.head.weight.zero_()
        network.head.weight[0, 0], network.head.weight[0, 1], network.head.weight[1, 2] = 2, -1, 3
        network.head.bias.copy_(torch.tensor([0.5, -1.0]))
    features = torch.zeros(1, 96, 1, 2)
    features[0, :3, 0] = torch.tensor([[1.0, 3.0], [4.0, 0.0], [0.0, 2.0]])
    # fake: 2·1 - 4 + 0.5 = -1.5 and 2·3 - 0 + 0.5 = 6.5; face_edge: 3·0 - 1 = -1 and 3·2 - 1 = 5
    assert network.head(features)[0, :, 0].tolist() == [[-1.5, 6.5], [-1.0, 5.0]]
    assert network.classify(features).tolist() == [[2.5, 2.0]]


def test_lse_pool_by_hand():
    network = small_network(pool="lse")
    evidence = torch.tensor([[[[0.0, math.log(3)]], [[7.0, 7.0]]]])
    # log((e^0 + e^log 3) / 2) = log 2; of equal values the value itself
    assert network.pool(evidence)[0].tolist() == pytest.approx([math.log(2), 7.0], abs=1e-6)
    hot = torch.zeros(1, 1, 4, 4)
    hot[..., 2, 1] = 100  # the soft maximum: 100 - log 16, and no overflow on the way
    assert network.pool(hot).item() == pytest.approx(100 - math.log(16), abs=1e-4)


@pytest.mark.parametrize("labels", [(), ("fake", "fake"), ("fake", "teeth")])
def test_bad_labels_are_refused(labels):
    with pytest.raises(ValueError, match="distinct and out of fake, face_edge, lighting"):
        Network(Architecture("test_resnet"), labels)


def test_bad_architecture_is_refused():
    with pytest.raises(ValueError, match="one of lse, mean; got 'max'"):
        Network(Architecture("test_resnet", pool="max"), ("fake",))
    for name in ("no_such_net", "hf-hub:someone/net"):  # the second would be fetched from the network
        with pytest.raises(ValueError, match="has no model"):
            Network(Architecture(name), ("fake",))


def test_an_untrained_head_is_undecided():
    network = Network(Architecture("test_resnet"), ("fake",)).eval()
    assert network(torch.randn(2, 3, 64, 64)).tolist() == [[0.0], [0.0]]


def test_resnet18_by_name():
    network = Network(Architecture("resnet18", pool="mean"), ("fake", "hair"))
    assert network.features(torch.zeros(1, 3, 64, 64)).shape == (1, 512, 2, 2)


def test_tokens_of_a_transformer_lie_on_their_grid():
    network = small_network("test_vit", img_size=64)
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        tokens, features = network.backbone.forward_features(x), network.features(x)
    assert tokens.shape == (2, 17, 64) and features.shape == (2, 64, 4, 4)
    for row, column in ((0, 0), (0, 3), (2, 1)):  # the first token is the class token, then row by row
        assert torch.equal(features[1, :, row, column], tokens[1, 1 + row * 4 + column])


def test_a_swin_puts_its_channels_first():
    shape = dict(embed_dim=24, depths=(1, 1), num_heads=(1, 2), img_size=64, window_size=4)
    network = small_network("swin_tiny_patch4_window7_224", **shape)
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        last, features = network.backbone.forward_features(x), network.features(x)
    assert last.shape == (1, 8, 8, 48) and features.shape == (1, 48, 8, 8)
    assert torch.equal(features[0, :, 5, 2], last[0, 5, 2])


def test_tokens_off_a_square_are_refused():
    network = small_network("test_vit", img_size=(64, 32))
    with pytest.raises(ValueError, match="8 patch tokens do not form a square"):
        network.features(torch.zeros(1, 3, 64, 32))


def test_the_embedded_checkpoint(embedded):
    assert EMBEDDED.stat().st_size < 10_000_000  # a Space needs no LFS
    network, header = read(EMBEDDED)
    assert embedded.labels == header.labels == LABELS
    assert header.training["pictures_seen"] > 0 and 0.5 < header.training["val_auc"] <= 1
    assert not network.training
    assert load(device="cpu").header == header


def test_the_embedded_checkpoint_names_its_licence(embedded):
    assert len(embedded.classifier.header.licence) > 3


@pytest.mark.parametrize("artifact", ["face_edge", "background", "sharpness", "hair"])
def test_the_embedded_checkpoint_sees_forgeries(embedded, collins, artifact):
    whole = load_picture(collins).pixels
    square = faces.crop_box(faces.find(whole)[0].box, *whole.shape[1::-1])  # what lies outside is not judged
    pixels = np.ascontiguousarray(square.cut(whole))
    box = faces.find(pixels)[0].box
    portrait = forge.Portrait.of(pixels, box, forge.parse(embedded.parser, pixels, box))
    # The donor of hair: the same head in a mirror, its hair gone grey.
    grey = np.where(portrait.hair[..., None] > 0, 90 + pixels.mean(2, keepdims=True) * 0.6, pixels).astype(np.uint8)
    mirrored = faces.Box(pixels.shape[1] - box.x - box.width, box.y, box.width, box.height)
    donor = forge.Portrait(np.ascontiguousarray(grey[:, ::-1]), mirrored, np.ascontiguousarray(portrait.parts[:, ::-1]))
    clean = embedded.analyse(pixels, None).artifacts[artifact]
    seen = 0
    for seed in range(8):
        forged = forge.forge(portrait, artifact, 1.0, np.random.default_rng(seed), donor=donor).pixels
        seen += embedded.analyse(forged, None).artifacts[artifact] > clean + 0.1
    assert seen >= 5
