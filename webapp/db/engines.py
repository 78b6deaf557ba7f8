"""How connections to the database are made: how many, and how long anything may take."""

from __future__ import annotations

from typing import Any

from webapp.config import Settings

CONNECT_SECONDS = 5
POOL_SECONDS = 5
LOCK_SECONDS = 10
STATEMENT_SECONDS = 60
IDLE_TRANSACTION_SECONDS = 120
RECYCLE_SECONDS = 1_800
POOL_SIZE = 3
"""Of a process: it answers one request at a time, has a thread of jobs, and notes now and then who was seen."""


def engine_options(settings: Settings) -> dict[str, Any]:
    """Return what SQLAlchemy makes engines with.

    An error that is logged names no values: they may be anybody's texts.
    """
    if settings.is_sqlite:
        return {"hide_parameters": True, "pool_timeout": POOL_SECONDS, "connect_args": {"timeout": 30}}
    return {
        "hide_parameters": True,
        # A connection that broke while it lay in the pool is replaced, not handed out.
        "pool_pre_ping": True,
        "pool_size": POOL_SIZE,
        "max_overflow": POOL_SIZE,
        "pool_timeout": POOL_SECONDS,
        "pool_recycle": RECYCLE_SECONDS,
        "connect_args": {
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "plugdeck",
            # A peer that is gone without a word is noticed after about a minute.
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "options": _limits(settings),
        },
    }


def _limits(settings: Settings) -> str:
    """Return the time limits of a connection: commands (migrations, backups) wait for locks but have all the time."""
    if not settings.serving:
        return ""
    limits = {
        "lock_timeout": LOCK_SECONDS,
        "statement_timeout": STATEMENT_SECONDS,
        "idle_in_transaction_session_timeout": IDLE_TRANSACTION_SECONDS,
    }
    return " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items())
