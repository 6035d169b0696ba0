"""The practice game: fair rounds, marks judged by hand-made masks, scores counted by hand, tokens that end."""

import io

import numpy as np
import pytest
from PIL import Image

from detector import game, visits
from detector.artifacts import ARTIFACTS
from detector.forge import Forgery
from detector.game import Dealer, Opinion, Round
from detector.page import game as drawn
from detector.page.texts import en as texts
from detector.verdict import Answer
from detector.visits import RoundOver, Score, Tally, Visits

EMPTY = np.zeros((60, 120), bool)  # places of 10 × 20 px


@pytest.fixture(scope="module")
def dealer(tiny, collins, tmp_path_factory):
    small = tmp_path_factory.mktemp("portraits") / "small.png"
    Image.open(collins).resize((256, 256)).save(small)
    return Dealer(tiny, [small])


@pytest.fixture(scope="module")
def dealt(dealer):
    return [dealer.deal("easy", np.random.default_rng(seed)) for seed in range(40)]


def pixels(file):
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB")).astype(int)


def round_of(mask=EMPTY, artifact=None):
    return Round(b"now", b"before", mask, artifact)


def left_half():
    mask = EMPTY.copy()
    mask[:, :60] = True
    return mask


# --- rounds


def test_about_half_are_untouched(dealt):
    assert 12 <= sum(one.manipulated for one in dealt) <= 28  # of 40: three and a half standard deviations are 11
    assert {one.artifact for one in dealt} <= {None, *ARTIFACTS}
    assert len({one.artifact for one in dealt}) >= 4


def test_the_mask_says_what_changed(dealt):
    for one in dealt:
        assert one.mask.shape == pixels(one.file).shape[:2] and one.mask.any() == one.manipulated
        change = np.abs(pixels(one.file) - pixels(one.before)).mean(2)
        if one.manipulated:
            assert change[one.mask].mean() > 2 * change[~one.mask].mean()
        else:
            assert one.file == one.before


def test_both_kinds_are_encoded_alike():
    grey = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    forgery = Forgery(255 - grey, np.ones((64, 64), np.float32), "hair", "swap", 1.0)
    untouched, forged = game.encoded(grey, None, 80), game.encoded(grey, forgery, 80)
    files = [Image.open(io.BytesIO(file)) for file in (untouched.file, forged.file, forged.before)]
    assert files[0].format == "JPEG" and files[0].quantization == files[1].quantization == files[2].quantization
    assert untouched.file == forged.before


def test_the_seed_decides_and_pictures_vary(dealer, dealt):
    again = dealer.deal("easy", np.random.default_rng(0))
    assert again.file == dealt[0].file and (again.mask == dealt[0].mask).all()
    assert len({one.before for one in dealt}) == len(dealt)


def test_harder_is_weaker(dealer):
    def change(level):
        made = [dealer.deal(level, np.random.default_rng(seed)) for seed in range(24)]
        return np.mean(
            [np.abs(pixels(one.file) - pixels(one.before))[one.mask].mean() for one in made if one.manipulated]
        )

    assert change("easy") > 1.2 * change("hard")
    with pytest.raises(ValueError, match="easy, medium, hard"):
        dealer.deal("insane", np.random.default_rng(0))


# --- places


def test_a_place_counts_from_a_tenth_on():
    mask = EMPTY.copy()
    mask[0:1, 0:20] = True  # 20 of the 200 px of place 0: a tenth
    mask[10:11, 0:19] = True  # 19 of those of place 6
    assert np.flatnonzero(game.hits(mask)).tolist() == [0]
    assert game.found(mask, 0) and not game.found(mask, 6) and not game.found(mask, None)


def test_how_far_off():
    # Place 5 is the upper right one, its middle at x 110; the last changed column is 59.
    assert game.miss(left_half(), 5) == pytest.approx(51 / 120)
    assert game.miss(left_half(), 0) == 0


def test_the_detectors_place_is_its_hottest_one(tiny, collins):
    found = game.opinion(tiny, collins.read_bytes())
    analysis = tiny.analyse(collins)
    heat = analysis.heatmap()
    if heat.max() <= 0:
        assert found.cell is None
    else:
        row, column = np.argwhere(heat == heat.max())[0]
        assert found.cell == row * 6 // 512 * 6 + column * 6 // 512
    assert found.probability == pytest.approx(analysis.probability, abs=1e-5)


# --- scores


def test_scores_by_hand():
    forged, real = round_of(left_half(), "hair"), round_of()
    score = Score().after(forged, True, 0, Opinion(Answer.MANIPULATED, 0.9, 5))  # detector: right, elsewhere
    assert score == Score(1, 1, Tally(right=1, places=1), Tally(right=1))
    score = score.after(forged, False, None, Opinion(Answer.UNDECIDED, 0.5, 6))  # open, but the right place
    assert score == Score(2, 2, Tally(1, 1, 0, 1), Tally(1, 0, 1, 1))
    score = score.after(real, True, 3, Opinion(Answer.AUTHENTIC, 0.1, None))  # nothing to find there
    assert score == Score(3, 2, Tally(1, 2, 0, 1), Tally(2, 0, 1, 1))
    score = score.after(forged, True, 5, Opinion(Answer.AUTHENTIC, 0.1, 0))  # who says untouched marks no place
    assert score == Score(4, 3, Tally(2, 2, 0, 1), Tally(2, 1, 1, 1))


def test_a_round_is_decided_once():
    table, one = Visits(), round_of(left_half(), "hair")
    opinion = Opinion(Answer.MANIPULATED, 0.9, 0)
    token, score = table.put("", one)
    assert score == Score() and len(token) > 20
    assert table.close(token, table.look(token), True, 0, opinion).player == Tally(right=1, places=1)
    with pytest.raises(RoundOver):
        table.look(token)
    with pytest.raises(RoundOver):
        table.close(token, one, True, 0, opinion)
    assert table.put(token, round_of()) == (token, Score(1, 1, Tally(1, 0, 0, 1), Tally(1, 0, 0, 1)))  # it is kept


def test_a_round_that_was_replaced_meanwhile_is_not_decided():
    table = Visits()
    token, _ = table.put("", round_of())
    old = table.look(token)
    table.put(token, round_of())
    with pytest.raises(RoundOver):
        table.close(token, old, False, None, Opinion(Answer.AUTHENTIC, 0.1, None))


def test_an_unknown_token_gets_a_new_one():
    token, score = Visits().put("guessed", round_of())
    assert token != "guessed" and score == Score()
    with pytest.raises(RoundOver):
        Visits().look("guessed")


def test_visits_are_bounded_in_number_and_age():
    now = [0.0]
    table = Visits(most=2, keep=10, clock=lambda: now[0])
    first, second = table.put("", round_of())[0], table.put("", round_of())[0]
    table.put(first, round_of())  # used again: the second is now the oldest
    table.put("", round_of())
    assert table.look(first)
    with pytest.raises(RoundOver):
        table.look(second)
    now[0] = 10.5
    with pytest.raises(RoundOver):
        table.look(first)
    assert visits.MOST <= 256


# --- how it looks


def test_the_open_round_does_not_tell():
    forged, real = round_of(left_half(), "hair"), Round(b"now", b"other", EMPTY, None)
    assert drawn.board(texts, forged) == drawn.board(texts, real)


def test_feedback_says_the_truth():
    forged, opinion = round_of(left_half(), "hair"), Opinion(Answer.UNDECIDED, 0.5, 5)
    said = drawn.said_of(texts, forged, True, 0, opinion)
    assert texts.learn.RIGHT in said and texts.LABELS["hair"] in said and texts.learn.HIT in said
    assert texts.learn.CHANCE.format(hits=18, places=36) in said  # half of the places
    assert texts.ANSWERS[Answer.UNDECIDED] in said and texts.learn.DETECTOR_MISSED in said
    said = drawn.said_of(texts, forged, True, 5, opinion)
    assert texts.learn.MISSED.format(distance=51 / 120) in said
    said = drawn.said_of(texts, round_of(), True, 5, opinion)
    assert texts.learn.WRONG in said and texts.learn.WAS_REAL in said and texts.learn.DETECTOR_MISSED not in said


def test_the_reveal_outlines_the_mask_and_both_marks():
    shown = drawn.revealed(texts, round_of(left_half(), "hair"), 0, Opinion(Answer.MANIPULATED, 0.9, 35))
    assert 'd="M0 0 0 59 59 59 59 0z"' in shown  # the left half's own outline
    assert 'class="dd-you" d="M6.8' in shown  # place 0's middle, x 10, less the radius, 3.2
    assert 'class="dd-detector" d="M110.0 51.8' in shown  # place 35's: x 110, y 55
