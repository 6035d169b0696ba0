"""The null model finds a leak that is there and none that is not."""

from types import SimpleNamespace

import numpy as np
import pytest

from detector import shortcut


def facts(size=10_000, width=200, height=100, kind="JPEG", quantisation=(15.0, 20.0)):
    return SimpleNamespace(bytes=size, width=width, height=height, format=kind, quantisation=quantisation)


def noise(n, seed):
    """n files whose facts have nothing to do with a coin-flip target."""
    rng = np.random.default_rng(seed)
    return [facts(int(size)) for size in rng.integers(5_000, 50_000, n)], rng.integers(0, 2, n)


def test_features_by_hand():
    rows = shortcut.features([facts(), facts(None, 50, 50, "PNG", ()), facts(kind=None, quantisation=(3.0,) * 4)])
    nan = np.nan
    # 10,000 bytes over 200 x 100 pixels are 80,000 / 20,000 = 4 bits each.
    expected = [
        [np.log(10_000), 200, 100, 2, 4, 2, 15, 20, 1, 0, 0],
        [nan, 50, 50, 1, nan, 0, nan, nan, 0, 1, 0],
        [np.log(10_000), 200, 100, 2, 4, 4, 3, 3, 0, 0, 0],
    ]
    assert rows == pytest.approx(np.array(expected), nan_ok=True)
    assert shortcut.features([]).shape == (0, 11)


@pytest.mark.parametrize(
    "fake",
    [{"width": 512}, {"kind": "PNG", "quantisation": ()}, {"quantisation": (8.0, 9.0)}, {"size": None}],
)
def test_a_leak_is_found(fake):
    target = np.tile([0, 1], 100)
    files = [facts(**(fake if label else {})) for label in target]
    assert shortcut.null_auc(files, target, files, target) == 1
    assert shortcut.cross_validated_auc(files, target) == 1


def test_no_leak_gives_chance():
    assert shortcut.null_auc(*noise(800, 1), *noise(800, 2)) == pytest.approx(0.5, abs=0.07)
    assert shortcut.cross_validated_auc(*noise(800, 3)) == pytest.approx(0.5, abs=0.07)
    same = [facts()] * 100
    assert shortcut.null_auc(same, np.tile([0, 1], 50), same, np.tile([0, 1], 50)) == 0.5


def test_groups_keep_duplicates_on_one_side():
    # Eight copies of each file and coin-flip labels: whoever sees a copy knows the label.
    files, target = noise(60, 4)
    files, target, groups = files * 8, np.tile(target, 8), np.tile(np.arange(60), 8)
    assert shortcut.cross_validated_auc(files, target) > 0.9
    assert shortcut.cross_validated_auc(files, target, groups) < 0.75


def test_repeatable():
    files, target = noise(200, 5)
    assert shortcut.cross_validated_auc(files, target) == shortcut.cross_validated_auc(files, target)


def test_bad_input_is_refused_with_a_remedy():
    files, target = noise(20, 6)
    with pytest.raises(ValueError, match="one for each file"):
        shortcut.null_auc(files, target, files[:3], target)
    with pytest.raises(ValueError, match="add the missing class"):
        shortcut.null_auc(files, np.zeros(20, dtype=int), files, target)
    with pytest.raises(ValueError, match="one group for each"):
        shortcut.cross_validated_auc(files, target, groups=[1])
    # All fakes in one group: four of five folds hold none.
    with pytest.raises(ValueError, match="fewer folds"):
        target = np.arange(20) // 10
        shortcut.cross_validated_auc(files, target, groups=np.where(target, 99, np.arange(20)))
