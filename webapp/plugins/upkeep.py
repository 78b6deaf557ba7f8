"""Keeping readiness true when a connection that plugins need, or one of its secrets, is written.

Readiness is derived, so nothing here makes a revision: what a person wrote on the plugin stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.connections.changes import ConnectionsChanged
from webapp.db.session import touch_account
from webapp.plugins.models import PluginDataApi, PluginDataSql, PluginMeta, bookkeeping

NAMES_AT_ONCE = 500


def follow_connections(session: Session, change: ConnectionsChanged) -> None:
    """Point the plugins that name these connections at them and judge the plugins anew (a subscriber)."""
    refresh_readiness(session, change.account_id, PluginDataSql, change.sql_names)
    refresh_readiness(session, change.account_id, PluginDataApi, change.api_names)


def refresh_readiness(
    session: Session, account_id: int, data: type[PluginDataSql | PluginDataApi], names: Collection[str]
) -> None:
    """Judge anew the account's live plugins whose data names one of the connections."""
    wanted = sorted(names)
    for start in range(0, len(wanted), NAMES_AT_ONCE):
        statement = (
            select(PluginMeta)
            .join(data, data.plugin_id == PluginMeta.id)
            .where(
                PluginMeta.account_id == account_id,
                PluginMeta.deleted_at.is_(None),
                data.connection_name.in_(wanted[start : start + NAMES_AT_ONCE]),
            )
            # In one order for all writers, so that two of them never wait for each other.
            .order_by(PluginMeta.id)
            .with_for_update(of=PluginMeta)
        )
        for plugin in session.scalars(statement).all():
            _judge(session, plugin)


def _judge(session: Session, plugin: PluginMeta) -> None:
    before = bookkeeping.tally_key(session, plugin.id)
    readiness = plugin.judge().state
    if before is None or readiness == before.readiness:
        return
    plugin.readiness = readiness
    session.flush()
    bookkeeping.shift_tally(session, before, replace(before, readiness=readiness))
    touch_account(session, plugin.account_id)
