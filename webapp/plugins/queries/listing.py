"""One page of the list: rows as plain data, and the marks of the pages beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from webapp.accounts.identity import initials
from webapp.accounts.models import User, UserProfile
from webapp.core.clock import as_utc
from webapp.core.locators import format_locator
from webapp.core.text import is_storable
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.reading import SORTS, Reading, select_page
from webapp.plugins.queries.sql import META, PLUGIN_TAGS, TAGS, UNIT

PAGE_SIZE = 50
DESCRIPTION_SHOWN = 240

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MOMENT = dt.timedelta(microseconds=1)
_MOMENTS = frozenset({"updated_at", "created_at"})


class Row(NamedTuple):
    """A plugin as a line of the list: nothing in it depends on who looks or when."""

    id: int
    account_id: int
    locator: str
    name: str
    description: str
    plugin_class: str
    version: str
    readiness: str
    updated_at: dt.datetime
    created_at: dt.datetime
    tags: tuple[str, ...]
    owner_username: str
    owner_name: str
    owner_initials: str
    place: tuple[Any, ...]


@dataclass(frozen=True)
class Page:
    """Rows in order, and the places to go on from; a place is None where nothing lies beyond."""

    rows: tuple[Row, ...]
    newer: tuple[Any, ...] | None
    older: tuple[Any, ...] | None


def load_page(
    session: Session,
    reading: Reading,
    sort: str,
    *,
    descending: bool,
    after: Sequence[Any] = (),
    before: Sequence[Any] = (),
) -> Page:
    """Return one page, in one statement.

    A page that was reached from another one always leads back: what lies there may have changed meanwhile, and the
    rows of a page never depend on it.

    Args:
        session: to read with.
        reading: the list.
        sort: a key of SORTS.
        descending: whether the order is reversed.
        after: the place that the page follows.
        before: the place that the page precedes.
    """
    backwards = bool(before)
    statement = select_page(
        reading,
        _columns(),
        sort,
        descending=descending != backwards,
        beyond=before or after,
        limit=PAGE_SIZE + 1,
    )
    found = [] if statement is None else session.execute(statement).all()
    rows = [_row(row) for row in found[:PAGE_SIZE]]
    more = len(found) > PAGE_SIZE
    if backwards:
        rows.reverse()
    first = rows[0].place if rows else None
    last = rows[-1].place if rows else None
    return Page(
        tuple(rows),
        newer=first if (more if backwards else after) else None,
        older=last if (True if backwards else more) else None,
    )


def load_row(session: Session, plugin_id: int) -> Row | None:
    """Return the row of one plugin that the viewer is known to see; None when it is in the bin."""
    live = select(*_columns()).where(META.c.id == plugin_id, META.c.deleted_at.is_(None))
    found = session.execute(live).one_or_none()
    return None if found is None else _row(found)


def is_listed(session: Session, reading: Reading, plugin_id: int) -> bool:
    """Tell whether a plugin is anywhere in a list."""
    return any(
        session.scalar(
            select(META.c.id).where(META.c.id == plugin_id, *reading.conditions(branch, frozenset(), None))
        )
        for branch in reading.possible()
    )


def place_shapes(sort: str) -> tuple[type, ...]:
    """Return the types of the values in the mark of a place."""
    return (*(int if name in _MOMENTS else str for name in SORTS[sort]), int)


def to_mark(sort: str, place: Sequence[Any]) -> list[str | int]:
    """Return a place as values that a mark in the address can hold; moments are microseconds."""
    return [
        (as_utc(value) - _EPOCH) // _MOMENT if name in _MOMENTS else value
        for name, value in zip((*SORTS[sort], "id"), place, strict=True)
    ]


def from_mark(sort: str, values: Sequence[str | int]) -> tuple[Any, ...] | None:
    """Return the place that a mark stands for, or None when no record can stand there."""
    place: list[Any] = []
    for name, value in zip((*SORTS[sort], "id"), values, strict=True):
        if isinstance(value, str):
            if not is_storable(value):
                return None
            place.append(value)
        elif name in _MOMENTS:
            try:
                place.append(_EPOCH + value * _MOMENT)
            except OverflowError:
                return None
        else:
            place.append(value)
    return tuple(place)


@cache
def _columns() -> tuple[Any, ...]:
    tags = (
        select(
            func.aggregate_strings(cast(PLUGIN_TAGS.c.position, String).concat(":").concat(TAGS.c.name), UNIT)
        )
        .where(PLUGIN_TAGS.c.plugin_id == META.c.id, TAGS.c.id == PLUGIN_TAGS.c.tag_id)
        .correlate(META)
        .scalar_subquery()
    )
    owner = (
        select(User.username.concat(UNIT).concat(User.display_name))
        .join(UserProfile, UserProfile.user_id == User.id)
        .where(UserProfile.id == META.c.user_profile_id)
        .correlate(META)
        .scalar_subquery()
    )
    return (
        META.c.id,
        META.c.name,
        func.substr(META.c.description, 1, DESCRIPTION_SHOWN),
        META.c.plugin_class,
        META.c.version,
        META.c.readiness,
        META.c.updated_at,
        META.c.account_id,
        tags,
        owner,
        META.c.created_at,
    )


def _row(row: Any) -> Row:
    username, _, display_name = (row[9] or "").partition(UNIT)
    name = display_name or username
    return Row(
        id=row[0],
        account_id=row[7],
        locator=format_locator(LOCATOR_KIND, row[0]),
        name=row[1],
        description=" ".join(row[2].split()),
        plugin_class=row[3],
        version=row[4],
        readiness=row[5],
        updated_at=as_utc(row[6]),
        created_at=as_utc(row[10]),
        tags=_tags(row[8]),
        owner_username=username,
        owner_name=name,
        owner_initials=initials(name),
        place=tuple(row[11:]),
    )


def _tags(text: str | None) -> tuple[str, ...]:
    # Neither database orders an aggregate in the same words; a handful of names is sorted here.
    if not text:
        return ()
    numbered = (part.partition(":") for part in text.split(UNIT))
    return tuple(name for _, _, name in sorted(numbered, key=lambda item: int(item[0])))
