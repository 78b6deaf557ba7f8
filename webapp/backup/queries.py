"""Reading tables so that both databases give the same values: from the tables that are there, not from the models.

So a backup can be made, and restored, at whatever migration the database is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, DateTime, LargeBinary, String, inspect
from sqlalchemy.engine.interfaces import ReflectedColumn

from webapp.backup.values import ColumnEntry, Progress, TableEntry, encode_rows

AT_ONCE = 2_000
# People sign in again after a restore: a session that was ended since the backup must not come back.
LEFT_OUT = ("alembic_version", "login_sessions", "rate_limits")
# FTS5 keeps what it makes of `plugin_search` in tables of its own; it is made anew.
INDEX_TABLES = "plugin_search_fts"
_POSTGRESQL = {
    "time": "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
    "flag": "{}::integer",
    "json": "{}::text",
    "bytes": "encode({}, 'hex')",
}
_SQLITE = {"bytes": "lower(hex({}))"}


def list_tables(connection: Connection) -> list[TableEntry]:
    """Return what a backup holds, in an order in which a row comes after those that it refers to."""
    inspector = inspect(connection)
    names = [name for name, _ in inspector.get_sorted_table_and_fkc_names() if name]
    kept = [name for name in names if name not in LEFT_OUT and not name.startswith(INDEX_TABLES)]
    return [
        _describe(
            name,
            inspector.get_columns(name),
            tuple(inspector.get_pk_constraint(name)["constrained_columns"]),
        )
        for name in kept
    ]


def _describe(name: str, columns: Sequence[ReflectedColumn], key: tuple[str, ...]) -> TableEntry:
    texts = tuple(column["name"] for column in columns if isinstance(column["type"], String))
    entries = tuple(ColumnEntry(column["name"], _kind(column["type"])) for column in columns)
    # By name: a column that was added later stands elsewhere on another database.
    in_order = tuple(sorted(entries, key=lambda entry: entry.name))
    return TableEntry(name, in_order, key, tuple(part for part in key if part in texts))


def _kind(of: Any) -> str:
    kinds = ((DateTime, "time"), (Boolean, "flag"), (JSON, "json"), (LargeBinary, "bytes"))
    return next((kind for base, kind in kinds if isinstance(of, base)), "plain")


def count_rows(connection: Connection, table: TableEntry) -> int:
    """Return how many rows a table has."""
    name = connection.dialect.identifier_preparer.quote(table.name)
    return int(connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() or 0)  # noqa: S608


def read_rows(connection: Connection, table: TableEntry) -> Iterator[Sequence[Sequence[Any]]]:
    """Yield the rows of a table in the order of its key, some at a time; memory does not grow with the table."""
    raw: Any = connection.connection.driver_connection
    named = {"name": "backup"} if connection.dialect.name == "postgresql" else {}
    cursor = raw.cursor(**named)
    try:
        cursor.execute(_statement(connection, table))
        while rows := cursor.fetchmany(AT_ONCE):
            yield rows
    finally:
        cursor.close()


def digest_of(connection: Connection, table: TableEntry, progress: Progress) -> tuple[int, str]:
    """Return how many rows a table has and the digest that a backup of it would have."""
    digest, count = hashlib.sha256(), 0
    for rows in read_rows(connection, table):
        digest.update(encode_rows(rows))
        count += len(rows)
        progress(len(rows))
    return count, digest.hexdigest()


def _statement(connection: Connection, table: TableEntry) -> str:
    """Return the SELECT of a table; only quoted names of tables and columns that exist stand in it."""
    quote = connection.dialect.identifier_preparer.quote
    is_postgresql = connection.dialect.name == "postgresql"
    forms = _POSTGRESQL if is_postgresql else _SQLITE
    values = ", ".join(forms.get(column.kind, "{}").format(quote(column.name)) for column in table.columns)
    # SQLite compares bytewise by itself; PostgreSQL by the language of the database.
    order = ", ".join(
        f'{quote(name)} COLLATE "C"' if is_postgresql and name in table.texts else quote(name)
        for name in table.key
    )
    return f"SELECT {values} FROM {quote(table.name)} ORDER BY {order}"  # noqa: S608


def read_sequences(connection: Connection, tables: Sequence[str]) -> dict[str, int]:
    """Return the highest id that each table has given out, of those that count."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence").all()
        return {name: seq for name, seq in rows if name in tables and seq}
    found = connection.exec_driver_sql(
        "SELECT t.relname, s.last_value FROM pg_class c JOIN pg_depend d ON d.objid = c.oid "
        "AND d.deptype IN ('a', 'i') AND d.classid = 'pg_class'::regclass JOIN pg_class t ON t.oid = d.refobjid "
        "JOIN pg_sequences s ON s.sequencename = c.relname AND s.schemaname = current_schema() "
        "WHERE c.relkind = 'S' AND s.last_value IS NOT NULL"
    ).all()
    return {name: last for name, last in found if name in tables}
