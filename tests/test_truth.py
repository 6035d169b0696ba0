"""The stamp beside the map, as HTML."""

import pytest

from detector.causal import STAMPS, CausalCheck
from detector.page import truth
from detector.page.texts import en as texts


@pytest.mark.parametrize("stamp", STAMPS)
def test_every_stamp_has_a_sign_a_name_and_its_sentence(stamp):
    shown = truth.stamp(texts, CausalCheck("fake", 1.0, 0.0, (0.0,), 0.1, stamp, "It fell <b>far</b> & wide."))
    assert shown.startswith(f'<p class="dd-stamp dd-{stamp.replace(" ", "-")}">')
    assert all(word in shown for word in texts.STAMPS[stamp])
    assert "It fell &lt;b&gt;far&lt;/b&gt; &amp; wide." in shown


def test_no_two_stamps_look_the_same():
    signs, names = zip(*texts.STAMPS.values(), strict=True)
    assert len(set(signs)) == len(set(names)) == len(STAMPS)
