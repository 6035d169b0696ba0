"""Finds manipulated face pictures and shows its evidence.

In Python: `from detector import Analyser`, then `Analyser().analyse("portrait.jpg").probability`.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Loaded on first use, so that `python -m detector --help` and `detector.images` do not wait for torch.
_EXPORTS = {
    "Analyser": "analyse",
    "Analysis": "analysis",
    "FaceVerdict": "analysis",
    "Limits": "images",
    "Picture": "images",
    "PictureError": "images",
    "CheckpointError": "model",
}

__all__ = ["__version__", *_EXPORTS]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_EXPORTS[name]}"), name)
