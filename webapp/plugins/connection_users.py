"""Plugins as users of connections: for the pages of connections, and for the transaction that deletes one.

A plugin in the bin points at its connection too, but does not use it: it keeps the name, and finds what has that name
when it is restored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Select, func, select, union_all, update
from sqlalchemy.orm import Session

from webapp.connections.kinds import KindKey
from webapp.connections.uses import Use
from webapp.core.locators import format_locator
from webapp.plugins.models import PluginDataApi, PluginDataSql, PluginMeta
from webapp.plugins.models.identity import LOCATOR_KIND

DATA: Mapping[KindKey, type[PluginDataSql | PluginDataApi]] = {"sql": PluginDataSql, "api": PluginDataApi}


class PluginUsers:
    """What plugins say about the connections that they use (connections.uses.Users)."""

    def list_uses(self, session: Session, kind: KindKey, connection_id: int, limit: int) -> Sequence[Use]:
        """Return the first plugins that use a connection, by name."""
        if kind not in DATA:
            return []
        rows = session.execute(
            _pointing(kind, connection_id, live=True).order_by(PluginMeta.name, PluginMeta.id).limit(limit)
        )
        return [Use("Plugin", row.name, format_locator(LOCATOR_KIND, row.id)) for row in rows]

    def count_uses(
        self, session: Session, kind: KindKey, connection_ids: Collection[int], limit: int
    ) -> Mapping[int, int]:
        """Return how many plugins use each connection, at most `limit`."""
        if kind not in DATA or not connection_ids:
            return {}
        # One bounded count for each, so that a connection with very many plugins costs no more than `limit` rows.
        counts = (
            select(func.count().label("number"), func.min(few.c.connection_id).label("connection_id"))
            for few in (
                _pointing(kind, connection_id, live=True)
                .with_only_columns(DATA[kind].connection_id)
                .limit(limit)
                .subquery()
                for connection_id in sorted(connection_ids)
            )
        )
        return {row.connection_id: row.number for row in session.execute(union_all(*counts)) if row.number}

    def hold(self, session: Session, kind: KindKey, connection_id: int) -> None:
        """Keep the plugins in the bin that point at a connection from being restored until the commit."""
        if kind in DATA:
            binned = _pointing(kind, connection_id, live=False).with_only_columns(PluginMeta.id)
            # In one order for all writers, so that two of them never wait for each other.
            session.execute(binned.order_by(PluginMeta.id).with_for_update(of=PluginMeta)).all()

    def let_go(self, session: Session, kind: KindKey, connection_id: int) -> None:
        """Let the plugins in the bin that point at a connection keep its name only."""
        if kind in DATA:
            table = DATA[kind].__table__
            session.execute(
                update(DATA[kind])
                .where(table.c.connection_id == connection_id)
                .values(connection_id=None, connection_account_id=None),
                execution_options={"synchronize_session": False},
            )


def _pointing(kind: KindKey, connection_id: int, *, live: bool) -> Select[int, str]:
    data = DATA[kind]
    in_bin = PluginMeta.deleted_at.is_not(None)
    return (
        select(PluginMeta.id, PluginMeta.name)
        .join(data, data.plugin_id == PluginMeta.id)
        .where(data.connection_id == connection_id, ~in_bin if live else in_bin)
    )
