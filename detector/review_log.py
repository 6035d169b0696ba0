"""The log of reviews: entries chained by hashes, and what can be said of such a chain.

Each entry holds the hash of the one before it, so that no entry can be changed, moved or taken out of the middle
without every later hash changing too (Haber & Stornetta, How to time-stamp a digital document, J. Cryptology 1991).
What no chain can show by itself: that its end was cut off, or that all of it was written anew by someone who can write
to the file. Against both, note the last hash in another place and hand it to `verify` as `expected`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

FIRST = "0" * 64  # what the first entry names as the hash before it


class Decision(StrEnum):
    AUTHENTIC = "authentic"
    MANIPULATED = "manipulated"
    UNSURE = "unsure"


class Phase(StrEnum):
    """BLIND: decided before anything of the model was seen; SHOWN: the model's answer was sent to the reviewer;
    FINAL: decided again, with that answer in view."""

    BLIND = "blind"
    SHOWN = "shown"
    FINAL = "final"


@dataclass(frozen=True)
class ModelView:
    """What the model said when it was shown. `answer`: as in verdict.Answer; `probability` of fake, 0…1, None where
    the picture was not assessed; `checkpoint`: SHA-256 of the weights."""

    answer: str
    probability: float | None
    checkpoint: str


@dataclass(frozen=True)
class Entry:
    """One line of the log.

    `time`: UTC, ISO 8601; `picture`: SHA-256 of the file; `seconds`: that the reviewer took. BLIND and FINAL have a
    decision and no `model`, SHOWN the other way round.
    """

    id: int
    time: str
    phase: Phase
    reviewer: str
    picture: str
    decision: Decision | None
    artifacts: tuple[str, ...]
    note: str
    seconds: float | None
    model: ModelView | None
    previous: str

    def to_json(self) -> str:
        """Canonical: sorted keys, no blanks, ASCII. This is what is hashed and stored."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Entry:
        """Raises ValueError, KeyError or TypeError for anything but an entry."""
        fields = json.loads(text)
        model, decision = fields.pop("model"), fields.pop("decision")
        if model:
            model = ModelView(**model)
        return cls(
            model=model,
            decision=Decision(decision) if decision else None,
            phase=Phase(fields.pop("phase")),
            artifacts=tuple(fields.pop("artifacts")),
            **fields,
        )


def hashed(text: str) -> str:
    """SHA-256 of an entry's canonical JSON, which holds the hash before it."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Verification:
    """`count` entries hold, the last of them with the hash `head`; `problem`: what is wrong first, "" where nothing is.

    `since`: entries after the one whose hash was expected; None where none was asked for.
    """

    count: int
    head: str
    problem: str = ""
    since: int | None = None

    @property
    def holds(self) -> bool:
        return not self.problem


def verify(rows: Iterable[tuple[int, str, str]], last: int | None = None, expected: str | None = None) -> Verification:
    """Walks the chain of (id, canonical JSON, hash) and stops at the first entry that does not hold.

    `last`: the highest id that was ever given out, where that is known; `expected`: the hash of some entry, noted
    outside the file, that must still be there.
    """
    count, head, found = 0, FIRST, None
    for id_, text, hash_ in rows:
        problem = _problem(count + 1, head, id_, text, hash_)
        if problem:
            return Verification(count, head, problem)
        count, head = count + 1, hash_
        found = count if head == expected else found
    if last is not None and last > count:
        return Verification(count, head, f"entries {count + 1} to {last} were cut off the end")
    if expected is not None and found is None:
        return Verification(count, head, f"no entry has the expected hash {expected}: cut off, or written anew")
    return Verification(count, head, since=None if found is None else count - found)


def _problem(expected: int, previous: str, id_: int, text: str, hash_: str) -> str:
    if id_ != expected:
        return f"entry {expected} is missing: entry {id_} follows entry {expected - 1}"
    try:
        if hashed(text) != hash_:
            return f"entry {id_} was changed: its hash is not that of its contents"
        entry = Entry.from_json(text)
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"entry {id_} can't be read"
    if entry.previous != previous:
        return f"entry {id_} does not follow entry {id_ - 1}: it names another hash before it"
    return "" if entry.id == id_ else f"entry {id_} says that it is entry {entry.id}"


@dataclass(frozen=True)
class Review:
    """One reviewer's way through one picture, put together from the log.

    `final` and `model` are None where the reviewer left before that. Seconds: until the blind and the final decision.
    """

    picture: str
    reviewer: str
    blind: Decision
    final: Decision | None
    model: ModelView | None
    artifacts: tuple[str, ...]
    note: str
    seconds: tuple[float, float | None]

    @property
    def decision(self) -> Decision:
        """The one that counts: the last."""
        return self.final or self.blind


def reviews(entries: Sequence[Entry]) -> list[Review]:
    """The log's entries as reviews, in the order in which they were begun."""
    parts: dict[tuple[str, str], dict[Phase, Entry]] = {}
    for entry in entries:
        parts.setdefault((entry.picture, entry.reviewer), {})[entry.phase] = entry
    made = []
    for (picture, reviewer), part in parts.items():
        blind, final, shown = (part.get(phase) for phase in (Phase.BLIND, Phase.FINAL, Phase.SHOWN))
        last = final or blind
        seconds = (blind.seconds, final.seconds if final else None)
        decided, model = final.decision if final else None, shown.model if shown else None
        made.append(Review(picture, reviewer, blind.decision, decided, model, last.artifacts, last.note, seconds))
    return made
