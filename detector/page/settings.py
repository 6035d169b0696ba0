"""What the person who starts the page chose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """`reviews`: SQLite file of the Review tab; None: no such tab. `max_batch`: pictures that one batch may have."""

    reviews: Path | None = None
    max_batch: int = 500
