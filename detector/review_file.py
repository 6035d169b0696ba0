"""The SQLite file of reviews: its schema, and how it is opened.

Every write is committed with WAL and `synchronous=FULL` before it is acknowledged, so that neither a kill nor a power
cut takes it back.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

APPLICATION, VERSION = 0x44465256, 1  # "DFRV"; the version of SCHEMA
SCHEMA = """
CREATE TABLE pictures (
  sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, format TEXT NOT NULL, added TEXT NOT NULL, data BLOB NOT NULL
);
CREATE TABLE claims (
  picture TEXT PRIMARY KEY REFERENCES pictures, reviewer TEXT NOT NULL, token TEXT NOT NULL UNIQUE,
  phase TEXT NOT NULL, since REAL NOT NULL, until REAL NOT NULL
);
CREATE TABLE log (
  id INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL, hash TEXT NOT NULL,
  phase TEXT AS (json_extract(entry, '$.phase')),
  reviewer TEXT AS (json_extract(entry, '$.reviewer')),
  picture TEXT AS (json_extract(entry, '$.picture'))
);
CREATE UNIQUE INDEX log_once ON log (picture, reviewer, phase) WHERE phase != 'shown';
CREATE TRIGGER log_keeps BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER log_stays BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER log_grows BEFORE INSERT ON log WHEN NEW.id <= (SELECT max(id) FROM log)
  BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
"""
WAIT = 30  # seconds for another process to finish its transaction


class ReviewError(ValueError):
    """The request can't be met; the message says why and what to do. Nothing was changed."""


class BadName(ReviewError):
    """The reviewer's name is empty, too long, or holds what can't be printed."""


class NotYours(ReviewError):
    """The picture is not, or no longer, in the hands of whoever sent this token."""


class NotDue(ReviewError):
    """Another step of the review comes first, or this one is done."""


class Full(ReviewError):
    """The queue holds as many pictures as it may."""


class ReviewFile:
    """One file of reviews. Share it between threads and processes: every use opens it anew."""

    def __init__(self, path: Path, create: bool):
        """Makes the tables in a new or empty file, if it may. Raises ReviewError."""
        self.path = path
        if not create and not path.is_file():
            raise ReviewError(f"there are no reviews at {path}; check the path")
        with self.writing() as db:
            self._prepare(db)
        with self.reading() as db:  # only now is it known to be no other program's file
            db.execute("PRAGMA journal_mode = WAL")

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that no other process can come between; what fails is taken back."""
        with self.reading() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.rollback()
                raise
            db.commit()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(sqlite3.connect(self.path, timeout=WAIT, isolation_level=None)) as db:
                db.execute("PRAGMA synchronous = FULL")
                db.execute("PRAGMA foreign_keys = ON")
                yield db
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
                raise ReviewError(f"{self.path} holds no reviews; give a file of reviews, or a new name") from error
            raise ReviewError(f"the reviews in {self.path} can't be used: {error}") from error

    def _prepare(self, db: sqlite3.Connection) -> None:
        names = ("application_id", "user_version")
        application, version = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
        if not application and not db.execute("SELECT 1 FROM sqlite_master").fetchone():
            for statement in _statements(SCHEMA):
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.execute(f"PRAGMA user_version = {VERSION}")
        elif application != APPLICATION:
            raise ReviewError(f"{self.path} is another program's database; give a file of reviews, or a new name")
        elif version != VERSION:
            raise ReviewError(
                f"{self.path} holds reviews of version {version}, and this program reads version {VERSION}; "
                "use the detector that wrote it"
            )


def _statements(script: str) -> Iterator[str]:
    """One by one, for `executescript` would end the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
