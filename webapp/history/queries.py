"""Reading history; the caller has checked that its viewer may read the record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Text, cast, func, or_, select, tuple_
from sqlalchemy.orm import Session

from webapp.core.locators import format_locator
from webapp.history.models import Revision, Unit, UnitSource

WRITERS_MAX = 100
_AT_ONCE = 200
UNIT_KIND = "unit"
REVISIONS_PER_PAGE = 30
SOURCES_MAX = 100
SOURCE_SHOWN_MAX = 100_000
SOURCES_SHOWN_MAX = 400_000


@dataclass(frozen=True)
class Line:
    """One write in the timeline of a record; `name` and `version` are what the record said after it."""

    id: int
    revision: int
    action: str
    actor_id: int | None
    actor_name: str
    origin: str
    at: dt.datetime
    reason: str
    restored: int | None
    changed: tuple[str, ...]
    name: str
    version: str
    unit_id: int | None
    unit_title: str
    unit_records: int


@dataclass(frozen=True)
class Timeline:
    """A page of a record's writes, newest first, and whether there are older ones."""

    lines: tuple[Line, ...]
    older: bool


def unit_key(unit_id: int) -> str:
    """Return what stands for an act in addresses."""
    return format_locator(UNIT_KIND, unit_id)


@dataclass(frozen=True)
class Write:
    """One write of a record: who made it so, when, what it was, and in which fields."""

    revision: int
    actor_id: int | None
    actor_name: str
    at: dt.datetime
    action: str = "update"
    changed: tuple[str, ...] = ()


def find_revision(session: Session, record_kind: str, record_id: int, revision: int) -> Revision | None:
    """Return one revision of a record, or None when it is not kept."""
    return session.scalar(
        select(Revision).where(
            Revision.record_kind == record_kind,
            Revision.record_id == record_id,
            Revision.revision == revision,
        )
    )


def list_snapshots_of_many(
    session: Session, record_kind: str, wanted: Mapping[int, int]
) -> dict[int, Mapping[str, Any]]:
    """Return what records of one kind looked like at a revision each, by id; those that are not kept are left out."""
    pairs, found = sorted(wanted.items()), {}
    for start in range(0, len(pairs), _AT_ONCE):
        rows = session.execute(
            select(Revision.record_id, Revision.snapshot).where(
                Revision.record_kind == record_kind,
                tuple_(Revision.record_id, Revision.revision).in_(pairs[start : start + _AT_ONCE]),
            )
        )
        found.update({row.record_id: row.snapshot for row in rows})
    return found


def list_changed_since(
    session: Session, record_kind: str, seen: Mapping[int, int]
) -> dict[int, frozenset[str]]:
    """Return which fields were changed on records of one kind after a revision each, by id."""
    ids, found = sorted(seen), dict.fromkeys(seen, frozenset[str]())
    for start in range(0, len(ids), _AT_ONCE):
        portion = ids[start : start + _AT_ONCE]
        rows = session.execute(
            select(Revision.record_id, Revision.revision, Revision.changed).where(
                Revision.record_kind == record_kind,
                Revision.record_id.in_(portion),
                Revision.revision > min(seen[record_id] for record_id in portion),
            )
        )
        for row in rows:
            if row.revision > seen[row.record_id]:
                found[row.record_id] |= frozenset(row.changed)
    return found


@dataclass(frozen=True)
class Head:
    """A revision without its snapshot; `owner` says from whom to whom, where it handed the record over."""

    revision: int
    action: str
    changed: tuple[str, ...]
    actor_id: int | None
    at: dt.datetime
    owner: dict[str, dict[str, str]] | None


def list_heads_of_many(
    session: Session, record_kind: str, wanted: Collection[tuple[int, int]]
) -> dict[tuple[int, int], Head]:
    """Return revisions of records of one kind, by id and revision; those that are not kept are left out."""
    pairs, found = sorted(wanted), {}
    for start in range(0, len(pairs), _AT_ONCE):
        rows = session.execute(
            select(
                Revision.record_id,
                Revision.revision,
                Revision.action,
                Revision.changed,
                Revision.actor_id,
                Revision.at,
                Revision.snapshot["owner"].as_json().label("owner"),
            ).where(
                Revision.record_kind == record_kind,
                tuple_(Revision.record_id, Revision.revision).in_(pairs[start : start + _AT_ONCE]),
            )
        )
        for record_id, revision, action, changed, *rest in rows:
            found[record_id, revision] = Head(revision, action, tuple(changed), *rest)
    return found


def find_last_revision(session: Session, record_kind: str, record_id: int) -> Revision | None:
    """Return the latest revision of a record, which may be its deletion; None when it never existed."""
    return session.scalar(
        select(Revision)
        .where(Revision.record_kind == record_kind, Revision.record_id == record_id)
        .order_by(Revision.revision.desc())
        .limit(1)
    )


def list_revisions_between(session: Session, before: Revision, last: Revision) -> Sequence[Revision]:
    """Return the revisions of a record after one up to another, oldest first; the last `WRITERS_MAX` at most."""
    found = session.scalars(
        select(Revision)
        .where(
            Revision.record_kind == last.record_kind,
            Revision.record_id == last.record_id,
            Revision.revision > before.revision,
            Revision.revision <= last.revision,
        )
        .order_by(Revision.revision.desc())
        .limit(WRITERS_MAX)
    ).all()
    return found[::-1]


def list_timeline(
    session: Session, record_kind: str, record_id: int, *, before: int | None = None
) -> Timeline:
    """Return a page of a record's writes, newest first.

    Args:
        session: to read with.
        record_kind: of the record.
        record_id: of the record.
        before: the page holds older writes than this revision; the newest page when not given.
    """
    statement = (
        select(
            Revision.id,
            Revision.revision,
            Revision.action,
            Revision.actor_id,
            Revision.actor_name,
            Revision.origin,
            Revision.at,
            Revision.reason,
            Revision.restored,
            Revision.changed,
            # Not the whole snapshots: a page of them may be many megabytes.
            Revision.snapshot["name"].as_string().label("name"),
            Revision.snapshot["version"].as_string().label("version"),
            Revision.unit_id,
            func.coalesce(Unit.title, "").label("unit_title"),
            func.coalesce(Unit.records, 0).label("unit_records"),
        )
        .outerjoin(Unit, Unit.id == Revision.unit_id)
        .where(Revision.record_kind == record_kind, Revision.record_id == record_id)
        .order_by(Revision.revision.desc())
        .limit(REVISIONS_PER_PAGE + 1)
    )
    if before is not None:
        statement = statement.where(Revision.revision < before)
    rows = [dict(row) for row in session.execute(statement).mappings()]
    lines = tuple(Line(**{**row, "changed": tuple(row["changed"])}) for row in rows[:REVISIONS_PER_PAGE])
    return Timeline(lines, len(rows) > REVISIONS_PER_PAGE)


@dataclass(frozen=True)
class Aside:
    """What a write changed beside the values of a snapshot: the owner, from whom to whom, or a value kept secret."""

    changed: tuple[str, ...]
    owner: dict[str, dict[str, str]] | None


def list_asides(session: Session, record_kind: str, record_id: int, since: int, until: int) -> list[Aside]:
    """Return what the writes after one revision up to another changed beside the values, oldest first."""
    changed = cast(Revision.changed, Text)
    rows = session.execute(
        select(Revision.changed, Revision.snapshot["owner"].as_json().label("owner"))
        .where(
            Revision.record_kind == record_kind,
            Revision.record_id == record_id,
            Revision.revision > since,
            Revision.revision <= until,
            or_(changed.like('%"owner"%'), changed.like('%"value"%')),
        )
        .order_by(Revision.revision)
    )
    return [Aside(tuple(row.changed), row.owner) for row in rows]


def list_snapshots(
    session: Session, record_kind: str, record_id: int, revisions: Collection[int]
) -> dict[int, Any]:
    """Return what a record said at some revisions, as far as that is kept."""
    rows = session.execute(
        select(Revision.revision, Revision.snapshot).where(
            Revision.record_kind == record_kind,
            Revision.record_id == record_id,
            Revision.revision.in_(revisions),
        )
    )
    return {row.revision: row.snapshot for row in rows}


def spans_of(unit_id: int) -> Select[Any]:
    """Return the query of what an act wrote: each record once, with its first and its last revision in the act."""
    record: Any = (Revision.record_kind, Revision.record_id)
    first, last = func.min(Revision.revision).label("first"), func.max(Revision.revision).label("last")
    return select(*record, first, last).where(Revision.unit_id == unit_id).group_by(*record)


@dataclass(frozen=True)
class SourceHead:
    """A text that an act applied; `content` is None where it is too long to be shown beside the others."""

    position: int
    name: str
    content: str | None


@dataclass(frozen=True)
class Sources:
    """The first texts that an act applied, and how many there are."""

    shown: tuple[SourceHead, ...]
    total: int


def list_sources(session: Session, unit_id: int) -> Sources:
    """Return the texts that an act applied, as they were uploaded: the first `SOURCES_MAX`, in their order.

    Texts longer than `SOURCE_SHOWN_MAX` are not read, nor any after `SOURCES_SHOWN_MAX` characters in all: an act may
    have applied thousands of files.
    """
    heads = session.execute(
        select(
            UnitSource.position,
            UnitSource.name,
            func.length(UnitSource.content).label("size"),
        )
        .where(UnitSource.unit_id == unit_id)
        .order_by(UnitSource.position)
        .limit(SOURCES_MAX)
    ).all()
    wanted, left = [], SOURCES_SHOWN_MAX
    for head in heads:
        if head.size <= min(SOURCE_SHOWN_MAX, left):
            wanted.append(head.position)
            left -= head.size
    rows = session.execute(
        select(UnitSource.position, UnitSource.content).where(
            UnitSource.unit_id == unit_id, UnitSource.position.in_(wanted)
        )
    )
    texts = {row.position: row.content for row in rows}
    shown = (SourceHead(head.position, head.name, texts.get(head.position)) for head in heads)
    # They are numbered from 1, so the last one says how many there are.
    total = session.scalar(select(func.max(UnitSource.position)).where(UnitSource.unit_id == unit_id))
    return Sources(tuple(shown), total or 0)


def list_writes(
    session: Session, record_kind: str, record_id: int, since: int, until: int
) -> Sequence[Write]:
    """Return who wrote a record after one revision up to another, oldest first; the last `WRITERS_MAX` at most."""
    rows = session.execute(
        select(
            Revision.revision,
            Revision.actor_id,
            Revision.actor_name,
            Revision.at,
            Revision.action,
            Revision.changed,
        )
        .where(
            Revision.record_kind == record_kind,
            Revision.record_id == record_id,
            Revision.revision > since,
            Revision.revision <= until,
        )
        .order_by(Revision.revision.desc())
        .limit(WRITERS_MAX)
    ).all()
    return [
        Write(row.revision, row.actor_id, row.actor_name, row.at, row.action, tuple(row.changed))
        for row in reversed(rows)
    ]


def find_writes(
    session: Session, record_kind: str, record_id: int, revisions: Collection[int]
) -> dict[int, Write]:
    """Return who wrote some revisions of a record, by revision; those that are not kept are left out."""
    rows = session.execute(
        select(
            Revision.revision,
            Revision.actor_id,
            Revision.actor_name,
            Revision.at,
            Revision.action,
            Revision.changed,
        ).where(
            Revision.record_kind == record_kind,
            Revision.record_id == record_id,
            Revision.revision.in_(revisions),
        )
    )
    return {
        row.revision: Write(
            row.revision, row.actor_id, row.actor_name, row.at, row.action, tuple(row.changed)
        )
        for row in rows
    }
