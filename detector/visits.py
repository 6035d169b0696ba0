"""Who plays the practice game just now: their open round and their score, kept here so that no page holds an answer."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .game import Opinion, Round, found
from .verdict import Answer

MOST = 128  # visits at once: each holds its round's picture and mask in memory
KEEP = 3600.0  # seconds after a visit's last round


class RoundOver(LookupError):
    """The round was decided, or is no longer kept; deal another."""


@dataclass(frozen=True)
class Tally:
    """Answers that were right, wrong or left open, and places that were right."""

    right: int = 0
    wrong: int = 0
    open: int = 0
    places: int = 0


@dataclass(frozen=True)
class Score:
    """Of the rounds decided in one visit; `manipulated`: how many of them had a place to find."""

    rounds: int = 0
    manipulated: int = 0
    player: Tally = field(default=Tally())
    detector: Tally = field(default=Tally())

    def after(self, dealt: Round, said: bool, cell: int | None, opinion: Opinion) -> Score:
        """With one more round. `said`: the player called it manipulated. Who says "untouched" marks no place."""
        detector = {Answer.MANIPULATED: True, Answer.AUTHENTIC: False}.get(opinion.answer)
        return Score(
            self.rounds + 1,
            self.manipulated + dealt.manipulated,
            _counted(self.player, dealt, said, cell),
            _counted(self.detector, dealt, detector, opinion.cell),
        )


def _counted(tally: Tally, dealt: Round, said: bool | None, cell: int | None) -> Tally:
    """`said` None: left open."""
    right = said is not None and said == dealt.manipulated
    return Tally(
        tally.right + right,
        tally.wrong + (said is not None and not right),
        tally.open + (said is None),
        tally.places + (dealt.manipulated and said is not False and found(dealt.mask, cell)),
    )


@dataclass(frozen=True)
class _Visit:
    seen: float
    score: Score
    dealt: Round | None


class Visits:
    """Bounded in number and age; the longest unused go first. Threads may share one."""

    def __init__(self, most: int = MOST, keep: float = KEEP, clock: Callable[[], float] = time.monotonic):
        self.most, self.keep, self.clock = most, keep, clock
        self._visits: OrderedDict[str, _Visit] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, token: str, dealt: Round) -> tuple[str, Score]:
        """Opens a round for the visit `token`, or for a new one where that is unknown; gives token and score."""
        with self._lock:
            self._forget()
            known = self._visits.pop(token, None)
            score = known.score if known else Score()
            token = token if known else secrets.token_urlsafe(16)
            self._visits[token] = _Visit(self.clock(), score, dealt)
            while len(self._visits) > self.most:
                self._visits.popitem(last=False)
            return token, score

    def look(self, token: str) -> Round:
        """The open round. Raises RoundOver."""
        with self._lock:
            return self._open(token).dealt

    def close(self, token: str, dealt: Round, said: bool, cell: int | None, opinion: Opinion) -> Score:
        """Decides the round that `look` gave, once; gives the score after it. Raises RoundOver."""
        with self._lock:
            visit = self._open(token)
            if visit.dealt is not dealt:
                raise RoundOver
            score = visit.score.after(dealt, said, cell, opinion)
            self._visits[token] = replace(visit, score=score, dealt=None)
            return score

    def _open(self, token: str) -> _Visit:
        self._forget()
        visit = self._visits.get(token)
        if visit is None or visit.dealt is None:
            raise RoundOver
        return visit

    def _forget(self) -> None:
        oldest = self.clock() - self.keep
        while self._visits and next(iter(self._visits.values())).seen < oldest:
            self._visits.popitem(last=False)
