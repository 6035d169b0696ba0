"""The causal check on a classifier whose evidence is known: it looks for a white square and nothing else."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from conftest import header_of, small_network
from torch.nn import functional

from detector import causal
from detector.causal import DISCS, GRID, MARGIN, RADIUS, RANDOM, check, stamp
from detector.explain import evidence
from detector.model import Classifier

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

    def run(self, batch):
        self.__dict__.setdefault("batches", []).append(len(batch))
        return super().run(batch)


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
    assert found.share == pytest.approx(0.10, abs=0.01)
    assert found.sentence == (
        "With the hottest 10% of the judged square smoothed away, the score falls by 3.9 logits; with as much smoothed "
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
    assert causal._plan(maps[0], 0) == causal._plan(maps[0], 0) != causal._plan(maps[0], 1)


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


@pytest.mark.parametrize("seed", range(20))
def test_areas_have_room_and_do_not_overlap(seed):
    rng = np.random.default_rng(seed)
    taken = causal._highest(rng.random((GRID, GRID)), ())
    area = causal._highest(rng.random((GRID, GRID)), taken)
    both = np.array(taken + area, float)
    assert both.min() >= RADIUS and both.max() <= GRID - 1 - RADIUS
    apart = np.hypot(*(both[:, None] - both[None]).transpose(2, 0, 1))
    assert (apart[:DISCS, DISCS:] >= 2 * RADIUS).all()
    assert (apart[~np.eye(2 * DISCS, dtype=bool)] >= 2 * RADIUS).all()


def test_the_hottest_discs_are_found_in_order():
    score = np.zeros((GRID, GRID))
    for strength, place in enumerate([(20, 20), (40, 40), (20, 50), (50, 15)], 1):
        score[place] = strength
    assert causal._highest(score, ())[:4] == [(50, 15), (20, 50), (40, 40), (20, 20)]
    score[50, 18] = 3.5  # hotter than the second, but inside the first one's disc
    assert causal._highest(score, ())[:4] == [(50, 15), (20, 50), (40, 40), (20, 20)]


def test_the_cover_has_the_size_of_its_discs_and_no_edge():
    cover = causal._cover([(30, 30)] * DISCS, 256)
    assert cover[122, 122] == pytest.approx(1, abs=1e-3) and cover[122, 160] == pytest.approx(0, abs=1e-3)
    assert cover.sum() == pytest.approx(np.pi * (4 * RADIUS) ** 2, rel=0.02)
    assert np.abs(np.diff(cover[122])).max() < 0.25  # over four pixels or more at the network's size


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
