"""Matches of a filter read in no order, to be counted: all of them where they are few, else a lower bound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.core.text import fold
from webapp.plugins.queries.criteria import Branch
from webapp.plugins.queries.reading import UNORDERED_MAX, Reading, select_some
from webapp.plugins.queries.sql import META, PLUGIN_TAGS, TAGS, UNIT
from webapp.plugins.queries.tags import TagCount
from webapp.plugins.queries.tallies import Cell

CANDIDATES = 2_000
BOUND = 1_000


class Count(NamedTuple):
    """A number of records; `more` says that it is a lower bound."""

    number: int
    more: bool = False


class Candidate(NamedTuple):
    """What is counted of one match."""

    account_id: int
    profile_id: int
    plugin_class: str
    readiness: str
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Candidates:
    """Matches of a filter; `more` says that there are others."""

    items: tuple[Candidate, ...]
    more: bool

    def within(self, branches: Iterable[Branch], plugin_class: str, readiness: str) -> Candidates:
        """Return those in the branches that have the class and readiness, if given."""
        parts = tuple(branches)
        chosen = (
            item
            for item in self.items
            if (not plugin_class or item.plugin_class == plugin_class)
            and (not readiness or item.readiness == readiness)
            and any(
                branch.account_id in (None, item.account_id) and branch.profile_id in (None, item.profile_id)
                for branch in parts
            )
        )
        return Candidates(tuple(chosen), self.more)

    def cells(self) -> tuple[Cell, ...]:
        """Return the counts per account, owner, class and readiness."""
        return tuple(Cell(*key, number) for key, number in Counter(item[:4] for item in self.items).items())

    def untagged(self) -> Count:
        """Return how many carry no tag."""
        return Count(sum(1 for item in self.items if not item.tags), self.more)

    def tags(self) -> list[TagCount]:
        """Return how many carry each tag, by its most frequent spelling."""
        names: dict[str, str] = {}
        records: Counter[str] = Counter()
        for name, number in Counter(name for item in self.items for name in item.tags).most_common():
            key = fold(name)
            names.setdefault(key, name)
            records[key] += number
        return [TagCount(key, names[key], number) for key, number in records.items()]


def read_candidates(session: Session, reading: Reading) -> Candidates:
    """Return matches, at most CANDIDATES of each branch, in one statement."""
    names = (
        select(func.aggregate_strings(TAGS.c.name, UNIT))
        .where(PLUGIN_TAGS.c.plugin_id == META.c.id, TAGS.c.id == PLUGIN_TAGS.c.tag_id)
        .correlate(META)
        .scalar_subquery()
        .label("tag_names")
    )
    columns = [META.c.account_id, META.c.user_profile_id, META.c.plugin_class, META.c.readiness, names]
    statement = select_some(reading, columns, CANDIDATES + 1)
    rows = [] if statement is None else session.execute(statement).all()
    items = tuple(
        Candidate(row[0], row[1], row[2], row[3], tuple(row[4].split(UNIT)) if row[4] else ()) for row in rows
    )
    most = max(Counter(item.account_id for item in items).values(), default=0)
    if len(reading.branches) == 1:
        most = len(items)
    return Candidates(items, most > CANDIDATES or may_miss(reading))


def count_matches(session: Session, reading: Reading) -> Count:
    """Return how many match, counted up to BOUND, in one statement."""
    statement = select_some(reading, [META.c.id], BOUND + 1)
    if statement is None:
        return Count(0)
    found = statement.limit(BOUND + 1).subquery()
    number = session.scalar(select(func.count()).select_from(found)) or 0
    return Count(min(number, BOUND), number > BOUND or may_miss(reading))


def may_miss(reading: Reading) -> bool:
    """Tell whether some branch has more to look at than is looked at when the order does not matter."""
    for branch in reading.possible():
        driver, size = reading.unordered_driver(branch)
        if size > UNORDERED_MAX and reading.ids(branch, driver) is not None:
            return True
    return False
