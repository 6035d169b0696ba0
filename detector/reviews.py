"""The queue of pictures to review and the log of decisions, in one SQLite file.

The pictures lie in the file as bytes: that makes one file to back up, in which no decision is without its picture, and
whatever sweeps uploads can't reach them.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from . import review_log
from .artifacts import ARTIFACTS
from .images import DEFAULT_LIMITS, Limits, load
from .review_file import BadName, Full, NotDue, NotYours, ReviewError, ReviewFile
from .review_log import FIRST, Decision, Entry, ModelView, Phase, Verification

LEASE = 600  # seconds that a picture stays with a reviewer who does nothing
MAX_PICTURES = 10_000
MAX_NAME, MAX_NOTE = 64, 2000  # characters

# Free for this reviewer: not yet reviewed by them, not by enough others, and in nobody's hands.
NEXT = """
SELECT sha256 FROM pictures
WHERE sha256 NOT IN (SELECT picture FROM log WHERE reviewer = :reviewer)
  AND sha256 NOT IN (SELECT picture FROM claims WHERE until > :now)
  AND (SELECT count(*) FROM log WHERE picture = sha256 AND phase = 'blind') < :wanted
ORDER BY pictures.rowid LIMIT 1
"""


@dataclass(frozen=True)
class Claim:
    """A picture in a reviewer's hands: nobody else gets it until `until` (Unix time, s). `token` proves whose it is."""

    token: str
    picture: str
    reviewer: str
    phase: Phase  # of the decision that is due
    since: float
    until: float


@dataclass(frozen=True)
class Queue:
    """Counts of pictures; `waiting` + `held` + `done` = `total`."""

    total: int
    waiting: int
    held: int
    done: int


@dataclass(frozen=True)
class Listed:
    """A picture in the queue, without its bytes."""

    sha256: str
    name: str
    format: str
    added: str


class Reviews:
    """One file of reviews. Share it between threads and processes: every call opens the file anew."""

    def __init__(
        self,
        path: str | Path,
        reviewers: int = 2,
        lease: float = LEASE,
        clock: Callable[[], float] = time.time,
        create: bool = True,
    ):
        """`reviewers`: how many different people shall see each picture. Raises ReviewError."""
        self.path, self.reviewers, self.lease, self.clock = Path(path), reviewers, lease, clock
        if reviewers < 1:
            raise ReviewError(f"each picture needs at least 1 reviewer, not {reviewers}")
        self._file = ReviewFile(self.path, create)

    # ---- the queue

    def add(self, data: bytes, name: str, limits: Limits = DEFAULT_LIMITS) -> bool:
        """Puts a picture into the queue; False where it is there already. Raises PictureError and ReviewError."""
        facts = load(data, limits).facts
        name = name.encode(errors="replace").decode()  # a file's name may hold bytes that are no text
        with self._file.writing() as db:
            if db.execute("SELECT 1 FROM pictures WHERE sha256 = ?", (facts.sha256,)).fetchone():
                return False
            if db.execute("SELECT count(*) FROM pictures").fetchone()[0] >= MAX_PICTURES:
                raise Full(f"the queue holds {MAX_PICTURES} pictures; go on in another file")
            added = (facts.sha256, name, facts.format, self._now(), data)
            db.execute("INSERT INTO pictures VALUES (?, ?, ?, ?, ?)", added)
        return True

    def claim(self, reviewer: str) -> Claim | None:
        """The next picture for this reviewer, held for them; None where there is none now. Raises ReviewError."""
        reviewer, now = reviewer_name(reviewer), self.clock()
        with self._file.writing() as db:
            row = db.execute(NEXT, {"reviewer": reviewer, "now": now, "wanted": self.reviewers}).fetchone()
            if row is None:
                return None
            held = Claim(secrets.token_urlsafe(24), row[0], reviewer, Phase.BLIND, now, now + self.lease)
            taken = (held.picture, reviewer, held.token, held.phase, held.since, held.until)
            db.execute("INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, ?, ?)", taken)
        return held

    def resume(self, token: str) -> Claim | None:
        """The claim of this token, its lease renewed; None where it ended or the picture went to someone else."""
        with self._file.writing() as db:
            held = _held(db, token)
            if held:
                db.execute("UPDATE claims SET until = ? WHERE token = ?", (self.clock() + self.lease, token))
        return held

    def release(self, token: str) -> None:
        """Gives the picture back to the queue, if it is held with this token."""
        with self._file.writing() as db:
            db.execute("DELETE FROM claims WHERE token = ?", (token,))

    def queue(self) -> Queue:
        with self._file.reading() as db:
            total = db.execute("SELECT count(*) FROM pictures").fetchone()[0]
            seen = "SELECT picture FROM log WHERE phase = 'blind' GROUP BY picture HAVING count(*) >= ?"
            held = f"SELECT count(*) FROM claims WHERE until > ? AND picture NOT IN ({seen})"
            done = db.execute(f"SELECT count(*) FROM ({seen})", (self.reviewers,)).fetchone()[0]
            in_hands = db.execute(held, (self.clock(), self.reviewers)).fetchone()[0]
        return Queue(total, total - in_hands - done, in_hands, done)

    def pictures(self) -> list[Listed]:
        with self._file.reading() as db:
            rows = db.execute("SELECT sha256, name, format, added FROM pictures ORDER BY rowid").fetchall()
        return [Listed(*row) for row in rows]

    def listed(self, sha256: str) -> Listed:
        """Raises KeyError."""
        return Listed(*self._picture("sha256, name, format, added", sha256))

    def data(self, sha256: str) -> bytes:
        """The bytes of a picture as they came. Raises KeyError."""
        return self._picture("data", sha256)[0]

    def _picture(self, columns: str, sha256: str) -> tuple:
        with self._file.reading() as db:
            row = db.execute(f"SELECT {columns} FROM pictures WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None:
            raise KeyError(sha256)
        return row

    # ---- decisions

    def decide(
        self, token: str, phase: Phase, decision: Decision, artifacts: Sequence[str] = (), note: str = ""
    ) -> Entry:
        """Logs the decision that is due on a held picture. Raises ReviewError.

        The first one is BLIND and keeps the picture in the reviewer's hands; FINAL ends the review.
        """
        if unknown := sorted(set(artifacts) - set(ARTIFACTS)):
            raise ReviewError(f"unknown artifact {unknown[0]!r}; choose from {', '.join(ARTIFACTS)}")
        if len(note) > MAX_NOTE:
            raise ReviewError(f"the note has {len(note)} characters; {MAX_NOTE} are allowed")
        decision, now = Decision(decision), self.clock()
        with self._file.writing() as db:
            held = _due(db, token, phase)
            ordered = tuple(key for key in ARTIFACTS if key in artifacts)
            seconds = round(max(0.0, now - held.since), 1)  # a clock that was put back must not give less than none
            entry = self._append(db, held, phase, decision, ordered, note.strip(), seconds, None)
            if phase == Phase.FINAL:
                db.execute("DELETE FROM claims WHERE token = ?", (token,))
            else:
                after = (Phase.FINAL, now, now + self.lease, token)
                db.execute("UPDATE claims SET phase = ?, since = ?, until = ? WHERE token = ?", after)
        return entry

    def shown(self, token: str, model: ModelView) -> Entry:
        """Logs what the model says, before it is sent to the reviewer. Raises ReviewError before the blind decision."""
        with self._file.writing() as db:
            held = _due(db, token, Phase.FINAL)
            return self._append(db, held, Phase.SHOWN, None, (), "", None, model)

    def blind(self, held: Claim) -> Entry:
        """What its reviewer decided before they saw the model's answer. Raises NotDue before that."""
        found = "SELECT entry FROM log WHERE picture = ? AND reviewer = ? AND phase = 'blind'"
        with self._file.reading() as db:
            row = db.execute(found, (held.picture, held.reviewer)).fetchone()
        if row is None:
            raise NotDue(f"the {Phase.BLIND} decision is due")
        return Entry.from_json(row[0])

    def _append(self, db: sqlite3.Connection, held: Claim, phase: Phase, *said: object) -> Entry:
        id_, previous = db.execute("SELECT id, hash FROM log ORDER BY id DESC LIMIT 1").fetchone() or (0, FIRST)
        entry = Entry(id_ + 1, self._now(), phase, held.reviewer, held.picture, *said, previous)
        text = entry.to_json()
        db.execute("INSERT INTO log (id, entry, hash) VALUES (?, ?, ?)", (entry.id, text, review_log.hashed(text)))
        return entry

    # ---- the log

    def entries(self) -> list[Entry]:
        with self._file.reading() as db:
            return [Entry.from_json(text) for (text,) in db.execute("SELECT entry FROM log ORDER BY id")]

    def verify(self, expected: str | None = None) -> Verification:
        """Checks the chain, that no end is missing as far as the file tells, and each picture against its SHA-256."""
        with self._file.reading() as db:
            last = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'log'").fetchone()
            rows = db.execute("SELECT id, entry, hash FROM log ORDER BY id")
            found = review_log.verify(rows, last[0] if last else None, expected)
            if found.problem:
                return found
            lost = db.execute("SELECT id FROM log WHERE picture NOT IN (SELECT sha256 FROM pictures)").fetchone()
            if lost:
                return Verification(found.count, found.head, f"the picture of entry {lost[0]} is missing")
            for sha256, data in db.execute("SELECT sha256, data FROM pictures"):
                if hashlib.sha256(data).hexdigest() != sha256:
                    return Verification(found.count, found.head, f"the picture {sha256} was changed")
        return found

    def _now(self) -> str:
        return datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="milliseconds")


def reviewer_name(name: str) -> str:
    """The name as it is kept: without case, so that "Ann" and "ann " are one person. Raises ReviewError."""
    kept = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    if not kept or len(kept) > MAX_NAME or not kept.isprintable():
        raise BadName(f"a reviewer needs a name of 1 to {MAX_NAME} characters")
    return kept


def _held(db: sqlite3.Connection, token: str) -> Claim | None:
    columns = "token, picture, reviewer, phase, since, until"
    row = db.execute(f"SELECT {columns} FROM claims WHERE token = ?", (token,)).fetchone()
    return Claim(*row[:3], Phase(row[3]), *row[4:]) if row else None


def _due(db: sqlite3.Connection, token: str, phase: Phase) -> Claim:
    """A lease that ran out still counts as long as nobody else took the picture."""
    held = _held(db, token)
    if held is None:
        raise NotYours("this picture is no longer yours: the time ran out, and it went to someone else")
    if held.phase != phase:
        raise NotDue(f"the {held.phase} decision is due, not the {phase} one")
    return held
