"""Reading plugins for an export: what a list shows or what was selected, whole, by name, in portions of one moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.core.errors import NotFound
from webapp.core.locators import format_locator, parse_locator
from webapp.plugins.models import PluginMeta
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.lists import PluginList
from webapp.plugins.queries.reading import select_page
from webapp.plugins.queries.sql import META
from webapp.plugins.queries.visibility import is_readable, visible_to
from webapp.plugins.queries.whole import load_whole
from webapp.plugins.values import PluginValues

AT_ONCE = 500
BY_NAME = "name"


@dataclass(frozen=True)
class Exported:
    """A plugin as an export writes it: everything that is written on it, and where it stands."""

    values: PluginValues
    locator: str
    account_id: int
    account_number: str
    owner: str
    readiness: str
    revision: int
    created_at: dt.datetime
    updated_at: dt.datetime


def iter_listed(session: Session, found: PluginList) -> Iterator[Exported]:
    """Yield every plugin that a list shows, whatever its page and order are, by name.

    Each portion costs the same few statements, so neither time nor memory grows with what came before.
    """
    place: Sequence[object] = ()
    while True:
        statement = select_page(
            found.reading, [META.c.id], BY_NAME, descending=False, beyond=place, limit=AT_ONCE
        )
        rows = [] if statement is None else session.execute(statement).all()
        yield from _load(session, found.viewer, [row[0] for row in rows])
        if len(rows) < AT_ONCE:
            return
        place = tuple(rows[-1][1:])


def iter_selected(session: Session, viewer: Viewer, locators: Iterable[str]) -> Iterator[Exported]:
    """Yield the plugins of some locators by name, each once.

    Raises:
        NotFound: one of them is malformed, or not a live plugin that the viewer may read; no part is exported then.
    """
    wanted = {parse_locator(locator, LOCATOR_KIND) for locator in locators}
    ids = sorted(plugin_id for plugin_id in wanted if plugin_id is not None)
    named: list[tuple[str, int]] = []
    for start in range(0, len(ids), AT_ONCE):
        readable = (
            visible_to(viewer)
            .where(PluginMeta.id.in_(ids[start : start + AT_ONCE]))
            .with_only_columns(PluginMeta.name, PluginMeta.id)
        )
        named += [(row[0], row[1]) for row in session.execute(readable)]
    if len(named) != len(wanted):
        raise NotFound
    named.sort()
    return iter_in_order(session, viewer, [plugin_id for _, plugin_id in named])


def iter_in_order(session: Session, viewer: Viewer, ids: Sequence[int]) -> Iterator[Exported]:
    """Yield the plugins of some ids in this order; one that the viewer may not read is left out."""
    for start in range(0, len(ids), AT_ONCE):
        yield from _load(session, viewer, ids[start : start + AT_ONCE])


def _load(session: Session, viewer: Viewer, ids: Sequence[int]) -> list[Exported]:
    """Return plugins in the order of their ids as given."""
    return [
        Exported(
            values=values,
            locator=format_locator(LOCATOR_KIND, row.id),
            account_id=row.account_id,
            account_number=row.account_number,
            owner=row.username,
            readiness=row.readiness,
            revision=row.revision,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row, values in load_whole(session, ids, is_readable(viewer))
    ]
