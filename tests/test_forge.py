"""A forgery changes what its mask says, and nothing else."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detector import forge, parts
from detector.artifacts import ARTIFACTS
from detector.faces import Box, find
from detector.forge import CannotForge, Portrait
from detector.forge.hair import unlike

ASSETS = Path(__file__).parent.parent / "assets"
EVERY = [(a, v) for a in ARTIFACTS for v in forge.VARIANTS[a] + forge.HELD_BACK[a]]


def portrait_of(pixels):
    box = find(pixels)[0].box
    return Portrait.of(pixels, box, forge.parse(parts.load(), pixels, box))


@pytest.fixture(scope="module")
def collins():
    picture = Image.open(ASSETS / "example-collins.jpg").convert("RGB")
    return portrait_of(np.asarray(picture.resize((256, 256))))


@pytest.fixture(scope="module")
def donor():
    """Grace Hopper wears a cap and has no hair to lend: Collins again, mirrored, smaller, with fair hair."""
    picture = Image.open(ASSETS / "example-collins.jpg").convert("RGB").resize((200, 200))
    donor = portrait_of(np.ascontiguousarray(np.asarray(picture)[:, ::-1]))
    fair = np.where(donor.hair[..., None] > 0, 60 + donor.pixels // 2, donor.pixels).astype(np.uint8)
    return Portrait(fair, donor.box, donor.parts)


def forged(portrait, donor, artifact, variant, seed=0, strength=1.0):
    return forge.forge(portrait, artifact, strength, np.random.default_rng(seed), variant, donor)


def some(portrait, donor, artifact, variant, strength=1.0, count=5):
    """Forgeries of many seeds; a seed that finds no room is left out, which may not be the rule."""
    made = []
    for seed in range(count):
        try:
            made.append(forged(portrait, donor, artifact, variant, seed, strength))
        except CannotForge:
            continue
    assert len(made) >= count * 0.6
    return made


def change(before, after):
    return np.abs(after.astype(int) - before.astype(int)).max(2)


def test_a_donor_unlike_anybody_is_mirrored_and_grey(collins):
    other = unlike(collins)
    assert np.array_equal(other.hair[:, ::-1], collins.hair)
    assert other.box.x + other.box.width == 256 - collins.box.x
    mirrored, hair = collins.pixels[:, ::-1], other.hair > 0
    assert np.array_equal(other.pixels[~hair], mirrored[~hair])
    assert np.ptp(other.pixels[hair], axis=1).max() == 0  # no colour is left
    grey = np.clip(90 + 0.8 * mirrored[hair].mean(1), 0, 255)
    assert np.allclose(other.pixels[hair][:, 0], grey, atol=1)


def test_every_artifact_has_variants_that_training_never_sees():
    assert forge.VARIANTS.keys() == forge.HELD_BACK.keys() == ARTIFACTS.keys()
    for artifact in ARTIFACTS:
        assert forge.VARIANTS[artifact] and forge.HELD_BACK[artifact]
        assert not set(forge.VARIANTS[artifact]) & set(forge.HELD_BACK[artifact])


@pytest.mark.parametrize("artifact", ARTIFACTS)
def test_without_a_variant_only_trained_ones_come(collins, donor, artifact):
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(40):
        try:
            seen.add(forge.forge(collins, artifact, 0.5, rng, donor=donor).variant)
        except CannotForge:
            continue
    assert seen == set(forge.VARIANTS[artifact])


@pytest.mark.parametrize("strength", [0.3, 1.0])
@pytest.mark.parametrize(("artifact", "variant"), EVERY)
def test_outside_the_mask_nothing_changes(collins, donor, artifact, variant, strength):
    for forgery in some(collins, donor, artifact, variant, strength):
        outside = forgery.mask == 0
        assert outside.mean() > 0.1
        assert np.array_equal(forgery.pixels[outside], collins.pixels[outside])


@pytest.mark.parametrize(("artifact", "variant"), EVERY)
def test_mask_and_pixels_are_as_documented(collins, donor, artifact, variant):
    for forgery in some(collins, donor, artifact, variant):
        assert (forgery.artifact, forgery.variant, forgery.strength) == (artifact, variant, 1.0)
        assert (forgery.pixels.dtype, forgery.pixels.shape) == (np.uint8, (256, 256, 3))
        assert (forgery.mask.dtype, forgery.mask.shape) == (np.float32, (256, 256))
        assert forgery.mask.min() >= 0 and 0.3 < forgery.mask.max() <= 1
        # What is marked was changed, as far as a mask with a soft edge and even skin can be.
        marked = forgery.mask > 0.3
        assert marked.sum() > 200
        assert change(collins.pixels, forgery.pixels)[marked].mean() > 1.5


@pytest.mark.parametrize(("artifact", "variant"), EVERY)
def test_change_grows_with_strength(collins, donor, artifact, variant):
    weak, strong = (
        np.mean([change(collins.pixels, f.pixels)[f.mask > 0.1].mean() for f in made])
        for made in (some(collins, donor, artifact, variant, strength) for strength in (0.2, 1.0))
    )
    assert strong > 1.3 * weak


@pytest.mark.parametrize(("artifact", "variant"), EVERY)
def test_same_generator_state_same_forgery(collins, donor, artifact, variant):
    seed = next(s for s in range(20) if _works(collins, donor, artifact, variant, s))
    first, second = (forged(collins, donor, artifact, variant, seed) for _ in range(2))
    assert np.array_equal(first.pixels, second.pixels) and np.array_equal(first.mask, second.mask)
    masks = {f.mask.tobytes() + f.pixels.tobytes() for f in some(collins, donor, artifact, variant)}
    assert len(masks) >= 3


def _works(*args):
    try:
        return forged(*args)
    except CannotForge:
        return None


def test_each_artifact_stays_where_it_belongs(collins, donor):
    person, background = collins.region(parts.PERSON) > 0, collins.background > 0
    for variant in forge.VARIANTS["background"]:
        for forgery in some(collins, donor, "background", variant):
            assert forgery.mask[person].max() == 0
    for variant in ("fill", "part"):
        for forgery in some(collins, donor, "hair", variant):
            assert forgery.mask[collins.hair > 0].sum() > 0.85 * forgery.mask.sum()
    for variant in forge.VARIANTS["lighting"]:
        for forgery in some(collins, donor, "lighting", variant):
            assert forgery.mask[background].sum() < 0.15 * forgery.mask.sum()
    rows, columns = np.mgrid[:256, :256]
    box = collins.box
    for variant in forge.VARIANTS["face_edge"]:
        for forgery in some(collins, donor, "face_edge", variant):
            weight = forgery.mask / forgery.mask.sum()
            middle = (columns * weight).sum(), (rows * weight).sum()
            assert middle == pytest.approx((box.x + box.width / 2, box.y + box.height / 2), abs=0.5 * box.width)


def test_lighting_turns_the_light(collins, donor):
    """Each half of the face keeps its detail; the ratio between left and right changes, the mean stays."""
    for forgery in some(collins, donor, "lighting", "ramp"):
        inside = forgery.mask > 0.9
        before, after = (p.mean(2)[inside].mean() for p in (collins.pixels, forgery.pixels))
        assert after == pytest.approx(before, rel=0.15)


def test_a_checkerboard_is_periodic():
    """On an even background the pattern repeats exactly, with one of the periods it may have."""
    grey = np.full((256, 256, 3), 128, np.uint8)
    parts_map = np.zeros((256, 256), np.uint8)
    plain = Portrait(grey, Box(90, 90, 80, 80), parts_map)
    forgery = forge.forge(plain, "background", 1.0, np.random.default_rng(4), "blocks")
    assert change(grey, forgery.pixels).max() > 3
    waves = [forge.forge(plain, "background", 1.0, np.random.default_rng(s), "waves") for s in range(6)]
    for wave in waves:
        detail = wave.pixels[..., 0].astype(float) - 128
        power = np.abs(np.fft.fft2(detail)) ** 2
        power[0, 0] = 0
        assert np.sort(power.ravel())[-60:].sum() > 0.5 * power.sum()  # a few lines hold the energy


NO_ROOM = [("background", "background"), ("hair", "hair"), ("lighting", "person")]


@pytest.mark.parametrize(("artifact", "reason"), NO_ROOM)
def test_no_room_is_said(collins, donor, artifact, reason):
    everywhere = {"background": 1, "hair": 0, "lighting": 0}[artifact]
    bare = Portrait(collins.pixels, collins.box, np.full((256, 256), everywhere, np.uint8))
    with pytest.raises(CannotForge, match=reason):
        forge.forge(bare, artifact, 1.0, np.random.default_rng(0), donor=donor)
    even = Portrait(np.full((256, 256, 3), 90, np.uint8), collins.box, collins.parts)
    with pytest.raises(CannotForge, match="detail"):
        forge.forge(even, "sharpness", 1.0, np.random.default_rng(0))


def test_wrong_arguments(collins, donor):
    rng = np.random.default_rng(0)
    for strength in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="strength must lie in 0…1"):
            forge.forge(collins, "face_edge", strength, rng)
    with pytest.raises(ValueError, match="unknown artifact 'teeth'; choose one of face_edge"):
        forge.forge(collins, "teeth", 1.0, rng)
    with pytest.raises(ValueError, match="no variant 'swap'; choose one of ellipse"):
        forge.forge(collins, "face_edge", 1.0, rng, "swap")
    with pytest.raises(CannotForge, match="donor"):
        forge.forge(collins, "hair", 1.0, rng)


def test_the_original_is_left_alone(collins, donor):
    before = collins.pixels.copy()
    collins.pixels.flags.writeable = False  # as the pixels that images.load gives
    for artifact, variant in EVERY:
        some(collins, donor, artifact, variant, count=3)
    assert np.array_equal(collins.pixels, before)


@pytest.mark.parametrize(
    ("shape", "box"),
    [
        ((1, 1, 3), Box(0, 0, 1, 1)),
        ((1, 60, 3), Box(20, 0, 1, 1)),
        ((8, 8, 3), Box(1, 1, 5, 5)),
        ((40, 30, 3), Box(0, 0, 30, 30)),
        ((40, 30, 3), Box(25, 35, 5, 5)),
    ],
)
def test_tiny_pictures_and_faces_at_the_frame(shape, box, donor):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, shape, dtype=np.uint8)
    portrait = Portrait(pixels, box, rng.integers(0, 8, shape[:2], dtype=np.uint8))
    for artifact, variant in EVERY:
        for seed in range(6):
            forgery = _works(portrait, donor, artifact, variant, seed)
            if forgery:
                assert forgery.pixels.shape == shape
                assert np.array_equal(forgery.pixels[forgery.mask == 0], pixels[forgery.mask == 0])


# --- composites


def composed(portrait, donor, seed, strength=1.0):
    return forge.compose(portrait, strength, np.random.default_rng(seed), donor)


@pytest.mark.parametrize("seed", range(6))
def test_a_composite_changes_parts_of_the_face_and_nothing_else(collins, donor, seed):
    made = composed(collins, donor, seed)
    assert made.artifact == forge.COMPOSITE and made.variant in ("cut", "clone")
    moved = change(collins.pixels, made.pixels)
    assert moved[made.mask == 0].max() == 0
    assert moved[made.mask > 0.5].mean() > 3
    centre = np.argwhere(made.mask > 0.5).mean(0)
    box = collins.box
    assert box.y < centre[0] < box.y + box.height and box.x < centre[1] < box.x + box.width
    assert (made.mask > 0.5).sum() < 0.8 * box.area


def test_a_composites_parts_come_from_the_donor_in_the_portraits_colours(collins, donor):
    """A donor of one flat colour leaves flat parts, in the colour of the skin around them."""
    flat = Portrait(np.full_like(donor.pixels, (20, 90, 160)), donor.box, donor.parts)
    made = next(m for m in (composed(collins, flat, seed, 0.0) for seed in range(20)) if m.variant == "cut")
    inside = made.mask > 0.999
    assert made.pixels[inside].std(0).max() < 3
    skin = collins.pixels[(collins.parts == 1)].mean(0)
    assert np.abs(made.pixels[inside].mean(0) - skin).max() < 35  # and not (20, 90, 160)


def test_composites_repeat_and_differ(collins, donor):
    first, again, other = composed(collins, donor, 1), composed(collins, donor, 1), composed(collins, donor, 2)
    assert np.array_equal(first.pixels, again.pixels) and np.array_equal(first.mask, again.mask)
    assert not np.array_equal(first.mask, other.mask)


def test_no_composite_without_faces(collins, donor):
    bare = Portrait(donor.pixels, donor.box, np.zeros_like(donor.parts))
    for portrait, other in ((collins, bare), (bare, donor)):
        with pytest.raises(CannotForge, match="too few parts of the face"):
            composed(portrait, other, 0)
    with pytest.raises(CannotForge, match="needs a donor"):
        composed(collins, None, 0)
