"""Files that are there whole or not at all."""

import pytest

from detector.atomic import replacing


def test_it_takes_the_place_of_the_old_one_at_the_end(tmp_path):
    path = tmp_path / "deep" / "list.csv"
    for text in ("old", "new"):
        with replacing(path) as partial:
            partial.write_text(text)
            assert not path.exists() or path.read_text() == "old"
    assert path.read_text() == "new" and list(path.parent.iterdir()) == [path]


def test_after_an_error_the_old_one_stays_alone(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("old")
    with pytest.raises(OSError, match="full"), replacing(path) as partial:
        partial.write_text("ne")
        raise OSError("full")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
