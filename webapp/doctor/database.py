"""Checks of the database: can it be read and written, is it whole, does it have room."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from webapp.config import MIB
from webapp.core.clock import as_utc, utcnow
from webapp.db.versions import expected_version, find_version, known_versions
from webapp.doctor.values import Finding, broken, ok, unsafe

WAL_MAX = 256 * MIB
FREE_MIN = 256 * MIB
CLOCK_MAX = dt.timedelta(seconds=5)
POSTGRESQL_MIN = 140_000
EXTENSIONS = ("pg_trgm", "btree_gin")
PAGES_NAMED = 5


def check_schema(connection: Connection) -> Iterator[Finding]:
    """Yield whether the tables are the ones that this version of the program works with."""
    found, head = find_version(connection), expected_version()
    if found is None:
        yield broken("migrations", "The database has no tables yet.", "Run: plugdeck db upgrade")
    elif found not in known_versions():
        yield broken(
            "migrations",
            f"The tables are at {found}, which this version does not know.",
            "A later version has been here. Run that one, or restore a backup from before.",
        )
    elif found != head:
        yield broken(
            "migrations",
            f"The tables are at {found}, this version needs {head}.",
            "Make a backup, then run: plugdeck db upgrade",
        )
    else:
        yield ok("migrations", f"at {head}")
    if found is not None:
        rows = connection.scalar(text("SELECT count(*) FROM installation"))
        if rows != 1:
            yield broken(
                "installation",
                "The row that names the installation is missing.",
                "Restore a backup: without it no cached page can be told from an older one.",
            )


def check_writable(engine: Engine) -> Finding:
    """Return whether a write can begin; nothing is written."""
    with engine.connect().execution_options(plugdeck_writes=True) as connection:
        if engine.dialect.name == "postgresql":
            if connection.scalar(text("SHOW transaction_read_only")) == "on":
                return broken(
                    "writing",
                    "The database takes no writes; it may be a standby.",
                    "Name the primary in PLUGDECK_DATABASE_URL.",
                )
        else:
            connection.exec_driver_sql("UPDATE installation SET epoch = epoch")
        connection.rollback()
    return ok("writing", "possible")


def check_sqlite_integrity(connection: Connection) -> Iterator[Finding]:
    """Yield the damaged pages and the rows that refer to nothing; reads the whole file."""
    tables = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    ).scalars()
    damages = [damage for table in tables.all() for damage in _damages(connection, table)]
    for damage in damages[:PAGES_NAMED]:
        yield damaged(damage)
    if damages:
        return  # What comes next would stumble over the same pages.
    yield ok("integrity", "every page is as SQLite wrote it")
    broken_keys = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(PAGES_NAMED)
    for table, row, parent, _ in broken_keys:
        yield broken(
            "integrity",
            f"Row {row} of {table} refers to a row of {parent} that is gone.",
            "Restore a backup.",
        )


def _damages(connection: Connection, table: str) -> list[str]:
    """Return what SQLite says of a table and its indexes; the page, where it can say which one it is."""
    try:
        found = connection.exec_driver_sql(f"PRAGMA quick_check('{table}')").fetchmany(PAGES_NAMED)
    except DBAPIError as error:  # So bad that SQLite cannot go on.
        return [f"table {table}: {error.orig}"]
    said = [line for row in found for line in str(row[0]).splitlines() if not line.startswith("***")]
    return [f"table {table}: {line}" for line in said if line != "ok"]


def damaged(detail: str) -> Finding:
    """Return what to do about a file that is damaged."""
    return broken(
        "integrity",
        f"The database file is damaged: {detail}",
        "Stop the server, keep a copy of its files (-wal and -shm too), check the disk, restore the last backup.",
    )


def check_sqlite_files(path: Path) -> Iterator[Finding]:
    """Yield whether the write-ahead log stays small and the disk has room."""
    wal = path.with_name(f"{path.name}-wal")
    size = wal.stat().st_size if wal.exists() else 0
    if size > WAL_MAX:
        yield unsafe(
            "write-ahead log",
            f"{wal} has {size // MIB:,} MiB.",
            "Something reads without end, such as a forgotten backup or a debugger. End it; the file is used again.",
        )
    else:
        yield ok("write-ahead log", f"{size // MIB:,} MiB")
    free, needed = shutil.disk_usage(path.parent).free, path.stat().st_size
    said = f"{free // MIB:,} MiB free, the database has {needed // MIB:,} MiB"
    if free < FREE_MIN:
        yield broken("disk", said, f"Make room on the disk of {path.parent}.")
    elif free < needed:
        yield unsafe("disk", said, "Make room for another copy: a migration or VACUUM needs it.")
    else:
        yield ok("disk", said)


def check_postgresql(connection: Connection) -> Iterator[Finding]:
    """Yield whether the server and the database can do what is asked of them."""
    number = int(connection.scalar(text("SHOW server_version_num")) or 0)
    version = f"PostgreSQL {connection.scalar(text('SHOW server_version'))}"
    if number < POSTGRESQL_MIN:
        yield broken("server", version, "Plugdeck needs PostgreSQL 14 or later.")
    else:
        yield ok("server", version)
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        yield broken("encoding", f"{encoding}", "Create the database with ENCODING 'UTF8'.")
    installed = set(connection.scalars(text("SELECT extname FROM pg_extension")))
    for name in EXTENSIONS:
        if name not in installed:
            yield broken(
                "extensions", f"{name} is missing.", f"As the database's owner: CREATE EXTENSION {name}"
            )
    if connection.scalar(text("SHOW autovacuum")) != "on":
        yield unsafe("autovacuum", "off", "Turn it on: tables and indexes grow without it.")
    if number >= 150_000:
        yield from _collation(connection)


def _collation(connection: Connection) -> Iterator[Finding]:
    kept, now = connection.execute(
        text(
            "SELECT datcollversion, pg_database_collation_actual_version(oid) FROM pg_database "
            "WHERE datname = current_database()"
        )
    ).one()
    if kept != now:
        yield broken(
            "collation",
            f"The database sorts by version {kept} of the system's rules, which are now version {now}.",
            "Run REINDEX DATABASE, then ALTER DATABASE … REFRESH COLLATION VERSION.",
        )
    else:
        yield ok("collation", "the rules of sorting have not changed")


def check_clock(connection: Connection) -> Iterator[Finding]:
    """Yield whether the clocks agree, and whether this one has gone back."""
    now = utcnow()
    if connection.dialect.name == "postgresql":
        theirs = as_utc(connection.execute(text("SELECT clock_timestamp()")).scalar_one())
        apart = abs(theirs - now)
        if apart > CLOCK_MAX:
            yield unsafe(
                "clock",
                f"This machine and the database are {apart.total_seconds():.0f} s apart.",
                "Set both by NTP. Nothing is decided by comparing them, but times shown will differ.",
            )
            return
    newest = connection.execute(text("SELECT at FROM revisions ORDER BY id DESC LIMIT 1")).scalar()
    written = dt.datetime.fromisoformat(newest) if isinstance(newest, str) else newest
    if written is not None and as_utc(written) > now + CLOCK_MAX:
        yield unsafe(
            "clock",
            f"The last write is from {as_utc(written):%Y-%m-%d %H:%M:%S} UTC, in the future.",
            "The clock was wrong then, or is now. Order is by number and stays right; shown times do not.",
        )
    else:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")
