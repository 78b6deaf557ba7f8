"""Reads from a streaming replica, of pages whose state is known: never older than what the primary has just said.

The viewer's statement runs on the primary and tells the generations of every account in their reach. A replica replays
commits in their order, so one that shows the same generations has everything that was committed before them. A page
asks it for them first; when they are not there yet, or it does not answer, the page reads from the primary as ever
(ADR 0022).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm import Session

from webapp.core import meters
from webapp.core.breaker import CircuitBreaker
from webapp.extensions import READS_REPLICA, REPLICA, db

READS = meters.counter(
    "plugdeck_replica_pages_total", "Pages that asked the replica: read, behind, or away.", "result"
)


breaker = CircuitBreaker("replica")


def read_from_replica(session: Session, statement: str, values: dict[str, Any], expected: object) -> bool:
    """Let the reads of a session go to the replica from here on, when it is as far as the primary was.

    Args:
        session: of this request; it goes back to the primary by itself when it writes.
        statement: reads one row, or several, of what tells how far the data is.
        values: for the statement.
        expected: the rows as the primary has shown them, a list of tuples.
    """
    if REPLICA not in db.engines:
        return False
    if breaker.is_open:
        READS.inc("away")
        return False
    session.info[READS_REPLICA] = True
    try:
        found = [tuple(row) for row in session.execute(text(statement), values)]
    except (DBAPIError, PoolExhausted) as error:
        breaker.trip(error)
        READS.inc("away")
        read_from_primary(session)
        session.rollback()  # What was begun on the replica is over.
        return False
    if found != expected:
        READS.inc("behind")
        read_from_primary(session)
        return False
    READS.inc("read")
    return True


def read_from_primary(session: Session) -> None:
    """Let the reads of a session go to the primary."""
    session.info.pop(READS_REPLICA, None)
