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


def test_an_outline_goes_down_from_the_hottest_place():
    values = np.full((4, 4), -5.0)
    values[1:3, 1:3] = 5.0
    values[0, 0] = 10 * traces.LEVEL - 5 + 0.01  # just inside, and the next one just outside
    values[3, 3] = 10 * traces.LEVEL - 5 - 0.01
    assert (traces.reach(values) >= 0).sum() == 5
    # Neither what is added to all places nor in what unit it is counted plays a part.
    several = traces.reach(np.stack([values, values - 3, values * 0.2 + 1]))
    assert all(((one >= 0) == (traces.reach(values) >= 0)).all() for one in several)


def test_the_lines_of_an_outline_lie_around_its_places():
    outside, inside = 0.0, 6.0
    values = np.full((16, 16), outside)
    values[4:12, 4:8] = inside
    values[7:9, 5:7] = outside  # a hole
    box = Box(100, 200, 160, 160)  # ten pixels a place
    found = traces.outline(heat(values, box))
    outer, hole = (np.array(line) for line in found.lines)
    for line, (left, top, right, bottom) in ((outer, (140, 240, 180, 320)), (hole, (150, 270, 170, 290))):
        size = np.abs([*line.min(0) - (left, top), *line.max(0) - (right, bottom)])
        assert size.max() <= 6  # the map's places fade into each other
    assert found.area == pytest.approx((4 * 8 - 2 * 2) / 256, rel=0.15)  # past midway between the places
    picture = np.zeros((400, 400, 3), np.uint8)
    seen = traces.drawn(picture, [found])
    rows, columns = np.nonzero(seen.any(2))
    assert (rows.min(), columns.min()) == pytest.approx((240, 140), abs=9)
    assert not picture.any() and not seen[200:235].any() and not seen[278:282, 158:162].any()
    half = np.nonzero(traces.drawn(picture[:200, :200], [found], 0.5).any(2))
    assert half[0].min() == pytest.approx(120, abs=5)


def test_a_map_that_is_hot_all_over_is_outlined_at_its_border():
    found = traces.outline(heat(np.full((8, 8), 5.0)))
    assert found.area == 1 and np.array(found.lines[0]).min() == 0 and np.array(found.lines[0]).max() == 100


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
