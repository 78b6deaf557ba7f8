"""Everything that is kept beside the records, counted anew: what differs, and putting it right in small steps.

Writers keep these by deltas in their own transactions, so nothing here ever finds anything, unless a disk, a person in
the database or a fault of the program changed them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from webapp.db.portions import id_portions
from webapp.db.session import current_session, touch_account, transaction
from webapp.plugins.models import PluginMeta, PluginSearch, PluginTag, PluginTally, Tag
from webapp.plugins.models.bookkeeping import search_row
from webapp.plugins.upkeep import rejudge

AT_ONCE = 500
Cell = tuple[int, int, str, str]
Report = Callable[[str, int], None]


def find_miscounts(session: Session) -> Iterator[str]:
    """Yield in words what differs from a recount."""
    wrong = len(_wrong_cells(session))
    if wrong:
        yield f"{wrong} counts of plugins are wrong."
    wrong = len(_wrong_uses(session))
    if wrong:
        yield f"{wrong} tags count their uses wrongly."
    missing = session.scalar(
        select(func.count())
        .select_from(PluginMeta)
        .outerjoin(PluginSearch, PluginSearch.plugin_id == PluginMeta.id)
        .where(PluginMeta.deleted_at.is_(None), PluginSearch.plugin_id.is_(None))
    )
    if missing:
        yield f"{missing} plugins cannot be found by the search."
    if session.get_bind().dialect.name == "sqlite":
        indexed = session.scalar(text("SELECT count(*) FROM plugin_search_fts_docsize"))
        if indexed != session.scalar(select(func.count()).select_from(PluginSearch)):
            yield "The search index does not have the plugins that it should have."


def rebuild(report: Report) -> int:
    """Put right what differs from a recount; return how much that was.

    Writers wait for each step, never for all of them.

    Args:
        report: called with what is being done and how many records of it are.
    """
    report("Counts", 0)
    fixed = _fix_cells() + _fix_uses()
    fixed += _fix_search(report)
    return fixed + rejudge(lambda done, _total: report("Readiness", done))


def _wrong_cells(session: Session) -> dict[Cell, int]:
    """Return the cells whose count is wrong, with the right one."""
    names = ("account_id", "user_profile_id", "plugin_class", "readiness")
    columns = [getattr(PluginMeta, name) for name in names]
    rows = session.execute(
        select(*columns, func.count()).where(PluginMeta.deleted_at.is_(None)).group_by(*columns)
    )
    right: dict[Cell, int] = {(row[0], row[1], row[2], row[3]): row[4] for row in rows}
    kept = [getattr(PluginTally, name) for name in names]
    stored: dict[Cell, int] = {
        (row[0], row[1], row[2], row[3]): row[4]
        for row in session.execute(select(*kept, PluginTally.records).where(PluginTally.records > 0))
    }
    return {
        cell: right.get(cell, 0)
        for cell in right.keys() | stored.keys()
        if right.get(cell) != stored.get(cell)
    }


def _wrong_uses(session: Session) -> dict[int, int]:
    """Return the tags whose count is wrong, with the right one."""
    carried = (
        select(PluginTag.tag_id, func.count().label("uses"))
        .join(PluginMeta, PluginMeta.id == PluginTag.plugin_id)
        .where(PluginMeta.deleted_at.is_(None))
        .group_by(PluginTag.tag_id)
        .subquery()
    )
    uses = func.coalesce(carried.c.uses, 0)
    statement = select(Tag.id, uses).outerjoin(carried, carried.c.tag_id == Tag.id).where(Tag.uses != uses)
    return {row[0]: row[1] for row in session.execute(statement)}


def _fix_cells() -> int:
    with transaction() as session:
        _keep_writers_out(session, "plugin_tallies")
        wrong = _wrong_cells(session)
        for cell, records in sorted(wrong.items()):
            key = dict(zip(("account_id", "user_profile_id", "plugin_class", "readiness"), cell, strict=True))
            session.execute(delete(PluginTally).filter_by(**key))
            if records:
                session.execute(insert(PluginTally).values(**key, records=records))
        for account_id in {cell[0] for cell in wrong}:
            touch_account(session, account_id)
    return len(wrong)


def _fix_uses() -> int:
    with transaction() as session:
        _keep_writers_out(session, "tags")
        wrong = _wrong_uses(session)
        for tag_id, uses in sorted(wrong.items()):
            session.execute(update(Tag).where(Tag.id == tag_id).values(uses=uses))
        for account_id in session.scalars(select(Tag.account_id).where(Tag.id.in_(wrong)).distinct()):
            touch_account(session, account_id)
    return len(wrong)


def _keep_writers_out(session: Session, table: str) -> None:
    # A writer that has written a record and not counted it yet waits here, and then adds to what was recounted.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))


def _fix_search(report: Report) -> int:
    if current_session().get_bind().dialect.name == "sqlite":
        with transaction() as session:
            session.execute(text("INSERT INTO plugin_search_fts (plugin_search_fts) VALUES ('rebuild')"))
    fixed, done = 0, 0
    for ids in id_portions(select(PluginMeta.id), PluginMeta.id, AT_ONCE):
        fixed += _fix_portion(ids)
        done += len(ids)
        report("Searchable text", done)
    return fixed


def _fix_portion(ids: Sequence[int]) -> int:
    with transaction() as session:
        columns = (PluginMeta.id, PluginMeta.account_id, PluginMeta.name, PluginMeta.description)
        live = session.execute(
            select(*columns)
            .where(PluginMeta.id.in_(ids), PluginMeta.deleted_at.is_(None))
            .order_by(PluginMeta.id)
            .with_for_update(of=PluginMeta)
        ).all()
        tags = _names_of_tags(session, ids)
        right = {
            row.id: search_row(row.id, row.account_id, row.name, row.description, tags.get(row.id, ()))
            for row in live
        }
        stored: dict[int, Any] = {
            row.plugin_id: row
            for row in session.execute(select(PluginSearch.__table__).where(PluginSearch.plugin_id.in_(ids)))
        }
        wrong = [
            plugin_id
            for plugin_id in right.keys() | stored.keys()
            if plugin_id not in right
            or plugin_id not in stored
            or right[plugin_id] != dict(stored[plugin_id]._mapping)
        ]
        if wrong:
            session.execute(delete(PluginSearch).where(PluginSearch.plugin_id.in_(wrong)))
            rows = [right[plugin_id] for plugin_id in sorted(wrong) if plugin_id in right]
            if rows:
                session.execute(insert(PluginSearch), rows)
            for account_id in {row["account_id"] for row in rows}:
                touch_account(session, account_id)
    return len(wrong)


def _names_of_tags(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    rows = session.execute(
        select(PluginTag.plugin_id, Tag.name)
        .join(Tag, Tag.id == PluginTag.tag_id)
        .where(PluginTag.plugin_id.in_(ids))
        .order_by(PluginTag.plugin_id, PluginTag.position)
    )
    found: dict[int, list[str]] = {}
    for plugin_id, name in rows:
        found.setdefault(plugin_id, []).append(name)
    return found
