"""The lines of the feed: single writes and acts in one order, newest first, of accounts that the viewer may read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, cast, literal, null, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.accounts.identity import Viewer
from webapp.history.models import Revision, Unit
from webapp.history.tally import holds

PAGE_SIZE = 50
ACCOUNT, PLATFORM, ALL = "account", "platform", "all"
SCOPES = (ACCOUNT, PLATFORM, ALL)
SINGLE, ACT = 1, 2
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MOMENT = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class Criteria:
    """The filter of the feed; what is "" or None is not asked for. `since` and `until` enclose a half-open time."""

    scope: str = ACCOUNT
    action: str = ""
    kind: str = ""
    origin: str = ""
    person: int | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


@dataclass(frozen=True)
class Entry:
    """A line of the feed: a single write, or an act with everything that it wrote (`type` says which)."""

    type: int
    id: int
    account_id: int
    at: dt.datetime
    actor_id: int | None
    actor_name: str
    origin: str
    reason: str
    action: str
    record_kind: str
    record_id: int
    revision: int
    restored: int | None
    changed: tuple[str, ...]
    name: str
    title: str
    records: int
    tally: str
    undoes_id: int | None

    @property
    def mark(self) -> tuple[int, int, int]:
        """Return where the line stands as numbers that a mark in the address can hold."""
        return (self.at - _EPOCH) // _MOMENT, self.type, self.id


@dataclass(frozen=True)
class Feed:
    """A page of the feed and whether there is more on either side."""

    entries: tuple[Entry, ...]
    newer: bool
    older: bool


Place = tuple[dt.datetime, int, int]


def from_mark(mark: Sequence[int]) -> Place | None:
    """Return the place that a mark stands for, or None when no line can stand there."""
    try:
        return (_EPOCH + mark[0] * _MOMENT, mark[1], mark[2]) if mark[1] in (SINGLE, ACT) else None
    except OverflowError:
        return None


def load_feed(
    session: Session,
    viewer: Viewer,
    criteria: Criteria,
    *,
    after: Place | None = None,
    before: Place | None = None,
) -> Feed:
    """Return a page of the feed, newest first: walks along an index for each account and type, merged in order."""
    place, backwards = before or after, before is not None
    arms = []
    for account_id in _accounts(viewer, criteria.scope):
        for type_, every in ((SINGLE, _singles(criteria)), (ACT, _acts(criteria))):
            model: Any = Revision if type_ == SINGLE else Unit
            conditions = [] if account_id is None else [model.account_id == account_id]
            if place is not None:
                conditions.append(_beyond(model, type_, place, newer=backwards))
            statement = every.where(*conditions)
            order = [model.at, model.id] if backwards else [model.at.desc(), model.id.desc()]
            arms.append(select(statement.order_by(*order).limit(PAGE_SIZE + 1).subquery()))
    found: Any = session.execute(union_all(*arms)).mappings()
    rows = [_entry(dict(row)) for row in found]
    rows.sort(key=lambda entry: entry.mark, reverse=not backwards)
    entries = rows[:PAGE_SIZE]
    more = len(rows) > PAGE_SIZE
    if backwards:
        entries.reverse()
    return Feed(
        tuple(entries),
        newer=more if backwards else after is not None,
        older=backwards or more,
    )


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(**{**row, "changed": tuple(row["changed"] or ())})


def _accounts(viewer: Viewer, scope: str) -> Sequence[int | None]:
    """Return the accounts that a scope covers; None stands for all of them together."""
    if scope == ALL and viewer.is_superuser:
        return [None]
    own, platform = {viewer.account_id}, {viewer.platform_account_id}
    sets: dict[str, set[int | None]] = {ACCOUNT: {*own}, PLATFORM: {*platform}, ALL: {*own, *platform}}
    wanted = sets[scope]
    # Without a platform account its feed is empty: no account has this id.
    return sorted(account_id for account_id in wanted if account_id is not None) or [0]


def _singles(criteria: Criteria) -> Select[Any]:
    columns: Any = (
        literal(SINGLE).label("type"),
        *(Revision.id, Revision.account_id, Revision.at, Revision.actor_id, Revision.actor_name),
        *(Revision.origin, Revision.reason, Revision.action, Revision.record_kind, Revision.record_id),
        *(Revision.revision, Revision.restored, Revision.changed),
        # Not the whole snapshots: a page of them may be many megabytes.
        Revision.snapshot["name"].as_string().label("name"),
        literal("").label("title"),
        literal(1).label("records"),
        literal("").label("tally"),
        _nothing(Unit.undoes_id).label("undoes_id"),
    )
    return select(*columns).where(
        Revision.unit_id.is_(None),
        *_asked(Revision, criteria),
        *([Revision.action == criteria.action] if criteria.action else []),
        *([Revision.record_kind == criteria.kind] if criteria.kind else []),
    )


def _nothing(column: Any) -> Any:
    """Return NULL in the type of a column: PostgreSQL joins only arms of the same types."""
    return cast(null(), column.type)


def _acts(criteria: Criteria) -> Select[Any]:
    does = (
        [Unit.tally.like(holds(criteria.action, criteria.kind))] if criteria.action or criteria.kind else []
    )
    columns: Any = (
        literal(ACT).label("type"),
        *(Unit.id, Unit.account_id, Unit.at, Unit.actor_id, Unit.actor_name, Unit.origin, Unit.reason),
        literal("").label("action"),
        literal("").label("record_kind"),
        literal(0).label("record_id"),
        literal(0).label("revision"),
        _nothing(Revision.restored).label("restored"),
        _nothing(Revision.changed).label("changed"),
        literal("").label("name"),
        *(Unit.title, Unit.records, Unit.tally, Unit.undoes_id),
    )
    return select(*columns).where(*_asked(Unit, criteria), *does)


def _asked(model: Any, criteria: Criteria) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if criteria.origin:
        found.append(model.origin == criteria.origin)
    if criteria.person is not None:
        found.append(model.actor_id == criteria.person)
    if criteria.since is not None:
        found.append(model.at >= criteria.since)
    if criteria.until is not None:
        found.append(model.at < criteria.until)
    return found


def _beyond(model: Any, type_: int, place: Place, *, newer: bool) -> ColumnElement[bool]:
    """Return the condition that a line of this type stands after a place, or before it."""
    at, at_type, at_id = place
    moment = literal(at, model.at.type)
    if type_ == at_type:
        row, limit = tuple_(model.at, model.id), tuple_(moment, literal(at_id, model.id.type))
        return row > limit if newer else row < limit
    # Of lines of the same moment, acts stand before single writes.
    ties = type_ > at_type if newer else type_ < at_type
    at_column: InstrumentedAttribute[dt.datetime] = model.at
    if newer:
        return at_column >= moment if ties else at_column > moment
    return at_column <= moment if ties else at_column < moment
