"""What the person who starts the page chose."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


class SettingsError(ValueError):
    """The page cannot be started with these settings; the message says what to change."""


@dataclass(frozen=True)
class Settings:
    """`reviews`: SQLite file of the Review tab; None: no such tab. `reviewers`: different people for each picture.

    `max_batch`: pictures that one batch may have.
    `keep`: minutes after which an uploaded picture is gone from the disk, at the latest.
    `queue`: requests that may wait at once; one more is told to come back later.
    `logins`: (user, password) of those who may enter; empty: everybody.
    `mcp`: offer the API as tools of the Model Context Protocol too.
    """

    reviews: Path | None = None
    reviewers: int = 2
    max_batch: int = 500
    keep: int = 60
    queue: int = 64
    logins: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # no password in a log
    mcp: bool = False

    def __post_init__(self) -> None:
        for name in ("keep", "queue"):
            if getattr(self, name) < 1:
                raise SettingsError(f"--{name} must be 1 or more; got {getattr(self, name)}")


def read_logins(path: Path) -> tuple[tuple[str, str], ...]:
    """(user, password) from the `user:password` lines of a file. Raises SettingsError.

    A file, because what stands in a command line can be read by every user of the machine.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read the logins in {path}: {error}") from error
    logins = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        user, colon, password = line.partition(":")
        if not (user and colon and password):
            raise SettingsError(f"line {number} of {path} is not user:password")  # the line itself may be a password
        logins.append((user, password))
    if not logins:
        raise SettingsError(f"{path} holds no user:password line, so nobody could enter")
    if len({user for user, _ in logins}) < len(logins):
        raise SettingsError(f"{path} names a user twice; keep one line for each")
    return tuple(logins)
