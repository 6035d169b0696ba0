"""Each reason with the picture that triggers it, and ordinary portraits that trigger none."""

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from benchmarks.scope_sheet import drawing, jpeg, png, screenshot
from detector import Analyser, faces, forge, image_statistics, images, painting, parts, scope, sculpting, smoothing
from detector.faces import Box
from detector.necks import LOOKS
from detector.page import scope_note
from detector.page.texts import en as texts
from detector.scope import RULES, Reason
from detector.verdict import Answer


def decoded(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


def kinds(source, boxes=None):
    """key → kind of what is said of a picture; its faces are looked for unless given."""
    picture = images.load(source)
    found = boxes or tuple(face.box for face in faces.find(picture.pixels)) or (None,)
    return {reason.key: reason.kind for reason in scope.assess(picture, found)}


@pytest.fixture(scope="module")
def portrait(assets):
    """512 × 600, its face about 212 px wide."""
    return Image.open(assets / "example-hopper.jpg").convert("RGB")


@pytest.fixture(scope="module")
def astronaut(assets):
    return np.asarray(Image.open(assets / "example-collins.jpg").convert("RGB"))


@pytest.fixture(scope="module")
def box(portrait):
    return faces.find(np.asarray(portrait))[0].box


# ---- ordinary photos


@pytest.mark.parametrize("name", ["collins", "hopper"])
def test_untouched_portraits_pass(assets, name):
    assert kinds(assets / f"example-{name}.jpg") == {}


def test_an_untouched_array_passes(astronaut):
    assert kinds(astronaut) == {}


@pytest.mark.parametrize("quality", [60, 95])
def test_a_grey_or_tinted_portrait_passes(portrait, quality):
    grey = ImageOps.grayscale(portrait)
    assert kinds(jpeg(grey, quality)) == {}
    assert kinds(jpeg(ImageOps.colorize(grey, (20, 12, 6), (250, 240, 215)), quality)) == {}  # sepia
    assert kinds(jpeg(ImageEnhance.Color(portrait).enhance(0.15), quality)) == {}


def test_dark_tones_with_highlights_are_not_called_dark(portrait):
    """A dark face that was exposed well: its mean falls below 60 of 255, its lightest places stay light."""
    tones = (255 * (np.arange(256) / 255) ** 2.2).round().astype(np.uint8)
    darker = tones[np.asarray(portrait)]
    assert faces.find(darker)[0].box.cut(darker).mean() < 75
    assert "dark" not in kinds(darker)


# ---- sizes


def test_face_sizes(portrait):
    picture = images.load(np.asarray(portrait))
    warn, refuse = RULES["face_small"].warn, RULES["face_small"].refuse

    def said(*sides):
        boxes = [Box(0, 0, side, side + 3) for side in sides]
        return {r.key: (r.kind, r.value, r.limit) for r in scope.assess(picture, boxes) if "face" in r.key}

    assert said(warn) == {}
    assert said(warn - 1) == {"face_small": ("warn", warn - 1, warn)}
    assert said(refuse - 1) == {"face_small": ("refuse", refuse - 1, refuse)}
    assert said(200, refuse - 1, refuse - 2, refuse) == {"other_faces_small": ("warn", 2, 1)}


def test_a_shrunk_portrait_is_refused(portrait, box):
    small = portrait.resize([round(side * 0.7 * RULES["face_small"].refuse / box.width) for side in portrait.size])
    assert kinds(png(small))["face_small"] == "refuse"


def test_picture_and_file_size(portrait):
    assert RULES["picture_small"].warn == 176 and RULES["picture_small"].refuse == 106  # 2.2 times the face's
    tiny = kinds(png(portrait.resize((60, 70))), (None,))
    assert tiny["picture_small"] == "refuse" and tiny["no_face"] == "warn"
    assert kinds(png(portrait.resize((150, 176))), (None,))["picture_small"] == "warn"
    picture = images.load(png(portrait))
    light = replace(picture, facts=replace(picture.facts, bytes=2999))
    assert [r.key for r in scope.assess(light, [Box(130, 140, 212, 212)])] == ["file_small"]


def test_without_a_face_it_warns_only():
    hills = np.random.default_rng(0).integers(0, 255, (60, 60, 3), dtype=np.uint8)
    picture = cv2.resize(hills, (400, 400), interpolation=cv2.INTER_CUBIC)
    assert kinds(picture, (None,)) == {"no_face": "warn"}


# ---- light, blur


@pytest.mark.parametrize(("gain", "kind"), [(0.35, "warn"), (0.12, "refuse")])
def test_dark(portrait, box, gain, kind):
    said = kinds(ImageEnhance.Brightness(portrait).enhance(gain), (box,))
    assert said["dark"] == kind and "drawing" not in said  # without shading, but no drawing


@pytest.mark.parametrize(("gain", "kind"), [(2, "warn"), (4, "refuse")])
def test_overexposed(portrait, box, gain, kind):
    said = kinds(ImageEnhance.Brightness(portrait).enhance(gain), (box,))
    assert said["overexposed"] == kind and "drawing" not in said


@pytest.mark.parametrize(("radius", "kind"), [(1, None), (3.5, "warn"), (5, "refuse")])
def test_blurred(portrait, box, radius, kind):
    assert kinds(portrait.filter(ImageFilter.GaussianBlur(radius)), (box,)).get("blurred") == kind


@pytest.mark.parametrize(("sigma", "kind"), [(4, None), (25, "warn")])
def test_noisy(astronaut, sigma, kind):
    noise = np.random.default_rng(0).normal(0, sigma, astronaut.shape)
    said = kinds((astronaut + noise).clip(0, 255).astype(np.uint8), (faces.find(astronaut)[0].box,))
    assert said.get("noisy") == kind


@pytest.mark.parametrize("sigma", [5, 20])
def test_noise_is_measured_in_luma_steps(sigma):
    grey = 128 + np.random.default_rng(0).normal(0, sigma, (200, 200, 1)).repeat(3, 2)
    assert image_statistics.of_face(grey.clip(0, 255).astype(np.uint8)).noise == pytest.approx(sigma, rel=0.08)
    assert image_statistics.of_face(np.zeros((1, 1, 3), np.uint8)).noise == 0


def test_an_enlarged_picture_is_as_good_as_blurred(portrait, box):
    thumbnail = portrait.resize([side // 12 for side in portrait.size])
    assert kinds(thumbnail.resize(portrait.size, Image.Resampling.BICUBIC), (box,))["blurred"] == "refuse"


# ---- no photos, filters


@pytest.mark.parametrize("quality", [None, 75])
def test_drawings_are_refused(quality):
    assert kinds(jpeg(drawing(), quality) if quality else png(drawing()))["drawing"] == "refuse"


def test_a_pencil_sketch_has_few_tones(astronaut):
    sketch, _ = cv2.pencilSketch(astronaut[..., ::-1].copy(), sigma_s=60, sigma_r=0.07, shade_factor=0.05)
    assert kinds(sketch, (faces.find(astronaut)[0].box,))["few_tones"] == "warn"


def test_posterised_but_not_merely_stretched(portrait, box):
    assert kinds(ImageOps.posterize(portrait, 3), (box,))["few_tones"] == "warn"
    stretched = np.clip((np.asarray(portrait).astype(int) - 60) * 2, 0, 255).astype(np.uint8)
    assert "few_tones" not in kinds(stretched, (box,))  # half of the levels are left


def test_saturated(portrait, box):
    assert "saturated" not in kinds(ImageEnhance.Color(portrait).enhance(1.4), (box,))
    assert kinds(ImageEnhance.Color(portrait).enhance(4), (box,))["saturated"] == "warn"


@pytest.mark.parametrize(("page", "ink"), [("white", (30, 30, 30)), ((24, 26, 30), (225, 225, 225))])
def test_screenshots_with_much_text(portrait, page, ink):
    assert kinds(jpeg(screenshot(portrait, page, ink, 20), 85))["screenshot"] == "warn"
    assert "screenshot" not in kinds(jpeg(screenshot(portrait, page, ink, 4), 85))


# ---- storage


@pytest.mark.parametrize(("quality", "kind"), [(60, None), (20, "warn"), (5, "refuse")])
def test_low_quality(portrait, box, quality, kind):
    assert kinds(jpeg(portrait, quality), (box,)).get("low_quality") == kind


@pytest.mark.parametrize("earlier", [20, 30, 49])
def test_a_coarser_compression_before(portrait, box, earlier):
    once = decoded(jpeg(portrait.resize((360, 422)), earlier))
    for again in (jpeg(once, 95), png(once)):
        reasons = scope.assess(images.load(again), [Box(100, 100, 150, 150)])
        assert [(r.key, r.kind) for r in reasons] == [("re_encoded", "warn")]
        assert reasons[0].value == pytest.approx(earlier, abs=2)


# ---- the rules


def test_rules_at_their_limits():
    rule = scope.Rule("{value:.0f} under {limit:.0f}", warn=10, refuse=5)
    assert rule.judge("k", 10) is None
    assert rule.judge("k", 9) == Reason("k", "warn", "9 under 10", 9, 10)
    assert rule.judge("k", 4) == Reason("k", "refuse", "4 under 5", 4, 5)
    above = scope.Rule("{value}", warn=10, refuse=20, below=False)
    assert [r and r.kind for r in (above.judge("k", v) for v in (9, 10, 20))] == [None, "warn", "refuse"]


def test_the_text_says_what_was_measured():
    picture = images.load(np.zeros((300, 300, 3), np.uint8))
    of_face, of_middle = (scope.assess(picture, [box])[0].text for box in (Box(50, 50, 200, 200), None))
    assert of_face.startswith("The face is nearly black: its lightest places reach 0 of 255, less than 40.")
    assert of_middle.startswith("The picture's middle is nearly black")


def test_refusals_come_first(portrait):
    reasons = scope.assess(images.load(jpeg(portrait, 5)), [Box(0, 0, 40, 40)])
    assert [r.kind for r in reasons] == sorted(r.kind for r in reasons) and len(reasons) > 2
    assert scope.refused(reasons) and not scope.refused(reasons[-1:])


# ---- what only the network sees


def test_what_it_looks_like_is_said_once():
    drawing, dark, noisy = (Reason(key, "warn", "", 1, 2) for key in ("drawing", "dark", "noisy"))

    def look(reasons, painted, smoothed=0.0, sculpted=0.0, **where):
        looks = {"painted": painted, "smoothed": smoothed, "sculpted": sculpted}
        return scope.with_look(reasons, looks, **where)

    assert scope.with_look((), {}) == look((), 0.49, 0.49) == ()
    [reason] = found = look((), 0.5)
    assert (reason.key, reason.kind, reason.value, reason.limit) == ("painted", "warn", 0.5, 0.5)
    assert reason.text.startswith("The face looks drawn, painted, rendered or sculpted: 50%")
    middle = look((), 1.0, where=scope.MIDDLE)[0].text
    assert middle.startswith("The picture's middle looks drawn, painted, rendered or sculpted: 99%")
    assert look(found, 0.9) == look((), 0.5, 0.4) == found
    assert look((drawing,), 0.9) == (drawing,) and look((dark,), 0.9, 0.9) == (dark,)
    assert [reason.key for reason in look((noisy,), 0.9)] == ["noisy", "painted"]
    assert [str(cause) for cause in scope.hiding(found)] == ["it looks painted"]
    [reason] = found = look((), 0.6, 0.75)
    assert (reason.key, reason.kind) == ("smoothed", "warn") and "as by a beauty filter: 75%" in reason.text
    assert look(found, 0.9) == found and [str(cause) for cause in scope.hiding(found)] == ["its skin looks smoothed"]
    [reason] = found = look((), 0.6, 0.0, 0.8)
    assert (reason.key, reason.kind) == ("sculpted", "warn") and "as a statue's: 80%" in reason.text
    assert [str(cause) for cause in scope.hiding(found)] == ["it looks like a statue"]


@pytest.mark.parametrize("name", ["collins", "hopper"])
def test_the_shipped_weights_know_an_oil_painting_smoothed_skin_and_a_statue_from_a_photo(assets, name):
    analyser = Analyser(device="cpu")
    photo = np.asarray(Image.open(assets / f"example-{name}.jpg").convert("RGB"))
    portrait = forge.portrait_of(parts.load(), photo)
    made = {
        "painted": painting.oil(photo, np.random.default_rng(0)),
        "smoothed": smoothing.smooth(portrait, np.random.default_rng(3), "median"),
        "sculpted": sculpting.sculpt(portrait, np.random.default_rng(0), "marble"),
    }
    [plain, *_] = analyser.steps(analyser.prepare(photo), "gradcam")
    assert max(plain.faces[0].looks.values()) < 0.5
    for look, pixels in made.items():
        [first, *_] = analyser.steps(analyser.prepare(pixels), "gradcam")
        said = {reason.key for reason in first.scope} & set(LOOKS)
        assert first.faces[0].looks[look] >= 0.5 and first.answer != Answer.AUTHENTIC
        assert said == {look} or (look, said) == ("sculpted", {"painted"})  # whose words hold for both


# ---- on the page


def test_note():
    warn = Reason("k", "warn", "a < b", 1, 2)
    assert scope_note.note(texts, ()) == ""
    assert "a &lt; b" in scope_note.note(texts, [warn]) and "Not assessed" not in scope_note.note(texts, [warn])
    refusal = scope_note.note(texts, [replace(warn, kind="refuse"), warn])
    assert "Not assessed" in refusal and 'role="alert"' in refusal and refusal.count("a &lt; b") == 2
