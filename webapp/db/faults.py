"""What a disk or a server does to the database that passes when somebody sees to it, in words for people."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError


@dataclass(frozen=True)
class Fault:
    """A heading and a sentence."""

    title: str
    message: str


DISK_FULL = Fault(
    "The disk is full",
    "The disk of the database is full. Nothing was saved, and nothing that was there is lost. As soon as your "
    "operator has made room it goes on.",
)
READ_ONLY = Fault(
    "Nothing can be saved now",
    "The database takes no writes, so nothing was saved. What is there can be read. Tell your operator.",
)
DISK_FAILS = Fault(
    "The disk does not answer", "The disk of the database fails. Nothing was saved. Tell your operator."
)
DAMAGED = Fault(
    "The database is damaged",
    "A part of it cannot be read, so this page shows nothing rather than something wrong. Tell your operator to run "
    "plugdeck doctor.",
)
_SQLITE = {
    "disk is full": DISK_FULL,
    "readonly database": READ_ONLY,
    "disk i/o error": DISK_FAILS,
    "malformed": DAMAGED,
    "not a database": DAMAGED,
}
# Gave up waiting for a lock, was ended for taking too long, met another writer.
_BUSY_STATES = ("55P03", "57014", "40001", "40P01")
_STATES = {"25006": READ_ONLY, "53100": DISK_FULL, "58030": DISK_FAILS, "XX001": DAMAGED, "XX002": DAMAGED}


def is_busy(error: DBAPIError) -> bool:
    """Tell whether the database would have done it, but others were in the way for too long."""
    if isinstance(error.orig, sqlite3.Error):
        return isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error.orig)
    return getattr(error.orig, "sqlstate", None) in _BUSY_STATES


def find_fault(error: DBAPIError) -> Fault | None:
    """Return what has happened to the disk or the server; None when the error is of another kind."""
    if isinstance(error.orig, sqlite3.Error):
        said = str(error.orig).lower()
        return next((fault for words, fault in _SQLITE.items() if words in said), None)
    return _STATES.get(getattr(error.orig, "sqlstate", None) or "")
