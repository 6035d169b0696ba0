"""Heatmaps against the classifier's own evidence, the library's own way, and values worked out by hand."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
import torch
from conftest import header_of, small_network
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from detector.classifier import Classifier
from detector.explain import METHODS, Heatmap, colour, evidence, on_picture, overlay
from detector.faces import Box

HOT = (1, 2)  # row, column of the only hot place in `spot`


def classifier_of(network):
    return Classifier(network, header_of(network))


def batch(n=1, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 64, 64, 3), dtype=np.uint8)


def spot(bias=(0.0, 0.0), seed=0, pool="lse"):
    """A classifier that reads channel 0, `fake` for it and `face_edge` against it; features high there at HOT."""
    network = small_network(pool=pool, output_stride=16)
    with torch.no_grad():
        network.head.weight.zero_()
        network.head.weight[0, 0], network.head.weight[1, 0] = 1, -1
        network.head.bias.copy_(torch.tensor(bias))
    features = 0.1 * torch.rand(1, 96, 4, 4, generator=torch.Generator().manual_seed(seed))
    features[0, 0, HOT[0], HOT[1]] = 5
    return classifier_of(network), features


def peak(values):
    return tuple(int(i) for i in np.unravel_index(values.argmax(), values.shape))


@pytest.mark.parametrize("pool", ["lse", "mean"])
def test_gradcam_is_the_evidence(pool):
    classifier = classifier_of(small_network(pool=pool, output_stride=16))
    output = classifier.run(batch(3))
    maps = evidence(classifier, output.features)
    assert maps.dtype == np.float32 and np.ptp(maps, axis=(2, 3)).min() > 0.1  # no constant map among them
    with torch.no_grad():
        assert maps == pytest.approx(classifier.network.head(output.features).numpy(), abs=1e-4)
    pooled = maps.mean((2, 3)) if pool == "mean" else np.log(np.exp(maps.astype(float)).mean((2, 3)))
    assert pooled == pytest.approx(output.logits, abs=1e-4)


def test_gradcam_by_hand():
    classifier, features = spot(bias=(0.25, -1.0))
    features[:] = 0
    features[0, 0, 0, 1] = 3
    fake, edge = evidence(classifier, features)[0]
    assert fake[0] == pytest.approx([0.25, 3.25, 0.25, 0.25], abs=1e-5)
    assert edge[0] == pytest.approx([-1, -4, -1, -1], abs=1e-5)
    assert fake[1:] == pytest.approx(np.full((3, 4), 0.25), abs=1e-5)


def test_gradcam_agrees_with_the_library_and_its_hooks():
    network = small_network(pool="mean", output_stride=16)
    classifier = classifier_of(small_network(pool="mean", output_stride=16))
    pixels = batch(2)
    x = torch.from_numpy(pixels).permute(0, 3, 1, 2) / 127.5 - 1  # mean and deviation are 0.5
    ours = evidence(classifier, classifier.run(pixels).features)
    for label in range(2):
        with GradCAM(network, [network.backbone.layer4]) as cam:
            theirs = cam(x, [ClassifierOutputTarget(label)] * 2)
        for row in range(2):  # the library knows no bias, and shows each map from its own least to its own most
            positive = np.maximum(ours[row, label] - network.head.bias[label].item(), 0)
            shown = (positive - positive.min()) / np.ptp(positive) if positive.any() else positive
            assert cv2.resize(shown, (64, 64)) == pytest.approx(theirs[row], abs=1e-3)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(3))
def test_every_method_finds_the_hot_place(method, seed):
    classifier, features = spot(seed=seed)
    fake = evidence(classifier, features, method)[0, 0]
    assert np.isfinite(fake).all() and peak(fake) == HOT
    assert fake.max() == pytest.approx(5, abs=1e-3)  # the evidence's own peak: 1 × 5 + 0


@pytest.mark.parametrize("method", ["eigencam", "eigengradcam"])
@pytest.mark.parametrize("seed", range(3))
def test_a_principal_component_gets_the_evidences_sign(method, seed):
    classifier, features = spot(bias=(0.0, 1.0), seed=seed, pool="mean")
    edge = evidence(classifier, features, method)[0, 1]  # for this label the spot speaks against
    assert peak(-edge) == HOT and edge[HOT] < 0


@pytest.mark.parametrize("method", METHODS)
def test_a_clean_picture_stays_cold(method):
    classifier, features = spot(bias=(-50.0, -50.0))
    maps = evidence(classifier, features, method)
    assert np.isfinite(maps).all() and maps.max() <= 0


@pytest.mark.parametrize("method", METHODS)
def test_a_map_without_a_hot_place_is_not_blown_up(method):
    # All evidence is the bias: it is above 0 everywhere, yet no place speaks for the label.
    classifier, features = spot(bias=(0.0, 9.0))
    edge = evidence(classifier, features, method)[0, 1]
    assert np.isfinite(edge).all() and edge.min() > -9.5 * 16 and edge.max() <= 9


@pytest.mark.parametrize("method", METHODS)
def test_every_method_on_a_transformer(method):
    network = small_network("test_vit", img_size=64)
    classifier = Classifier(network, header_of(network, "test_vit", img_size=64))
    output = classifier.run(batch(2))
    maps = evidence(classifier, output.features, method)
    assert maps.shape == (2, 2, 4, 4) and np.isfinite(maps).all()
    if method == "gradcam":
        with torch.no_grad():
            assert maps == pytest.approx(network.head(output.features).numpy(), abs=1e-4)


def test_unknown_method():
    classifier, features = spot()
    with pytest.raises(ValueError, match=r"'scorecam'; choose one of gradcam, gradcam\+\+, layercam"):
        evidence(classifier, features, "scorecam")


def test_eight_threads_get_what_one_gets_alone(tiny):
    classifier = tiny.classifier
    jobs = [(batch(seed=seed), method) for seed in range(4) for method in ("gradcam", "gradcam++", "eigencam")] * 2

    def explain(job):
        return evidence(classifier, classifier.run(job[0]).features, job[1])

    alone = [explain(job) for job in jobs]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(explain, jobs))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))
    for module in classifier.network.modules():
        assert not module._forward_hooks and not module._backward_hooks


# --- on the picture


def constant(value, *box, rows=2):
    return Heatmap("fake", np.full((rows, rows), value, np.float32), Box(*box))


def test_on_picture_overlap_and_outside():
    both = on_picture([constant(1, 0, 0, 4, 4), constant(-2, 2, 1, 4, 3)], 8, 5)
    assert both.dtype == np.float32
    assert both[2].tolist() == [1, 1, 1, 1, -2, -2, 0, 0]  # the stronger counts; unjudged places are 0
    assert both[0].tolist() == [1, 1, 1, 1, 0, 0, 0, 0] and not both[4].any()
    # Two cold maps: the canvas' own 0 is no evidence and must not win.
    assert on_picture([constant(-3, 0, 0, 2, 1), constant(-2, 1, 0, 2, 1)], 4, 1).tolist() == [[-3, -2, -2, 0]]


def test_on_picture_interpolates_between_the_middles():
    heatmap = Heatmap("fake", np.array([[0, 4]], np.float32), Box(1, 0, 4, 2))
    assert on_picture([heatmap], 6, 2).tolist() == [[0, 0, 1, 3, 4, 0]] * 2


def test_colour_by_hand():
    rgba = colour(np.array([[0, 0.05, -0.05, 1, 4, 40, -4, -40]], np.float32))[0]
    # opacity: √(1/4) of 255, all of it, and a quarter for whatever speaks against
    assert rgba[:, 3].tolist() == [0, 0, 0, 128, 255, 255, 64, 64]
    assert rgba[6, :3].tolist() == rgba[7, :3].tolist() == [70, 130, 200]
    assert rgba[4].tolist() == rgba[5].tolist()


def test_stronger_is_brighter_and_more_opaque():
    rgba = colour(np.linspace(0.1, 4, 40, dtype=np.float32)[None])[0].astype(float)
    assert (np.diff(rgba[:, 3]) > 0).all()
    assert (np.diff(rgba[:, :3] @ [0.2126, 0.7152, 0.0722]) > 0).all()


def test_a_colour_does_not_depend_on_the_other_values():
    alone, among = colour(np.full((1, 1), 1.5)), colour(np.array([[-9, 1.5, 30, 0.2]]))
    assert alone[0, 0].tolist() == among[0, 1].tolist()


def test_overlay_touches_hot_places_only():
    pixels = np.random.default_rng(0).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    values = np.zeros((4, 4), np.float32)
    values[1, 1] = 0.09
    assert np.array_equal(overlay(pixels, values), pixels)
    values[2, 3] = 4
    painted = overlay(pixels, values, opacity=0.5)
    ink = colour(values)[2, 3, :3].astype(float)
    assert painted[2, 3].tolist() == ((pixels[2, 3] + ink) / 2 + 0.5).astype(int).tolist()
    painted[2, 3] = pixels[2, 3]
    assert np.array_equal(painted, pixels)
