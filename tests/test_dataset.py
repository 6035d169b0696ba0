"""The data set and its sampler. The transforms: test_transforms.py."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from detector import transforms
from detector.data import Example, LabelError
from detector.dataset import BalancedSampler, FaceData
from detector.edits import CHANGED, CLEAN, GENERATED, UNKNOWN
from detector.model import Preprocessing

ASSETS = Path(__file__).parent.parent / "assets"
PROCESS = Preprocessing(64, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
LABELS = ("fake", "face_edge", "hair")


# --- sampler ---------------------------------------------------------------------------------------------------------


def listed(**counts):
    """`real_cam=3` stands for three real pictures of source cam."""
    rows = [(int(kind.startswith("fake")), kind.split("_")[1], n) for kind, n in counts.items()]
    return [Example(Path(f"{s}{t}{i}"), f"{s}{t}{i}", t, s) for t, s, n in rows for i in range(n)]


def test_weights_by_hand():
    # Real: sources of 9 and 1, roots 3 and 1; a has fakes too and counts thrice: 9 to 1. Fake: one source of 4.
    sampler = BalancedSampler(listed(real_a=9, real_b=1, fake_a=4), seed=0)
    assert sampler.weights == pytest.approx([0.5 * 0.9 / 9] * 9 + [0.5 * 0.1] + [0.5 / 4] * 4)
    sampler = BalancedSampler(listed(real_a=9, real_b=1, fake_a=4), seed=0, fake_share=0.2)
    assert sampler.weights == pytest.approx([0.8 * 0.9 / 9] * 9 + [0.8 * 0.1] + [0.2 / 4] * 4)


def test_draws_follow_the_weights():
    examples = listed(real_a=900, real_b=100, fake_a=400, fake_b=25)
    drawn = Counter((examples[i].target, examples[i].source) for i, _ in BalancedSampler(examples, 0, draws=40_000))
    # Fakes: roots 20 and 5, so 4/5 and 1/5 of their half. Four standard errors of a share are at most 0.01.
    share = {key: count / 40_000 for key, count in drawn.items()}
    assert share == pytest.approx({(0, "a"): 0.375, (0, "b"): 0.125, (1, "a"): 0.4, (1, "b"): 0.1}, abs=0.01)


def test_an_epoch_is_the_same_every_time_and_no_two_are():
    examples = listed(real_a=50, fake_a=50)
    sampler = BalancedSampler(examples, seed=7)
    first = list(sampler)
    assert len(first) == len(sampler) == 100
    assert list(sampler) == list(BalancedSampler(examples, seed=7)) == first
    assert list(BalancedSampler(examples, seed=8)) != first
    sampler.epoch = 1
    assert list(sampler) != first
    assert len({seed for _, seed in first} | {seed for _, seed in sampler}) == 200


def test_start_gives_the_tail_of_the_same_epoch():
    sampler = BalancedSampler(listed(real_a=5, fake_a=5), seed=7, draws=30)
    sampler.epoch = 3
    whole = list(sampler)
    sampler.start = 12
    assert list(sampler) == whole[12:]
    assert len(sampler) == 18


@pytest.mark.parametrize("kind", ["real_a", "fake_a"])
def test_one_class_is_refused(kind):
    with pytest.raises(LabelError, match="one kind only"):
        BalancedSampler(listed(**{kind: 3}), 0)


# --- data set --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """A real portrait, a fake one, a real picture without a face."""
    folder = tmp_path_factory.mktemp("pictures")
    for name in ("collins", "collins-face-edge"):
        Image.open(ASSETS / f"example-{name}.jpg").resize((128, 128)).save(folder / f"{name}.png")
    noise = np.random.default_rng(0).integers(0, 256, (70, 90, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "noise.png")
    names = {"collins.png": 0, "collins-face-edge.png": 1, "noise.png": 0}
    return [Example(folder / name, name, target) for name, target in names.items()]


def same(first, second):
    return all(torch.equal(a.nan_to_num(-9), b.nan_to_num(-9)) for a, b in zip(first, second, strict=True))


def test_an_item_depends_on_its_key_alone(examples):
    transform = transforms.train_transform(48, PROCESS)
    keys = [(index, seed) for index in range(3) for seed in (1, 2, 3)]
    ahead = FaceData(examples, transform, LABELS, forged=0.7)
    forwards = {key: ahead[key] for key in keys}
    torch.manual_seed(123)
    np.random.seed(123)
    fresh = FaceData(examples, transform, LABELS, forged=0.7)
    assert all(same(fresh[key], forwards[key]) for key in reversed(keys))
    assert not torch.equal(forwards[0, 1][0], forwards[0, 2][0])


def test_the_global_generator_is_left_alone(examples):
    dataset = FaceData(examples, transforms.train_transform(48, PROCESS), LABELS, forged=1.0)
    before = torch.random.get_rng_state()
    dataset[0, 5], dataset[1, 5]
    assert torch.equal(torch.random.get_rng_state(), before)


def test_types_and_shapes(examples):
    image, targets, mask = FaceData(examples, transforms.train_transform(48, PROCESS), LABELS, forged=1.0)[0, 1]
    assert (type(image), type(mask)) == (torch.Tensor, torch.Tensor)  # the loader stacks plain tensors faster
    assert (image.dtype, tuple(image.shape)) == (torch.float32, (3, 48, 48))
    assert (targets.dtype, tuple(targets.shape)) == (torch.float32, (3,))
    assert (mask.dtype, tuple(mask.shape)) == (torch.uint8, (1, 48, 48))


def test_targets_and_mask_of_what_came_with_the_list(examples):
    dataset = FaceData(examples, transforms.eval_transform(PROCESS), LABELS)
    assert len(dataset) == 3
    _, targets, mask = dataset[0]
    assert targets.tolist() == [0, 0, 0]
    assert mask.unique().tolist() == [0]
    _, targets, mask = dataset[1]
    assert targets[0] == 1
    assert targets[1:].isnan().all()
    assert mask.unique().tolist() == [UNKNOWN]


def test_a_generated_source_is_fake_at_every_place(examples):
    fake = replace(examples[1], source="made")
    dataset = FaceData([examples[0], fake, examples[1]], transforms.eval_transform(PROCESS), LABELS, generated=["made"])
    assert [dataset[index][2].unique().tolist() for index in range(3)] == [[CLEAN], [GENERATED], [UNKNOWN]]


def test_a_composite_knows_its_parts_and_a_crop_that_missed_them_knows_nothing(examples):
    portrait = replace(examples[0], target=1, edited=("mouth",))  # a picture with a face
    _, targets, mask = FaceData([portrait], transforms.eval_transform(PROCESS), LABELS)[0]
    assert targets[0] == 1 and targets[1:].isnan().all()
    assert mask.unique().tolist() == [CLEAN, CHANGED, UNKNOWN]
    assert 0 < (mask == CHANGED).float().mean() < 0.02
    corner = FaceData([portrait], lambda image, mask: (torch.zeros(3, 4, 4), mask[:, :4, :4]), LABELS)
    assert corner[0][1].isnan().all()
    eye = FaceData([replace(portrait, edited=("left_eye",))], transforms.eval_transform(PROCESS), LABELS)
    assert eye[0][1][0] == 1  # whose left is not known, so no place is, but that it is a fake is


@pytest.mark.parametrize("index", [0, 2])  # with a face, and without one
def test_targets_and_mask_of_a_forgery(examples, index):
    plain = FaceData(examples, transforms.eval_transform(PROCESS), LABELS)[index][0]
    dataset = FaceData(examples, transforms.eval_transform(PROCESS), LABELS, forged=1.0)
    for seed in range(5):
        image, targets, mask = dataset[index, seed]
        assert targets[0] == 1 and targets[1:].sum() == 1  # one artifact at a time
        assert mask.unique().tolist() == [0, 1]
        changed = (image - plain).abs().amax(0)
        assert changed[mask[0] == 1].mean() > 5 * changed[mask[0] == 0].mean()


def test_a_crop_beside_the_forgery_is_real(examples):
    dataset = FaceData(examples, lambda image, mask: (torch.zeros(3, 4, 4), mask[:, -4:, -4:]), LABELS, forged=1.0)
    _, targets, mask = dataset[0, 1]
    assert mask.sum() == 0
    assert targets.tolist() == [0, 0, 0]


def test_forged_is_a_share_of_the_real_ones(examples):
    dataset = FaceData(examples, transforms.eval_transform(PROCESS), LABELS, forged=0.3)
    forged = sum(dataset[2, seed][1][0].item() for seed in range(200))
    assert forged / 200 == pytest.approx(0.3, abs=0.13)  # four standard errors
    assert all(dataset[1, seed][1][1].isnan() for seed in range(20))  # fakes stay as they are


def test_composites_teach_fake_and_no_artifact(examples):
    pair = [examples[0], replace(examples[0], name="other.png")]  # one's own face again, but another picture
    dataset = FaceData(pair, transforms.eval_transform(PROCESS), LABELS, composites=1.0)
    plain = FaceData(pair, transforms.eval_transform(PROCESS), LABELS)[0][0]
    for seed in range(3):
        image, targets, mask = dataset[0, seed]
        assert targets[0] == 1 and targets[1:].isnan().all()
        assert mask.unique().tolist() == [CLEAN, CHANGED]
        assert (image - plain).abs().amax(0)[mask[0] == CLEAN].max() < 0.2  # resized after it was forged
    beside = FaceData(pair, lambda image, mask: (torch.zeros(3, 4, 4), mask[:, -4:, -4:]), LABELS, composites=1.0)
    assert beside[0, 1][1].tolist() == [0, 0, 0]


def test_without_another_portrait_there_is_no_composite(examples):
    _, targets, mask = FaceData(examples[:2], transforms.eval_transform(PROCESS), LABELS, composites=1.0)[0, 1]
    assert targets.tolist() == [0, 0, 0] and mask.unique().tolist() == [CLEAN]
