"""What belongs to a profile in other domains, without knowing them: they register how to count it and hand it over.

Plugins and connections lie above this package, and have to change owner in the same transaction. The composition root
registers them; each is called inside the writer's `transaction()`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, func, select, true, update
from sqlalchemy.orm import Session

from webapp.core.clock import utcnow
from webapp.history import service as history
from webapp.history.service import Actor

OWNER = "owner"
"""What history says has changed, and under which key it says from whom to whom."""


@dataclass(frozen=True)
class Party:
    """One of the two people of a change of owner; `username_key` is what lists sort owners by."""

    profile_id: int
    username: str
    username_key: str
    name: str


@dataclass(frozen=True)
class HandOver:
    """Everything that one profile owns goes to another profile of the same account."""

    actor: Actor
    account_id: int
    giver: Party
    receiver: Party

    def to_snapshot(self) -> dict[str, dict[str, str]]:
        """Return what history keeps of it."""
        parties = {"from": self.giver, "to": self.receiver}
        return {key: {"username": party.username, "name": party.name} for key, party in parties.items()}


@dataclass(frozen=True)
class Kind:
    """One kind of thing that a profile can own.

    Args:
        one: the word for one of them, such as "plugin".
        many: the word for several.
        count: how many each of some profiles of an account owns; profiles without any may be left out.
        hand_over: gives all of them to another profile, with history, and returns how many they were.
        is_counted_in_lists: whether the list of people shows the number.
    """

    one: str
    many: str
    count: Callable[[Session, int, Collection[int]], Mapping[int, int]]
    hand_over: Callable[[Session, HandOver], int]
    is_counted_in_lists: bool = False


@dataclass(frozen=True)
class Amount:
    """How many things of one kind."""

    kind: Kind
    number: int

    @property
    def words(self) -> str:
        """Return "1 plugin" or "3,214 plugins"."""
        return f"{self.number:,} {self.kind.one if self.number == 1 else self.kind.many}"


_kinds: list[Kind] = []


def register(kind: Kind) -> None:
    """Ask about this kind from now on; a second registration of the same one changes nothing."""
    if kind not in _kinds:
        _kinds.append(kind)


def count_listed(session: Session, account_id: int, profile_ids: Collection[int]) -> dict[int, int]:
    """Return how many things that lists count each of the profiles owns."""
    found = dict.fromkeys(profile_ids, 0)
    for kind in _kinds:
        if kind.is_counted_in_lists and profile_ids:
            for profile_id, number in kind.count(session, account_id, profile_ids).items():
                found[profile_id] += number
    return found


def count_all(session: Session, account_id: int, profile_id: int) -> list[Amount]:
    """Return everything that a profile owns, kind by kind; kinds of which there is nothing are left out."""
    amounts = [
        Amount(kind, kind.count(session, account_id, [profile_id]).get(profile_id, 0)) for kind in _kinds
    ]
    return [amount for amount in amounts if amount.number]


def hand_over_all(session: Session, change: HandOver) -> list[Amount]:
    """Let everything change its owner inside the caller's transaction; return what it was."""
    amounts = [Amount(kind, kind.hand_over(session, change)) for kind in _kinds]
    return [amount for amount in amounts if amount.number]


def in_words(amounts: Collection[Amount]) -> str:
    """Return "31 plugins, 2 connections and 1 secret"; "nothing" when there is none."""
    words = [amount.words for amount in amounts]
    if len(words) < 2:
        return words[0] if words else "nothing"
    return f"{', '.join(words[:-1])} and {words[-1]}"


def count_records(
    session: Session,
    table: Table,
    account_id: int,
    profile_ids: Collection[int],
    only: ColumnElement[bool] | None = None,
) -> dict[int, int]:
    """Return how many rows of a table of owned records each profile has; for the `count` of a kind."""
    rows = session.execute(
        select(table.c.user_profile_id, func.count())
        .where(table.c.account_id == account_id, table.c.user_profile_id.in_(profile_ids), _all_or(only))
        .group_by(table.c.user_profile_id)
    )
    return {row[0]: row[1] for row in rows}


def move_records(
    session: Session,
    change: HandOver,
    table: Table,
    record_kind: str,
    only: ColumnElement[bool] | None = None,
    **columns: Any,
) -> int:
    """Give the rows of a table of owned records to the receiver, with a revision each; for the `hand_over` of a kind.

    Args:
        session: of the transaction.
        change: from whom to whom.
        table: with the columns of `ownership.Owned`.
        record_kind: what history calls the records.
        only: which of the giver's rows.
        columns: what else follows the owner.
    """
    owned = (table.c.account_id == change.account_id) & (table.c.user_profile_id == change.giver.profile_id)
    owned &= _all_or(only)
    # In one order for all writers, so that two of them never wait for each other.
    ids = session.scalars(select(table.c.id).where(owned).order_by(table.c.id).with_for_update()).all()
    if not ids:
        return 0
    history.record_for_all(
        session,
        change.actor,
        table=table,
        ids=ids,
        record_kind=record_kind,
        changed=[OWNER],
        more={OWNER: change.to_snapshot()},
    )
    session.execute(
        update(table)
        .where(owned)
        .values(
            user_profile_id=change.receiver.profile_id,
            revision=table.c.revision + 1,
            updated_at=utcnow(),
            **columns,
        )
    )
    return len(ids)


def _all_or(only: ColumnElement[bool] | None) -> ColumnElement[bool]:
    return true() if only is None else only
