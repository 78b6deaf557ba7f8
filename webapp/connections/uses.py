"""Who uses a connection, without knowing them: domains above register what they say about their own records.

The composition root registers them. A connection that is used cannot be deleted, so the same answer stands on its page
and decides in the transaction that deletes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from webapp.connections.kinds import KindKey

SHOWN_MAX = 50
COUNTED_MAX = 1_000


@dataclass(frozen=True)
class Use:
    """A record that uses another one: what it is, its name and its locator."""

    noun: str
    name: str
    locator: str


@dataclass(frozen=True)
class Uses:
    """The first records that use one, and how many there are; past `COUNTED_MAX` nobody counts on."""

    shown: tuple[Use, ...] = ()
    total: int = 0

    @property
    def total_text(self) -> str:
        """Return the number as people read it: "31", "1,000+"."""
        return shown_count(self.total)

    @property
    def rest_text(self) -> str:
        """Return how many are not shown."""
        more = "+" if self.total > COUNTED_MAX else ""
        return f"{min(self.total, COUNTED_MAX) - len(self.shown):,}{more}"


def shown_count(number: int) -> str:
    """Return a number of users as people read it: "31", "1,000+"."""
    return f"{min(number, COUNTED_MAX):,}{'+' if number > COUNTED_MAX else ''}"


class Users(Protocol):
    """The records of one domain that may use connections; all of them belong to the connection's account."""

    def list_uses(self, session: Session, kind: KindKey, connection_id: int, limit: int) -> Sequence[Use]:
        """Return the first records that use a connection, by name."""

    def count_uses(
        self, session: Session, kind: KindKey, connection_ids: Collection[int], limit: int
    ) -> Mapping[int, int]:
        """Return how many records use each connection, at most `limit`; a connection without any may be left out."""

    def hold(self, session: Session, kind: KindKey, connection_id: int) -> None:
        """Keep records that point at a connection without using it (in the bin) from being used until the commit."""

    def let_go(self, session: Session, kind: KindKey, connection_id: int) -> None:
        """Let the records that point at a connection without using it keep its name only."""


_users: list[Users] = []


def register(users: Users) -> None:
    """Ask these users from now on; a second registration of the same ones changes nothing."""
    if users not in _users:
        _users.append(users)


def list_uses(session: Session, kind: KindKey, connection_id: int) -> Uses:
    """Return who uses a connection."""
    shown = [use for users in _users for use in users.list_uses(session, kind, connection_id, SHOWN_MAX)]
    total = len(shown)
    if total >= SHOWN_MAX:
        total = count_uses(session, kind, [connection_id])[connection_id]
    return Uses(tuple(shown[:SHOWN_MAX]), total)


def count_uses(session: Session, kind: KindKey, connection_ids: Collection[int]) -> dict[int, int]:
    """Return how many records use each connection; one more than `COUNTED_MAX` stands for any larger number."""
    found: Counter[int] = Counter(dict.fromkeys(connection_ids, 0))
    for users in _users if connection_ids else ():
        found.update(users.count_uses(session, kind, connection_ids, COUNTED_MAX + 1))
    return dict(found)


def hold(session: Session, kind: KindKey, connection_id: int) -> None:
    """Lock what only points at a connection, before the connection itself: writers of the users lock in this order."""
    for users in _users:
        users.hold(session, kind, connection_id)


def let_go(session: Session, kind: KindKey, connection_id: int) -> None:
    """Let what only points at a connection keep its name alone."""
    for users in _users:
        users.let_go(session, kind, connection_id)
