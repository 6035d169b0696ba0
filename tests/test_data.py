"""Label formats and their errors. What training makes of the pictures: test_dataset.py."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detector import data
from detector.data import Example, LabelError

ASSETS = Path(__file__).parent.parent / "assets"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def picture(path, size=(40, 30), seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_kaggle_list_finds_the_folder_of_its_name(tmp_path):
    labels = write(tmp_path / "trainset_label.txt", "img_name,target\na.jpg,0\n b.jpg , 1\n")
    (tmp_path / "trainset").mkdir()
    (tmp_path / "images").mkdir()
    folder = tmp_path / "trainset"
    expected = [Example(folder / "a.jpg", "a.jpg", 0), Example(folder / "b.jpg", "b.jpg", 1)]
    assert data.read_labels(labels) == expected
    elsewhere = tmp_path / "elsewhere"
    assert [e.path for e in data.read_labels(labels, elsewhere)] == [elsewhere / "a.jpg", elsewhere / "b.jpg"]


def test_rich_list_with_images_folder_and_byte_order_mark(tmp_path):
    text = "\ufeffsplit,img_name,target,source,group,note\ntrain,x/a.jpg,1,swap,g1,hm\nval,b.jpg,0,,,\n"
    labels = write(tmp_path / "faces.csv", text)
    (tmp_path / "images").mkdir()
    swapped = Example(tmp_path / "images" / "x" / "a.jpg", "x/a.jpg", 1, "swap", "g1", "train")
    real = Example(tmp_path / "images" / "b.jpg", "b.jpg", 0, "", "", "val")
    assert data.read_labels(labels) == [swapped, real]
    assert data.read_labels(labels, split="val") == [real]


def test_ages_and_edited_parts(tmp_path):
    text = "img_name,target,age,edited_parts\na.jpg,1,,left_eye|nose\nb.jpg,0,41.5,\n"
    composite, real = data.read_labels(write(tmp_path / "list.csv", text))
    assert (composite.age, composite.edited) == (None, ("left_eye", "nose"))
    assert (real.age, real.edited) == (41.5, ())


def test_pictures_beside_the_list(tmp_path):
    labels = write(tmp_path / "list.txt", "img_name,target\na.jpg,0\n")
    assert data.read_labels(labels)[0].path == tmp_path / "a.jpg"


def test_folders(tmp_path):
    for name in ("real/b.JPG", "real/a.png", "fake/deep/c.webp", "fake/notes.txt"):
        write(tmp_path / name, "")
    assert data.read_labels(tmp_path) == [
        Example(tmp_path / "real" / "a.png", "real/a.png", 0),
        Example(tmp_path / "real" / "b.JPG", "real/b.JPG", 0),
        Example(tmp_path / "fake" / "deep" / "c.webp", "fake/deep/c.webp", 1),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks rows or one of the columns img_name,target"),
        ("img_name,target\n", "lacks rows"),
        ("name,target\na.jpg,0\n", "one of the columns img_name,target"),
        ("img_name;target\na.jpg;0\n", "one of the columns img_name,target"),
        ("img_name,target\na.jpg,0\nb.jpg,2\n", r"line 3: .* got 'b.jpg', '2'"),
        ("img_name,target\n\n\na.jpg,fake\n", r"line 4: .* got 'a.jpg', 'fake'"),
        ("img_name,target\na.jpg\n", r"line 2: .* got 'a.jpg', ''"),
        ("img_name,target\n,1\n", r"line 2: .* got '', '1'"),
        ("img_name,target,edited_parts\na.jpg,1,nose|ear\n", r"line 2: edited_parts .* left_eye.* got 'nose\|ear'"),
        ("img_name,target\na.jpg,0\nb.jpg,1\na.jpg,1\n", r"line 4: a.jpg is listed both as real and as fake"),
    ],
)
def test_errors_of_a_list(tmp_path, text, message):
    with pytest.raises(LabelError, match=message):
        data.read_labels(write(tmp_path / "list.csv", text))


def test_a_picture_as_list(tmp_path):
    with pytest.raises(LabelError, match="is no text list"):
        data.read_labels(picture(tmp_path / "a.jpg"))


def test_other_errors(tmp_path):
    with pytest.raises(LabelError, match=r"no label list at .*none\.csv"):
        data.read_labels(tmp_path / "none.csv")
    labels = write(tmp_path / "list.csv", "img_name,target,split\na.jpg,0,val\nb.jpg,1,train\n")
    with pytest.raises(LabelError, match="no rows of split 'test'; it has train, val"):
        data.read_labels(labels, split="test")
    plain = write(tmp_path / "plain.csv", "img_name,target\na.jpg,0\n")
    with pytest.raises(LabelError, match="it has no split column"):
        data.read_labels(plain, split="test")
    (tmp_path / "own" / "real").mkdir(parents=True)
    with pytest.raises(LabelError, match="has no folder fake/"):
        data.read_labels(tmp_path / "own")
    (tmp_path / "own" / "fake").mkdir()
    with pytest.raises(LabelError, match="hold no pictures"):
        data.read_labels(tmp_path / "own")


def test_find_problems(tmp_path):
    good = picture(tmp_path / "good.jpg")
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(good.read_bytes()[:400])
    write(tmp_path / "empty.jpg", "")
    names = ("good.jpg", "cut.jpg", "gone.jpg", "empty.jpg")
    problems = data.find_problems([Example(tmp_path / name, name, 0) for name in names])
    assert list(problems) == [tmp_path / "cut.jpg", tmp_path / "gone.jpg", tmp_path / "empty.jpg"]
    cut, gone, empty = problems.values()
    assert "cut.jpg" in cut
    assert "damaged or cut off" in cut
    assert "does not exist" in gone
    assert "empty" in empty
