"""One page of the list of connections and secrets: three tables read in one order.

Each kind is asked for the next rows and the answers are merged, so a page costs the same however long the list is. A
search reads on in that order and stops when the page is full, or when it has looked at `SEARCHED_MAX` records.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import ge, gt, le, lt
from typing import Any

from sqlalchemy import ColumnElement, false, func, select, true, tuple_
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer, initials
from webapp.accounts.models import User, UserProfile
from webapp.accounts.permissions import may_manage
from webapp.connections.kinds import KINDS, Kind
from webapp.connections.queries.lists import (
    SEARCHED_MAX,
    Criteria,
    in_scope,
    leading_columns,
    leads_to,
    matches,
    table_of,
)
from webapp.connections.queries.uses import count_uses
from webapp.connections.uses import shown_count
from webapp.core.clock import as_utc
from webapp.core.locators import format_locator

PAGE_SIZE = 50
DESCRIPTION_SHOWN = 240
READ_AT_ONCE = 250

SORTS = ("name", "kind", "updated")

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)

Place = tuple[Any, ...]


@dataclass(frozen=True)
class Row:
    """A record as a line of the list."""

    kind: Kind
    id: int
    locator: str
    name: str
    description: str
    version: str
    tags: tuple[str, ...]
    leads_to: str
    expires_at: dt.datetime | None
    updated_at: dt.datetime
    owner_username: str
    owner_name: str
    owner_initials: str
    manageable: bool
    place: Place
    used_by: int = 0

    @property
    def used_by_text(self) -> str:
        """Return by how many it is used, as people read it."""
        return shown_count(self.used_by)


@dataclass(frozen=True)
class Page:
    """Rows in order, and the places to go on from; a place is None where nothing lies beyond.

    `cut` says that the search gave up before the page was full: it goes on from `older`.
    """

    rows: tuple[Row, ...]
    newer: Place | None
    older: Place | None
    cut: bool = False


def load_page(
    session: Session,
    viewer: Viewer,
    criteria: Criteria,
    sort: str,
    *,
    descending: bool,
    after: Place = (),
    before: Place = (),
) -> Page:
    """Return one page of the list, with how many use each record.

    Args:
        session: to read with.
        viewer: who looks.
        criteria: which records.
        sort: one of SORTS.
        descending: whether the order is reversed.
        after: the place that the page follows.
        before: the place that the page precedes.
    """
    backwards = bool(before)
    reading = _Reading(session, viewer, criteria, sort, descending != backwards)
    found, last, more = reading.collect(before or after)
    if backwards:
        found.reverse()
    cut = more and len(found) < PAGE_SIZE
    first_place = found[0].place if found else last
    last_place = found[-1].place if found else last
    if cut and last is not None:
        first_place, last_place = (last, last_place) if backwards else (first_place, last)
    return Page(
        _with_uses(session, found),
        newer=first_place if (more if backwards else bool(after)) else None,
        older=last_place if (True if backwards else more) else None,
        cut=cut,
    )


def place_shapes(sort: str) -> tuple[type, ...]:
    """Return the types of the values in the mark of a place."""
    return (int if sort == "updated" else str, str, int)


def to_mark(sort: str, place: Place) -> list[str | int]:
    """Return a place as values that a mark in the address can hold; moments are microseconds."""
    return [(place[0] - _EPOCH) // _MICROSECOND if sort == "updated" else place[0], *place[1:]]


def from_mark(sort: str, values: Sequence[Any]) -> Place | None:
    """Return the place that a mark stands for, or None when no record can stand there."""
    kind = values[0] if sort == "kind" else values[1]
    if kind not in KINDS:
        return None
    if sort != "updated":
        return tuple(values)
    try:
        return (_EPOCH + values[0] * _MICROSECOND, *values[1:])
    except OverflowError:
        return None


@dataclass(frozen=True)
class _Reading:
    """Reading the list in one direction."""

    session: Session
    viewer: Viewer
    criteria: Criteria
    sort: str
    descending: bool

    def collect(self, beyond: Place) -> tuple[list[Row], Place | None, bool]:
        """Return the rows of a page, the last place that was looked at, and whether there is more behind it."""
        words, found = self.criteria.words, list[Row]()
        at_once = READ_AT_ONCE if words else PAGE_SIZE + 1
        searched, place = 0, beyond
        while True:
            rows = self.rows(place, at_once, whole=bool(words))
            for row in rows:
                if not words or matches(_text(row), words):
                    if len(found) == PAGE_SIZE:
                        return found, found[-1].place, True
                    found.append(row)
            searched += len(rows)
            if len(rows) < at_once:
                return found, rows[-1].place if rows else place or None, False
            place = rows[-1].place
            if searched >= SEARCHED_MAX:
                return found, place, True

    def rows(self, beyond: Place, limit: int, *, whole: bool) -> list[Row]:
        """Return the next rows of all kinds in order."""
        found = [
            row for kind in self.criteria.kinds for row in self._rows_of(kind, beyond, limit, whole=whole)
        ]
        return sorted(found, key=lambda row: row.place, reverse=self.descending)[:limit]

    def _rows_of(self, kind: Kind, beyond: Place, limit: int, *, whole: bool) -> Iterator[Row]:
        scope = in_scope(self.viewer, kind, self.criteria.scope)
        columns = table_of(kind).c
        key = columns.updated_at if self.sort == "updated" else columns.name
        order = (key.desc(), columns.id.desc()) if self.descending else (key, columns.id)
        description = columns.description if whole else func.substr(columns.description, 1, DESCRIPTION_SHOWN)
        statement = (
            select(
                columns.id,
                columns.name,
                description.label("description"),
                columns.version,
                columns.tag_names,
                columns.updated_at,
                columns.account_id,
                columns.user_profile_id,
                User.username,
                User.display_name,
                *leading_columns(kind),
            )
            .join(UserProfile, UserProfile.id == columns.user_profile_id)
            .join(User, User.id == UserProfile.user_id)
            .where(scope, self._beyond(kind, key, columns.id, beyond))
            .order_by(*order)
            .limit(limit)
        )
        return (self._row(kind, row) for row in self.session.execute(statement))

    def _beyond(
        self, kind: Kind, key: ColumnElement[Any], id_: ColumnElement[int], place: Place
    ) -> ColumnElement[bool]:
        """Return the condition that a record of the kind stands beyond a place of the merged order."""
        if not place:
            return true()
        at, value = (place[0], place[1]) if self.sort == "kind" else (place[1], place[0])
        # A plain tuple on the other side takes the types of the columns.
        here, there = tuple_(key, id_), (value, place[2])
        if kind.key == at:
            return (here < there) if self.descending else (here > there)
        later = (kind.key < at) if self.descending else (kind.key > at)
        if self.sort == "kind":
            return true() if later else false()
        compare = (le if later else lt) if self.descending else (ge if later else gt)
        found: ColumnElement[bool] = compare(key, value)
        return found

    def _row(self, kind: Kind, row: Any) -> Row:
        name = row.display_name or row.username
        updated_at = as_utc(row.updated_at)
        places = {
            "name": (row.name, kind.key, row.id),
            "kind": (kind.key, row.name, row.id),
            "updated": (updated_at, kind.key, row.id),
        }
        return Row(
            kind=kind,
            id=row.id,
            locator=format_locator(kind.record_kind, row.id),
            name=row.name,
            description=" ".join(row.description.split()),
            version=row.version,
            tags=tuple(row.tag_names or ()),
            leads_to=leads_to(kind, row),
            expires_at=row.expires_at if kind.key == "secret" else None,
            updated_at=updated_at,
            owner_username=row.username,
            owner_name=name,
            owner_initials=initials(name),
            manageable=may_manage(self.viewer, row.account_id, row.user_profile_id),
            place=places[self.sort],
        )


def _with_uses(session: Session, rows: Sequence[Row]) -> tuple[Row, ...]:
    counted = {
        (kind.key, record_id): number
        for kind in KINDS.values()
        for record_id, number in count_uses(
            session, kind, [row.id for row in rows if row.kind is kind]
        ).items()
    }
    return tuple(replace(row, used_by=counted[row.kind.key, row.id]) for row in rows)


def _text(row: Row) -> list[str]:
    return [row.name, row.description, *row.tags, row.leads_to]
