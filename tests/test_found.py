"""Faces and parts of a list's pictures, found once and kept in a file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detector import dataset, found, parts, transforms
from detector.data import Example
from detector.dataset import FaceData
from detector.distributed import Team
from detector.images import load
from detector.model import Preprocessing

ASSETS = Path(__file__).parent.parent / "assets"


@pytest.fixture
def examples(tmp_path):
    """A real portrait, a fake of which nothing is known, one with a known part, a real picture without a face."""
    for name in ("collins", "collins-face-edge", "hopper"):
        Image.open(ASSETS / f"example-{name}.jpg").resize((128, 128)).save(tmp_path / f"{name}.png")
    Image.new("RGB", (90, 70)).save(tmp_path / "empty.png")
    of = {name: Example(tmp_path / f"{name}.png", f"{name}.png", target)
          for name, target in (("collins", 0), ("collins-face-edge", 1), ("hopper", 1), ("empty", 0))}  # fmt: skip
    return [*(of | {"hopper": replace(of["hopper"], edited=("nose",))}).values()]


def equal(first, second):
    return first.keys() == second.keys() and all(
        first[name][0] == second[name][0] and np.array_equal(first[name][1], second[name][1]) for name in first
    )


def test_those_that_are_needed_are_found_as_training_finds_them(examples, tmp_path):
    regions = found.regions(examples, tmp_path / "deep" / "found.npz")
    assert set(regions) == {"collins.png", "hopper.png", "empty.png"}
    box, coarse = dataset.region_of(load(examples[0].path).pixels, parts.load())
    assert regions["collins.png"][0] == box and np.array_equal(regions["collins.png"][1], coarse)
    assert equal(found.regions(examples, tmp_path / "deep" / "found.npz"), regions)


def test_kept_ones_are_not_found_again_and_changed_pictures_are(examples, tmp_path, monkeypatch):
    path, asked, original = tmp_path / "found.npz", [], found.region_of
    monkeypatch.setattr(found, "region_of", lambda pixels, parser: asked.append(pixels) or original(pixels, parser))
    first, empty = found.regions(examples[:1], path), found.regions(examples[3:], path)
    assert len(asked) == 2 and equal(found.regions(examples[:1], path), first)
    assert len(asked) == 2  # the file keeps what another list needed
    assert equal(found.regions(examples, path), first | empty | found.regions(examples, tmp_path / "other.npz"))
    assert len(asked) == 2 + 1 + 3
    Image.open(ASSETS / "example-hopper.jpg").resize((140, 140)).save(examples[0].path)
    changed = found.regions(examples, path)
    assert len(asked) == 7 and changed["collins.png"][0] != first["collins.png"][0]


def test_each_process_finds_its_share(examples, tmp_path, monkeypatch):
    whole = found.regions(examples, tmp_path / "one.npz")

    class Pair(Team):
        def gather(self, value):
            other = found._find([e for e in examples if not e.target or e.edited][1 - self.rank :: 2])
            assert value.keys().isdisjoint(other)
            return [value, other]

    assert equal(found.regions(examples, tmp_path / "two.npz", Pair(1, 2)), whole)
    assert not (tmp_path / "two.npz").exists()  # the chief's to write
    assert equal(found.regions(examples, tmp_path / "two.npz", Pair(0, 2)), whole)
    assert (tmp_path / "two.npz").exists()


def test_a_file_of_something_else_is_left_alone(examples, tmp_path):
    path = tmp_path / "found.npz"
    for content in (b"", b"notes", b"PK\x03\x04" + bytes(40)):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"found.npz holds no found faces .* another --found"):
            found.regions(examples, path)
        assert path.read_bytes() == content
    with path.open("wb") as file:
        np.savez(file, names=np.array(["a"]))
    with pytest.raises(ValueError, match="holds no found faces"):
        found.regions(examples, path)


def test_items_are_the_same_with_what_was_kept(examples, tmp_path, monkeypatch):
    process = Preprocessing(64, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    views, labels = transforms.train_transform(48, process), ("fake", "face_edge", "hair")
    alone = [FaceData(examples, views, labels, forged=1.0)[index, 3] for index in range(4)]
    kept = found.regions(examples, tmp_path / "found.npz")
    monkeypatch.setattr(dataset, "region_of", None)  # so nothing is found any more
    given = [FaceData(examples, views, labels, forged=1.0, regions=kept)[index, 3] for index in range(4)]
    for first, second in zip(alone, given, strict=True):
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(first, second, strict=True))
