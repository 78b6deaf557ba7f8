"""Keeping readiness true when a connection that plugins need, or one of its secrets, is written, or a rule changes.

Readiness is derived, so nothing here makes a revision: what a person wrote on the plugin stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from webapp.connections.changes import ConnectionsChanged
from webapp.db.portions import id_portions
from webapp.db.session import current_session, touch_account, transaction
from webapp.jobs.running import JobRun
from webapp.jobs.values import Outcome
from webapp.plugins.models import PluginDataApi, PluginDataSql, PluginMeta, bookkeeping
from webapp.plugins.models.bookkeeping import TallyKey

NAMES_AT_ONCE = 500
JUDGED_AT_ONCE = 200
JUDGE_KIND = "judge_plugins"
"""The kind of the job; migrations write it."""


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
        judge_rows(session, session.scalars(statement).all())


def judge_rows(session: Session, plugins: Iterable[PluginMeta]) -> int:
    """Judge locked rows anew and keep the counts true; return how many changed."""
    steps: Counter[TallyKey] = Counter()
    changed = 0
    for plugin in plugins:
        before = bookkeeping.tally_key(session, plugin.id)
        readiness = plugin.judge().state
        if before is None or readiness == before.readiness:
            continue
        plugin.readiness = readiness
        steps[before] -= 1
        steps[replace(before, readiness=readiness)] += 1
        changed += 1
        touch_account(session, plugin.account_id)
    session.flush()
    bookkeeping.shift_tallies(session, steps)
    return changed


def judge_all(job: JobRun) -> Outcome:
    """Judge every live plugin by the rules of today (a job); only rows whose state changes are locked and written.

    A migration asks for it when a rule that weighs was added or changed (docs/adr/0018).
    """
    changed = rejudge(lambda done, total: job.report("Judging plugins", done, total))
    return Outcome("done", {"changed": changed})


def rejudge(report: Callable[[int, int], None]) -> int:
    """Judge every live plugin in small steps; return how many changed.

    Args:
        report: called before each step with how many are done, and of how many.
    """
    total = current_session().scalar(select(func.count()).select_from(_live().subquery())) or 0
    done, changed = 0, 0
    for ids in id_portions(_live(), PluginMeta.id, JUDGED_AT_ONCE):
        report(done, total)
        wrong = _misjudged(ids)
        if wrong:
            with transaction() as session:
                rows = _live().with_only_columns(PluginMeta).where(PluginMeta.id.in_(wrong))
                locked = rows.order_by(PluginMeta.id).with_for_update(of=PluginMeta)
                changed += judge_rows(session, session.scalars(locked).all())
        done += len(ids)
    return changed


def _live() -> Select[Any]:
    return select(PluginMeta.id).where(PluginMeta.deleted_at.is_(None))


def _misjudged(ids: Sequence[int]) -> list[int]:
    """Return those whose stored state is not what the rules say; nothing is written and nothing stays loaded."""
    session = current_session()
    # The data not joined: SQLite would read that of every plugin, because it is four tables, seen as one.
    whole = (joinedload(PluginMeta.selector), joinedload(PluginMeta.prompt), selectinload(PluginMeta.data))
    statement = (
        select(PluginMeta)
        .where(PluginMeta.id.in_(ids))
        .options(*whole, selectinload(PluginMeta.tagged_items))
    )
    with session.no_autoflush:
        found = [
            plugin.id for plugin in session.scalars(statement) if plugin.judge().state != plugin.readiness
        ]
    session.rollback()
    session.expunge_all()
    return found
