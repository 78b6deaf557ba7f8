"""Small SQL constructs that both databases understand and that keep SQLite's planner on the index we mean."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import BigInteger, ColumnElement, Select, Table, any_, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from webapp.plugins.models import PluginMeta, PluginSearch, PluginTag, Tag, TagAlias

META = cast(Table, PluginMeta.__table__)
SEARCH = cast(Table, PluginSearch.__table__)
PLUGIN_TAGS = cast(Table, PluginTag.__table__)
TAGS = cast(Table, Tag.__table__)
TAG_ALIASES = cast(Table, TagAlias.__table__)

# Separates parts of one text value that a statement brings back; no name or tag may hold a control character.
UNIT = "\x1f"
_LAST = "\U0010ffff"


class unindexed(FunctionElement[Any]):  # noqa: N801  # reads like a SQL function
    """A column that no index may serve; only SQLite has to be told, by a unary plus."""

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any]) -> None:
        """Stand for the column, whose values keep their type."""
        super().__init__(column)
        self.type = column.type


@compiles(unindexed)
def _compile_plain(element: unindexed, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


@compiles(unindexed, "sqlite")
def _compile_sqlite(element: unindexed, compiler: SQLCompiler, **kw: Any) -> str:
    return f"+{compiler.process(element.clauses, **kw)}"


def is_sqlite(session: Session) -> bool:
    """Tell whether the session speaks to SQLite."""
    return session.get_bind().dialect.name == "sqlite"


def contains(column: ColumnElement[str], text: str, *, sqlite: bool) -> ColumnElement[bool]:
    """Return the condition that the column holds `text`, in which no character is a wildcard."""
    if sqlite:
        return func.instr(column, text) > 0
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return column.like(f"%{escaped}%")


def begins_with(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Return the condition that a column with binary order begins with `text`, as a range that an index serves."""
    return (column >= text) & (column < text + _LAST)


def is_called(key: str) -> ColumnElement[bool]:
    """Return the condition that a tag has this folded name, or an alias of it."""
    aliased = select(TAG_ALIASES.c.tag_id).where(TAG_ALIASES.c.key == key)
    return (TAGS.c.key == key) | TAGS.c.id.in_(aliased)


def among(ids: Select[Any], *, sqlite: bool) -> ColumnElement[bool]:
    """Return the condition that a plugin is one of few chosen ids, so that they are chosen first and then looked up.

    PostgreSQL would guess their number, and where a word is frequent in other accounts guess far too many; an array
    makes it choose before it plans the look-up.
    """
    if sqlite:
        return META.c.id.in_(ids)
    chosen = func.array(ids.scalar_subquery(), type_=postgresql.ARRAY(BigInteger))
    return META.c.id == any_(chosen)
