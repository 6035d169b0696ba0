"""The parts of train.py: rates, loss, starting weights, which picture goes where. Whole runs: test_train_run.py."""

import copy
import csv
import math
from types import SimpleNamespace

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save_file

import train
from detector import model
from detector.edits import GENERATED, UNKNOWN

LN = math.log


@pytest.mark.parametrize(
    ("step", "factor"),
    # 20 steps, of which 4 rise; then half a cosine over 16: a half of it at step 12, 15/16 of it at step 19
    [(0, 0.25), (1, 0.5), (3, 1), (4, 1), (8, 0.8535534), (12, 0.5), (16, 0.1464466), (19, 0.0096074), (20, 0)],
)
def test_learning_rate_by_hand(step, factor):
    assert train.learning_rate(step, steps=20, warmup=0.2) == pytest.approx(factor, abs=1e-7)


def test_learning_rate_without_a_rise():
    assert train.learning_rate(0, steps=10, warmup=0) == 1
    assert train.learning_rate(0, steps=1, warmup=0) == 1


# --- loss ------------------------------------------------------------------------------------------------------------


def loss(evidence, targets, mask, smoothing=0.0, map_weight=0.0, overlap_weight=0.0):
    """loss_of a network whose head gives the features back and whose pool is the mean."""
    network = SimpleNamespace(head=lambda features: features, pool=lambda maps: maps.flatten(2).mean(2))
    mask = torch.tensor(mask, dtype=torch.uint8)
    value, logits = train.loss_of(network, evidence, torch.tensor(targets), mask, smoothing, map_weight, overlap_weight)
    return value, logits


def forged_and_fake():
    """A forgery changed in its left half, and a fake of which nobody knows where: maps of one row, two columns."""
    third = LN(3)
    evidence = torch.tensor([[[[0.0, 0.0]], [[third, -third]]], [[[third, third]], [[5.0, 7.0]]]], requires_grad=True)
    left = [[[1, 1, 0, 0], [1, 1, 0, 0]]]
    return evidence, [[1.0, 1.0], [1.0, math.nan]], [left, [[[UNKNOWN] * 4] * 2]]


def test_loss_of_pooled_logits_by_hand():
    evidence, targets, mask = forged_and_fake()
    value, logits = loss(evidence, targets, mask)
    assert logits[:, 0].tolist() == pytest.approx([0, LN(3)])
    # Logit 0 costs ln 2, logit ln 3 of a fake costs ln 4/3; the fourth target is unknown.
    assert float(value.detach()) == pytest.approx((2 * LN(2) + LN(4 / 3)) / 3)
    value.backward()
    assert evidence.grad[1, 1].abs().max() == 0
    assert evidence.grad[0].abs().min() > 0


def test_loss_of_maps_by_hand():
    evidence, targets, mask = forged_and_fake()
    pooled = float(loss(evidence, targets, mask)[0].detach())
    value, _ = loss(evidence, targets, mask, map_weight=0.5)
    # Of each map of the forgery the changed place counts 3, the other 1; places of the fake are unknown.
    # fake: all at 0, so 4 ln 2; face_edge: right in both places at ln 3, so 4 ln 4/3; the weights' sum is 8.
    assert float(value.detach()) == pytest.approx(pooled + 0.5 * (4 * LN(2) + 4 * LN(4 / 3)) / 8)
    value.backward()
    assert evidence.grad.isfinite().all()


def test_loss_of_overlaps_by_hand():
    evidence, targets, mask = forged_and_fake()
    pooled = float(loss(evidence, targets, mask)[0].detach())
    value, _ = loss(evidence, targets, mask, overlap_weight=2.0)
    # The forgery's first place was changed. fake, 1/2 and 1/2: 2 · 1/2 / (1 + 1); face_edge, 3/4 and 1/4: 2 · 3/4 / 2.
    assert float(value.detach()) == pytest.approx(pooled + 2 * (0.5 + 0.25) / 2)
    value.backward()
    assert evidence.grad.isfinite().all()
    nothing = loss(torch.zeros(1, 1, 1, 2), [[0.0]], [[[[0] * 4] * 2]], overlap_weight=1.0)[0]
    assert float(nothing) == pytest.approx(LN(2))  # no place, no overlap
    generated = loss(torch.zeros(1, 1, 1, 2), [[1.0]], [[[[GENERATED] * 4] * 2]], overlap_weight=1.0)[0]
    assert float(generated) == pytest.approx(LN(2))  # every place of it is fake, and need not show it


def test_loss_of_maps_of_a_real_picture():
    evidence = torch.full((1, 2, 1, 2), LN(3))
    pooled = loss(evidence, [[0.0, 0.0]], [[[[0] * 4] * 2]])[0]
    assert float(pooled) == pytest.approx(LN(4))
    value, _ = loss(evidence, [[0.0, 0.0]], [[[[0] * 4] * 2]], map_weight=1.0)
    assert float(value) == pytest.approx(2 * LN(4))


def test_a_place_is_changed_from_a_quarter_on_and_unknown_by_one_pixel():
    evidence = torch.tensor([[[[0.0, LN(3), 9.0]]]])
    mask = [[[[1, 0, 1, 1, UNKNOWN, 1], [0, 0, 0, 0, 1, 1]]]]  # a quarter, half, and one pixel nobody knows
    pooled = loss(evidence, [[1.0]], mask)[0]
    value, _ = loss(evidence, [[1.0]], mask, map_weight=1.0)
    assert float(value - pooled) == pytest.approx((LN(2) + 3 * LN(4 / 3)) / 4)


def test_a_generated_place_counts_less_than_a_clean_one():
    evidence = torch.tensor([[[[0.0, LN(3)]]], [[[0.0, -LN(3)]]]])
    mask = [[[[GENERATED] * 4] * 2], [[[0] * 4] * 2]]
    pooled = loss(evidence, [[1.0], [0.0]], mask)[0]
    value, _ = loss(evidence, [[1.0], [0.0]], mask, map_weight=1.0)
    once = LN(2) + LN(4 / 3)  # of either picture, whose two places are each right by as much
    assert float(value - pooled) == pytest.approx(once * (0.3 + 1) / (2 * 0.3 + 2))


def test_a_batch_that_nobody_knows_teaches_nothing():
    evidence = torch.ones(1, 2, 1, 1, requires_grad=True)
    value, _ = loss(evidence, [[math.nan, math.nan]], [[[[UNKNOWN]]]], map_weight=1.0)
    value.backward()
    assert float(value.detach()) == 0 and evidence.grad.abs().max() == 0


def test_smoothing_by_hand():
    evidence = torch.tensor([[[[LN(3)]]]])  # probability 3/4, target 0.95
    value, _ = loss(evidence, [[1.0]], [[[[0]]]], smoothing=0.1)
    assert float(value) == pytest.approx(0.95 * LN(4 / 3) + 0.05 * LN(4))


def test_no_known_place_is_no_map_loss():
    evidence = torch.zeros(1, 1, 2, 2)
    value, _ = loss(evidence, [[1.0]], [[[[UNKNOWN] * 2] * 2]], map_weight=1.0)
    assert float(value) == pytest.approx(LN(2))


# --- model -----------------------------------------------------------------------------------------------------------


def build(*more, labels=("fake", "face_edge")):
    return train.build(train.arguments(["--labels", "x", "--model", "test_efficientnet", *more]), labels)


@pytest.fixture(scope="module")
def published():
    """What a hub would hand out: backbone and ImageNet classifier, all tensors other than a fresh network's."""
    with torch.random.fork_rng():
        torch.manual_seed(99)
        return timm.create_model("test_efficientnet").state_dict()


def assert_backbone_is(network, tensors):
    own = network.backbone.state_dict()
    assert own.keys() == {name for name in tensors if not name.startswith("classifier")}
    assert all(torch.equal(own[name], tensors[name]) for name in own)


def test_pretrained_comes_from_the_hub(published, monkeypatch):
    asked = []

    def download(place, *args, **kwargs):
        asked.append(place)
        return copy.deepcopy(published)

    monkeypatch.setattr("timm.models._builder.load_state_dict_from_hf", download)
    network, header = build("--pretrained")
    assert asked == ["timm/test_efficientnet.r160_in1k"]
    assert_backbone_is(network, published)
    assert header.preprocessing == model.Preprocessing(256, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def test_weights_from_a_bare_file(published, tmp_path):
    save_file(published, tmp_path / "bare.safetensors")
    network, _ = build("--weights", str(tmp_path / "bare.safetensors"))
    assert_backbone_is(network, published)
    assert network.head.weight.abs().max() == 0


def test_weights_from_a_checkpoint_go_on_with_the_heads_that_both_know(tmp_path):
    start, header = build("--licence", "CC0", labels=("hair", "fake"))
    torch.nn.init.normal_(start.head.weight)
    start.head.bias.data[:] = torch.tensor([2.0, 3.0])
    model.save(tmp_path / "ours.safetensors", start, header)
    assert header.licence == "CC0"
    network, _ = build("--weights", str(tmp_path / "ours.safetensors"), labels=("fake", "face_edge"))
    stored = model.read(tmp_path / "ours.safetensors")[0]
    assert_backbone_is(network, stored.backbone.state_dict())
    assert torch.equal(network.head.weight[0], stored.head.weight[1])
    assert network.head.weight[1].abs().max() == 0
    assert network.head.bias.tolist() == [3, 0]


def test_weights_that_do_not_fit(published, tmp_path):
    cases = {
        "foreign": ({"conv1.weight": torch.zeros(1)}, "it lacks .*conv_stem.weight"),
        "shapes": ({**published, "conv_stem.weight": torch.zeros(1, 1)}, "size mismatch for conv_stem.weight"),
    }
    for name, (tensors, message) in cases.items():
        save_file(tensors, tmp_path / name)
        with pytest.raises(ValueError, match=message):
            build("--weights", str(tmp_path / name))
    (tmp_path / "text").write_text("hello")
    with pytest.raises(ValueError, match="does not fit --model test_efficientnet"):
        build("--weights", str(tmp_path / "text"))
    network, header = build()
    model.save(tmp_path / "ours", network, header)
    content = bytearray((tmp_path / "ours").read_bytes())
    content[-1] ^= 1
    (tmp_path / "ours").write_bytes(content)
    with pytest.raises(model.CheckpointError, match="differ from their checksum"):
        build("--weights", str(tmp_path / "ours"))


def test_model_arguments():
    network, header = build("--model-kwargs", "output_stride=16", "pad_type=same", "--pool", "mean", "--full-size=96")
    kwargs = {"output_stride": 16, "pad_type": "same"}
    assert header.architecture == model.Architecture("test_efficientnet", kwargs, "mean")
    assert header.preprocessing.size == 96
    assert network.features(torch.zeros(1, 3, 64, 64)).shape[2:] == (4, 4)


@pytest.mark.parametrize("wrong", [["--model", "resnet1800"], ["--model-kwargs", "no_such=1"]])
def test_an_unknown_model_is_one_line(wrong, tmp_path, capsys):
    assert train.main(["--labels", "x", "--out", str(tmp_path / "run"), *wrong]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert wrong[1].split("=")[0] in error


# --- which picture goes where ----------------------------------------------------------------------------------------


@pytest.fixture
def write_list(tmp_path):
    """Writes list.csv with these columns and rows; every picture is there."""

    def write(header, rows):
        for name in {row[0] for row in rows}:
            Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / name)
        with (tmp_path / "list.csv").open("w", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return tmp_path / "list.csv"

    return write


def parts(labels, *more):
    split = train.examples_of(train.arguments(["--labels", str(labels), *more]))
    return [sorted(e.name for e in part) for part in split]


def test_the_lists_splits_are_used(write_list):
    rows = [(f"{split}{i}.png", i % 2, split) for split in ("train", "val", "test") for i in range(2)]
    labels = write_list(("img_name", "target", "split"), rows)
    assert parts(labels) == [["train0.png", "train1.png"], ["val0.png", "val1.png"]]


def test_a_list_of_its_own_for_validation(write_list, tmp_path):
    rows = [(f"{split}{i}.png", i % 2, split) for split in ("train", "val", "test") for i in range(2)]
    labels = write_list(("img_name", "target", "split"), rows)
    (tmp_path / "own.csv").write_text("img_name,target\ntest0.png,0\nval1.png,1\n")
    found = parts(labels, "--val-labels", str(tmp_path / "own.csv"))
    assert found == [["train0.png", "train1.png"], ["test0.png", "val1.png"]]


def test_without_a_val_split_a_tenth_of_the_train_groups_is_held_out(write_list):
    rows = [(f"{i}.png", i % 2, f"g{i // 4}", "test" if i < 8 else "train") for i in range(400)]
    train_names, val_names = parts(write_list(("img_name", "target", "group", "split"), rows))
    unseen = {row[0] for row in rows[:8]}
    assert not unseen & {*train_names, *val_names}
    assert len(train_names) + len(val_names) == 392
    assert 0.03 < len(val_names) / 392 < 0.2
    group = {row[0]: row[2] for row in rows}
    assert not {group[name] for name in train_names} & {group[name] for name in val_names}
    # The list's order changes nothing.
    assert parts(write_list(("img_name", "target", "group", "split"), rows[::-1])) == [train_names, val_names]


def test_both_parts_need_both_kinds(write_list):
    rows = [("a.png", 0, "train"), ("b.png", 1, "train"), ("c.png", 0, "val")]
    with pytest.raises(ValueError, match="the validation part needs real"):
        parts(write_list(("img_name", "target", "split"), rows))
