"""Shares and evidence crops against values worked out by hand."""

import numpy as np
import pytest

from detector import traces
from detector.explain import Heatmap
from detector.faces import Box
from detector.parts import PARTS, SIZE
from detector.regions import Regions

HAIR, SKIN, BACKGROUND = (PARTS.index(name) for name in ("hair", "skin", "background"))


def halves():
    """Left half hair, right half background; no face, so no face edge."""
    parts = np.full((SIZE, SIZE), BACKGROUND, np.uint8)
    parts[:, : SIZE // 2] = HAIR
    return Regions(parts, 0.9)


SQUARE = Box(0, 0, 100, 100)


def heat(values, box=SQUARE):
    return Heatmap("fake", np.asarray(values, np.float32), box)


def test_shares_count_positive_evidence_only():
    # 8 × 8 places: +3 on the left, +1 on the right, and a row of -100 that must not count.
    values = np.full((8, 8), 1.0)
    values[:, :4] = 3
    found = {share.region: share for share in traces.shares(heat(values), halves())}
    assert found["hair"].evidence == pytest.approx(0.75, abs=0.02)
    assert (found["hair"].area, found["background"].area) == (0.5, 0.5)
    assert found["hair"].ratio == pytest.approx(1.5, abs=0.04)
    assert sum(share.evidence for share in found.values()) == pytest.approx(1)
    assert sum(share.area for share in found.values()) == pytest.approx(1)
    negative = np.full((8, 8), -100.0)
    negative[:, 4:] = 1
    only = {share.region: share.evidence for share in traces.shares(heat(negative), halves())}
    assert only["background"] == pytest.approx(1)
    assert only["hair"] == 0
    assert traces.shares(heat(-np.ones((8, 8))), halves()) == ()


def test_the_face_edge_comes_before_the_face():
    parts = np.full((SIZE, SIZE), BACKGROUND, np.uint8)
    rows, columns = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    parts[np.hypot(rows, columns) < 50] = SKIN
    regions = Regions(parts, 0.95)
    edge = regions.mask("face_edge")
    # A band of half width 0.055 × 100 px around a circle of radius 50 px.
    distance = np.abs(np.hypot(rows, columns) - 50)
    assert edge[distance < 4].all() and not edge[distance > 7].any()
    found = {share.region: share for share in traces.shares(heat(np.ones((8, 8))), regions)}
    assert found["face_edge"].area == pytest.approx(edge.mean())
    assert found["face"].area == pytest.approx((np.hypot(rows, columns) < 44.5).mean(), abs=0.01)
    assert all(share.ratio == pytest.approx(1, abs=1e-5) for share in found.values() if share.area)


def test_the_hottest_places_come_first_and_do_not_overlap():
    values = np.full((28, 28), -1.0)
    values[2:5, 2:5], values[20:23, 20:23], values[20:23, 2:5] = 4, 8, 6
    box = Box(100, 50, 280, 280)
    crops = traces.hottest(heat(values, box), 500, 400)
    assert len(crops) == 3
    assert [crop.strength for crop in crops] == sorted((crop.strength for crop in crops), reverse=True)
    hot = [(100 + 21.5 * 10, 50 + 21.5 * 10), (100 + 35, 50 + 215), (100 + 35, 50 + 35)]
    for crop, (x, y) in zip(crops, hot, strict=True):
        assert (crop.box.width, crop.box.height) == (62, 62)
        assert crop.box.x + 31 == pytest.approx(x, abs=16) and crop.box.y + 31 == pytest.approx(y, abs=16)
        inside = crop.box
        assert 0 <= inside.x <= 500 - 62 and 0 <= inside.y <= 400 - 62
    taken = np.zeros((400, 500), int)
    for crop in crops:
        crop.box.cut(taken)[:] += 1
    assert taken.max() == 1


def test_a_cold_map_has_no_crops_and_a_crop_stays_inside_the_picture():
    assert traces.hottest(heat(np.full((7, 7), 0.2)), 100, 100) == ()
    corner = np.full((28, 28), -1.0)
    corner[0, 0] = 200
    (crop, *_) = traces.hottest(heat(corner), 100, 100)
    assert (crop.box.x, crop.box.y) == (0, 0)
    tiny = traces.hottest(heat(np.ones((7, 7)) * 5, Box(0, 0, 3, 2)), 3, 2)
    assert all(c.box.x + c.box.width <= 3 and c.box.y + c.box.height <= 2 for c in tiny)


def test_frames_leave_the_inside_and_the_original_alone():
    pixels = np.full((200, 200, 3), 120, np.uint8)
    crops = (traces.EvidenceCrop("fake", Box(60, 60, 80, 80), 2.0),)
    framed = traces.frame(pixels, crops)
    assert (pixels == 120).all()
    assert (framed[100, 60] != 120).any() and (framed[100:130, 100:130] == 120).all()
    assert (framed[:50] == 120).all()
