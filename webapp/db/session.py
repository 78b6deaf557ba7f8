"""The one way to write: `transaction()`, which re-reads, commits once and raises generations last."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, CursorResult, Dialect, Engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from webapp.core.errors import Conflict, PermissionDenied, Unavailable
from webapp.db.faults import find_fault, is_away, is_busy
from webapp.extensions import READS_REPLICA, db

BUSY_TIMEOUT_MS = 30_000
_WRITES = "plugdeck_writes"
_DEPTH = "plugdeck_transaction_depth"
_TOUCHED = "plugdeck_touched_accounts"
_COMMITS = "plugdeck_transaction_commits"
_GUARD = "plugdeck_transaction_guard"
AWAY = "The database went away, so nothing was saved. What you typed is here; send it again in a moment."
IN_DOUBT = (
    "The database went away at the very end, so nobody knows whether this was saved. Look at the record before you "
    "send it again."
)


def current_session() -> Session:
    """Return the session of this request or command."""
    return cast(Session, db.session())


@dataclass(frozen=True)
class Guard:
    """What still has to hold when the writes of a request are committed: a SELECT that finds a row, and its values."""

    select: str
    values: Mapping[str, object]
    message: str


def guard_writes(session: Session, guard: Guard) -> None:
    """Let every later transaction of a session end in `PermissionDenied` when its guard does not hold any more.

    Who asks was read before the transaction, which may have waited for a lock for long. It is asked with the statement
    that raises an account's generation, so it costs none; a transaction that raises none is not asked.
    """
    session.info[_GUARD] = guard


@contextmanager
def transaction() -> Iterator[Session]:
    """Run one unit of writing: begin, let the caller re-read and write, raise generations, commit.

    The read transaction of the request ends first: on SQLite a read transaction that turns into a write fails at
    once with SQLITE_BUSY_SNAPSHOT whatever the busy timeout, so a writer begins with `BEGIN IMMEDIATE`. Entities
    loaded before are expired; services take ids, never entities. A nested call joins the outer one.

    Raises:
        Conflict: a constraint of the database refused the write (for example a name taken by a parallel request).
        Unavailable: the database stayed locked longer than the busy timeout, two writers waited for each other, or
            its disk is full or fails.
        PermissionDenied: what `guard_writes` was told does not hold any more.
    """
    session = current_session()
    if session.info.get(_DEPTH):
        yield session
        return
    session.rollback()
    session.info.pop(READS_REPLICA, None)
    session.info[_DEPTH] = 1
    session.info[_TOUCHED] = set()
    try:
        session.connection(execution_options={_WRITES: True})
        yield session
        session.flush()
        _raise_generations(session)
        session.info[_COMMITS] = True
        session.commit()
    except IntegrityError as error:
        session.rollback()
        raise Conflict(_explain(error)) from error
    except DBAPIError as error:
        committing = session.info.get(_COMMITS)
        session.rollback()
        if is_busy(error):
            raise Unavailable("The database is busy. Nothing was saved; try again in a moment.") from error
        if fault := find_fault(error):
            raise Unavailable(fault.message) from error
        if is_away(error):
            raise Unavailable(IN_DOUBT if committing else AWAY) from error
        raise
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(_COMMITS, None)
        session.info.pop(_DEPTH, None)
        session.info.pop(_TOUCHED, None)


def reading_connection(session: Session) -> Connection:
    """Return the connection of a session that is about to read.

    On PostgreSQL each statement is by itself until `transaction()` or `begin_snapshot()`: there a transaction that only
    reads shows later commits from one statement to the next all the same, and its begin and end cost two turns.
    """
    if session.in_transaction() or session.get_bind().dialect.name != "postgresql":
        return session.connection()
    return session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})


def begin_snapshot(session: Session) -> None:
    """Let all reads from here to the end of the transaction see the database as it is at one moment.

    SQLite does so by itself. What was loaded before is expired.
    """
    session.rollback()
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def touch_account(session: Session, account_id: int) -> None:
    """Note that what lists and record pages of the account show has changed in this transaction."""
    touched: set[int] | None = session.info.get(_TOUCHED)
    if touched is None:
        raise RuntimeError("touch_account() needs an open transaction()")
    touched.add(account_id)


def _raise_generations(session: Session) -> None:
    # Last statement, in id order: the account row is the most contended one and is held for the shortest time.
    guard: Guard | None = session.info.get(_GUARD)
    statement = "UPDATE accounts SET generation = generation + 1 WHERE id = :id"
    values: dict[str, object] = {}
    if guard is not None:
        statement, values = f"{statement} AND EXISTS ({guard.select})", dict(guard.values)
    for account_id in sorted(session.info[_TOUCHED]):
        raised = cast("CursorResult[Any]", session.execute(text(statement), values | {"id": account_id}))
        if guard is not None and not raised.rowcount:
            raise PermissionDenied(guard.message)


def _explain(error: IntegrityError) -> str:
    detail = str(error.orig).lower()
    if "name" in detail and ("unique" in detail or "duplicate" in detail):
        return "The name was taken in the meantime. Choose another name."
    return "Another change got in between. Reload and try again."


def configure_engine(engine: Engine) -> None:
    """Give SQLite connections WAL, full durability, foreign keys and explicit transactions."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "do_connect", _make_private)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)


def _make_private(_dialect: Dialect, _record: ConnectionPoolEntry, arguments: list[Any], _: Any) -> None:
    """Make a file that is not there yet such that only its owner reads it; SQLite gives its log the same mode."""
    path = str(arguments[0]) if arguments else ""
    # An empty file is an empty database. What has no folder, or is no path, is for SQLite to complain about.
    if path and not path.startswith((":", "file:")):
        with suppress(OSError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    raw = cast(sqlite3.Connection, connection)
    raw.isolation_level = None  # SQLAlchemy, not sqlite3, decides when a transaction begins.
    cursor = raw.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA temp_store = MEMORY")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
