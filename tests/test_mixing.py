"""Pictures of which half is generated and half a photo."""

import numpy as np
import pytest
import torch

from detector.edits import CLEAN, GENERATED, UNKNOWN
from detector.mixing import SEAM, SHARES, mix

SIDE = 64
MADE, PHOTO = torch.full((3, SIDE, SIDE), 1.0), torch.full((3, SIDE, SIDE), -1.0)


def of(value):
    return torch.full((1, SIDE, SIDE), value, dtype=torch.uint8)


@pytest.fixture(params=range(24))
def mixed(request):
    return mix(MADE, of(GENERATED), PHOTO, of(CLEAN), np.random.default_rng(request.param))


def test_every_place_that_is_taught_holds_what_its_mask_says(mixed):
    image, mask = mixed
    assert set(image.unique().tolist()) == {1.0, -1.0}
    taught = mask[0] != UNKNOWN
    assert torch.equal(mask[0][taught] == GENERATED, image[0][taught] == 1)
    assert {CLEAN, GENERATED} & set(mask.unique().tolist())


def test_places_near_the_seam_are_not_taught_and_no_others(mixed):
    image, mask = mixed
    for row, column in np.random.default_rng(0).integers(0, SIDE, (200, 2)):
        around = image[0, max(0, row - SEAM) : row + SEAM + 1, max(0, column - SEAM) : column + SEAM + 1]
        assert (len(around.unique()) > 1) == (mask[0, row, column] == UNKNOWN)


def test_shares_sides_and_places_vary():
    mixes = [mix(MADE, of(GENERATED), PHOTO, of(CLEAN), np.random.default_rng(seed))[0][0] for seed in range(200)]
    shares = np.array([float((image == 1).float().mean()) for image in mixes])
    assert SHARES[0] - 0.05 < shares.min() < 0.35 and 0.65 < shares.max() < SHARES[1] + 0.05
    assert 0.35 < np.mean([float(image[0, 0]) == 1 for image in mixes]) < 0.65  # either can be the outer one
    assert torch.stack(mixes).float().mean(0).abs().max() < 0.5  # no place gives away which of the two it is


def test_the_same_seed_gives_the_same_mix_and_leaves_its_inputs():
    made, photo, mask = MADE.clone(), PHOTO.clone(), of(GENERATED)
    first, second = (mix(made, mask, photo, of(CLEAN), np.random.default_rng(7)) for _ in range(2))
    assert torch.equal(first[0], second[0]) and torch.equal(first[1], second[1])
    assert torch.equal(made, MADE) and torch.equal(photo, PHOTO) and torch.equal(mask, of(GENERATED))
