"""The causal check on a classifier whose evidence is known: it looks for a white square and nothing else."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from conftest import header_of, small_network
from torch.nn import functional

from detector import causal
from detector.causal import GRID, LEAST, MARGIN, MOST, RANDOM, check, stamp
from detector.classifier import Classifier
from detector.explain import evidence

pytestmark = pytest.mark.usefixtures("one_thread")

HOT, COLD = 6.0, -2.0  # evidence of a white place and of any other
BEFORE = float(
    np.log((np.exp(HOT) + 63 * np.exp(COLD)) / 64)
)  # logit with one white place of 8 × 8: their soft maximum


class White(torch.nn.Module):
    """64 × 64 px in, 8 × 8 places out: 1 where a place is mostly white, else 0."""

    def forward_features(self, x):
        return (functional.avg_pool2d(x[:, :1], 8) > 0.5).float()


class Counting(Classifier):
    """Notes how many views each forward pass had."""

    def run(self, batch, shrunk=None):
        self.__dict__.setdefault("batches", []).append(len(batch))
        return super().run(batch, shrunk)


def white_finder(kind=Classifier):
    """`fake` for white places, `face_edge` against them."""
    network = small_network()
    header = header_of(network)
    network.backbone = White()
    network.head = torch.nn.Conv2d(1, 2, 1)
    with torch.no_grad():
        network.head.weight.copy_(torch.tensor([HOT - COLD, -1.0]).view(2, 1, 1, 1))
        network.head.bias.copy_(torch.tensor([COLD, 0.0]))
    return kind(network, header)


def picture(*places, scale=1):
    """Black, with white squares at the places (row, column) of 8 × 8."""
    pixels = np.zeros((64 * scale, 64 * scale, 3), np.uint8)
    for row, column in places:
        pixels[8 * scale * row : 8 * scale * (row + 1), 8 * scale * column : 8 * scale * (column + 1)] = 255
    return pixels


def maps_of(classifier, *pictures):
    return evidence(classifier, classifier.run(classifier.prepare(pictures)).features)[:, 0]


def test_a_map_that_tells_the_truth_is_supported():
    classifier, pixels = white_finder(), picture((2, 5))
    (found,) = check(classifier, [pixels], maps_of(classifier, pixels))
    assert found.stamp == "supported" and found.label == "fake"
    assert found.hot == pytest.approx(BEFORE - COLD, abs=1e-5)  # 3.87: all of the evidence is gone
    assert found.cold == pytest.approx(0, abs=1e-5) and found.random == pytest.approx([0] * RANDOM, abs=1e-5)
    assert found.share == pytest.approx(LEAST, abs=0.005)
    assert found.sentence == (
        "With the hottest 5% of the judged square smoothed away, the score falls by 3.9 logits; with as much smoothed "
        "elsewhere it stays the same. So the score does rest on these places."
    )


def test_a_map_of_the_wrong_place_is_not_supported():
    classifier, pixels = white_finder(), picture((2, 5))
    (found,) = check(classifier, [pixels], maps_of(classifier, picture((6, 1))))
    assert found.stamp == "not supported" and found.hot == pytest.approx(0, abs=1e-5)
    assert "do not lean on this map" in found.sentence


def test_a_cold_map_claims_nothing():
    classifier = white_finder(Counting)
    maps = np.full((1, 8, 8), 0.4, np.float32)  # fainter than what is called worth a look
    (found,) = check(classifier, [picture((2, 5))], maps)
    assert (found.stamp, found.hot, found.cold, found.random, found.share) == ("not applicable", None, None, (), 0)
    assert "nothing to check" in found.sentence and not hasattr(classifier, "batches")


def test_all_views_go_in_one_batch():
    classifier = white_finder(Counting)
    pictures = [picture((2, 5)), picture(), picture((6, 1), scale=3)]
    maps = maps_of(classifier, *pictures)
    classifier.batches.clear()
    found = check(classifier, pictures, maps)
    assert [one.stamp for one in found] == ["supported", "not applicable", "supported"]
    assert classifier.batches == [2 * (2 + RANDOM) + 2]
    known = check(classifier, pictures, maps, logits=np.array([BEFORE, COLD, BEFORE]))
    assert [one.hot for one in known[::2]] == pytest.approx([one.hot for one in found[::2]], abs=1e-5)
    assert classifier.batches[1:] == [2 * (2 + RANDOM)]


def test_a_crop_does_not_depend_on_its_neighbours_but_on_the_seed():
    classifier = white_finder()
    pictures = [picture((row, row)) for row in range(1, 7)]
    maps = maps_of(classifier, *pictures)
    together = check(classifier, pictures, maps)
    assert [check(classifier, [one], maps[i : i + 1])[0] for i, one in enumerate(pictures)] == together
    first, again, other = (np.stack(causal._plan(maps[0], seed)) for seed in (0, 0, 1))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert np.array_equal(first[:2], other[:2])  # hottest and coldest are no matter of luck


def test_eight_threads_get_what_one_gets():
    classifier = white_finder()
    jobs = [(picture((row, column)), row) for row in range(1, 7) for column in (1, 6)]

    def job(one):
        return check(classifier, [one[0]], maps_of(classifier, one[0]), seed=one[1])

    alone = [job(one) for one in jobs]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(job, jobs)) == alone


def test_wrong_input_is_refused():
    classifier = white_finder()
    with pytest.raises(ValueError, match="does not know 'hair'; it knows fake, face_edge"):
        check(classifier, [picture()], np.zeros((1, 8, 8)), "hair")
    for maps, logits in ((np.zeros((8, 8)), None), (np.zeros((2, 8, 8)), None), (np.zeros((1, 8, 8)), np.zeros(2))):
        with pytest.raises(ValueError, match="1 crops need"):
            check(classifier, [picture()], maps, logits=logits)


@pytest.mark.parametrize(
    ("hot", "others", "given"),
    [
        (MARGIN + 1.01, (1.0, 0.0), "supported"),
        (MARGIN + 0.99, (1.0, 0.0), "weak"),  # clearly above the mean, not above each
        (0.51, (1.0, 0.0), "weak"),
        (0.49, (1.0, 0.0), "not supported"),
        (MARGIN + 0.01, (-3.0, -2.0), "supported"),
        (MARGIN - 0.01, (-3.0, -2.0), "weak"),  # a fill that raises the score elsewhere is no proof for this place
        (-0.01, (-3.0, -2.0), "not supported"),
    ],
)
def test_stamps(hot, others, given):
    assert stamp(hot, others) == given


@pytest.mark.parametrize(
    ("falls", "said"),
    [
        (
            (2.04, 0.5, 1.26),
            "the score falls by 2.0 logits; with as much smoothed elsewhere it falls by at most 1.3 logits.",
        ),
        ((0.04, -0.3, -0.2), "the score stays the same; with as much smoothed elsewhere it rises by 0.2 logits."),
        ((-0.6, 0.04, 0.0), "the score rises by 0.6 logits; with as much smoothed elsewhere it stays the same."),
    ],
)
def test_the_sentence_says_what_was_measured(falls, said):
    assert said in causal._judged("fake", falls, 0.1).sentence


def blob(side):
    """A map (GRID, GRID) with a hot square of `side` places in its middle."""
    values = np.full((GRID, GRID), COLD, np.float32)
    low = (GRID - side) // 2
    values[low : low + side, low : low + side] = HOT
    return values


@pytest.mark.parametrize(("side", "share"), [(4, LEAST), (24, (24 / GRID) ** 2), (30, (30 / GRID) ** 2), (50, MOST)])
def test_as_much_is_replaced_as_the_outline_holds(side, share):
    areas = causal._plan(blob(side), 0)
    assert len(areas) == 2 + RANDOM
    hot, *others = areas
    assert [area.mean() for area in areas] == pytest.approx([share] * len(areas), abs=0.001)
    assert not any((hot & area).any() for area in others)
    inside = blob(side) > 0
    assert (hot & inside).sum() >= 0.95 * min(hot.sum(), inside.sum())


def test_random_areas_are_in_clumps():
    def pieces(area):
        return causal.cv2.connectedComponents(area.astype(np.uint8))[0] - 1

    counts = [pieces(area) for seed in range(10) for area in causal._plan(blob(24), seed)[2:]]
    assert min(counts) >= 1 and np.mean(counts) < 12  # of 576 places


def test_the_highest_places_by_hand():
    score = np.array([[3, 1], [2, 4]], np.float32)
    assert causal._highest(score, 0.5).tolist() == [[True, False], [False, True]]
    assert causal._highest(score, 0.25, np.array([[False, False], [False, True]])).tolist() == [
        [True, False],
        [False, False],
    ]


def test_a_cover_has_no_edge():
    cover = causal.soft(np.arange(GRID * GRID).reshape(GRID, GRID) % GRID < 32, 256)
    assert cover[128, 100] == pytest.approx(1, abs=1e-3) and cover[128, 156] == pytest.approx(0, abs=1e-3)
    assert np.abs(np.diff(cover[128])).max() < 0.25  # over four pixels or more at the network's size


def test_the_fill_has_the_crops_colours_and_the_crops_grain():
    rng = np.random.default_rng(0)
    smooth = np.full((256, 256, 3), (90, 120, 60), np.uint8)
    assert np.array_equal(causal.fill(smooth, rng), smooth)
    noisy = (smooth + rng.normal(0, 6, smooth.shape)).clip(0, 255).astype(np.uint8)
    noisy[100:104] = 255  # a line is detail, but no grain
    filled = causal.fill(noisy, rng)
    clean = np.s_[160:], np.s_[:]
    assert filled[clean].mean((0, 1)) == pytest.approx([90, 120, 60], abs=1)
    assert causal.grain(filled[clean]) == pytest.approx(causal.grain(noisy), rel=0.1)
    assert causal.grain(filled[96:108]) == pytest.approx(causal.grain(noisy), rel=0.2)


def test_blend_by_hand():
    pixels, other = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 100, np.uint8)
    assert causal.blend(pixels, other, np.array([[0, 1], [0.5, 0.25]]))[..., 0].tolist() == [[0, 100], [50, 25]]
