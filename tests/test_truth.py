"""The stamp beside the map, as HTML."""

import pytest

from detector.causal import STAMPS, CausalCheck
from detector.page import texts, truth


@pytest.mark.parametrize("stamp", STAMPS)
def test_every_stamp_has_a_sign_a_name_and_its_sentence(stamp):
    shown = truth.stamp(CausalCheck("fake", 1.0, 0.0, (0.0,), 0.1, stamp, "It fell <b>far</b> & wide."))
    assert shown.startswith(f'<p class="dd-stamp dd-{stamp.replace(" ", "-")}">')
    assert all(word in shown for word in texts.STAMPS[stamp])
    assert "It fell &lt;b&gt;far&lt;/b&gt; &amp; wide." in shown


def test_no_two_stamps_look_the_same():
    signs, names = zip(*texts.STAMPS.values(), strict=True)
    assert len(set(signs)) == len(set(names)) == len(STAMPS)
