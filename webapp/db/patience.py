"""How long PostgreSQL may take: connections to it, the pool, and limits that hold while somebody waits for a page."""

from __future__ import annotations

from typing import Any

import psycopg
from flask import has_request_context
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

CONNECT_SECONDS = 3
RECYCLE_SECONDS = 1_800
IDLE_SECONDS = 120
_LIMITS = "plugdeck_limits"
_NONE = (0, 0, 0)


def pool_options(size: int, overflow: int, wait_seconds: int) -> dict[str, Any]:
    """Return the engine options of PostgreSQL: connections are asked before use, and no wait is endless.

    Args:
        size: connections that a process keeps.
        overflow: how many more it opens for a moment.
        wait_seconds: how long a request waits for one; then it is answered with 503.
    """
    return {
        "pool_pre_ping": True,
        "pool_size": size,
        "max_overflow": overflow,
        "pool_timeout": wait_seconds,
        "pool_recycle": RECYCLE_SECONDS,
        "connect_args": {
            "application_name": "plugdeck",
            "connect_timeout": CONNECT_SECONDS,
            # A server that vanished without a word is noticed within half a minute.
            "keepalives": 1,
            "keepalives_idle": 15,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 30_000,
        },
    }


def limit_requests(engine: Engine, statement_seconds: int, lock_seconds: int) -> None:
    """Let PostgreSQL end what a request asks when it takes too long; jobs and commands have no limits.

    A process has one pool for both. What a connection is limited to is remembered beside it, so it costs a round
    trip only when a connection changes from one to the other. 0 is no limit.
    """
    if engine.dialect.name != "postgresql":
        return
    of_requests = (statement_seconds * 1_000, lock_seconds * 1_000, IDLE_SECONDS * 1_000)

    def set_limits(
        connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
    ) -> None:
        wanted = of_requests if has_request_context() else _NONE
        if record.info.get(_LIMITS, _NONE) == wanted:
            return
        try:
            _send(connection, wanted)
        except psycopg.OperationalError as error:
            raise DisconnectionError from error  # The pool tries again with a new one.
        record.info[_LIMITS] = wanted

    event.listen(engine, "checkout", set_limits)


def _send(connection: Any, limits: tuple[int, int, int]) -> None:
    # For the whole session, so not inside the transaction that the driver would begin and a rollback would undo.
    connection.autocommit = True
    try:
        connection.execute(
            "SELECT set_config('statement_timeout', %s, false), set_config('lock_timeout', %s, false),"
            " set_config('idle_in_transaction_session_timeout', %s, false)",
            [str(milliseconds) for milliseconds in limits],
        )
    finally:
        connection.autocommit = False
