"""What is drawn over pictures: everywhere the same picture below, and masks that know what is hidden."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import tv_tensors

from detector import drawing, transforms
from detector.artifacts import FAKE, LABELS
from detector.data import Example
from detector.dataset import FaceData
from detector.drawing import KINDS, drawn_over
from detector.edits import CHANGED, CLEAN, GENERATED, UNKNOWN
from detector.model import Preprocessing
from detector.transforms import OPAQUE, RandomDrawing

SIZES = [(200, 200), (90, 160), (640, 300), (33, 20)]


def noise(size):
    return Image.fromarray(np.random.default_rng(0).integers(60, 200, (size[1], size[0], 3), dtype=np.uint8))


def mask_of(size, value):
    return tv_tensors.Mask(torch.full((1, size[1], size[0]), value, dtype=torch.uint8))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_covered_changes(kind, size):
    image, changed = noise(size), 0
    for seed in range(20):
        drawn, cover = drawn_over(image, np.random.default_rng(seed), kind=kind)
        moved = (np.asarray(drawn) != np.asarray(image)).any(2)
        assert (drawn.mode, drawn.size, cover.shape) == ("RGB", size, (size[1], size[0]))
        assert cover.min() >= 0
        assert cover.max() <= 1
        assert not moved[cover == 0].any()
        changed += moved.mean() > 0
    assert changed >= 12  # some lie outside, and a frame may have no width


@pytest.mark.parametrize("kind", KINDS)
def test_drawings_differ_and_repeat(kind):
    image = noise((120, 120))
    seeds = [np.asarray(drawn_over(image, np.random.default_rng(seed), kind=kind)[0]) for seed in (1, 2, 3, 1)]
    assert np.array_equal(seeds[0], seeds[3])
    assert not np.array_equal(seeds[0], seeds[1]) or not np.array_equal(seeds[1], seeds[2])


def test_what_is_below_is_left_alone():
    image = noise((80, 80))
    before = np.array(image)
    for kind in KINDS:
        drawn_over(image, np.random.default_rng(4), kind=kind)
    assert np.array_equal(before, np.asarray(image))


@pytest.mark.parametrize(
    ("value", "hidden"), [(CHANGED, CLEAN), (GENERATED, UNKNOWN), (CLEAN, CLEAN), (UNKNOWN, UNKNOWN)]
)
def test_the_mask_knows_what_is_hidden(monkeypatch, value, hidden):
    def bar(image, rng):
        cover = Image.new("L", image.size)
        cover.paste(255, (0, 0, 30, 60))
        cover.paste(round(255 * OPAQUE / 2), (30, 0, 60, 60))
        return Image.new("RGB", image.size), cover

    monkeypatch.setattr(drawing, "KINDS", {"bar": bar})
    monkeypatch.setattr(drawing.ImageFilter, "GaussianBlur", lambda _: drawing.ImageFilter.BoxBlur(0))
    given = mask_of((90, 60), value)
    _, mask = RandomDrawing(1.0)(noise((90, 60)), given)
    assert isinstance(mask, tv_tensors.Mask)  # else it would be resized as a picture
    assert (mask[0, :, :30] == hidden).all()
    assert (mask[0, :, 30:] == value).all()
    assert (given == value).all()


def test_never_and_always():
    image, mask = noise((64, 64)), mask_of((64, 64), CLEAN)
    assert RandomDrawing(0.0)(image, mask)[0] is image
    torch.manual_seed(0)
    drawn = [np.asarray(RandomDrawing(1.0)(image, mask)[0]) for _ in range(10)]
    assert sum((one != np.asarray(image)).any() for one in drawn) >= 7
    torch.manual_seed(0)
    assert np.array_equal(np.asarray(RandomDrawing(1.0)(image, mask)[0]), drawn[0])


def test_both_classes_are_drawn_over_and_keep_their_label(assets, monkeypatch):
    process = Preprocessing(96, (0.5,) * 3, (0.5,) * 3)
    seen = []
    draw = transforms.drawn_over
    monkeypatch.setattr(transforms, "drawn_over", lambda *how: seen.append(how) or draw(*how))
    views = transforms.train_transform(64, process, drawn=1.0)
    labels = {"example-collins.jpg": 0, "example-hopper.jpg": 1}
    examples = [Example(assets / name, name, label) for name, label in labels.items()]
    data = FaceData(examples, views, LABELS)
    for place in (0, 1):
        seen.clear()
        assert {float(data[place, seed][1][LABELS.index(FAKE)]) for seed in range(6)} == {float(place)}
        assert len(seen) >= 6


def test_a_forgery_that_is_drawn_over_teaches_nothing_forged(assets, monkeypatch):
    def everything(image, rng):
        return Image.new("RGB", image.size), Image.new("L", image.size, 255)

    monkeypatch.setattr(drawing, "KINDS", {"everything": everything})
    process = Preprocessing(96, (0.5,) * 3, (0.5,) * 3)
    examples = [Example(assets / "example-collins.jpg", "example-collins.jpg", 0)]
    for drawn, fake in ((0.0, {1.0}), (1.0, {0.0})):
        data = FaceData(examples, transforms.train_transform(96, process, drawn), LABELS, forged=1.0)
        assert {float(data[0, seed][1][LABELS.index(FAKE)]) for seed in range(3)} == fake
