"""How many statements a request sends, how long they take, and how many connections are in use."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, Engine, event

from webapp.core import meters
from webapp.core.meters import SPENT

STATEMENTS = meters.counter("plugdeck_sql_statements_total", "Statements sent to the database.")
STATEMENT_SECONDS = meters.counter(
    "plugdeck_sql_seconds_total", "Seconds that the database took to answer statements."
)
CONNECTIONS = meters.gauge(
    "plugdeck_sql_connections_in_use", "Connections that are taken out of the pools now."
)
_BEGAN = "plugdeck_statement_began"


def measure_engine(engine: Engine) -> None:
    """Count what an engine does from now on."""
    event.listen(engine, "before_cursor_execute", _begin)
    event.listen(engine, "after_cursor_execute", _end)
    event.listen(engine.pool, "checkout", lambda *_: CONNECTIONS.inc())
    event.listen(engine.pool, "checkin", lambda *_: CONNECTIONS.inc(by=-1))


def _begin(connection: Connection, *_: Any) -> None:
    connection.info[_BEGAN] = time.perf_counter()


def _end(connection: Connection, *_: Any) -> None:
    seconds = time.perf_counter() - connection.info[_BEGAN]
    SPENT.statements += 1
    SPENT.statement_seconds += seconds
    STATEMENTS.inc()
    STATEMENT_SECONDS.inc(by=seconds)
