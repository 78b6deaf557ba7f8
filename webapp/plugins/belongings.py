"""Plugins as things that people own, for the account's staff (accounts.belongings)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import cast

from sqlalchemy import Table, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webapp.accounts.belongings import HandOver, Kind, count_records, move_records
from webapp.plugins.models import PluginMeta, PluginTally
from webapp.plugins.models.identity import LOCATOR_KIND

_PLUGINS = cast(Table, PluginMeta.__table__)
_TALLIES = cast(Table, PluginTally.__table__)
_CELL = ("account_id", "user_profile_id", "plugin_class", "readiness")


def _count_live(session: Session, account_id: int, profile_ids: Collection[int]) -> Mapping[int, int]:
    rows = session.execute(
        select(_TALLIES.c.user_profile_id, func.sum(_TALLIES.c.records))
        .where(_TALLIES.c.account_id == account_id, _TALLIES.c.user_profile_id.in_(profile_ids))
        .group_by(_TALLIES.c.user_profile_id)
    )
    return {profile_id: int(number) for profile_id, number in rows}


def _move_live(session: Session, change: HandOver) -> int:
    is_live = _PLUGINS.c.deleted_at.is_(None)
    moved = move_records(
        session, change, _PLUGINS, LOCATOR_KIND, is_live, owner_key=change.receiver.username_key
    )
    if moved:
        _move_tallies(session, change)
    return moved


def _move_tallies(session: Session, change: HandOver) -> None:
    """Add the giver's counts to the receiver's, cell by cell."""
    profiles = (change.giver.profile_id, change.receiver.profile_id)
    cells = select(_TALLIES).where(
        _TALLIES.c.account_id == change.account_id, _TALLIES.c.user_profile_id.in_(profiles)
    )
    # The order in which single writes take the cells, so that nobody waits for each other for ever.
    session.execute(cells.order_by(*(_TALLIES.c[name] for name in _CELL)).with_for_update()).all()
    given = (_TALLIES.c.account_id == change.account_id) & (
        _TALLIES.c.user_profile_id == change.giver.profile_id
    )
    rows = session.execute(select(_TALLIES).where(given, _TALLIES.c.records > 0)).mappings().all()
    build = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for row in rows:
        statement = build(_TALLIES).values({**row, "user_profile_id": change.receiver.profile_id})
        session.execute(
            statement.on_conflict_do_update(
                index_elements=list(_CELL),
                set_={"records": _TALLIES.c.records + statement.excluded.records},
            )
        )
    session.execute(delete(_TALLIES).where(given))


def _count_binned(session: Session, account_id: int, profile_ids: Collection[int]) -> Mapping[int, int]:
    return count_records(session, _PLUGINS, account_id, profile_ids, _PLUGINS.c.deleted_at.is_not(None))


def _move_binned(session: Session, change: HandOver) -> int:
    is_binned = _PLUGINS.c.deleted_at.is_not(None)
    return move_records(
        session, change, _PLUGINS, LOCATOR_KIND, is_binned, owner_key=change.receiver.username_key
    )


PLUGINS = Kind("plugin", "plugins", _count_live, _move_live, is_counted_in_lists=True)
BINNED_PLUGINS = Kind("plugin in the bin", "plugins in the bin", _count_binned, _move_binned)
