"""The list of an account's tags, page by page, and how many there are of each sort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.caching.store import cached
from webapp.core.text import fold
from webapp.plugins.queries.sql import contains, is_sqlite
from webapp.tags.likeness import Group, Word, group_alike
from webapp.tags.queries.reach import ALIASES, TAGS, aliases_of
from webapp.tags.values import TagView

PAGE_SIZE, CLOUD_SIZE = 50, 300
COMPARED_MAX = 5_000
"""Tags that are compared with one another: the most used ones."""
GROUPS_SHOWN = 50

SORTS = ("name", "plugins")
ONCE, UNUSED, ALIASED, ALIKE = "once", "unused", "aliases", "alike"
SHOWN = (ONCE, UNUSED, ALIASED, ALIKE)

Place = tuple[Any, ...]


@dataclass(frozen=True)
class Criteria:
    """Which tags the list holds: of an account, that hold a text, used once, unused, or with aliases."""

    account_id: int
    q: str = ""
    show: str = ""


@dataclass(frozen=True)
class Page:
    """Tags in order, and the places to go on from; None where nothing lies beyond."""

    tags: tuple[TagView, ...]
    newer: Place | None
    older: Place | None


@dataclass(frozen=True)
class Counts:
    """How many tags there are, how many of each sort, and how often the most used one is carried."""

    total: int
    once: int
    unused: int
    aliased: int
    most: int

    def of(self, show: str) -> int | None:
        """Return how many tags a filter shows; None where that is not counted here."""
        return {"": self.total, ONCE: self.once, UNUSED: self.unused, ALIASED: self.aliased}.get(show)


def load_page(
    session: Session,
    criteria: Criteria,
    sort: str,
    *,
    descending: bool,
    after: Place = (),
    before: Place = (),
    size: int = PAGE_SIZE,
) -> Page:
    """Return one page of tags with their aliases.

    Args:
        session: to read with.
        criteria: which tags.
        sort: one of SORTS.
        descending: whether the order is reversed.
        after: the place that the page follows.
        before: the place that the page precedes.
        size: how many tags a page holds.
    """
    backwards = bool(before)
    down = descending != backwards
    keys = (TAGS.c.key,) if sort == "name" else (TAGS.c.uses, TAGS.c.key)
    statement = _matching(session, criteria)
    if place := before or after:
        here, there = tuple_(*keys), tuple(place)
        statement = statement.where(here < there if down else here > there)
    order = [key.desc() for key in keys] if down else list(keys)
    rows = session.execute(statement.order_by(*order).limit(size + 1)).all()
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows = rows[::-1]
    aliases = aliases_of(session, [row.id for row in rows])
    tags = tuple(
        TagView(row.id, row.account_id, row.key, row.name, row.uses, tuple(aliases.get(row.id, ())))
        for row in rows
    )
    return Page(
        tags,
        newer=_place(sort, tags[0]) if tags and (more if backwards else bool(after)) else None,
        older=_place(sort, tags[-1]) if tags and (True if backwards else more) else None,
    )


def place_shapes(sort: str) -> tuple[type, ...]:
    """Return the types of the values in the mark of a place; numbers are one more than they are, so none is 0."""
    return (str,) if sort == "name" else (int, str)


def to_mark(sort: str, place: Place) -> list[str | int]:
    """Return a place as values that a mark in the address can hold."""
    return list(place) if sort == "name" else [place[0] + 1, place[1]]


def from_mark(sort: str, values: Sequence[Any]) -> Place | None:
    """Return the place that a mark stands for."""
    return tuple(values) if sort == "name" else (values[0] - 1, values[1])


def count_matching(session: Session, criteria: Criteria) -> int:
    """Return how many tags match."""
    return session.scalar(select(func.count()).select_from(_matching(session, criteria).subquery())) or 0


def count_tags(session: Session, viewer: Viewer, account_id: int) -> Counts:
    """Return how many tags of each sort an account has."""

    def load() -> Counts:
        row = session.execute(
            select(
                func.count(),
                func.count().filter(TAGS.c.uses == 1),
                func.count().filter(TAGS.c.uses == 0),
                func.max(TAGS.c.uses),
            ).where(TAGS.c.account_id == account_id)
        ).one()
        aliased = session.scalar(
            select(func.count(ALIASES.c.tag_id.distinct())).where(ALIASES.c.account_id == account_id)
        )
        return Counts(row[0], row[1], row[2], aliased or 0, row[3] or 0)

    return cached("tags.counts", viewer.generations, (account_id,), load)


def load_alike(session: Session, viewer: Viewer, account_id: int) -> tuple[Group, ...]:
    """Return the groups of an account's tags that look alike, the most used first."""

    def load() -> tuple[Group, ...]:
        rows = session.execute(
            select(TAGS.c.id, TAGS.c.key, TAGS.c.name, TAGS.c.uses)
            .where(TAGS.c.account_id == account_id)
            .order_by(TAGS.c.uses.desc(), TAGS.c.key)
            .limit(COMPARED_MAX)
        )
        return tuple(group_alike(Word(*row) for row in rows))

    return cached("tags.alike", viewer.generations, (account_id,), load)


def _matching(session: Session, criteria: Criteria) -> Select[Any]:
    statement = select(TAGS.c.id, TAGS.c.account_id, TAGS.c.key, TAGS.c.name, TAGS.c.uses).where(
        TAGS.c.account_id == criteria.account_id
    )
    conditions: dict[str, ColumnElement[bool]] = {
        ONCE: TAGS.c.uses == 1,
        UNUSED: TAGS.c.uses == 0,
        ALIASED: TAGS.c.id.in_(select(ALIASES.c.tag_id).where(ALIASES.c.account_id == criteria.account_id)),
    }
    if criteria.show in conditions:
        statement = statement.where(conditions[criteria.show])
    if text := fold(criteria.q).strip():
        sqlite = is_sqlite(session)
        aliased = select(ALIASES.c.tag_id).where(
            ALIASES.c.account_id == criteria.account_id, contains(ALIASES.c.key, text, sqlite=sqlite)
        )
        statement = statement.where(or_(contains(TAGS.c.key, text, sqlite=sqlite), TAGS.c.id.in_(aliased)))
    return statement


def _place(sort: str, tag: TagView) -> Place:
    return (tag.key,) if sort == "name" else (tag.uses, tag.key)
