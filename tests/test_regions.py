"""The part parser on the example portraits, and what becomes of its answer."""

import numpy as np
import pytest
from PIL import Image

from detector import faces, parts, regions
from detector.parts import PARTS, SIZE
from detector.regions import Regions


@pytest.fixture(scope="module")
def parser():
    return parts.load()


def face_of(path, side=None):
    pixels = np.asarray(Image.open(path).convert("RGB"))
    box = faces.find(pixels)[0].box
    crop = faces.crop_box(box, pixels.shape[1], pixels.shape[0]).cut(pixels)
    return np.asarray(Image.fromarray(crop).resize((side, side))) if side else crop


def test_parts_lie_where_they_belong(parser, collins, hopper):
    for path in (collins, hopper):
        crop = face_of(path)
        (found,) = regions.find(parser, [crop])
        assert found.sure and found.parts.shape == (SIZE, SIZE)
        middle = {name: np.argwhere(found.mask(name)).mean(0) for name in ("face", "eyes", "nose", "mouth")}
        assert middle["eyes"][0] < middle["nose"][0] < middle["mouth"][0]
        assert abs(middle["nose"][1] - middle["face"][1]) < 0.1 * SIZE
        assert 0.03 < found.area("face") < 0.5
        assert found.area("background") > 0.1


@pytest.mark.parametrize("side", [64, 160, 1000])
def test_size_hardly_matters(parser, collins, side):
    (small,) = regions.find(parser, [face_of(collins, side)])
    (full,) = regions.find(parser, [face_of(collins)])
    both = small.mask("face") & full.mask("face")
    assert both.sum() / (small.mask("face") | full.mask("face")).sum() > 0.8


def test_bad_light_and_rotation(parser, collins):
    crop = face_of(collins)
    (full,) = regions.find(parser, [crop])
    dark = (crop * 0.3).astype(np.uint8)
    turned = np.asarray(Image.fromarray(crop).rotate(25, Image.Resampling.BILINEAR))
    for picture, least in ((dark, 0.75), (turned, 0.4)):
        (found,) = regions.find(parser, [picture])
        overlap = (found.mask("face") & full.mask("face")).sum() / (found.mask("face") | full.mask("face")).sum()
        assert overlap > least


def test_no_face_is_not_sure(parser):
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    grey = np.full((200, 200, 3), 127, np.uint8)
    assert not any(found.sure for found in regions.find(parser, [noise, grey]))
    assert regions.find(parser, []) == []


def test_the_edge_ignores_holes_and_the_frame():
    labels = np.zeros((SIZE, SIZE), np.uint8)
    labels[20:, 30:130] = PARTS.index("skin")
    labels[60:70, 60:100] = PARTS.index("hair")  # a strand across the face
    edge = Regions(labels, 0.9).mask("face_edge")
    assert not edge[55:75, 55:105].any()
    assert edge[20, 80] and edge[90, 30] and edge[90, 129]
    assert not edge[-1, 80]  # the frame cuts the face off; that is no outline
    assert not Regions(np.zeros((SIZE, SIZE), np.uint8), 0.0).mask("face_edge").any()


def test_the_drawing_shows_the_parts(collins, parser):
    crop = face_of(collins)
    (found,) = regions.find(parser, [crop])
    drawn = regions.draw(crop, found)
    assert drawn.shape == crop.shape and drawn.dtype == np.uint8
    assert np.abs(drawn.astype(int) - crop).mean() > 10


def test_the_shipped_parser_is_small():
    assert parts.EMBEDDED.stat().st_size < 6_000_000
