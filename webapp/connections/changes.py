"""Telling other domains that connections changed, without knowing them: they subscribe, the services publish.

What depends on a connection (whether a plugin is ready) lies above this domain, and has to change in the same
transaction. The composition root subscribes; a subscriber is called inside the writer's `transaction()`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session


@dataclass(frozen=True)
class ConnectionsChanged:
    """Connections of one account that were written, or whose secrets were."""

    account_id: int
    sql_names: frozenset[str] = frozenset()
    api_names: frozenset[str] = frozenset()


Subscriber = Callable[[Session, ConnectionsChanged], None]

_subscribers: list[Subscriber] = []


def subscribe(subscriber: Subscriber) -> None:
    """Call `subscriber` on every change from now on; a second subscription of the same one changes nothing."""
    if subscriber not in _subscribers:
        _subscribers.append(subscriber)


def publish(session: Session, change: ConnectionsChanged) -> None:
    """Call every subscriber, inside the transaction that made the change."""
    if change.sql_names or change.api_names:
        for subscriber in _subscribers:
            subscriber(session, change)
