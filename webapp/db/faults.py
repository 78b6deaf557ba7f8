"""What a disk or a server does to the database that passes when somebody sees to it, in words for people."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError, OperationalError


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
NO_TABLES = Fault(
    "The database is not set up",
    "It lacks tables that this version of Plugdeck needs. Tell your operator to run plugdeck db upgrade.",
)
# Classes of SQLSTATE: connection, resources, operator intervention. PostgreSQL gives none while it cannot be reached.
_PASSING = ("08", "53", "57")
# A lock or a statement took too long (`engines`), two waited for each other, a replica had to go on.
_BUSY = ("55P03", "57014", "40P01", "40001")
_SQLITE = {
    "disk is full": DISK_FULL,
    "readonly database": READ_ONLY,
    "disk i/o error": DISK_FAILS,
    "malformed": DAMAGED,
    "not a database": DAMAGED,
    "no such table": NO_TABLES,
}
_STATES = {
    "25006": READ_ONLY,
    "42P01": NO_TABLES,
    "53100": DISK_FULL,
    "58030": DISK_FAILS,
    "XX001": DAMAGED,
    "XX002": DAMAGED,
}


def detail_of(error: BaseException | None) -> str:
    """Return the first line of what a database or its driver says."""
    return (str(error or "").strip().splitlines() or ["no detail"])[0]


def is_busy(error: DBAPIError) -> bool:
    """Tell whether others held what was needed for too long, or two writers waited for each other."""
    state = getattr(error.orig, "sqlstate", None) or ""
    return isinstance(error, OperationalError) and (state in _BUSY or "locked" in str(error.orig))


def is_away(error: DBAPIError) -> bool:
    """Tell whether the database was not there, or went away in the middle."""
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", "")
    gone = state is None or state[:2] in _PASSING or "unable to open database" in str(error.orig)
    return isinstance(error, OperationalError) and gone


def find_fault(error: DBAPIError) -> Fault | None:
    """Return what is wrong with the disk, the server or the schema; None when the error is of another kind."""
    if isinstance(error.orig, sqlite3.Error):
        said = str(error.orig).lower()
        return next((fault for words, fault in _SQLITE.items() if words in said), None)
    return _STATES.get(getattr(error.orig, "sqlstate", None) or "")
