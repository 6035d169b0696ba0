"""Transforms keep picture and mask together, and in use show what the classifier sees."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import tv_tensors

from detector import transforms
from detector.classifier import resize
from detector.model import Preprocessing

ASSETS = Path(__file__).parent.parent / "assets"
PROCESS = Preprocessing(64, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def both(size):
    rng = np.random.default_rng(4)
    image = Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))
    return image, tv_tensors.Mask(torch.zeros(1, size[1], size[0], dtype=torch.uint8))


@pytest.mark.parametrize("size", [(37, 90), (64, 64), (500, 300), (5, 8)])
def test_eval_transform_is_what_the_classifier_sees(size):
    image, mask = both(size)
    seen, _ = transforms.eval_transform(PROCESS)(image, mask)
    prepared = resize(np.asarray(image), 64)
    by_hand = (prepared / 255 - np.array(PROCESS.mean)) / np.array(PROCESS.std)
    assert seen.numpy() == pytest.approx(by_hand.transpose(2, 0, 1), abs=1e-5)  # far less than one step of 1/255


def test_reencode_keeps_size_and_look():
    image = Image.open(ASSETS / "example-hopper.jpg").resize((99, 61))
    mask = both((99, 61))[1]
    torch.manual_seed(1)
    results = [transforms.RandomReencode(p=1.0)(image, mask) for _ in range(20)]
    assert all(other.size == (99, 61) and other.mode == "RGB" and view is mask for other, view in results)
    changes = [np.abs(np.asarray(other, int) - np.asarray(image)).mean() for other, _ in results]
    assert min(changes) > 0
    assert max(changes) < 15
    assert len({other.tobytes() for other, _ in results}) == 20
    assert transforms.RandomReencode(p=0.0)(image, mask) == (image, mask)


def test_reencode_knows_three_codecs_and_every_effort(monkeypatch):
    seen, save = [], Image.Image.save

    def watched(image, file, kind, **how):
        seen.append((kind, how.get("method", how.get("speed")), how.get("subsampling")))
        save(image, file, kind, **how)

    monkeypatch.setattr(Image.Image, "save", watched)
    torch.manual_seed(0)
    for _ in range(200):
        transforms.RandomReencode(p=1.0)(*both((16, 16)))
    kinds = [kind for kind, *_ in seen]
    assert all(abs(kinds.count(kind) - count) < 25 for kind, count in (("JPEG", 80), ("WEBP", 80), ("AVIF", 40)))
    efforts = {kind: {effort for of, effort, _ in seen if of == kind} for kind in set(kinds)}
    assert efforts == {"JPEG": {None}, "WEBP": set(range(5)), "AVIF": set(range(6, 11))}
    assert {colours for kind, _, colours in seen if kind == "AVIF"} == {"4:2:0", "4:4:4"}


@pytest.mark.parametrize("size", [(1, 1), (30, 500)])
def test_scale_moves_both_by_one_factor(size):
    image, mask = both(size)
    for _ in range(10):
        other, view = transforms.RandomScale(p=1.0)(image, mask)
        assert view.shape[1:] == other.size[::-1]
        for before, after in zip(size, other.size, strict=True):
            assert max(1, math.floor(before * 0.5)) <= after <= math.ceil(before * 1.2)


@pytest.mark.parametrize("size", [(1, 1), (20, 15), (64, 64), (640, 300)])
def test_view_is_a_crop_of_the_size_asked_for(size):
    for _ in range(5):
        image, mask = transforms.RandomView(48, 64)(*both(size))
        assert image.size == (48, 48)
        assert tuple(mask.shape) == (1, 48, 48)


def test_view_moves_picture_and_mask_alike():
    pixels = np.zeros((80, 80, 3), np.uint8)
    pixels[20:50, 30:70] = 255
    mask = tv_tensors.Mask(torch.from_numpy(pixels[None, ..., 0] // 255))
    for _ in range(5):
        image, view = transforms.RandomView(48, 64)(Image.fromarray(pixels), mask)
        differ = (np.asarray(image)[..., 0] > 127) != view[0].numpy().astype(bool)
        assert differ.mean() < 0.08  # only along the outline


def test_a_damaged_picture_lost_its_finest_detail():
    image, mask = both((64, 64))
    plain, damaged = (of(PROCESS)(image, mask)[0] for of in (transforms.eval_transform, transforms.damaged_transform))
    assert damaged.shape == plain.shape == (3, 64, 64)
    assert damaged.std() < 0.6 * plain.std()  # a mean over 2 × 2 px leaves half of it, enlarging takes more


def test_a_shrunk_delivery_is_much_worse_than_usual_ones():
    (image, mask), process = both((256, 256)), replace(PROCESS, size=256)
    fresh = transforms.eval_transform(process)(image, mask)[0].std()
    torch.manual_seed(0)
    usual, shrunk = (
        np.array([float(of(process)(image, mask)[0].std() / fresh) for _ in range(100)])
        for of in (transforms.whole_transform, transforms.shrunk_transform)
    )
    assert (usual > 0.6).mean() > 0.5  # shrinking takes finest detail, which is all that noise has
    assert (shrunk < 0.6).mean() > 0.9 and shrunk.min() < 0.3
