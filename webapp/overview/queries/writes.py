"""How many records were written in each span of time, by what was done to which kind.

Single writes are counted along the indexes of the feed; an act says in its row what it did, so that its writes, which
may be ten thousands, are never read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CTE, Integer, Select, column, func, literal, select, values
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from webapp.connections.kinds import BY_RECORD_KIND
from webapp.db.columns import UtcDateTime
from webapp.history.models import Revision, Unit
from webapp.history.tally import from_tally
from webapp.overview.periods import Span
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.sql import is_sqlite

RECORD_KINDS = (LOCATOR_KIND, *BY_RECORD_KIND)


@dataclass(frozen=True)
class Writes:
    """What was written in one span of time: how many records of all kinds by action, and how many of them plugins."""

    actions: Counter[str] = field(default_factory=Counter)
    plugins: Counter[str] = field(default_factory=Counter)

    @property
    def growth(self) -> int:
        """Return how many more plugins there were afterwards."""
        return self.plugins["create"] + self.plugins["restore"] - self.plugins["delete"]


def count_writes(
    session: Session, account_id: int, spans: Sequence[Span], actor_id: int | None = None
) -> tuple[Writes, ...]:
    """Return what was written in an account in each span, in two statements.

    Args:
        session: to read with.
        account_id: of the account, which the viewer may read.
        spans: half-open times, oldest first.
        actor_id: only what this person wrote.
    """
    found = tuple(Writes() for _ in spans)
    singles = _rows(session, Revision, (Revision.action, Revision.record_kind), spans, account_id, actor_id)
    alone = singles.where(Revision.unit_id.is_(None), Revision.record_kind.in_(RECORD_KINDS))
    for place, action, kind, number in _count_equal(session, alone):
        _count(found[place], action, kind, number)
    acts = _rows(session, Unit, (Unit.tally,), spans, account_id, actor_id)
    for place, tally, number in _count_equal(session, acts):
        for (action, kind), records in from_tally(tally).items():
            _count(found[place], action, kind, records * number)
    return found


def _count(writes: Writes, action: str, kind: str, number: int) -> None:
    writes.actions[action] += number
    if kind == LOCATOR_KIND:
        writes.plugins[action] += number


def _count_equal(session: Session, rows: Select[Any]) -> Sequence[Any]:
    """Return each combination of values that rows have, with how many have it."""
    inner = rows.subquery()
    return session.execute(select(*inner.c, func.count()).group_by(*inner.c)).all()


def _rows(
    session: Session,
    model: Any,
    columns: Sequence[Any],
    spans: Sequence[Span],
    account_id: int,
    actor_id: int | None,
) -> Select[Any]:
    """Return the select of an account's rows: in which span each is, and some columns."""
    if is_sqlite(session):
        # Each span is one range of an index.
        times = _times(spans)
        within = (model.at >= times.c.since) & (model.at < times.c.until)
        statement = select(times.c.place, *columns).select_from(times).join(model, within)
    else:
        # PostgreSQL would compare every row with every span; it looks a row up among the bounds instead.
        bounds = literal([span.since for span in spans], postgresql.ARRAY(UtcDateTime))
        place = (func.width_bucket(model.at, bounds) - 1).label("place")
        statement = select(place, *columns).where(model.at >= spans[0].since, model.at < spans[-1].until)
    statement = statement.where(model.account_id == account_id)
    return statement if actor_id is None else statement.where(model.actor_id == actor_id)


def _times(spans: Sequence[Span]) -> CTE:
    rows = [(place, span.since, span.until) for place, span in enumerate(spans)]
    columns = (column("place", Integer), column("since", UtcDateTime), column("until", UtcDateTime))
    return values(*columns, name="spans").data(rows).cte("times")
