"""Acts: what each of them wrote, the texts that it applied, and what is left of it to be taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.permissions import may_read
from webapp.activity.kinds import Kinds
from webapp.core.errors import NotFound
from webapp.core.locators import parse_locator
from webapp.history.models import Revision, Unit, UnitSource
from webapp.history.queries import UNIT_KIND, Sources, list_sources, spans_of

RECORDS_PER_PAGE = 25
POSITION_MAX = 2**31 - 1
"""A larger one is no number of the column, and no text has it."""


@dataclass(frozen=True)
class Act:
    """An act as its page shows it: what was done, the texts that it applied, and the acts that took it back.

    `left` counts the records that none of those has taken back.
    """

    unit: Unit
    sources: Sources
    undone_by: Sequence[Unit]
    undoes: Unit | None
    left: int


@dataclass(frozen=True)
class Written:
    """What an act did to one record: its writes from the first to the last, and what the record said around them."""

    record_kind: str
    record_id: int
    first: int
    last: int
    action: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    changed: tuple[str, ...]
    undone: bool


def get_unit(session: Session, viewer: Viewer, key: str, *, lock: bool = False) -> Unit:
    """Return an act.

    Raises:
        NotFound: it does not exist, or belongs to an account that the viewer may not read; the answer does not tell.
    """
    unit_id = parse_locator(key, UNIT_KIND)
    statement = select(Unit).where(Unit.id == (unit_id or 0))
    unit = session.scalar(statement.with_for_update() if lock else statement)
    if unit is None or not may_read(viewer, unit.account_id):
        raise NotFound
    return unit


def load_act(session: Session, viewer: Viewer, unit: Unit) -> Act:
    """Return what the page of an act shows beside its records."""
    undone_by = session.scalars(select(Unit).where(Unit.undoes_id == unit.id).order_by(Unit.id)).all()
    return Act(
        unit,
        list_sources(session, unit.id),
        undone_by,
        session.get(Unit, unit.undoes_id) if unit.undoes_id is not None else None,
        _count_left(session, viewer, unit) if undone_by else unit.records,
    )


def _count_left(session: Session, viewer: Viewer, unit: Unit) -> int:
    spans = _spans(viewer, unit.id).where(~_is_undone(unit.id)).subquery()
    return session.scalar(select(func.count()).select_from(spans)) or 0


def get_source(session: Session, unit: Unit, position: int) -> UnitSource:
    """Return a text that an act applied; raises NotFound when there is none at that place."""
    found = (
        session.scalar(
            select(UnitSource).where(UnitSource.unit_id == unit.id, UnitSource.position == position)
        )
        if position <= POSITION_MAX
        else None
    )
    if found is None:
        raise NotFound
    return found


def _is_undone(unit_id: int) -> ColumnElement[bool]:
    """Return the condition that a write of an act was followed by one of an act that took the first one back."""
    # Two names for one table: the write, and the later one.
    later = Revision.__table__.alias("later")
    undoing = Unit.__table__.alias("undoing")
    return (
        select(literal(1))
        .select_from(later.join(undoing, undoing.c.id == later.c.unit_id))
        .where(
            undoing.c.undoes_id == unit_id,
            later.c.record_kind == Revision.record_kind,
            later.c.record_id == Revision.record_id,
        )
        .exists()
    )


def _spans(viewer: Viewer, unit_id: int) -> Select[Any]:
    """Return the select of an act's records, each once; of accounts that the viewer may not read, none.

    An act stands in one account, but a superuser may write in others meanwhile.
    """
    statement = spans_of(unit_id)
    if not viewer.is_superuser:
        accounts = {viewer.account_id, viewer.platform_account_id} - {None}
        statement = statement.where(Revision.account_id.in_(accounts))
    return statement


def list_written(
    session: Session, viewer: Viewer, unit: Unit, after: tuple[str, int] | None = None
) -> tuple[Sequence[Written], bool]:
    """Return what an act did to each record, `RECORDS_PER_PAGE` at a time, and whether there are more."""
    statement = _spans(viewer, unit.id).order_by(Revision.record_kind, Revision.record_id)
    if after is not None:
        kind, record_id = after
        statement = statement.where(
            or_(
                Revision.record_kind > kind,
                and_(Revision.record_kind == kind, Revision.record_id > record_id),
            )
        )
    spans = session.execute(statement.limit(RECORDS_PER_PAGE + 1)).all()
    shown = spans[:RECORDS_PER_PAGE]
    wanted = [
        (row.record_kind, row.record_id, number) for row in shown for number in (row.first - 1, row.last)
    ]
    key = tuple_(Revision.record_kind, Revision.record_id, Revision.revision)
    columns = (
        *(Revision.record_kind, Revision.record_id, Revision.revision, Revision.action, Revision.snapshot),
        *(Revision.changed, _is_undone(unit.id).label("undone")),
    )
    rows = session.execute(select(*columns).where(key.in_(wanted))).all() if wanted else ()
    found = {(row.record_kind, row.record_id, row.revision): row for row in rows}
    return [_written(row, found) for row in shown], len(spans) > RECORDS_PER_PAGE


def _written(span: Any, found: Mapping[tuple[str, int, int], Any]) -> Written:
    before = found.get((span.record_kind, span.record_id, span.first - 1))
    after = found[span.record_kind, span.record_id, span.last]
    was_there = before is not None and before.action != "delete"
    action = after.action
    if action == "update" and span.first < span.last and not was_there:
        action = "create" if before is None else "restore"
    return Written(
        record_kind=span.record_kind,
        record_id=span.record_id,
        first=span.first,
        last=span.last,
        action=action,
        before=before.snapshot if before is not None else None,
        after=after.snapshot,
        changed=tuple(after.changed),
        undone=bool(after.undone),
    )


@dataclass(frozen=True)
class Span:
    """The writes of an act on one record, for taking them back."""

    record_kind: str
    record_id: int
    first: int
    last: int
    name: str


def list_spans(session: Session, viewer: Viewer, unit: Unit, limit: int) -> tuple[Sequence[Span], int]:
    """Return the writes to take back, the last one first, and how many more records there are.

    Records that an earlier try has brought back are left out.
    """
    spans = _spans(viewer, unit.id).where(~_is_undone(unit.id)).subquery()
    total = session.scalar(select(func.count()).select_from(spans)) or 0
    rows = session.execute(
        select(spans, Revision.snapshot["name"].as_string().label("name"))
        .join(
            Revision,
            (Revision.record_kind == spans.c.record_kind)
            & (Revision.record_id == spans.c.record_id)
            & (Revision.revision == spans.c.last),
        )
        # What refers to others was written after them, so it goes first.
        .order_by(Revision.id.desc())
        .limit(limit)
    )
    found = [Span(row.record_kind, row.record_id, row.first, row.last, row.name) for row in rows]
    return found, total - len(found)


def whereabouts_of(
    session: Session, viewer: Viewer, kinds: Kinds, records: Collection[tuple[str, int]]
) -> dict[tuple[str, int], str]:
    """Return where records are, by kind and id: one question per kind, whatever their number."""
    found: dict[tuple[str, int], str] = {}
    for name, kind in kinds.items():
        ids = {record_id for record_kind, record_id in records if record_kind == name}
        if ids:
            found |= {
                (name, record_id): where
                for record_id, where in kind.list_whereabouts(session, viewer, ids).items()
            }
    return found
