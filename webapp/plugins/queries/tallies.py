"""Exact counts per account, owner, class and readiness, from the tallies that every write keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import Select, Table, and_, bindparam, case, func, select
from sqlalchemy.orm import Session

from webapp.accounts.models import User, UserProfile
from webapp.plugins.models import PluginTally
from webapp.plugins.queries.criteria import Branch

TALLIES = cast(Table, PluginTally.__table__)
TOP_OWNERS = 12


class Cell(NamedTuple):
    """How many records have this account, owner, class and readiness; 0 stands for any account or owner."""

    account_id: int
    profile_id: int
    plugin_class: str
    readiness: str
    records: int


class Owner(NamedTuple):
    """Somebody who owns records."""

    profile_id: int
    account_id: int
    username: str
    username_key: str
    display_name: str


@dataclass(frozen=True)
class Tallies:
    """Counts of a set of records along the four kept dimensions, and who the owners are."""

    cells: tuple[Cell, ...]
    owners: Mapping[int, Owner]

    def count(self, branches: Iterable[Branch], plugin_class: str = "", readiness: str = "") -> int:
        """Return how many records lie in the branches and have the class and readiness, if given."""
        return sum(cell.records for cell in self._within(branches, plugin_class, readiness))

    def by_class(self, branches: Iterable[Branch], readiness: str = "") -> Counter[str]:
        """Return the count of each class."""
        return self._sums("plugin_class", branches, "", readiness)

    def by_readiness(self, branches: Iterable[Branch], plugin_class: str = "") -> Counter[str]:
        """Return the count of each readiness."""
        return self._sums("readiness", branches, plugin_class, "")

    def by_owner(
        self, branches: Iterable[Branch], plugin_class: str = "", readiness: str = ""
    ) -> Counter[str]:
        """Return the count of each owner by folded username, whatever accounts they own records in."""
        found: Counter[str] = Counter()
        for cell in self._within(branches, plugin_class, readiness):
            if owner := self.owners.get(cell.profile_id):
                found[owner.username_key] += cell.records
        return found

    def profiles_of(self, username_key: str) -> list[tuple[int, int]]:
        """Return account and profile of an owner; nothing for somebody who owns no record here."""
        return [
            (owner.account_id, owner.profile_id)
            for owner in self.owners.values()
            if owner.username_key == username_key
        ]

    def apart(self) -> list[tuple[int, int]]:
        """Return account and profile of the owner who is told apart in the counts of every account."""
        return sorted({(cell.account_id, cell.profile_id) for cell in self.cells if cell.profile_id})

    def owner_named(self, username_key: str) -> Owner | None:
        """Return the owner with this folded username."""
        return next((owner for owner in self.owners.values() if owner.username_key == username_key), None)

    def _sums(
        self, dimension: str, branches: Iterable[Branch], plugin_class: str, readiness: str
    ) -> Counter[str]:
        found: Counter[str] = Counter()
        for cell in self._within(branches, plugin_class, readiness):
            found[getattr(cell, dimension)] += cell.records
        return found

    def _within(self, branches: Iterable[Branch], plugin_class: str, readiness: str) -> list[Cell]:
        parts = frozenset((branch.account_id, branch.profile_id) for branch in branches)
        found = [
            cell
            for cell in self.cells
            if (not plugin_class or cell.plugin_class == plugin_class)
            and (not readiness or cell.readiness == readiness)
        ]
        if (None, None) in parts:
            return found
        return [
            cell
            for cell in found
            if (cell.account_id, None) in parts
            or (cell.account_id, cell.profile_id) in parts
            or (None, cell.profile_id) in parts
        ]


def load_tallies(session: Session, account_ids: Sequence[int]) -> Tallies:
    """Return the counts of some accounts, in one statement."""
    rows = session.execute(_tallies_of_accounts(), {"account_ids": list(account_ids)}).all()
    owners = {row[1]: Owner(row[1], row[0], row[5], row[6], row[7] or row[5]) for row in rows}
    return Tallies(tuple(Cell(*row[:5]) for row in rows), owners)


@cache
def _tallies_of_accounts() -> Select[Any]:
    return (
        select(
            TALLIES.c.account_id,
            TALLIES.c.user_profile_id,
            TALLIES.c.plugin_class,
            TALLIES.c.readiness,
            TALLIES.c.records,
            User.username,
            User.username_key,
            User.display_name,
        )
        .join(UserProfile, UserProfile.id == TALLIES.c.user_profile_id)
        .join(User, User.id == UserProfile.user_id)
        .where(TALLIES.c.account_id.in_(bindparam("account_ids", expanding=True)), TALLIES.c.records > 0)
    )


def load_all_tallies(session: Session, owner: str) -> Tallies:
    """Return the counts of every account, for a superuser, with one owner (by folded username) apart.

    Owners are not told apart otherwise, so that the answer stays small whatever the number of people.
    """
    is_owner = User.username_key == owner
    cells = (
        select(
            case((is_owner, TALLIES.c.account_id), else_=0).label("account_id"),
            case((is_owner, TALLIES.c.user_profile_id), else_=0).label("profile_id"),
            TALLIES.c.plugin_class,
            TALLIES.c.readiness,
            TALLIES.c.records,
        )
        .join(UserProfile, UserProfile.id == TALLIES.c.user_profile_id)
        .join(User, User.id == UserProfile.user_id)
        .where(TALLIES.c.records > 0)
        .subquery()
    )
    keys = (cells.c.account_id, cells.c.profile_id, cells.c.plugin_class, cells.c.readiness)
    rows = session.execute(select(*keys, func.sum(cells.c.records)).group_by(*keys)).all()
    return Tallies(tuple(Cell(*row[:4], int(row[4])) for row in rows), {})


def list_top_owners(session: Session, owner: str, plugin_class: str, readiness: str) -> dict[Owner, int]:
    """Return the people with most records in every account, and one more by folded username, for a superuser."""
    counted = case(
        (
            and_(
                TALLIES.c.plugin_class == plugin_class if plugin_class else TALLIES.c.records > 0,
                TALLIES.c.readiness == readiness if readiness else TALLIES.c.records > 0,
            ),
            TALLIES.c.records,
        ),
        else_=0,
    )
    records = func.sum(counted)
    rows = session.execute(
        select(
            func.min(TALLIES.c.user_profile_id),
            func.min(TALLIES.c.account_id),
            User.username,
            User.username_key,
            User.display_name,
            records,
        )
        .join(UserProfile, UserProfile.id == TALLIES.c.user_profile_id)
        .join(User, User.id == UserProfile.user_id)
        .group_by(User.id, User.username, User.username_key, User.display_name)
        .order_by((User.username_key == owner).desc(), records.desc(), User.username_key)
        .limit(TOP_OWNERS)
    ).all()
    return {Owner(row[0], row[1], row[2], row[3], row[4] or row[2]): int(row[5]) for row in rows}


def load_owners(session: Session, cells: Iterable[Cell]) -> dict[int, Owner]:
    """Return who owns most of the counted records, by profile."""
    records: Counter[int] = Counter()
    for cell in cells:
        records[cell.profile_id] += cell.records
    wanted = [profile_id for profile_id, _ in records.most_common(TOP_OWNERS)]
    rows = session.execute(
        select(UserProfile.id, UserProfile.account_id, User.username, User.username_key, User.display_name)
        .join(User, User.id == UserProfile.user_id)
        .where(UserProfile.id.in_(wanted))
    )
    return {row[0]: Owner(row[0], row[1], row[2], row[3], row[4] or row[2]) for row in rows}
