"""Faces are found where they are, and the square that is judged lies inside the picture."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from detector import faces
from detector.faces import Box

ASSETS = Path(__file__).parent.parent / "assets"
COLLINS, HOPPER = Box(176, 64, 100, 100), Box(148, 100, 232, 232)  # read off the pictures: brows to chin


def portrait(name):
    return np.asarray(Image.open(ASSETS / f"example-{name}.jpg").convert("RGB"))


def centre(box):
    return box.x + box.width / 2, box.y + box.height / 2


def assert_near(box, expected):
    """Sides and centre within a fifth of the face."""
    slack = 0.2 * expected.width
    assert (box.width, box.height) == pytest.approx((expected.width, expected.height), abs=slack)
    assert centre(box) == pytest.approx(centre(expected), abs=slack)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("collins", COLLINS), ("hopper", HOPPER), ("collins-face-edge", COLLINS), ("hopper-face-edge", HOPPER)],
)
def test_finds_the_face_of_a_portrait(name, expected):
    (face,) = faces.find(portrait(name))
    assert_near(face.box, expected)
    assert face.score > 0


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 5, 3), (256, 200, 3)])
def test_finds_nothing_where_there_is_nothing(shape):
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert faces.find(noise) == ()
    assert faces.find(np.full(shape, 128, np.uint8)) == ()


def test_finds_two_people_largest_first():
    pair = np.concatenate([portrait("collins"), portrait("hopper")[:512]], axis=1)
    large, small = faces.find(pair)
    assert_near(large.box, Box(512 + HOPPER.x, HOPPER.y, HOPPER.width, HOPPER.height))
    assert_near(small.box, COLLINS)


@pytest.mark.parametrize("angle", [-25, -20, 20, 25])
@pytest.mark.parametrize(("name", "box"), [("collins", COLLINS), ("hopper", HOPPER)])
def test_finds_a_tilted_head(name, box, angle):
    pixels = portrait(name)
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    tilted = cv2.warpAffine(pixels, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    (face,) = faces.find(tilted)
    assert centre(face.box) == pytest.approx(tuple(turn @ [*centre(box), 1]), abs=0.15 * box.width)
    assert face.box.width == pytest.approx(box.width, rel=0.2)


@pytest.mark.parametrize(("name", "box"), [("collins", COLLINS), ("hopper", HOPPER)])
def test_finds_a_face_that_touches_the_frame(name, box):
    tight = np.ascontiguousarray(box.cut(portrait(name)))
    (face,) = faces.find(tight)
    assert_near(face.box, Box(0, 0, box.width, box.height))
    corner = np.ascontiguousarray(portrait(name)[box.y :, box.x :])
    (face,) = faces.find(corner)
    assert_near(face.box, Box(0, 0, box.width, box.height))


@pytest.mark.parametrize("side", [176, 352, 1024, 2000])
def test_a_large_face_has_the_same_box_at_any_size(side):
    square = Image.fromarray(portrait("hopper")[44:556])
    (face,) = faces.find(np.asarray(square.resize((side, side), Image.Resampling.BICUBIC)))
    scale = side / 512
    assert_near(
        face.box, Box(*(round(scale * value) for value in (HOPPER.x, HOPPER.y - 44, HOPPER.width, HOPPER.height)))
    )
    (other,) = faces.find(np.asarray(square))
    assert (face.box.x / scale, face.box.width / scale) == pytest.approx((other.box.x, other.box.width), abs=0.05 * 512)


def test_small_faces_are_looked_for_unless_all_of_the_picture_is_judged_for_a_large_one():
    small = np.asarray(Image.fromarray(Box(150, 25, 160, 160).cut(portrait("collins"))).resize((240, 240)))
    square = np.asarray(Image.fromarray(portrait("hopper")[44:556]).resize((1024, 1024))).copy()
    square[:240, :240] = small  # a face of 150 px beside hers
    (face,) = faces.find(square)
    assert faces.crop_box(face.box, 1024, 1024) == Box(0, 0, 1024, 1024)
    wide = np.concatenate([square, np.full((1024, 100, 3), 128, np.uint8)], axis=1)
    assert len(faces.find(wide)) == 2
    crowd = np.full((1600, 1600, 3), 128, np.uint8)
    crowd[:1024, :1024] = square  # her square is less than the picture
    assert len(faces.find(crowd)) == 2


def test_threads_agree():
    pictures = [portrait("collins"), portrait("hopper"), portrait("collins")[:, ::-1], np.zeros((64, 64, 3), np.uint8)]
    alone = [faces.find(picture) for picture in pictures]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(faces.find, pictures * 8))
    assert together == alone * 8
    assert [len(found) for found in alone] == [1, 1, 1, 0]


def test_box():
    box = Box(1, 2, 3, 4)
    assert box.area == 12
    assert box.cut(np.arange(100).reshape(10, 10)).tolist() == [[10 * y + x for x in (1, 2, 3)] for y in (2, 3, 4, 5)]


def test_crop_box_by_hand():
    # 100 × 2.2 = 220 a side; centred at x 450 + 50, y 300 + 45
    assert faces.crop_box(Box(450, 300, 100, 100), 1000, 800) == Box(390, 235, 220, 220)
    assert faces.crop_box(Box(0, 0, 100, 100), 1000, 800) == Box(0, 0, 220, 220)
    assert faces.crop_box(Box(900, 700, 100, 100), 1000, 800) == Box(780, 580, 220, 220)
    # 0.8 of the shorter side is 160: at 72 the square would be 158 and stays, at 73 (161) it widens to all 200
    assert faces.crop_box(Box(60, 60, 72, 72), 200, 200) == Box(17, 13, 158, 158)
    assert faces.crop_box(Box(60, 60, 73, 73), 200, 200) == Box(0, 0, 200, 200)


def test_crop_box_keeps_a_portrait_whole():
    assert faces.crop_box(HOPPER, 512, 600) == Box(0, 0, 512, 512)  # full width; the face is in the upper part
    assert faces.crop_box(Box(400, 50, 180, 180), 900, 300) == Box(340, 0, 300, 300)  # full height, centred on the face


def test_crop_box_of_any_face_is_a_square_inside_that_holds_it():
    rng = np.random.default_rng(1)
    for _ in range(2000):
        width, height = (int(v) for v in rng.integers(1, 2000, 2))
        side = int(rng.integers(1, min(width, height) + 1))
        x, y = int(rng.integers(0, width - side + 1)), int(rng.integers(0, height - side + 1))
        crop = faces.crop_box(Box(x, y, side, side), width, height)
        assert crop.width == crop.height
        assert 0 <= crop.x <= width - crop.width
        assert 0 <= crop.y <= height - crop.height
        below = 0.05 * side + 1  # the square sits a twentieth higher than the face
        assert crop.x <= x
        assert x + side <= crop.x + crop.width
        assert crop.y <= y
        assert y + side <= crop.y + crop.height + below


def test_an_opencv_without_cascades_is_named_with_its_cure():
    code = "import cv2; del cv2.CascadeClassifier; import detector.faces"
    done = subprocess.run([sys.executable, "-c", code], cwd=ASSETS.parent, capture_output=True, text=True)
    assert "has no face cascades; install the 4.x line: pip uninstall" in done.stderr
