"""Many plugins that somebody chose: by their locators, or all that a list shows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from webapp.plugins.models import PluginMeta
from webapp.plugins.queries.lists import PluginList
from webapp.plugins.queries.reading import select_page
from webapp.plugins.queries.sql import META

AT_ONCE = 500
BY_NAME = "name"


@dataclass(frozen=True)
class Stored:
    """A plugin as far as an act on many has to know it before it reads it whole."""

    id: int
    name: str
    revision: int
    account_id: int
    profile_id: int
    plugin_class: str
    readiness: str
    binned: bool


def list_stored(
    session: Session, where: ColumnElement[bool], ids: Collection[int], *, lock: bool = False
) -> list[Stored]:
    """Return the plugins of some ids that meet the condition, by id; others are left out.

    Args:
        session: to read with.
        where: what the viewer may reach.
        ids: of the plugins.
        lock: keep them for this transaction: by id, in one order for all writers.
    """
    wanted, found = sorted(ids), []
    for start in range(0, len(wanted), AT_ONCE):
        statement = (
            select(
                PluginMeta.id,
                PluginMeta.name,
                PluginMeta.revision,
                PluginMeta.account_id,
                PluginMeta.user_profile_id,
                PluginMeta.plugin_class,
                PluginMeta.readiness,
                PluginMeta.deleted_at,
            )
            .where(PluginMeta.id.in_(wanted[start : start + AT_ONCE]), where)
            .order_by(PluginMeta.id)
        )
        for row in session.execute(statement.with_for_update() if lock else statement):
            found.append(Stored(*row[:7], binned=row.deleted_at is not None))
    return found


def list_some_names(
    session: Session, where: ColumnElement[bool], ids: Collection[int], limit: int
) -> list[str]:
    """Return the names of some of the plugins, in their order."""
    first = sorted(ids)[:AT_ONCE]
    statement = select(PluginMeta.name).where(PluginMeta.id.in_(first), where).order_by(PluginMeta.name)
    return list(session.scalars(statement.limit(limit)))


def list_revisions(session: Session, where: ColumnElement[bool], ids: Collection[int]) -> dict[int, int]:
    """Return the revisions of the plugins of some ids that meet the condition, by id."""
    return {item.id: item.revision for item in list_stored(session, where, ids)}


def list_listed_revisions(session: Session, found: PluginList, limit: int) -> dict[int, int]:
    """Return ids and revisions of what a list shows on all of its pages, at most `limit` of them."""
    revisions: dict[int, int] = {}
    place: Sequence[object] = ()
    while len(revisions) < limit:
        portion = min(AT_ONCE, limit - len(revisions))
        statement = select_page(
            found.reading,
            [META.c.id, META.c.revision],
            BY_NAME,
            descending=False,
            beyond=place,
            limit=portion,
        )
        rows = [] if statement is None else session.execute(statement).all()
        revisions.update((row[0], row[1]) for row in rows)
        if len(rows) < portion:
            break
        place = tuple(rows[-1][2:])
    return revisions


def list_all_revisions(session: Session, where: ColumnElement[bool], limit: int) -> dict[int, int]:
    """Return ids and revisions of all plugins that meet the condition, at most `limit` of them."""
    rows = session.execute(
        select(PluginMeta.id, PluginMeta.revision).where(where).order_by(PluginMeta.id).limit(limit)
    )
    return {row.id: row.revision for row in rows}
