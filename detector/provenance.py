"""What another person needs to get the same Analysis again: versions, preprocessing, settings, and a seal."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from . import __version__
from .classifier import Classifier
from .images import Limits, Picture
from .images import load as load_picture

# What the figures depend on: name → distributions that bring it, the first one installed counts.
PACKAGES = {
    "torch": ("torch",),
    "torchvision": ("torchvision",),
    "timm": ("timm",),
    "numpy": ("numpy",),
    "opencv": ("opencv-python", "opencv-python-headless"),
    "pillow": ("pillow",),
    "pi-heif": ("pi-heif",),
    "grad-cam": ("grad-cam",),
}


@dataclass(frozen=True)
class Reproduction:
    """`versions`: name → version. `preprocessing`: size in px, mean and std of 0…1, and the SHA-256 of these.

    `settings`: heatmap method, limits of file and picture, device. `pixels`: SHA-256 of the decoded picture, which
    tells a picture that was only stored again from one that was changed.
    """

    versions: dict[str, str]
    preprocessing: dict[str, Any]
    settings: dict[str, Any]
    pixels: str


def facts(classifier: Classifier, limits: Limits, picture: Picture, method: str | None) -> Reproduction:
    """Those of one analysis. `method`: its heatmap method, None for an analysis without maps."""
    preprocessing = asdict(classifier.header.preprocessing)
    settings = {"method": method, **asdict(limits), "device": classifier.where}
    pixels = load_picture(picture.pixels, limits).facts.sha256
    return Reproduction(versions(), preprocessing | {"sha256": digest(preprocessing)}, settings, pixels)


@cache
def versions() -> dict[str, str]:
    """Of the detector, Python and the packages that the figures depend on; "none" for one that is missing."""
    found = {name: _installed(distributions) for name, distributions in PACKAGES.items()}
    return {"detector": __version__, "python": platform.python_version(), **found}


def _installed(distributions: tuple[str, ...]) -> str:
    for distribution in distributions:
        try:
            return version(distribution)
        except PackageNotFoundError:
            continue
    return "none"


def sealed(content: dict[str, Any]) -> dict[str, Any]:
    """`content`, JSON-ready, with its digest under "integrity".

    A seal against slips, no signature: who edits the file on purpose can seal it again. Running the analysis again
    (detector/verify.py) finds that out.
    """
    plain = json.loads(json.dumps(content))  # tuples and enumerations as they come back from the file
    return plain | {"integrity": seal(plain)}


def seal(content: dict[str, Any]) -> str:
    """SHA-256 of everything but "integrity" itself."""
    return digest({key: value for key, value in content.items() if key != "integrity"})


def digest(content: Any) -> str:
    """SHA-256 of a JSON-ready value, written the one way that spaces and the order of keys can't change."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
