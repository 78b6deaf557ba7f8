"""How many records were written in each span of time, by what was done to which kind.

Single writes are counted along the indexes of the feed; an act says in its row what it did, so that its writes, which
may be ten thousands, are never read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CTE, Integer, Select, column, func, select, values
from sqlalchemy.orm import Session

from webapp.connections.kinds import BY_RECORD_KIND
from webapp.db.columns import UtcDateTime
from webapp.history.models import Revision, Unit
from webapp.history.tally import from_tally
from webapp.overview.periods import Span
from webapp.plugins.models.identity import LOCATOR_KIND

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
    times = _times(spans)
    parts: Any = (times.c.place, Revision.action, Revision.record_kind)
    singles = _within(parts, Revision, times, account_id, actor_id).where(
        Revision.unit_id.is_(None), Revision.record_kind.in_(RECORD_KINDS)
    )
    for place, action, kind, number in session.execute(singles):
        _count(found[place], action, kind, number)
    parts = (times.c.place, Unit.tally)
    for place, tally, number in session.execute(_within(parts, Unit, times, account_id, actor_id)):
        for (action, kind), records in from_tally(tally).items():
            _count(found[place], action, kind, records * number)
    return found


def _count(writes: Writes, action: str, kind: str, number: int) -> None:
    writes.actions[action] += number
    if kind == LOCATOR_KIND:
        writes.plugins[action] += number


def _times(spans: Sequence[Span]) -> CTE:
    """Return the spans as rows, so that each is one range of an index whatever a day is in a time zone."""
    rows = [(place, span.since, span.until) for place, span in enumerate(spans)]
    columns = (column("place", Integer), column("since", UtcDateTime), column("until", UtcDateTime))
    return values(*columns, name="spans").data(rows).cte("times")


def _within(
    parts: Sequence[Any], model: Any, times: CTE, account_id: int, actor_id: int | None
) -> Select[Any]:
    """Return the count of an account's rows by some columns and by the span that they fall in."""
    statement = (
        select(*parts, func.count())
        .select_from(times)
        .join(model, (model.at >= times.c.since) & (model.at < times.c.until))
        .where(model.account_id == account_id)
        .group_by(*parts)
    )
    return statement if actor_id is None else statement.where(model.actor_id == actor_id)
