"""Masks of composites whose list names the parts that were replaced."""

import numpy as np
import pytest

from detector.edits import CHANGED, CLEAN, UNKNOWN, mask_of
from detector.faces import Box
from detector.forge import Portrait
from detector.parts import PARTS
from detector.parts import UNKNOWN as UNSEEN

PART = {name: index for index, name in enumerate(PARTS)}
BOX = Box(20, 20, 60, 60)  # a rim of 3 px
PLACES = {  # rows, columns of a face of 60 px in a picture of 100
    "left": (slice(35, 40), slice(30, 40)),
    "right": (slice(35, 40), slice(60, 70)),
    "nose": (slice(45, 58), slice(45, 55)),
    "mouth": (slice(66, 72), slice(40, 60)),
}


@pytest.fixture
def portrait():
    parts = np.full((100, 100), PART["background"], np.uint8)
    parts[5:20, 20:80] = PART["hair"]
    parts[20:80, 20:80] = PART["skin"]
    for name, place in PLACES.items():
        parts[place] = PART["eyes"] if name in ("left", "right") else PART[name]
    parts[:, 95:] = UNSEEN
    return Portrait(np.zeros((100, 100, 3), np.uint8), BOX, parts)


def values(mask, name):
    return set(np.unique(mask[PLACES[name]]).tolist())


def test_named_parts_and_their_rim_are_changed_and_kept_parts_are_clean(portrait):
    mask = mask_of(("mouth",), portrait)
    assert (mask.dtype, mask.shape) == (np.uint8, (100, 100))
    assert values(mask, "mouth") == {CHANGED}
    assert values(mask, "left") == values(mask, "right") == values(mask, "nose") == {CLEAN}
    assert mask[63, 50] == mask[74, 50] == CHANGED  # 3 px above and below it
    assert mask[62, 50] == mask[75, 50] == UNKNOWN  # skin: who knows how far the blending reaches


def test_clear_of_the_face_is_clean_and_what_was_not_parsed_unknown(portrait):
    mask = mask_of(("nose",), portrait)
    assert np.unique(mask[5:20, 20:80]).tolist() == [CLEAN]  # hair, up to the face
    assert np.unique(mask[90:, :95]).tolist() == [CLEAN]
    assert mask[50, 82] == UNKNOWN and mask[50, 85] == CLEAN  # background beside the cheek
    assert np.unique(mask[:, 95:]).tolist() == [UNKNOWN]


def test_both_eyes_are_changed_one_alone_is_unknown(portrait):
    mask = mask_of(("left_eye", "right_eye"), portrait)
    assert values(mask, "left") == values(mask, "right") == {CHANGED}
    for one in ("left_eye", "right_eye"):
        mask = mask_of((one, "nose"), portrait)
        assert values(mask, "left") == values(mask, "right") == {UNKNOWN}
        assert values(mask, "nose") == {CHANGED}
        assert not (mask_of((one,), portrait) == CHANGED).any()


def test_a_neighbours_rim_wins_over_a_kept_part(portrait):
    portrait.parts[58:61, 45:55] = PART["mouth"]  # right below the nose
    mask = mask_of(("nose",), portrait)
    assert np.unique(mask[58:61, 45:55]).tolist() == [CHANGED]
