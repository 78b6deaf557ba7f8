"""Putting the rows of a backup into a database that has its tables and nothing in them."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from webapp.backup.archive import read_member
from webapp.backup.queries import INDEX_TABLES
from webapp.backup.values import BackupManifest, Progress, TableEntry, UnusableBackup

CACHE_KIB = 64 * 1024


def load_sqlite(path: Path, archive: zipfile.ZipFile, manifest: BackupManifest, progress: Progress) -> None:
    """Fill a file that nobody else knows yet.

    Nothing is journaled: when this fails the file is thrown away. Indexes are built at the end, each in one go.

    Raises:
        UnusableBackup: rows do not fit together.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{CACHE_KIB}"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("BEGIN")
        with _without_indexes(connection):
            connection.execute("DELETE FROM installation")
            for table in manifest.tables:
                _fill(connection, archive, table, progress)
        connection.execute(f"INSERT INTO {INDEX_TABLES} ({INDEX_TABLES}) VALUES ('rebuild')")  # noqa: S608
        _set_sequences(connection, manifest.sequences)
        if broken := connection.execute("PRAGMA foreign_key_check").fetchone():
            raise UnusableBackup(f"The backup does not fit together: table {broken[0]}, row {broken[1]}.")
        connection.execute("COMMIT")


@contextmanager
def _without_indexes(connection: sqlite3.Connection) -> Iterator[None]:
    made = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
    ).fetchall()
    for kind, name, _ in made:
        connection.execute(f'DROP {kind} "{name}"')
    yield
    for _, _, statement in made:
        connection.execute(statement)


def _fill(
    connection: sqlite3.Connection, archive: zipfile.ZipFile, table: TableEntry, progress: Progress
) -> None:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    marks = ", ".join("?" * len(table.columns))
    statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'  # noqa: S608
    for rows in _converted(archive, table, bytes.fromhex, str):
        connection.executemany(statement, rows)
        progress(len(rows))


def _set_sequences(connection: sqlite3.Connection, sequences: Mapping[str, int]) -> None:
    for name, last in sequences.items():
        connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, last))


def load_postgresql(
    connection: Connection, archive: zipfile.ZipFile, manifest: BackupManifest, progress: Progress
) -> None:
    """Fill the tables inside the caller's transaction."""
    quote = connection.dialect.identifier_preparer.quote
    connection.exec_driver_sql("DELETE FROM installation")
    with _without_checks(connection):
        for table in manifest.tables:
            _copy(connection, archive, table, progress)
    for name in (table.name for table in manifest.tables if table.key == ("id",)):
        # SQLite tells what it has given out only of some tables; of the others it gives the highest there is and one.
        highest = connection.exec_driver_sql(f"SELECT max(id) FROM {quote(name)}").scalar()  # noqa: S608
        last = max(highest or 0, manifest.sequences.get(name, 0))
        if last:
            connection.exec_driver_sql(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", (quote(name), last)
            )


def _copy(connection: Connection, archive: zipfile.ZipFile, table: TableEntry, progress: Progress) -> None:
    quote = connection.dialect.identifier_preparer.quote
    raw: Any = connection.connection.driver_connection
    names = ", ".join(quote(column.name) for column in table.columns)
    with raw.cursor() as cursor, cursor.copy(f"COPY {quote(table.name)} ({names}) FROM STDIN") as copy:
        for rows in _converted(archive, table, lambda value: f"\\x{value}", lambda value: f"{value}+00"):
            for row in rows:
                copy.write_row(row)
            progress(len(rows))


@contextmanager
def _without_checks(connection: Connection) -> Iterator[None]:
    """Build indexes and check foreign keys at the end, each in one go; both are what they were afterwards."""
    quote = connection.dialect.identifier_preparer.quote
    keys = connection.exec_driver_sql(
        "SELECT t.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k "
        "JOIN pg_class t ON t.oid = k.conrelid "
        "WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace"
    ).all()
    for table, name, _ in keys:
        connection.exec_driver_sql(f"ALTER TABLE {quote(table)} DROP CONSTRAINT {quote(name)}")
    indexes = connection.exec_driver_sql(
        "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "WHERE c.relnamespace = current_schema()::regnamespace "
        "AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)"
    ).all()
    for name, _ in indexes:
        connection.exec_driver_sql(f"DROP INDEX {quote(name)}")
    yield
    for _, statement in indexes:
        connection.exec_driver_sql(statement)
    for table, name, definition in keys:
        connection.exec_driver_sql(f"ALTER TABLE {quote(table)} ADD CONSTRAINT {quote(name)} {definition}")


def _converted(
    archive: zipfile.ZipFile,
    table: TableEntry,
    from_hex: Callable[[str], Any],
    moment: Callable[[str], Any],
) -> Iterator[Sequence[Sequence[Any]]]:
    """Yield rows with their bytes and moments as the database takes them."""
    converters = {"bytes": from_hex, "time": moment}
    places = [
        (place, converters[column.kind])
        for place, column in enumerate(table.columns)
        if column.kind in converters
    ]
    for rows in read_member(archive, table):
        for row in rows:
            for place, convert in places:
                if row[place] is not None:
                    row[place] = convert(row[place])
        yield rows
