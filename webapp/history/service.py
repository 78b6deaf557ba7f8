"""Recording history inside the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, FromClause, Table, func, insert, select
from sqlalchemy.orm import Session

from webapp.core import rules
from webapp.core.clock import utcnow
from webapp.db.bulk import Encoded, insert_many
from webapp.history.models import Revision, Unit, UnitSource
from webapp.history.queries import spans_of
from webapp.history.tally import net_action, to_tally

AT_ONCE = 1_000
REASON_MAX = rules.REASON_MAX
_UNIT = "plugdeck_unit"


@dataclass(frozen=True)
class Actor:
    """Who writes, through what (`form`, `inline`, `manifest` or `cli`), and why, where they say so."""

    user_id: int | None
    name: str
    origin: str = "form"
    reason: str = ""


@contextmanager
def one_unit(
    session: Session, actor: Actor, *, account_id: int, title: str, undoes: int | None = None
) -> Iterator[Unit]:
    """Make all writes recorded inside one act, which counts them at the end. One in another joins it.

    An act that wrote nothing leaves nothing behind.

    Args:
        session: of the transaction, which is open.
        actor: who writes.
        account_id: in whose feed it stands.
        title: what is done, as the feed says it: "Applied plugins.yaml".
        undoes: the act that this one takes back.
    """
    outer: Unit | None = session.info.get(_UNIT)
    if outer is not None:
        yield outer
        return
    unit = Unit(
        account_id=account_id,
        actor_id=actor.user_id,
        actor_name=actor.name,
        origin=actor.origin,
        title=title,
        reason=actor.reason,
        undoes_id=undoes,
    )
    session.add(unit)
    session.flush()
    session.info[_UNIT] = unit
    try:
        yield unit
        session.flush()
        _count(session, unit)
    finally:
        session.info.pop(_UNIT, None)


def _count(session: Session, unit: Unit) -> None:
    """Store how many records an act wrote and what it did to each: one that it wrote twice counts once."""
    spans = spans_of(unit.id).subquery()
    # Two names for one table: the first write of a record in the act, and the last one.
    began, ended = Revision.__table__.alias("began"), Revision.__table__.alias("ended")
    rows = session.execute(
        select(began.c.action, ended.c.action, spans.c.record_kind, func.count())
        .select_from(spans)
        .join(began, _is_write(began, spans, "first"))
        .join(ended, _is_write(ended, spans, "last"))
        .group_by(began.c.action, ended.c.action, spans.c.record_kind)
    ).all()
    counts = Counter[tuple[str, str]]()
    for first_action, last_action, kind, number in rows:
        counts[net_action(first_action, last_action), kind] += number
    unit.records = counts.total()
    unit.tally = to_tally((action, kind, number) for (action, kind), number in counts.items())
    if not counts:
        session.delete(unit)


def _is_write(writes: FromClause, spans: FromClause, which: str) -> ColumnElement[bool]:
    same_record = (writes.c.record_kind == spans.c.record_kind) & (writes.c.record_id == spans.c.record_id)
    return same_record & (writes.c.revision == spans.c[which])


def keep_sources(session: Session, unit: Unit, texts: Mapping[str, str]) -> None:
    """Keep the texts that an act applied, by name; values of secrets have been masked."""
    rows = [
        {"unit_id": unit.id, "position": position, "name": name, "content": content}
        for position, (name, content) in enumerate(texts.items(), start=1)
    ]
    if rows:
        session.execute(insert(UnitSource), rows)


def current_unit_id(session: Session) -> int | None:
    """Return the id of the act that the transaction's writes are a part of, or None."""
    unit: Unit | None = session.info.get(_UNIT)
    return unit.id if unit is not None else None


def record(
    session: Session,
    actor: Actor,
    *,
    account_id: int,
    record_kind: str,
    record_id: int,
    revision: int,
    action: str,
    snapshot: Mapping[str, Any],
    changed: Sequence[str] = (),
    restored: int | None = None,
) -> None:
    """Add the revision row of a write; the snapshot is the record after the write, free of secret values.

    A write that brings back what an earlier revision said names it as `restored`.
    """
    event = Event(record_id, revision, action, snapshot, changed)
    shared = _shared(session, actor, account_id, record_kind)
    session.add(Revision(**shared, **_own(event), restored=restored))


@dataclass(frozen=True)
class Event:
    """The write of one record out of many; the snapshot is the record after it, free of secret values.

    For `record_many` the snapshot may have been encoded already. `restored` is the revision that it brings back.
    """

    record_id: int
    revision: int
    action: str
    snapshot: Mapping[str, Any] | Encoded
    changed: Sequence[str] = ()
    restored: int | None = None


def record_many(
    session: Session, actor: Actor, events: Iterable[Event], *, account_id: int, record_kind: str
) -> None:
    """Add the revision rows of many writes of records of one kind and account."""
    shared = _shared(session, actor, account_id, record_kind)
    rows = [{**shared, **_own(event), "restored": event.restored} for event in events]
    if rows:
        insert_many(session, cast(Table, Revision.__table__), rows)


def _shared(session: Session, actor: Actor, account_id: int, record_kind: str) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "record_kind": record_kind,
        "actor_id": actor.user_id,
        "actor_name": actor.name,
        "origin": actor.origin,
        "reason": actor.reason,
        "unit_id": current_unit_id(session),
    }


def _own(event: Event) -> dict[str, Any]:
    return {
        "record_id": event.record_id,
        "revision": event.revision,
        "action": event.action,
        "snapshot": event.snapshot if isinstance(event.snapshot, Encoded) else dict(event.snapshot),
        "changed": list(event.changed),
    }


def record_for_all(
    session: Session,
    actor: Actor,
    *,
    table: Table,
    ids: Sequence[int],
    record_kind: str,
    changed: Sequence[str],
    action: str = "update",
    more: Mapping[str, Any] | None = None,
) -> None:
    """Add the revision rows of a bulk write that leaves what is written on its records as it is.

    Called before the write that raises the revisions: each record's new row takes the snapshot of its last one. A
    record that has none (it was made for measuring, without history) gets none.

    Args:
        session: of the transaction, which holds the rows.
        actor: who writes.
        table: of the records, with `id` and `revision`.
        ids: which of them.
        record_kind: their kind in history.
        changed: what the write changes.
        action: what the write does.
        more: what the snapshots hold beside the values.
    """
    rows, now = cast(Table, Revision.__table__), utcnow()
    for start in range(0, len(ids), AT_ONCE):
        last = session.execute(
            select(rows.c.account_id, rows.c.record_id, rows.c.revision, rows.c.snapshot)
            .join(table, (table.c.id == rows.c.record_id) & (table.c.revision == rows.c.revision))
            .where(rows.c.record_kind == record_kind, table.c.id.in_(ids[start : start + AT_ONCE]))
        )
        events = [
            {
                "account_id": row.account_id,
                "record_kind": record_kind,
                "record_id": row.record_id,
                "revision": row.revision + 1,
                "action": action,
                "actor_id": actor.user_id,
                "actor_name": actor.name,
                "origin": actor.origin,
                "reason": actor.reason,
                "unit_id": current_unit_id(session),
                "at": now,
                "snapshot": {**row.snapshot, **(more or {})},
                "changed": list(changed),
            }
            for row in last
        ]
        if events:
            session.execute(insert(rows), events)
