"""Agreement and reliance, against published examples and counts made by hand."""

import pytest

from detector.agreement import consensus, kappa, krippendorff, measure
from detector.review_log import Decision, ModelView, Review
from detector.verdict import Answer

A, M, U = Decision.AUTHENTIC, Decision.MANIPULATED, Decision.UNSURE


def review(picture, reviewer, blind, final=None, model=None):
    view = ModelView(Answer(model), 0.5, "0" * 64) if model else None
    return Review(picture, reviewer, blind, final, view, (), "", (1.0, 1.0))


def units(*reviewers):
    """Rows of one reviewer each, "." where nothing was said, as the units' values."""
    return [[value for value in unit if value != "."] for unit in zip(*map(str.split, reviewers), strict=True)]


# ---- with each other


def test_alpha_of_krippendorffs_own_examples():
    """Computing Krippendorff's alpha-reliability (2011): section A (two observers) and section C (four, with gaps)."""
    two = units("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0")
    assert krippendorff(two) == pytest.approx(0.095, abs=5e-4)
    four = units(
        "1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1 2 3 3 2 4 4 1 2 5 1 ."
    )
    assert krippendorff(four) == pytest.approx(0.743, abs=5e-4)


def test_alpha_at_its_ends():
    assert krippendorff([[A, A], [M, M]]) == 1
    # Two units, always unequal: observed 2 + 2, expected 16 - 8 = 8, so 1 - 3 · 4 / 8.
    assert krippendorff([[A, M], [M, A]]) == -0.5
    assert krippendorff([[A, A], [A, A]]) is None  # nothing varies
    assert krippendorff([[A], [M]]) is None  # nothing to pair


def test_kappa_by_hand():
    """20 both yes, 15 both no, 5 and 10 apart: agreement 0.7, by chance 0.5, so 0.2 / 0.5."""
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert kappa(first, second) == pytest.approx(0.4)
    assert kappa([A, A], [A, A]) is None and kappa([], []) is None


def test_pairs_use_the_pictures_that_both_saw():
    both = [review("1", "ann", A), review("1", "bob", A), review("2", "ann", M), review("2", "bob", M)]
    found = measure([*both, review("3", "ann", M), review("4", "cai", A)])
    assert [(pair.first, pair.second, pair.pictures, pair.kappa) for pair in found.pairs] == [("ann", "bob", 2, 1)]
    assert (found.reviews, found.reviewers, found.pictures, found.alpha) == (6, 3, 4, 1)


# ---- with the model


def test_agreement_with_the_model_leaves_open_answers_out():
    found = measure(
        [
            review("1", "ann", A, A, "authentic"),
            review("2", "ann", A, M, "manipulated"),
            review("3", "ann", U, A, "authentic"),  # counts only once decided
            review("4", "ann", A, A, "undecided"),
            review("5", "ann", A, A, "not assessed"),
            review("6", "ann", M),  # never shown
        ]
    )
    assert (found.blind_with_model.count, found.blind_with_model.of) == (1, 2)
    assert (found.final_with_model.count, found.final_with_model.of) == (3, 3)


def test_reliance_with_known_truth():
    contradicted = [
        review("1", "ann", A, M, "manipulated"),  # right, given up: over-reliance
        review("2", "ann", A, A, "manipulated"),  # right, kept
        review("3", "ann", A, U, "manipulated"),  # right, not given up for the model
        review("4", "ann", A, M, "manipulated"),  # wrong, corrected by the model
        review("5", "ann", M, M, "authentic"),  # wrong, kept: under-reliance
        review("6", "ann", M, A, "authentic"),  # truth not known
    ]
    others = [
        review("1", "bob", U, M, "manipulated"),
        review("2", "bob", M, A, "manipulated"),
        review("3", "bob", A, None, "manipulated"),
    ]
    truth = {"1": A, "2": A, "3": A, "4": M, "5": A}
    found = measure(contradicted + others, truth)
    assert found.truth == "known"
    assert (found.reliance.switched.count, found.reliance.switched.of) == (3, 6)
    assert (found.reliance.over.count, found.reliance.over.of) == (1, 3)
    assert (found.reliance.under.count, found.reliance.under.of) == (1, 2)


def test_consensus_is_of_the_others_and_blind():
    three = [review("1", "ann", A, M, "manipulated"), review("1", "bob", A, M), review("1", "cai", M)]
    assert consensus(three) == [None, None, A]  # one against one, one against one, two alike
    two_of_three = [*three, review("1", "dan", A)]
    assert consensus(two_of_three)[:3] == [A, A, A]
    assert consensus([review("1", "ann", A), review("1", "bob", A)]) == [None, None]  # one other is no consensus
    assert consensus([review("1", "ann", A), review("1", "bob", U), review("1", "cai", U)])[0] is None
    found = measure(two_of_three)
    assert found.truth == "consensus"
    assert (found.reliance.over.count, found.reliance.over.of) == (1, 1)


def test_nothing_yet():
    found = measure([])
    assert found.alpha is None and found.pairs == () and found.reliance.switched.of == 0
