"""Many rows of one table at once, for writes that others wait for: nothing is looked at row by row but its values.

SQLAlchemy's own `executemany` builds a dictionary of parameters for each row and converts each of its values, which
takes longer than SQLite needs to store the row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Dialect, Table
from sqlalchemy.orm import Session
from sqlalchemy.types import JSON

Row = dict[str, Any]


class Encoded(str):
    """The text of a JSON value, which is stored as it is."""

    __slots__ = ()


def encode(value: object) -> Encoded:
    """Return the text that a JSON column keeps of a value; dataclasses in it become their fields."""
    return _EMPTY if value == [] else Encoded(_ENCODER.encode(value))


_ENCODER = json.JSONEncoder(default=vars)
_EMPTY = Encoded("[]")


def insert_many(session: Session, table: Table, rows: Sequence[Row], *, in_one: bool = False) -> None:
    """Insert rows, given by column; all of them name the same columns.

    Args:
        session: of the transaction.
        table: where they go.
        rows: the rows; what they leave out and has a default in Python is filled in.
        in_one: use one statement on SQLite, whose full-text index is written out after each.
    """
    if not rows:
        return
    dialect = session.get_bind().dialect
    defaults = {column.name: column for column in table.c if column.default and column.name not in rows[0]}
    filled = {name: _default(column) for name, column in defaults.items()}
    if filled:
        rows = [{**row, **filled} for row in rows]
    names = list(rows[0])
    mark = _mark(dialect)
    # Only names of the models' own columns stand in the text, quoted by the dialect; values are bound.
    values = f"({', '.join([mark] * len(names))})"
    head = f"INSERT INTO {_quoted(dialect, table.name)} ({_listed(dialect, names)}) VALUES "  # noqa: S608
    found = list(_tuples(dialect, table, names, rows))
    connection = session.connection()
    if in_one and dialect.name == "sqlite":
        flat = tuple(value for row in found for value in row)
        connection.exec_driver_sql(head + ", ".join([values] * len(found)), flat)
    else:
        connection.exec_driver_sql(head + values, found)


def update_many(session: Session, table: Table, rows: Sequence[Row]) -> None:
    """Update rows by their `id`, given by column; all of them name the same columns."""
    names = [name for name in rows[0] if name != "id"] if rows else []
    if not names:
        return
    dialect = session.get_bind().dialect
    mark = _mark(dialect)
    # As above: only quoted names of columns stand in the text.
    sets = ", ".join(f"{_quoted(dialect, name)} = {mark}" for name in names)
    statement = f"UPDATE {_quoted(dialect, table.name)} SET {sets} WHERE id = {mark}"  # noqa: S608
    found = list(_tuples(dialect, table, [*names, "id"], rows))
    session.connection().exec_driver_sql(statement, found)


def _tuples(
    dialect: Dialect, table: Table, names: Sequence[str], rows: Sequence[Row]
) -> Iterator[tuple[Any, ...]]:
    """Yield the values of each row as the driver takes them."""
    if len(names) == 1:
        raise ValueError("A row of one column has nothing to say.")
    converters = [
        (at, convert) for at, name in enumerate(names) if (convert := _converter(dialect, table.c[name]))
    ]
    take = itemgetter(*names)
    for row in rows:
        values = list(take(row))
        for at, convert in converters:
            value = values[at]
            if type(value) is not Encoded:
                values[at] = convert(value)
        yield tuple(values)


def _converter(dialect: Dialect, column: Column[Any]) -> Callable[[Any], Any] | None:
    if isinstance(column.type, JSON):
        return lambda value: None if value is None else encode(value)
    processor: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    # Most rows of a write have the same moment.
    return None if processor is None else lru_cache(maxsize=64, typed=True)(processor)


def _default(column: Column[Any]) -> Any:
    default: Any = column.default
    return default.arg(None) if default.is_callable else default.arg


def _mark(dialect: Dialect) -> str:
    return "?" if dialect.name == "sqlite" else "%s"


def _listed(dialect: Dialect, names: Sequence[str]) -> str:
    return ", ".join(_quoted(dialect, name) for name in names)


def _quoted(dialect: Dialect, name: str) -> str:
    return dialect.identifier_preparer.quote(name)
