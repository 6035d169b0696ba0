"""Each cue on pictures whose answer is known, and the tables beside which its number is put."""

import time

import cv2
import numpy as np
import pytest

from detector import cues, parts
from detector.artifacts import ARTIFACTS
from detector.cues import edge, reference, tables
from detector.cues.base import CannotAssess, Frame
from detector.data import Example
from detector.regions import Regions

SIDE = 256


def regions(background=True, certainty=0.99):
    """A head with hair, brows and neck in the middle of the square."""
    labels = np.full((parts.SIZE, parts.SIZE), parts.BACKGROUND[0] if background else parts.HAIR[0], np.uint8)
    for part, centre, axes in (
        (parts.BODY, (80, 160), (60, 32)),
        (parts.BODY, (80, 125), (18, 25)),
        (parts.HAIR, (80, 68), (46, 52)),
        (parts.SKIN, (80, 80), (33, 44)),
        (parts.BROWS, (66, 68), (8, 3)),
        (parts.BROWS, (94, 68), (8, 3)),
    ):
        cv2.ellipse(labels, centre, axes, 0, 0, 360, part[0], cv2.FILLED)
    return Regions(labels, certainty)


HEAD = regions()


def place(side=SIDE):
    """x and y of each pixel, −1…1."""
    return np.meshgrid(np.linspace(-1, 1, side, dtype=np.float32), np.linspace(-1, 1, side, dtype=np.float32))


def mask(classes, side=SIDE):
    return np.isin(parts.enlarge(HEAD.parts, (side, side)), classes)


@pytest.fixture(scope="module")
def portrait():
    """Flat colours with the same noise everywhere, lit a little from the left; uint8 (SIDE, SIDE, 3)."""
    rng = np.random.default_rng(0)
    colours = np.array([[120, 130, 140], [200, 150, 130], [80, 60, 50], [40] * 3, [200, 150, 130], [190, 90, 90],
                        [80, 60, 50], [190, 145, 125]], np.float32)  # fmt: skip
    noise = cv2.GaussianBlur(rng.normal(0, 24, (SIDE, SIDE)).astype(np.float32), (0, 0), 0.8)
    light = np.exp(-0.15 * place()[0])
    return as_bytes((colours[parts.enlarge(HEAD.parts, (SIDE, SIDE))] + noise[..., None]) * light[..., None])


def as_bytes(values):
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)


def cue(artifact, pixels, found=HEAD, quality=None):
    return dict(zip(ARTIFACTS, cues.measure(pixels, found, quality), strict=True))[artifact]


# --- what every cue promises -----------------------------------------------------------------------------------------


def test_five_cues_in_the_order_of_the_vocabulary(portrait):
    before = portrait.copy()
    found = cues.measure(portrait, HEAD, 90)
    assert [one.artifact for one in found] == list(ARTIFACTS)
    for one in found:
        assert one.value is not None, one.text
        assert np.isfinite(one.value)
        assert all(np.isfinite(number) for number in one.details.values())
        assert one.percentile is None or 0 <= one.percentile <= 100
        assert (one.picture.dtype, one.picture.shape) == (np.uint8, portrait.shape)
        assert not np.array_equal(one.picture, portrait)
        assert one.text.endswith((".", "?"))
        assert not one.text.startswith("Cannot")
    assert np.array_equal(portrait, before)


def test_the_same_crop_gives_the_same_cues(portrait):
    first, second = cues.measure(portrait, HEAD, 90), cues.measure(portrait, HEAD, 90)
    assert [(one.value, one.text) for one in first] == [(one.value, one.text) for one in second]
    assert cues.values(portrait, HEAD) == {one.artifact: one.value for one in first}


def test_read_only_pixels_are_measured(portrait):
    locked = portrait.copy()
    locked.flags.writeable = False
    assert cues.measure(locked, HEAD, None)[0].value is not None


def test_large_crops_are_shrunk_first(portrait):
    large = cv2.resize(portrait, (900, 900), interpolation=cv2.INTER_CUBIC)
    small = cv2.resize(large, (352, 352), interpolation=cv2.INTER_AREA)
    for one, other in zip(cues.measure(large, HEAD, None), cues.measure(small, HEAD, None), strict=True):
        assert one.picture.shape == (352, 352, 3)
        assert one.value == other.value


@pytest.mark.parametrize(
    "found, side, reason",
    [(regions(certainty=0.4), SIDE, "certainty"), (HEAD, 64, "64 px")],
    ids=["unsure regions", "too small"],
)
def test_says_when_nothing_can_be_assessed(portrait, found, side, reason):
    crop = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
    for one in cues.measure(crop, found, None):
        assert (one.value, one.percentile, one.details) == (None, None, {})
        assert one.text.startswith("Cannot be assessed: ")
        assert reason in one.text
        assert np.array_equal(one.picture, crop)


def test_measuring_is_quick(portrait):
    large = cv2.resize(portrait, (352, 352))
    cues.measure(large, HEAD, None)
    times = []
    for _ in range(3):
        start = time.process_time()
        cues.measure(large, HEAD, None)
        times.append(time.process_time() - start)
    assert min(times) < 0.2  # about 0.04 on one free core


# --- face edge -------------------------------------------------------------------------------------------------------


def test_a_recoloured_face_has_a_step_on_its_ring(portrait):
    centre = (round(80 * SIDE / 160), round(80 * SIDE / 160))
    oval = np.zeros((SIDE, SIDE), np.float32)
    cv2.ellipse(oval, centre, (round(33 * 1.6 * 0.8), round(44 * 1.6 * 0.8)), 0, 0, 360, 1.0, cv2.FILLED)
    oval = cv2.GaussianBlur(oval, (0, 0), 2)[..., None]
    forged = as_bytes(portrait + oval * np.float32([-22, 8, 14]))
    plain, seam = cue("face_edge", portrait), cue("face_edge", forged)
    assert seam.value > 1.5 * plain.value
    assert seam.details["ring"] == pytest.approx(0.8, abs=0.07)
    assert seam.details["colour_step"] > 3 * plain.details["colour_step"]


def test_a_softened_face_has_a_sharpness_step(portrait):
    soft = np.where(mask(parts.FACE)[..., None], cv2.GaussianBlur(portrait, (0, 0), 2), portrait)
    assert cue("face_edge", soft).details["sharpness_step"] < cue("face_edge", portrait).details["sharpness_step"] - 1
    assert "weaker" in cue("face_edge", soft).text


# --- lighting --------------------------------------------------------------------------------------------------------


def lit(portrait, face, rest):
    """The face lit from one direction, all else from the other: (x, y), y downwards."""
    x, y = place()
    on_face, on_rest = (np.exp(0.7 * (x * way[0] + y * way[1]) + 0.15 * x) for way in (face, rest))
    return as_bytes(portrait * np.where(mask(parts.FACE), on_face, on_rest)[..., None] * 0.8)


@pytest.mark.parametrize(
    "face, rest, angle",
    [((-1, 0), (1, 0), 180), ((-1, 0), (-1, 0), 0), ((1, 0), (0, -1), 90), ((0, -1), (-0.7, -0.7), 45)],
)
def test_the_angle_between_two_lights(portrait, face, rest, angle):
    found = cue("lighting", lit(portrait, face, rest))
    assert found.details["angle"] == pytest.approx(angle, abs=12)
    assert found.details["uncertainty"] < 20
    assert f"{found.details['angle']:.0f}°" in found.text


def test_the_sides_of_the_light_are_named(portrait):
    found = cue("lighting", lit(portrait, (-1, 0), (1, 0)))
    assert "face is brightest towards the left" in found.text
    assert "towards the right" in found.text
    assert abs(found.details["face_direction"]) == pytest.approx(180, abs=12)


def test_opposite_light_is_more_suspicious(portrait):
    assert (
        cue("lighting", lit(portrait, (-1, 0), (1, 0))).value > cue("lighting", lit(portrait, (-1, 0), (-1, 0))).value
    )


def test_even_light_has_no_direction(portrait):
    found = cue("lighting", np.where(mask(parts.FACE)[..., None], np.uint8(150), portrait))
    assert found.value is None
    assert "too even" in found.text


# --- background ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", [4, 8, 12])
def test_a_grid_behind_the_person_has_its_period(portrait, period):
    wave = np.sin(2 * np.pi * np.arange(SIDE) / period)
    grid = 12 * (wave[None] + wave[:, None]) * mask(parts.BACKGROUND)
    found = cue("background", as_bytes(portrait + grid[..., None]))
    assert found.details["period"] == pytest.approx(period, abs=0.5) or found.details["period"] == pytest.approx(
        period * 2**0.5, abs=0.5
    )
    assert found.value > 0.3
    assert found.value > 4 * cue("background", portrait).value


def test_a_grid_on_the_whole_picture_is_no_matter_of_the_background(portrait):
    grid = 12 * np.sin(2 * np.pi * np.arange(SIDE) / 8)[None, :, None]
    behind = np.where(mask(parts.BACKGROUND)[..., None], grid, 0)
    assert (
        cue("background", as_bytes(portrait + grid)).value < 0.4 * cue("background", as_bytes(portrait + behind)).value
    )


def test_no_background_cannot_be_assessed(portrait):
    found = cue("background", portrait, regions(background=False))
    assert found.value is None
    assert found.text.startswith("Cannot be assessed: ")
    assert "background" in found.text


# --- sharpness -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x, y", [(0.14, 0.22), (0.86, 0.25)])
def test_a_blurred_patch_is_found(portrait, x, y):
    where = np.zeros((SIDE, SIDE), np.float32)
    cv2.circle(where, (round(x * SIDE), round(y * SIDE)), 30, 1.0, cv2.FILLED)
    blurred = portrait + (cv2.GaussianBlur(portrait, (0, 0), 0.8).astype(np.float32) - portrait) * where[..., None]
    plain, found = cue("sharpness", portrait), cue("sharpness", as_bytes(blurred))
    assert found.value > 1.5 * plain.value
    # The largest jump lies on the patch's rim.
    assert (found.details["x"], found.details["y"]) == pytest.approx((x, y), abs=0.15)


def test_a_soft_background_is_depth_and_no_jump(portrait):
    soft = np.where(mask(parts.BACKGROUND)[..., None], cv2.GaussianBlur(portrait, (0, 0), 0.9), portrait)
    assert cue("sharpness", soft).value < 1.6 * cue("sharpness", portrait).value


def test_a_flat_picture_has_no_sharpness():
    found = cue("sharpness", np.full((SIDE, SIDE, 3), 128, np.uint8))
    assert found.value is None
    assert "detail" in found.text


# --- hair ------------------------------------------------------------------------------------------------------------


def test_the_age_is_asked_of_the_person(portrait):
    assert cue("hair", portrait).text.endswith("does this hair fit the age of the face?")


def test_hair_of_two_textures_jumps(portrait):
    right = mask(parts.HAIR) & (place()[0] > 0)
    mixed = np.where(right[..., None], cv2.GaussianBlur(portrait, (0, 0), 1.5), portrait)
    plain, found = cue("hair", portrait), cue("hair", mixed)
    assert found.details["texture_jump"] > 1.5 * plain.details["texture_jump"]
    assert found.value > plain.value


def test_bald_cannot_be_assessed(portrait):
    bald = np.where(HEAD.parts == parts.HAIR[0], parts.BACKGROUND[0], HEAD.parts).astype(np.uint8)
    found = cue("hair", portrait, Regions(bald, 0.99))
    assert found.value is None
    assert "hair" in found.text


# --- tables ----------------------------------------------------------------------------------------------------------


def made_up(auc):
    """Every class holds the values 0…1, but the smallest size has none."""
    shape = (len(ARTIFACTS), len(tables.SIZES), len(tables.QUALITIES) + 1)
    quantiles = np.tile(np.linspace(0, 1, 101, dtype=np.float32), (*shape, 1))
    quantiles[:, 0] = np.nan
    quantiles[:, :, 0] *= 2
    return tables.Tables(quantiles, np.full(shape, 50), np.array(auc), {"photos": 50})


def test_the_shipped_tables_are_whole():
    found = tables.load()
    assert found is not None
    assert tables.EMBEDDED.stat().st_size < 100_000
    shape = (len(ARTIFACTS), len(tables.SIZES), len(tables.QUALITIES) + 1)
    assert (found.quantiles.shape, found.counts.shape, found.auc.shape) == ((*shape, 101), shape, shape[:1])
    known = found.counts >= tables.LEAST_COUNT
    assert known.any((1, 2)).all()
    assert np.isfinite(found.quantiles[known]).all()
    assert np.isnan(found.quantiles[~known]).all()
    assert (np.diff(found.quantiles[known], axis=-1) >= 0).all()
    assert set(found.report["cues"]) == set(ARTIFACTS)
    assert ((found.auc > 0.4) & (found.auc <= 1)).all()


def test_tables_survive_saving(tmp_path):
    before = made_up([0.9, 0.8, 0.7, 0.55, np.nan])
    tables.save(before, tmp_path / "cues.npz")
    after = tables.load(tmp_path / "cues.npz")
    np.testing.assert_array_equal(before.quantiles, after.quantiles)
    np.testing.assert_allclose(before.auc, after.auc, rtol=1e-6)
    assert after.report == {"photos": 50}
    assert tables.load(tmp_path / "none.npz") is None


def test_percentiles():
    made = made_up([0.9] * 5)
    assert made.percentile("hair", 0.25, 352, None) == pytest.approx(25)
    assert made.percentile("hair", 0.253, 352, None) == pytest.approx(25.3, abs=0.01)
    assert made.percentile("hair", 0.25, 352, 40) == pytest.approx(12.5)
    assert made.percentile("hair", -5, 352, None) == 0
    assert made.percentile("hair", 5, 352, None) == 100
    assert made.percentile("hair", 0.25, 100, None) == pytest.approx(25)  # 128 has no table, 176 has
    ties = made.quantiles.copy()
    ties[..., :41] = 0
    assert tables.Tables(ties, made.counts, made.auc, {}).percentile("hair", 0, 352, None) == 20


def test_a_cue_that_separates_nothing_gets_no_percentile(portrait, monkeypatch):
    monkeypatch.setattr(tables, "load", lambda: made_up([0.9, 0.9, 0.59, np.nan, 0.6]))
    told = {one.artifact: one for one in cues.measure(portrait, HEAD, 90)}
    assert [told[artifact].percentile is None for artifact in ARTIFACTS] == [False, False, True, True, False]
    assert "real photos" in told["face_edge"].text
    assert "look at the picture" in told["background"].text


def test_quality_classes():
    assert [tables.quality_class(quality) for quality in (1, 60, 61, 82, 94, 95, 100, None)] == [0, 0, 1, 1, 2, 3, 3, 3]
    assert [tables.quality_class(quality) for quality in reference.STORED] == [0, 1, 2, 3]


def test_sources_take_turns():
    examples = [
        Example(None, f"{source}{i}", 0, source) for source, n in (("a", 50), ("b", 3), ("c", 9)) for i in range(n)
    ]
    drawn = reference.balanced(examples, 12, np.random.default_rng(0))
    assert [sum(one.source == source for one in drawn) for source in "abc"] == [5, 3, 4]
    assert len({one.name for one in drawn}) == 12
    assert len(reference.balanced(examples, 500, np.random.default_rng(0))) == 62


def test_separation_counts_what_was_not_assessed():
    found = reference._separation([0.1, 0.2, None], [0.3, 0.15], [None, 0.5])
    assert found["auc"] == pytest.approx(5 / 6, abs=1e-3)
    assert (found["auc_trained"], found["auc_held_back"]) == (0.75, 1.0)
    assert (found["real"], found["real_assessed"], found["forged"], found["forged_assessed"]) == (3, 2, 4, 3)


def test_frames_refuse_nothing_but_say_why(portrait):
    nothing = Regions(np.zeros((parts.SIZE, parts.SIZE), np.uint8), 0.9)
    with pytest.raises(CannotAssess, match="no face"):
        edge.measure(Frame(portrait, nothing))
