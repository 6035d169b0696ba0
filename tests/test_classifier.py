"""A checkpoint at work: where it runs, and that what it finds is the plain computation."""

import numpy as np
import pytest
import torch
from conftest import header_of, small_network

from detector.classifier import Classifier, pick_device
from detector.model import Architecture, Header, Preprocessing


def test_pick_device():
    found = pick_device().type
    assert found == ("cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu")
    assert pick_device("cpu") == torch.device("cpu")
    for name in ("tpu", "", "cpu:first"):
        with pytest.raises(ValueError, match=r"choose auto, .*cpu"):
            pick_device(name)
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="'cuda:1' is not available here"):
            pick_device("cuda:1")


def test_run_is_the_plain_computation():
    network = small_network(output_stride=16)
    process = Preprocessing(64, (0.5, 0.25, 0.75), (0.5, 0.2, 0.1))
    classifier = Classifier(network, Header(Architecture("test_resnet"), process, ("fake", "face_edge")))
    crop = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    batch = classifier.prepare([crop])
    assert np.array_equal(batch[0], crop)  # of the right size already: not a bit changes
    x = (crop.transpose(2, 0, 1) / 255 - np.reshape(process.mean, (3, 1, 1))) / np.reshape(process.std, (3, 1, 1))
    with torch.no_grad():
        evidence = network.head(network.backbone.forward_features(torch.tensor(x[None], dtype=torch.float32)))
    evidence = evidence.double().numpy().reshape(2, 16)
    logits = np.log(np.exp(evidence).mean(1))
    output = classifier.run(batch)
    assert output.logits[0] == pytest.approx(logits, abs=1e-4)
    assert output.probabilities[0] == pytest.approx(1 / (1 + np.exp(-logits)), abs=1e-5)


def test_prepare_resizes_like_pillow_bilinear(tiny):
    crop = np.zeros((128, 128, 3), np.uint8)
    crop[:, 64:] = 200  # an edge between two output pixels' middles: antialiasing spreads it by one pixel
    row = tiny.classifier.prepare([crop])[0, 5, :, 0]
    assert row[:31].max() == 0 and row[33:].min() == 200 and 0 < row[31] < row[32] < 200
    shapes = tiny.classifier.prepare([crop, crop[:30, :50]])
    assert shapes.shape == (2, 64, 64, 3) and shapes.dtype == np.uint8


def test_one_at_a_time_or_eight_at_once(tiny):
    batch = np.random.default_rng(1).integers(0, 256, (8, 64, 64, 3), dtype=np.uint8)
    together = tiny.classifier.run(batch)
    for row in range(8):
        alone = tiny.classifier.run(batch[row : row + 1])
        assert alone.logits[0] == pytest.approx(together.logits[row], abs=1e-5)
    assert len(np.unique(together.logits[:, 0])) == 8


def test_a_classifier_is_ready_to_judge():
    network = small_network().train()
    classifier = Classifier(network, header_of(network))
    assert not classifier.network.training
    assert not any(weight.requires_grad for weight in classifier.network.parameters())
