"""The statements behind a list: one per branch, each a walk along one index or a small set collected and sorted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Label,
    Select,
    exists,
    false,
    literal,
    select,
    true,
    tuple_,
    union_all,
)

from webapp.plugins.queries.annotated import annotated_ids, is_annotated
from webapp.plugins.queries.criteria import Annotated, Branch, Criteria
from webapp.plugins.queries.planning import choose_driver
from webapp.plugins.queries.search import Words, hits, matches, split_words, unchecked
from webapp.plugins.queries.sql import META, PLUGIN_TAGS, among, unindexed
from webapp.plugins.queries.stars import is_starred, starred_ids
from webapp.plugins.queries.tags import TagIndex
from webapp.plugins.queries.tallies import Tallies

ACCOUNT = "account_id"
OWNER = "user_profile_id"
CLASS = "plugin_class"
READY = "readiness"
OWNER_KEY = "owner_key"
PLACE = "place_"
SEARCHED = "search"
"""The driver of what the search finds; a tag's driver is `_tagged`, the others are in `_SETS`."""
STARRED = "starred"
_TIED = frozenset({"version_key", "updated_at", "created_at"})
UNORDERED_MAX = 20_000
"""How many rows of a driver are looked at when the order does not matter and only a bounded count is wanted."""

SORTS: Mapping[str, tuple[str, ...]] = {
    "name": ("name",),
    "class": (CLASS, "name"),
    "version": ("version_key",),
    "owner": (OWNER_KEY, "name"),
    "updated": ("updated_at",),
    "created": ("created_at",),
}
"""The columns of each sort; the id follows, so that no two rows stand at the same place."""

# Which columns an index of `plugin_meta` fixes before it goes on in this order. The first that fits is walked.
_WALKS: Mapping[str, tuple[frozenset[str], ...]] = {
    "name": (frozenset({OWNER}), frozenset({ACCOUNT, CLASS}), frozenset({ACCOUNT}), frozenset()),
    "class": (frozenset({ACCOUNT, CLASS}), frozenset({ACCOUNT})),
    "version": (frozenset({ACCOUNT}),),
    # The records of one owner have one owner key, so they are in order by name.
    "owner": (frozenset({OWNER}), frozenset({ACCOUNT})),
    "updated": (frozenset({OWNER}), frozenset({ACCOUNT, READY}), frozenset({ACCOUNT}), frozenset()),
    "created": (frozenset({ACCOUNT}),),
}
# Sets that an index gives in no useful order.
_SETS: Mapping[str, frozenset[str]] = {
    "owner": frozenset({OWNER}),
    "class": frozenset({ACCOUNT, CLASS}),
    "readiness": frozenset({ACCOUNT, READY}),
}


def _tagged(tag: str) -> str:
    return f"tag {tag}"


def _annotated(wanted: Annotated) -> str:
    return f"annotation {wanted}"


class Stars(NamedTuple):
    """Whose stars a list is filtered by, and how many there are."""

    profile_id: int
    number: int


@dataclass(frozen=True)
class Reading:
    """Everything that the statements of one list need to know; nothing in it asks the database.

    `found` holds, per account, how many hits the search has, or None where they are too many to be collected;
    `annotated` the same per account and annotation. `stars` is given when the filter asks for starred ones.
    """

    criteria: Criteria
    branches: tuple[Branch, ...]
    tallies: Tallies
    tags: TagIndex
    sqlite: bool
    found: Mapping[int | None, int | None] = field(default_factory=dict)
    annotated: Mapping[tuple[int | None, Annotated], int | None] = field(default_factory=dict)
    stars: Stars | None = None

    @property
    def words(self) -> Words:
        """Return the words of the search."""
        return split_words(self.criteria.q)

    def possible(self) -> tuple[Branch, ...]:
        """Return the branches that may hold a match: tags and annotations exist there, and the search has hits."""
        if self.criteria.is_contradiction or (self.stars and not self.stars.number):
            return ()
        return tuple(
            branch
            for branch in self.branches
            if all(self.tags.uses_in(branch.account_id, tag) for tag in self.criteria.tags)
            and self.found.get(branch.account_id, 1) != 0
            and all(
                self.annotated.get((branch.account_id, item), 1) != 0 for item in self.criteria.annotations
            )
        )

    def fixed(self, branch: Branch) -> dict[str, Any]:
        """Return the columns that have one value in all matches of the branch."""
        values = {
            ACCOUNT: branch.account_id,
            OWNER: branch.profile_id,
            CLASS: self.criteria.plugin_class,
            READY: self.criteria.readiness,
        }
        return {name: value for name, value in values.items() if value not in (None, "")}

    def constants(self, branch: Branch) -> dict[str, str]:
        """Return the values of sort columns that are the same in all matches of the branch."""
        found = {CLASS: self.criteria.plugin_class} if self.criteria.plugin_class else {}
        if branch.profile_id is not None:
            owner = self.tallies.owners.get(branch.profile_id)
            found[OWNER_KEY] = owner.username_key if owner else self.criteria.owner
        return found

    def drivers(self, branch: Branch) -> dict[str, int]:
        """Return the sets that can be collected for the branch, with their sizes."""
        fixed = self.fixed(branch)
        sizes = {
            name: self._count(branch, columns) for name, columns in _SETS.items() if columns <= fixed.keys()
        }
        sizes |= {_tagged(tag): self.tags.uses_in(branch.account_id, tag) for tag in self.criteria.tags}
        hit_count = self.found.get(branch.account_id)
        if hit_count is not None:
            sizes[SEARCHED] = hit_count
        for item in self.criteria.annotations:
            number = self.annotated.get((branch.account_id, item))
            if number is not None:
                sizes[_annotated(item)] = number
        if self.stars:
            sizes[STARRED] = self.stars.number
        return sizes

    def driver(self, branch: Branch, sort: str) -> str | None:
        """Return what to collect and sort in the branch, or None to walk along the sort's index."""
        walk = self.walk(branch, sort)
        # As if every account were one: a superuser's list of everything has an index for some sorts only.
        rows = self._count(branch, walk or frozenset())
        shares = [self.tags.uses_in(branch.account_id, tag) for tag in self.criteria.tags]
        if self.words:
            shares.append(_share(self.found.get(branch.account_id), rows))
        shares += [
            _share(self.annotated.get((branch.account_id, item)), rows) for item in self.criteria.annotations
        ]
        if self.stars:
            shares.append(self.stars.number)
        matching = self.tallies.count([branch], self.criteria.plugin_class, self.criteria.readiness)
        return choose_driver(rows, matching, shares, self.drivers(branch), indexed=walk is not None)

    def unordered_driver(self, branch: Branch) -> tuple[str | None, int]:
        """Return the smallest set to go through when the order does not matter, and its size."""
        sizes = self.drivers(branch)
        if self.words:
            # Hits that were too many to be sorted, or not counted: at most all records of the account.
            sizes.setdefault(SEARCHED, self.tallies.count([Branch(branch.account_id)]))
        for item in self.criteria.annotations:
            sizes.setdefault(_annotated(item), self.tallies.count([Branch(branch.account_id)]))
        if not sizes:
            return None, self.tallies.count([branch])
        driver = min(sizes, key=lambda name: sizes[name])
        return driver, sizes[driver]

    def walk(self, branch: Branch, sort: str) -> frozenset[str] | None:
        """Return the columns that the index to walk along fixes; None when no index has the order."""
        fixed = self.fixed(branch)
        return next((columns for columns in _WALKS[sort] if columns <= fixed.keys()), None)

    def conditions(
        self, branch: Branch, served: frozenset[str], driver: str | None
    ) -> list[ColumnElement[bool]]:
        """Return what a row of the branch must fulfil, but for what the driver has seen to.

        Args:
            branch: the part of the data.
            served: the columns that the index is meant to serve; others are kept away from the planner.
            driver: what gives the ids, if anything.
        """
        found: list[ColumnElement[bool]] = [META.c.deleted_at.is_(None)]
        for name, value in self.fixed(branch).items():
            column = META.c[name] if name in served else unindexed(META.c[name])
            found.append(column == value)
        found.extend(matches(unchecked(self.words) if driver == SEARCHED else self.words, sqlite=self.sqlite))
        for tag in self.criteria.tags:
            if driver != _tagged(tag):
                carried = exists().where(
                    PLUGIN_TAGS.c.plugin_id == META.c.id, self.tags.is_tag(branch.account_id, tag)
                )
                found.append(carried.correlate(META))
        if self.criteria.untagged:
            found.append(~exists().where(PLUGIN_TAGS.c.plugin_id == META.c.id).correlate(META))
        found.extend(is_annotated(item) for item in self.criteria.annotations if driver != _annotated(item))
        if self.stars and driver != STARRED:
            found.append(is_starred(self.stars.profile_id))
        return found

    def ids(self, branch: Branch, driver: str | None) -> Select[Any] | None:
        """Return the select of the ids that the driver gives; None when it is an index of `plugin_meta` itself."""
        if driver == SEARCHED:
            return hits(branch.account_id, self.words, sqlite=self.sqlite)
        if driver == STARRED and self.stars:
            return starred_ids(self.stars.profile_id)
        for item in self.criteria.annotations:
            if driver == _annotated(item):
                return annotated_ids(branch.account_id, item)
        tag = next((tag for tag in self.criteria.tags if driver == _tagged(tag)), None)
        return None if tag is None else self.tags.plugin_ids(branch.account_id, tag)

    def _count(self, branch: Branch, columns: frozenset[str]) -> int:
        part = Branch(branch.account_id, branch.profile_id if OWNER in columns else None)
        if self.tags.everywhere and OWNER not in columns:
            part = Branch(None)  # How many each account has is not known; at most all.
        return self.tallies.count(
            [part],
            self.criteria.plugin_class if CLASS in columns else "",
            self.criteria.readiness if READY in columns else "",
        )


def _share(number: int | None, rows: int) -> int:
    """Return how many rows match a filter; where they were too many to be counted, one in a hundred at least."""
    return max(1, rows // 100) if number is None else number


def select_page(
    reading: Reading,
    columns: Sequence[ColumnElement[Any]],
    sort: str,
    *,
    descending: bool,
    beyond: Sequence[Any] = (),
    limit: int,
) -> Select[Any] | CompoundSelect[Any] | None:
    """Return the select of the first rows in sort order, or None when there can be none.

    Args:
        reading: the list.
        columns: what to bring back, over `plugin_meta`; the values of the row's place follow them.
        sort: a key of SORTS.
        descending: whether the order is reversed.
        beyond: the place after which to start: the values of the sort's columns and the id.
        limit: how many rows.
    """
    arms = [
        arm
        for branch in reading.possible()
        for arm in _arms(reading, branch, columns, sort, descending, beyond)
    ]
    if not arms:
        return None
    if len(arms) == 1:
        return _in_order(arms[0], descending, limit)
    if reading.sqlite:
        # It merges arms that are in order already, row by row, and stops at the limit.
        return _in_order(union_all(*arms), descending, limit)
    parts = [select(_in_order(arm, descending, limit).subquery()) for arm in arms]
    return _in_order(union_all(*parts), descending, limit)


Statement = TypeVar("Statement", Select[Any], CompoundSelect[Any])


def _in_order(statement: Statement, descending: bool, limit: int) -> Statement:
    # The expressions and not their labels, so that a column that no index may serve stays so. What is the same in all
    # rows of an arm is no part of its order.
    labels = [column for name, column in statement.selected_columns.items() if name.startswith(PLACE)]
    keys = [label.element if isinstance(label, Label) else label for label in labels]
    order = [key for key in keys if not isinstance(key, BindParameter)]
    return statement.order_by(*(key.desc() if descending else key for key in order)).limit(limit)


def _arms(
    reading: Reading,
    branch: Branch,
    columns: Sequence[ColumnElement[Any]],
    sort: str,
    descending: bool,
    beyond: Sequence[Any],
) -> list[Select[Any]]:
    """Return the selects whose rows together are those of the branch beyond the place; each can be had in order."""
    driver = reading.driver(branch, sort)
    served = (reading.walk(branch, sort) or frozenset()) if driver is None else _SETS.get(driver, frozenset())
    names = (*SORTS[sort], "id")
    constants = reading.constants(branch)
    keys = [_key(name, constants, indexed=driver is None) for name in names]
    placed = [key.label(f"{PLACE}{number}") for number, key in enumerate(keys)]
    statement = select(*columns, *placed).where(*reading.conditions(branch, served, driver))
    ids = reading.ids(branch, driver)
    if ids is not None:
        statement = statement.where(among(ids, sqlite=reading.sqlite))
    if not beyond:
        return [statement]
    place = dict(zip(names, beyond, strict=True))
    moving = [name for name in names if name not in constants]
    if reading.sqlite and driver is None and moving[0] in _TIED and len(moving) == 2:
        # SQLite seeks by the first column of a pair that ends with the row id: rows that tie are an arm of their own.
        first, last = (_passed(name, place, descending) for name in moving)
        same = META.c[moving[0]] == literal(place[moving[0]], META.c[moving[0]].type)
        return [statement.where(same, last), statement.where(first)]
    return [statement.where(_is_beyond(moving, place, constants, descending))]


def _key(name: str, constants: Mapping[str, str], *, indexed: bool) -> ColumnElement[Any]:
    if name in constants:
        return literal(constants[name], META.c[name].type)
    return META.c[name] if indexed else unindexed(META.c[name])


def _passed(name: str, place: Mapping[str, Any], descending: bool) -> ColumnElement[bool]:
    value = literal(place[name], META.c[name].type)
    return META.c[name] < value if descending else META.c[name] > value


def _is_beyond(
    names: Sequence[str], place: Mapping[str, Any], constants: Mapping[str, str], descending: bool
) -> ColumnElement[bool]:
    """Return the condition that a row stands after a place; `names` are the sort columns that are not constant."""
    for name, value in constants.items():
        # A sort column that is constant here comes first in its sort: it decides, unless the place has the same value.
        if name in place and place[name] != value:
            return true() if (value > place[name]) != descending else false()
    columns = tuple_(*(META.c[name] for name in names))
    values = tuple_(*(literal(place[name], META.c[name].type) for name in names))
    return columns < values if descending else columns > values


def select_some(
    reading: Reading, columns: Sequence[ColumnElement[Any]], limit: int
) -> CompoundSelect[Any] | None:
    """Return the select of at most `limit` matches of each branch in no order, or None when there can be none.

    It streams: the smallest driver is walked until there are enough, at most UNORDERED_MAX of its rows.
    """
    parts = []
    for branch in reading.possible():
        driver, _ = reading.unordered_driver(branch)
        served = _SETS.get(driver or "", frozenset({ACCOUNT} if driver is None else ()))
        statement = select(*columns).where(*reading.conditions(branch, served, driver)).limit(limit)
        ids = reading.ids(branch, driver)
        if ids is not None:
            chosen = ids.limit(UNORDERED_MAX).subquery()
            statement = statement.select_from(chosen.join(META, META.c.id == chosen.c.plugin_id))
        parts.append(select(statement.subquery()))
    return union_all(*parts) if parts else None
