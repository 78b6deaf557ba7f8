"""What stands before and after a record in a list, wherever the record itself stands in its order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.plugins.queries.listing import PAGE_SIZE
from webapp.plugins.queries.reading import SORTS, Reading, select_page
from webapp.plugins.queries.sql import META


class Neighbour(NamedTuple):
    """A record of the list, and its place in the order."""

    id: int
    name: str
    place: tuple[Any, ...]


@dataclass(frozen=True)
class Neighbours:
    """What is before and after a record; `is_on_page` tells whether the page that was asked about shows the record."""

    previous: Neighbour | None
    following: Neighbour | None
    is_on_page: bool


def find_neighbours(
    session: Session,
    reading: Reading,
    plugin_id: int,
    sort: str,
    *,
    descending: bool,
    after: Sequence[Any] = (),
    before: Sequence[Any] = (),
) -> Neighbours:
    """Return what stands beside a live plugin, in one statement where it stands inside its page, else in two or four.

    Args:
        session: to read with.
        reading: the list.
        plugin_id: a plugin that the viewer is known to see; it may have left the list.
        sort: a key of SORTS.
        descending: whether the order is reversed.
        after: the place that the page follows.
        before: the place that the page precedes.
    """

    def read(beyond: Sequence[Any], *, backwards: bool, limit: int) -> list[Neighbour]:
        columns = [META.c.id, META.c.name]
        statement = select_page(
            reading, columns, sort, descending=descending != backwards, beyond=beyond, limit=limit
        )
        rows = [] if statement is None else session.execute(statement).all()
        return [Neighbour(row[0], row[1], tuple(row[2:])) for row in rows]

    page = read(before or after, backwards=bool(before), limit=PAGE_SIZE + 1)
    shown = {item.id for item in page[:PAGE_SIZE]}
    if before:
        page.reverse()
    at = next((index for index, item in enumerate(page) if item.id == plugin_id), None)
    previous = page[at - 1] if at else None
    following = page[at + 1] if at is not None and at + 1 < len(page) else None
    # The first page has nothing before it, and a page that is not full nothing after it.
    is_first, is_last = not (after or before), len(page) <= PAGE_SIZE and not before
    place = _find_place(session, plugin_id, sort) if at is None else page[at].place
    if previous is None and not (at == 0 and is_first):
        previous = next(iter(read(place, backwards=True, limit=1)), None)
    if following is None and not (at is not None and is_last):
        following = next(iter(read(place, backwards=False, limit=1)), None)
    return Neighbours(previous, following, plugin_id in shown)


def _find_place(session: Session, plugin_id: int, sort: str) -> tuple[Any, ...]:
    columns = [META.c[name] for name in (*SORTS[sort], "id")]
    return tuple(session.execute(select(*columns).where(META.c.id == plugin_id)).one())
