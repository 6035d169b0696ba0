"""Hugging Face's ZeroGPU: a Space that owns no GPU and hires one for each call. Anywhere else nothing happens here.

Written after the documentation of the `spaces` package; tried with a fake of that package only, never on the hub.
"""

from __future__ import annotations

import copy

from ..analyse import Analyser

try:
    import spaces  # patches torch on a ZeroGPU Space, which must happen before anything touches CUDA
except ImportError:
    spaces = None

SECONDS = 30  # that a call may hold the GPU; the Lab's dozen forgeries need the most


def hosted(analyser: Analyser) -> Analyser:
    """The analyser as its host wants it called: itself, or one whose network runs on a hired GPU.

    On ZeroGPU the decorated function runs in a forked process: what goes in (`Found`) and comes out (`Analysis`) is
    pickled, and a model loaded there would be lost, so both networks are loaded before. Reading pictures and finding
    faces need no GPU and stay outside. The package leaves the function as it is on every other kind of Space.
    """
    if spaces is None:
        return analyser
    hire = spaces.GPU(duration=SECONDS)
    judge = hire(analyser.judge)
    if judge == analyser.judge:
        return analyser
    _ = analyser.parser  # loads it
    lent = copy.copy(analyser)
    lent.judge, lent.steps = judge, hire(analyser.steps)
    return lent
