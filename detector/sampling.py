"""A part of a label list that is as mixed as the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from .data import Example


def balanced(examples: Sequence[Example], limit: int, seed: int = 0) -> list[Example]:
    """At most `limit` examples in their old order: the classes evenly, and within each the sources, as far as they go.

    Raises ValueError for a limit below 1.
    """
    if limit < 1:
        raise ValueError(f"a sample needs at least 1 picture, not {limit}")
    order = np.random.default_rng(seed).permutation(len(examples)).tolist()
    order = sorted(order, key=_turns([(examples[i].target, examples[i].source) for i in order], order).__getitem__)
    order = sorted(order, key=_turns([examples[i].target for i in order], order).__getitem__)
    return [examples[i] for i in sorted(order[:limit])]


def _turns(kinds: Sequence, order: Sequence[int]) -> dict[int, int]:
    """Position → how many of its kind come before it; sorted by that, the kinds take turns."""
    seen: Counter = Counter()
    turns = {}
    for kind, position in zip(kinds, order, strict=True):
        turns[position] = seen[kind]
        seen[kind] += 1
    return turns
