"""What the person who starts the page chose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """`max_batch`: pictures that one batch may have.

    `reviews`: SQLite file of the Review tab; None: no such tab. `reviewers`: different people for each picture.
    """

    max_batch: int = 500
    reviews: Path | None = None
    reviewers: int = 2
