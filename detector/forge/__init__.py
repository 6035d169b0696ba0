"""Makes manipulated pictures with exact masks out of real ones, for training, measuring and teaching.

One module for each artifact of the vocabulary, and one for composites, which need show none of them. Each artifact has
trained `VARIANTS` and `HELD_BACK` ones, which training never uses: a detector that knows the trace, and not our recipe,
finds those too.
"""

from __future__ import annotations

import numpy as np

from ..artifacts import ARTIFACTS
from . import background, edge, hair, lighting, sharpness
from .base import CannotForge, Forgery, Portrait, parse, portrait_of
from .composite import COMPOSITE
from .composite import forge as compose

__all__ = [
    "COMPOSITE",
    "HELD_BACK",
    "VARIANTS",
    "CannotForge",
    "Forgery",
    "Portrait",
    "compose",
    "forge",
    "parse",
    "portrait_of",
]

_MODULES = {
    "face_edge": edge,
    "lighting": lighting,
    "background": background,
    "sharpness": sharpness,
    "hair": hair,
}

VARIANTS = {artifact: _MODULES[artifact].VARIANTS for artifact in ARTIFACTS}
HELD_BACK = {artifact: _MODULES[artifact].HELD_BACK for artifact in ARTIFACTS}


def forge(
    portrait: Portrait,
    artifact: str,
    strength: float,
    rng: np.random.Generator,
    variant: str | None = None,
    donor: Portrait | None = None,
) -> Forgery:
    """Puts one artifact into a real portrait.

    `strength` 0…1 scales the change; below about 0.3 people seldom see it. `variant`: one of VARIANTS or HELD_BACK;
    without it one of VARIANTS by chance. `donor`: whose hair to take, for `hair` only. The same `rng` state gives the
    same forgery. Raises CannotForge when the picture has no room for it, ValueError for a wrong argument.
    """
    if artifact not in _MODULES:
        raise ValueError(f"unknown artifact {artifact!r}; choose one of {', '.join(_MODULES)}")
    if not 0 <= strength <= 1:
        raise ValueError(f"strength must lie in 0…1, got {strength}")
    known = VARIANTS[artifact] + HELD_BACK[artifact]
    if variant is not None and variant not in known:
        raise ValueError(f"{artifact} has no variant {variant!r}; choose one of {', '.join(known)}")
    chosen = variant or VARIANTS[artifact][rng.integers(len(VARIANTS[artifact]))]
    if artifact == "hair":
        return hair.forge(portrait, strength, rng, chosen, donor)
    return _MODULES[artifact].forge(portrait, strength, rng, chosen)
