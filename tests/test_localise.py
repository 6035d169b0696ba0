"""Localisation figures against numbers worked out by hand, and the measuring on pictures that are forged here."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import small_network
from PIL import Image
from sklearn.metrics import average_precision_score, roc_auc_score

from detector import Analyser, cli, faces, plots
from detector import localisation_metrics as lm
from detector.artifacts import ARTIFACTS, FAKE, LABELS
from detector.data import Example
from detector.degrade import DEGRADE, Degraded, encode
from detector.evaluate import evaluate
from detector.faces import Box
from detector.forge import HELD_BACK, VARIANTS, Forgery
from detector.forged_set import Item, forged_set, masked_set
from detector.images import PictureError, load
from detector.localisation_figures import of_forgeries
from detector.localisation_maps import AVERAGE, CENTRE, FAKE_MAP, GRID, OWN, PLAIN, UNJUDGED, Row, average, judge
from detector.localise import localise, markdown
from detector.model import Architecture, Header, default_preprocessing, save
from detector.verdict import Answer

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def reals(collins, hopper, tmp_path_factory):
    """Two persons, small, so that forging is quick."""
    folder = tmp_path_factory.mktemp("reals")
    found = []
    for path in (collins, hopper):
        image = Image.open(path).convert("RGB")
        image.thumbnail((200, 200))
        image.save(folder / f"{path.stem}.png")
        found.append(Example(folder / f"{path.stem}.png", f"{path.stem}.png", 0, group=path.stem))
    return found


@pytest.fixture(scope="module")
def all_five(tmp_path_factory):
    """A checkpoint that knows every label."""
    path = tmp_path_factory.mktemp("five") / "five.safetensors"
    network = small_network(labels=LABELS, output_stride=16, seed=1)
    architecture = Architecture("test_resnet", {"output_stride": 16}, network.pool_name)
    save(path, network, Header(architecture, default_preprocessing(network, 64), LABELS))
    return path


def square(top, left, bottom, right, side=8):
    mask = np.zeros((side, side), bool)
    mask[top:bottom, left:right] = True
    return mask


# --- metrics


def test_pointing_game():
    values = np.zeros((8, 8))
    values[2, 5] = 1
    assert lm.pointing_hit(values, square(2, 5, 4, 8))
    assert not lm.pointing_hit(values, square(3, 5, 4, 8))
    assert lm.pointing_hit(values, square(3, 5, 4, 8), tolerance=1)
    far = square(5, 1, 6, 2)  # 3 down, 4 to the left
    assert not lm.pointing_hit(values, far, 4.99) and lm.pointing_hit(values, far, 5)
    assert not lm.pointing_hit(values, np.zeros((8, 8), bool), 100)
    assert lm.pointing_hit(np.ones((8, 8)), square(0, 0, 1, 1))  # the first of equals


def test_iou():
    values = np.arange(64.0).reshape(8, 8)
    assert lm.iou(values, square(6, 0, 8, 8), 48) == 1
    assert lm.iou(values, square(4, 0, 8, 8), 48) == 0.5
    assert lm.iou(values, square(0, 0, 6, 8), 48) == 0
    assert lm.iou(values, square(5, 0, 7, 8), 48) == pytest.approx(8 / 24)
    assert lm.iou(values, np.zeros((8, 8), bool), 99) == 1
    both = lm.iou(np.stack([values, values]), np.stack([square(6, 0, 8, 8), square(4, 0, 8, 8)]), 48)
    assert both.tolist() == [1, 0.5]


@pytest.mark.parametrize("side", [5, 40])
def test_best_threshold_is_that_of_a_search_over_all(side):
    rng = np.random.default_rng(side)
    masks = rng.random((3, side, side)) < 0.3
    values = rng.normal(size=masks.shape) + masks * 1.5
    chosen = lm.iou(values, masks, lm.best_threshold(values, masks)).mean()
    best = max(lm.iou(values, masks, threshold).mean() for threshold in np.unique(values)[:: 1 + side // 20])
    assert chosen >= best - (1e-12 if side == 5 else 0.005)


def test_best_threshold_takes_the_mean_over_pictures_not_over_places():
    # A large mask that wants 1 against two small ones that want 2.
    masks = np.stack([square(0, 0, 8, 6), square(0, 0, 1, 1), square(0, 0, 1, 1)])
    values = np.stack([masks[0] * 1.0, masks[1] + square(0, 0, 4, 4) * 1.0, masks[2] + square(0, 0, 4, 4) * 1.0])
    assert lm.best_threshold(values, masks) == 2
    with pytest.raises(ValueError, match="no maps"):
        lm.best_threshold(values[:0], masks[:0])


@pytest.mark.parametrize("levels", [3, 1000])
def test_pixel_ap_is_scikit_learns_with_ties_too(levels):
    rng = np.random.default_rng(levels)
    mask = rng.random((16, 16)) < 0.2
    values = np.round(rng.random((16, 16)) * levels + mask)
    assert lm.pixel_ap(values, mask) == pytest.approx(average_precision_score(mask.ravel(), values.ravel()), abs=1e-12)
    assert lm.pixel_ap(mask * 1.0, mask) == 1
    assert lm.pixel_ap(np.zeros(mask.shape), mask) == pytest.approx(mask.mean())
    with pytest.raises(ValueError, match="mask is empty"):
        lm.pixel_ap(values, np.zeros(mask.shape, bool))


def test_shapes_must_agree():
    for mask in (np.zeros((4, 5), bool), np.zeros((4, 4))):
        with pytest.raises(ValueError, match="must have one shape, and the mask be bool"):
            lm.pixel_ap(np.zeros((4, 4)), mask)


def test_wilson():
    assert lm.wilson(0.8, 10) == pytest.approx([0.4902, 0.9433], abs=1e-4)  # Newcombe 1998's formula by hand
    assert lm.wilson(1.0, 200) == pytest.approx([0.98116, 1.0], abs=1e-5)
    assert lm.wilson(0.0, 5)[0] == 0


def test_mean_interval():
    values = np.random.default_rng(0).normal(3, 1, 400)
    low, high = lm.mean_interval(values, range(400))
    assert (low + high) / 2 == pytest.approx(values.mean(), abs=0.02)
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.12)
    # Ten copies of each value in one group tell no more than one.
    one, ten = (lm.mean_interval(np.repeat(values, n), np.repeat(np.arange(400), n)) for n in (1, 10))
    assert one == pytest.approx(ten)


def test_grids():
    mask = np.zeros((128, 256), bool)
    mask[:64, :128] = True
    assert np.array_equal(lm.mask_on_grid(mask, 4), square(0, 0, 2, 2, 4))
    mask[:] = False
    mask[3, 3] = True  # less than half of a place, but all that there is
    assert np.array_equal(lm.mask_on_grid(mask, 4), square(0, 0, 1, 1, 4))
    assert lm.on_grid(np.arange(16.0).reshape(4, 4), 2).tolist() == [[2.5, 4.5], [10.5, 12.5]]


# --- degrading


def test_degrade(collins):
    pixels = load(collins).pixels
    height, width = pixels.shape[:2]
    for name, (scale, quality) in DEGRADE.items():
        image = Image.open(io.BytesIO(encode(pixels, name)))
        assert image.size == (round(width * scale), round(height * scale))
        assert image.format == ("JPEG" if quality else "PNG")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encode(pixels, "none")))), pixels)
    assert len(encode(pixels, "jpeg60")) < len(encode(pixels, "none", 87)) < len(encode(pixels, "none"))
    assert encode(pixels, "jpeg60", 87) == encode(pixels, "jpeg60")
    with pytest.raises(ValueError, match="unknown degradation 'jpeg'; choose one of none, jpeg60, half, both"):
        encode(pixels, "jpeg")


def test_a_degraded_picture_is_judged_as_its_file_would_be(tiny, collins, tmp_path):
    file = tmp_path / "sent.jpg"
    file.write_bytes(encode(load(collins).pixels, "both"))
    [analysis] = tiny.judge([Degraded(tiny, "both").prepare(collins)])
    assert analysis.probability == tiny.analyse(file, None).probability
    assert analysis.file.bytes == file.stat().st_size
    with pytest.raises(PictureError, match=r"gone\.jpg"):
        Degraded(tiny, "both").prepare(tmp_path / "gone.jpg")


def test_evaluate_degraded(tiny, reals, tmp_path):
    whole, half = (evaluate(tiny, reals, tmp_path / way, progress=False, degrade=way) for way in ("none", "half"))
    assert "degrade" not in whole and half["degrade"] == "half"
    small = Image.open(io.BytesIO(encode(load(reals[0].path).pixels, "half")))
    written = (tmp_path / "half" / "prediction.csv").read_text().splitlines()[1]
    assert float(written.split(",")[1]) == pytest.approx(tiny.analyse(small, None).probability, abs=1e-6)


# --- the sets


def test_forged_set(reals):
    items = list(forged_set(reals, seed=3, trained=4, held_back=2))
    forged, untouched = items[:-2], items[-2:]
    assert {item.name for item in untouched} == {example.name for example in reals}
    for item in untouched:
        assert item.artifact == item.variant == "" and not item.mask.any()
    for artifact in ARTIFACTS:
        mine = [item for item in forged if item.artifact == artifact]
        assert len(mine) <= 6
        for item in mine:
            assert item.variant in (HELD_BACK if item.held_back else VARIANTS)[artifact]
            assert 0.3 <= item.strength <= 1 and item.mask.shape == item.pixels.shape[:2] and item.mask.any()
    edges = [item.variant for item in forged if item.artifact == "face_edge"]
    assert edges == ["ellipse", "outline"] * 2 + ["poisson"] * 2
    # Both went through the same compression: away from the mask a forgery is its original, a block's reach aside.
    originals = {item.group: item for item in untouched}
    item = next(item for item in forged if item.artifact == "face_edge")
    original, (rows, columns) = originals[item.group], np.nonzero(item.mask)
    away = np.ones_like(item.mask)
    away[max(0, rows.min() - 48) : rows.max() + 48, max(0, columns.min() - 48) : columns.max() + 48] = False
    assert away.any() and np.array_equal(item.pixels[away], original.pixels[away])
    difference = np.abs(item.pixels.astype(int) - original.pixels).mean(2)
    assert difference[item.mask].mean() > 3 * difference[~item.mask].mean()


def test_the_same_seed_gives_the_same_set_whatever_else_is_asked_for(reals):
    def hair(seed, artifacts):
        return [i for i in forged_set(reals, seed, artifacts, trained=2, held_back=1) if i.artifact == "sharpness"]

    first, again, other = hair(0, ["sharpness"]), hair(0, ["lighting", "sharpness"]), hair(1, ["sharpness"])
    assert len(first) == 3
    for one, two in zip(first, again, strict=True):
        assert one.name == two.name and np.array_equal(one.pixels, two.pixels) and np.array_equal(one.mask, two.mask)
    assert not all(np.array_equal(one.pixels, two.pixels) for one, two in zip(first, other, strict=True))


def test_half_size_halves_picture_mask_and_box(reals):
    whole, half = (
        next(forged_set(reals, 0, ["face_edge"], trained=1, held_back=0, degrade=way)) for way in ("none", "half")
    )
    assert half.pixels.shape[:2] == half.mask.shape == tuple(round(side / 2) for side in whole.mask.shape)
    assert half.mask.mean() == pytest.approx(whole.mask.mean(), rel=0.05)
    assert abs(half.box.width - whole.box.width / 2) <= 1 and abs(half.box.x - whole.box.x / 2) <= 1


def test_pictures_without_a_face_and_fakes_are_passed_over(reals, tmp_path):
    Image.new("RGB", (60, 60), "gray").save(tmp_path / "plain.png")
    (tmp_path / "broken.png").write_bytes(b"no")
    useless = [Example(tmp_path / name, name, 0) for name in ("plain.png", "broken.png", "gone.png")]
    fake = Example(reals[1].path, "fake.png", 1)
    items = list(forged_set([*useless, reals[0], fake], 0, ["face_edge", "hair"], trained=2, held_back=1))
    assert {item.group for item in items} == {reals[0].group}
    assert "hair" not in {item.artifact for item in items}  # there is nobody else to take it from
    with pytest.raises(ValueError, match=r"none of the 3 real pictures .* a face that is found"):
        next(forged_set([*useless, fake]))


def test_hair_comes_from_somebody_else(reals, monkeypatch):
    twins = [*reals, Example(reals[0].path, "again.png", 0, group=reals[0].group)]
    pairs = []

    def spy(portrait, artifact, strength, rng, variant, donor):
        pairs.append((portrait.pixels.tobytes(), donor.pixels.tobytes()))
        return Forgery(portrait.pixels, np.ones(portrait.pixels.shape[:2], np.float32), artifact, variant, strength)

    monkeypatch.setattr("detector.forged_set.forge.forge", spy)
    assert len(list(forged_set(twins, 0, ["hair"], trained=5, held_back=1))) == 6 + 3
    assert len(pairs) == 6 and all(one != other for one, other in pairs)


def test_masked_set(reals, tmp_path):
    fakes = [Example(example.path, example.name, 1) for example in reals]
    pixels = load(fakes[0].path).pixels
    height, width = pixels.shape[:2]
    mask = np.zeros((height // 2, width // 2), np.uint8)
    mask[: height // 4] = 255
    Image.fromarray(mask).save(tmp_path / fakes[0].name)
    [item] = masked_set([*reals, *fakes], tmp_path)
    assert item.name == fakes[0].name and item.artifact == FAKE and np.array_equal(item.pixels, pixels)
    assert item.mask[: height // 2 - 1].all() and not item.mask[height // 2 + 1 :].any()
    Image.new("L", (50, 100), 255).save(tmp_path / fakes[0].name)
    with pytest.raises(ValueError, match=r"is 50×100 and .* a mask must have its picture's shape"):
        list(masked_set(fakes, tmp_path))


# --- judging and figures


def test_maps_and_scores_are_the_analysers(tiny, reals):
    pixels = load(reals[0].path).pixels
    mask = np.zeros(pixels.shape[:2], bool)
    mask[20:80, 30:90] = True
    [row] = judge(tiny, tiny, [Item("a", "a", "face_edge", "ellipse", False, 1.0, pixels, mask, None)], 4)
    analysis = tiny.analyse(pixels)
    assert row.scores == pytest.approx({FAKE: analysis.probability, **analysis.artifacts, PLAIN: analysis.probability})
    crop = analysis.faces[0].crop
    for method, label in ((OWN, "face_edge"), (FAKE_MAP, FAKE), (PLAIN, FAKE)):
        values = analysis.heatmap(label)
        outside = np.ones(values.shape, bool)
        crop.cut(outside)[:] = False
        values[outside] = UNJUDGED
        assert np.allclose(row.maps[method], lm.on_grid(values, GRID), atol=1e-4)
    # The blob is hottest in the middle of the face.
    box = faces.find(pixels)[0].box
    top, left = np.unravel_index(row.maps[CENTRE].argmax(), (GRID, GRID))
    height, width = mask.shape
    assert (left + 0.5) / GRID * width == pytest.approx(box.x + box.width / 2, abs=width / GRID)
    assert (top + 0.5) / GRID * height == pytest.approx(box.y + box.height / 2, abs=height / GRID)


def row(group, artifact, mask, frame=(0.0, 0.0, 1.0, 1.0), held_back=False, shift=0, score=0.9, top=None,
        answers=(Answer.UNDECIDED, Answer.UNDECIDED)):  # fmt: skip
    """A row whose own map marks the mask exactly, or moved by `shift` places."""
    item = Item(group, group, artifact, "new" if held_back else "old", held_back, 1.0, mask, mask, Box(0, 0, 1, 1))
    own = np.roll(mask, shift, 1).astype(np.float32)
    scores = {FAKE: score, "lighting": 0.1, "hair": 0.1, **({artifact: score} if artifact else {})}
    if top:
        scores[top] = 1.0
    maps = {OWN: own, FAKE_MAP: 1 - own, CENTRE: np.eye(GRID, dtype=np.float32)}
    return Row(item, scores, maps, mask, frame, *answers)


def test_outlines_of_faint_and_strong_maps_are_those_of_their_masks():
    """One threshold cannot mark both: where the faint map is hottest, the strong one is still warm outside."""
    mask = square(8, 8, 24, 24, GRID)
    rows = [row(f"g{n}", "lighting", mask) for n in range(4)]
    maps = [np.where(mask, peak, peak - 8).astype(np.float32) for peak in (1, 1, 9, 9)]
    rows = [replace(one, maps=one.maps | {OWN: values}) for one, values in zip(rows, maps, strict=True)]
    rows += [row(f"g{n}", "", np.zeros((GRID, GRID), bool)) for n in range(4)]
    figures = of_forgeries(rows, ["lighting"], False, 0)["artifacts"]["lighting"][OWN]["sets"]["all"]
    assert figures["outline_iou"] == 1 and figures["interval"]["outline_iou"] == [1, 1] and figures["iou"] < 0.6


def test_figures_of_made_up_rows():
    mask = square(8, 8, 24, 24, GRID)
    nothing = np.zeros((GRID, GRID), bool)
    rows = [row(f"g{n}", "lighting", mask, top="hair" if n < 2 else None) for n in range(8)]
    rows += [row(f"g{n}", "lighting", mask, held_back=True, shift=-8, score=0.3) for n in range(8)]
    rows += [row(f"g{n}", "hair", mask, score=0.05) for n in range(4)]
    rows += [row(f"g{n}", "", nothing, score=0.2 + 0.2 * (n % 2)) for n in range(8)]
    result = of_forgeries(rows, ["lighting", "hair"], False, 0)
    assert result["untouched"] == 8
    own = result["artifacts"]["lighting"][OWN]
    assert own["sets"].keys() == {"all", "trained", "held_back", "old", "new"} and own["threshold"] == 1
    trained, held = own["sets"]["trained"], own["sets"]["held_back"]
    assert (trained["n"], trained["n_iou"], trained["iou"], trained["ap"], trained["pointing"]) == (8, 4, 1, 1, 1)
    assert held["iou"] == pytest.approx(8 * 16 / (24 * 16)) and held["pointing"] == 0  # 16 wide, moved by 8
    assert own["sets"]["all"]["pointing"] == 0.5 and trained["area"] == pytest.approx(256 / 4096)
    assert trained["outline_iou"] == 1  # between the map's 0 and 1
    assert trained["interval"]["pointing"] == lm.wilson(1.0, 8)
    assert trained["auc"] == 1 and trained["interval"]["auc"] == [1, 1]  # 0.9 against 0.1
    fake = result["artifacts"]["lighting"][FAKE_MAP]["sets"]["held_back"]
    assert fake["auc"] == roc_auc_score([1] * 8 + [0] * 8, [0.3] * 8 + [0.2, 0.4] * 4) == 0.5
    assert fake["interval"]["auc"][0] < 0.5 < fake["interval"]["auc"][1]
    assert result["artifacts"]["lighting"][CENTRE]["sets"]["all"]["auc"] is None
    # The average of equal masks is that mask, and only the half that it was not made from counts.
    mean = result["artifacts"]["lighting"][AVERAGE]["sets"]["all"]
    assert mean["iou"] == mean["pointing"] == 1 and mean["interval"]["pointing"] == lm.wilson(1.0, 8)
    assert result["confusion"]["all"] == [[14, 2], [4, 0]] and result["confusion"]["held_back"] == [[8, 0], [0, 0]]
    assert result["right_on_top"]["trained"]["share"] == 6 / 12 and trained["right_on_top"] == 6 / 8
    assert result["fake"]["all"]["n"] == 20
    json.dumps(result, allow_nan=False)


def test_answers_are_counted_with_and_without_what_stands_out():
    mask, nothing = square(8, 8, 24, 24, GRID), np.zeros((GRID, GRID), bool)
    kept, caught = (Answer.AUTHENTIC, Answer.AUTHENTIC), (Answer.UNDECIDED, Answer.AUTHENTIC)
    found = (Answer.MANIPULATED, Answer.MANIPULATED)
    rows = [row("a", "hair", mask, answers=kept), row("b", "hair", mask, answers=caught)]
    rows += [row("c", "hair", mask, answers=found), row("d", "hair", mask, held_back=True, answers=caught)]
    rows += [row(group, "", nothing, answers=kept) for group in "abcd"]
    counted = of_forgeries(rows, ["hair"], False, 0)["answers"]
    assert list(counted) == ["untouched", "forged, all", "forged, trained", "forged, held back"]
    assert list(counted["forged, all"].values()) == [1, 2, 1, 3]  # manipulated, open, authentic; authentic by logit
    assert list(counted["forged, held back"].values()) == [0, 1, 0, 1]
    assert list(counted["untouched"].values()) == [0, 0, 4, 4]


def test_the_average_mask_follows_the_face():
    # The same place on a face, seen at two places and sizes; the third picture's own mask is never looked at.
    first = row("a", "hair", square(16, 16, 32, 32, GRID), (0.0, 0.0, 1.0, 1.0))
    second = row("b", "hair", square(40, 40, 48, 48, GRID), (0.5, 0.5, 0.5, 0.5))
    third = row("c", "hair", square(0, 60, 4, 64, GRID), (0.25, 0.0, 0.5, 0.5))
    maps = average([first, second, third], np.array([True, True, False]))
    assert np.array_equal(maps[0] > 0.5, first.mask) and np.array_equal(maps[1] > 0.5, second.mask)
    assert np.array_equal(maps[2] > 0.5, square(8, 24, 16, 32, GRID))


# --- the whole run, and the command


def files_of(folder):
    return sorted(path.name for path in folder.iterdir())


def test_localise_on_forgeries(all_five, tiny, reals, tmp_path):
    ready = Analyser(all_five, "cpu")
    first = localise(ready, reals, tmp_path / "a", True, None, tiny, counts=(2, 2), progress=False)
    assert files_of(tmp_path / "a") == ["confusion.png", "localisation.json", "localisation.md"]
    assert json.loads((tmp_path / "a" / "localisation.json").read_text()) == first
    assert first["checkpoint"] == ready.identity.sha256 and first["plain_checkpoint"] == tiny.identity.sha256
    assert first["forged"]["confusion"]["labels"] == list(ARTIFACTS)
    for methods in first["forged"]["artifacts"].values():
        assert methods.keys() == {OWN, FAKE_MAP, PLAIN, CENTRE, AVERAGE}
        for name, of in methods.items():
            assert {"all", "trained", "held_back"} <= of["sets"].keys()
            for figures in of["sets"].values():
                assert (figures["auc"] is None) == (name in (CENTRE, AVERAGE))
                assert ("right_on_top" in figures) == (name == OWN)
    # Both wear caps, and the report says that something could not be measured.
    assert "hair" not in first["forged"]["artifacts"]
    assert "No picture had room for: hair." in markdown(first)
    table = (tmp_path / "a" / "localisation.md").read_text()
    assert "| untouched | 0.0% | 100.0% | 0.0% | 0.0% |" in table  # it is not calibrated
    assert table == markdown(first) and "| face_edge | held back | 2 |" in table and "| lighting | centre |" in table


def test_localise_with_masks_and_one_artifact(tiny, reals, tmp_path):
    fakes = [Example(example.path, example.name, 1) for example in reals]
    for example in fakes:
        mask = np.zeros(load(example.path).pixels.shape[:2], np.uint8)
        mask[30:90, 60:120] = 255
        (tmp_path / "masks").mkdir(exist_ok=True)
        Image.fromarray(mask).save(tmp_path / "masks" / example.name)
    result = localise(tiny, fakes, tmp_path / "out", masks=tmp_path / "masks", degrade="both", progress=False)
    assert files_of(tmp_path / "out") == ["localisation.json", "localisation.md"] and "forged" not in result
    assert result["masks"].keys() == {FAKE_MAP, CENTRE, AVERAGE} and result["masks"][FAKE_MAP]["sets"].keys() == {"all"}
    assert result["masks"][FAKE_MAP]["sets"]["all"]["n"] == 2
    assert "| fake map | 2 | – |" in (tmp_path / "out" / "localisation.md").read_text()
    with pytest.raises(ValueError, match="has no mask for any fake"):
        localise(tiny, reals, tmp_path / "out", masks=tmp_path / "masks", progress=False)
    only_edge = localise(tiny, reals, tmp_path / "edge", forged=True, counts=(2, 1), progress=False)
    assert only_edge["forged"]["artifacts"].keys() == {"face_edge"} and only_edge["forged"]["right_on_top"] == {}
    assert "Which artifact" not in markdown(only_edge) and "confusion.png" not in files_of(tmp_path / "edge")


def test_a_checkpoint_without_artifacts_is_refused(tmp_path, reals):
    network = small_network(labels=("fake",), output_stride=16)
    header = Header(Architecture("test_resnet", {"output_stride": 16}), default_preprocessing(network, 64), ("fake",))
    save(tmp_path / "fake.safetensors", network, header)
    with pytest.raises(ValueError, match=r"knows none of face_edge, .* trained with train\.py --forged"):
        localise(Analyser(tmp_path / "fake.safetensors", "cpu"), reals, tmp_path / "out", forged=True)
    assert not (tmp_path / "out").exists()


def test_confusion_plot(tmp_path):
    figure = plots.confusion([[3, 1], [0, 0]], ["hair", "lighting"], tmp_path / "confusion.png")
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["3", "1", "0", "0"]
    assert axes.images[0].get_array().tolist() == [[0.75, 0.25], [0, 0]]
    assert Image.open(tmp_path / "confusion.png").width > 200


def test_the_command(tiny_checkpoint, reals, tmp_path, monkeypatch, capsys):
    labels = tmp_path / "labels.csv"
    rows = [f"{example.name},0,val" for example in reals]
    labels.write_text("\n".join(["img_name,target,split", *rows, "gone.png,0,train", ""]))
    monkeypatch.setattr("detector.localise.localise.__defaults__", (False, None, None, 0, "none", 32, (2, 1), False))

    def call(*more):
        arguments = ["evaluate", "--labels", labels, "--images", reals[0].path.parent, "--split", "val"]
        arguments += ["--checkpoint", tiny_checkpoint, "--device", "cpu", "--out", tmp_path / "out", *more]
        status = cli.main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    status, out, _ = call("--forged", "--seed", 5, "--degrade", "both", "--plain-checkpoint", tiny_checkpoint)
    result = json.loads((tmp_path / "out" / "localisation.json").read_text())
    assert status == 0 and out.startswith("# Localisation") and "→ " in out
    assert (result["seed"], result["degrade"]) == (5, "both") and result["plain_checkpoint"] == result["checkpoint"]
    status, _, error = call("--masks", tmp_path)
    assert status == 2 and "no mask for any fake" in error
    status, _, error = call("--plain-checkpoint", tiny_checkpoint)
    assert status == 2 and "give --forged or --masks too" in error
    status, out, _ = call("--degrade", "jpeg60")
    assert status == 0 and json.loads((tmp_path / "out" / "metrics.json").read_text())["degrade"] == "jpeg60"


def test_the_command_offers_the_degradations_there_are():
    [commands] = [action for action in cli.parser()._actions if action.dest == "command"]
    [degrade] = [action for action in commands.choices["evaluate"]._actions if action.dest == "degrade"]
    assert list(degrade.choices) == list(DEGRADE)
