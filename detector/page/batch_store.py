"""The batches that are kept for their visitors: on the server, each under a secret that only its visitor's page has.

Not gr.State, which keeps a connection open for each visitor. What comes back from a page is the secret and the number
of a row, never a path, so nobody opens what he did not send.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from ..batch import Row

AGE = 1800  # seconds
MOST = 24  # batches kept: each holds its rows with their thumbnails in memory


class Batch:
    """`rows`: what is done of `total`; `ignored`: files that were no pictures; `seconds`: what the rows took."""

    def __init__(self, total: int, checked: bool, ignored: int, clock: Callable[[], float]):
        self.total, self.checked, self.ignored = total, checked, ignored
        self.rows: list[Row] = []
        self.stopped = False
        self.seconds = 0.0
        self._clock, self._started = clock, clock()
        self._lock = threading.Lock()

    def add(self, row: Row) -> bool:
        """False: it was stopped meanwhile, and what its visitor was shown then is all there is."""
        with self._lock:
            if not self.stopped:
                self.rows.append(row)
                self.seconds = self._clock() - self._started
            return not self.stopped

    def stop(self) -> None:
        with self._lock:
            self.stopped = self.stopped or not self.done

    @property
    def done(self) -> bool:
        return len(self.rows) == self.total

    @property
    def last(self) -> float:
        """When a row was added last, on the clock."""
        return self._started + self.seconds


class Batches:
    """At most `most` of them; one is forgotten `age` seconds after its last row, as its pictures are then deleted."""

    def __init__(self, most: int = MOST, age: float = AGE, clock: Callable[[], float] = time.monotonic):
        self._most, self._age, self._clock = most, age, clock
        self._kept: OrderedDict[str, Batch] = OrderedDict()
        self._lock = threading.Lock()

    def new(self, total: int, checked: bool, ignored: int = 0) -> tuple[str, Batch]:
        """An empty batch and its secret; the oldest one makes room."""
        token, batch = secrets.token_urlsafe(24), Batch(total, checked, ignored, self._clock)
        with self._lock:
            self._forget()
            while len(self._kept) >= self._most:
                self._kept.popitem(last=False)
            self._kept[token] = batch
        return token, batch

    def get(self, token: object) -> Batch | None:
        """None for a secret that is unknown or forgotten; `token` comes from a browser and may be anything."""
        with self._lock:
            self._forget()
            return self._kept.get(token) if isinstance(token, str) else None

    def _forget(self) -> None:
        now = self._clock()
        for token in [token for token, batch in self._kept.items() if now - batch.last > self._age]:
            del self._kept[token]
