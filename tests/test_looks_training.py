"""Telling paintings, filtered pictures and statues from photos: the read-out by hand, the command on few pictures."""

import csv

import cv2
import numpy as np
import pytest
import torch
from conftest import small_network
from PIL import Image
from test_probe import NAME, probed

from detector import looks_training, model, necks, probe
from detector.classifier import Classifier
from detector.model import Architecture, Header


def read(target, rng):
    """Statistics of which the first of each backbone tells paintings."""
    values = rng.normal(size=(len(target), 5)).astype(np.float32)
    values[:, 0] += 3 * target
    values[:, 2] += 3 * target
    return probe.Read(target.astype(np.float32), np.zeros((len(target), 1, 1)), 100 * values[:, :2], values[:, 2:])


def test_one_photo_in_two_hundred_reaches_the_zero():
    rng, line = np.random.default_rng(0), necks.Line(5).requires_grad_(False)
    assert line(torch.zeros(2, 5)).tolist() == [necks.SILENT] * 2
    real, paintings = read(np.zeros(1000), rng), read(np.ones(1000), rng)
    told = looks_training.fit(line, read(np.arange(2000) % 2, rng), real)
    said = [line(torch.from_numpy(np.concatenate([of.trained, of.untouched], 1))) for of in (real, paintings)]
    assert float((said[0] >= 0).float().mean()) == pytest.approx(looks_training.REACHED, abs=0.001)
    assert float((said[1] >= 0).float().mean()) > 0.8 and told > 0.98


def test_too_few_pictures_are_refused():
    rng, line = np.random.default_rng(0), necks.Line(5).requires_grad_(False)
    many, few = read(np.arange(100) % 2, rng), read(np.zeros(19), rng)
    with pytest.raises(ValueError, match="19 real pictures are too few to tell how pictures look; give 20"):
        looks_training.fit(line, many, few)
    with pytest.raises(ValueError, match="0 changed pictures"):
        looks_training.fit(line, few, many)
    assert line.out.bias.item() == necks.SILENT


def test_other_light_changes_colours_and_keeps_what_is_seen(hopper):
    portrait = np.asarray(Image.open(hopper).convert("RGB").resize((128, 150)))
    made = [looks_training.relit(portrait, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert np.array_equal(made[0], made[1]) and not np.array_equal(made[0], made[2])
    assert made[0].shape == portrait.shape and made[0].dtype == np.uint8
    for one in (made[0], made[2]):
        moved = one.astype(int) - portrait
        assert np.abs(moved.mean((0, 1))).max() > 5  # another colour
        detail = [np.diff(image.astype(float).mean(2), axis=1).ravel() for image in (one, portrait)]
        assert np.corrcoef(*detail)[0, 1] > 0.8


def test_a_picture_without_its_colours_keeps_its_light():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    made = [looks_training.toned(picture, np.random.default_rng(seed)) for seed in range(8)]
    greys = [(one.max(2) == one.min(2)).all() for one in made]
    assert any(greys) and not all(greys)
    for one in made:
        assert one.shape == picture.shape and one.dtype == np.uint8
        light = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).ravel()
        for channel in range(3):  # one curve each: no colour of the picture's own is left
            values = one[..., channel].ravel()
            assert all(len(set(values[light == level])) == 1 for level in np.unique(light)[::20])


@pytest.fixture
def photos(tmp_path, collins, hopper):
    """Crops of two portraits, as a list with train and val."""
    rng, rows = np.random.default_rng(0), [("img_name", "target", "split")]
    sources = [np.asarray(Image.open(path).convert("RGB").resize((300, 300))) for path in (collins, hopper)]
    for number in range(80):
        top, left = rng.integers(0, 300 - 96, 2)
        Image.fromarray(sources[number % 2][top : top + 96, left : left + 96]).save(tmp_path / f"{number}.png")
        rows.append((f"{number}.png", 0, "train" if number < 50 else "val"))
    with (tmp_path / "list.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return tmp_path


def test_command(photos, capsys):
    network, header = probed()
    start, out = photos / "start.safetensors", photos / "out.safetensors"
    model.save(start, network, header)
    call = ["--labels", photos / "list.csv", "--images", photos, "--checkpoint", start, "--out", out, "--workers", 0]
    call = list(map(str, [*call, "--device", "cpu"]))
    assert looks_training.main(call) == 0
    printed = capsys.readouterr().out
    assert all(f"{look} from plain pictures of train: AUC" in printed for look in necks.LOOKS)
    _, facts = model.read(out)
    assert facts.training["looks"] == {"pictures": 50, "photos": 30, "seed": 0}
    seen = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)
    before, now = (Classifier(*model.read(path)).run(seen) for path in (start, out))
    assert np.array_equal(before.logits, now.logits)  # it learned to tell looks, and nothing else changed
    assert (now.looks > 1e-6).all() and not (before.looks == now.looks).any()
    assert len({tuple(column) for column in now.looks.T}) == len(necks.LOOKS)
    assert looks_training.main(call) == 2 and "give another --out" in capsys.readouterr().err

    plain = small_network(NAME, labels=("fake",))
    bare = photos / "bare.safetensors"
    model.save(bare, plain, Header(Architecture(NAME), model.default_preprocessing(plain, 64), ("fake",)))
    refused = [*call[:5], str(bare), "--out", str(photos / "other.safetensors"), *call[8:]]
    assert looks_training.main(refused) == 2 and "has no probe" in capsys.readouterr().err
