"""Letting other domains clear away what is over when somebody has signed in, without knowing them: they subscribe.

The composition root subscribes. Each subscriber is called inside a `transaction()` of its own and does a little at a
time, because a person waits for it.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from webapp.db.session import transaction

Subscriber = Callable[[Session], None]

_subscribers: list[Subscriber] = []


def subscribe(subscriber: Subscriber) -> None:
    """Call `subscriber` at every clean-up from now on; a second subscription of the same one changes nothing."""
    if subscriber not in _subscribers:
        _subscribers.append(subscriber)


def publish() -> None:
    """Call every subscriber."""
    for subscriber in _subscribers:
        with transaction() as session:
            subscriber(session)
