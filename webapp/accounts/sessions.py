"""Login sessions: rows that a signed cookie points to, so that ending one ends every copy of its cookie."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import structlog
from sqlalchemy import Connection, Engine, delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from webapp.accounts.models import LoginSession, UserProfile
from webapp.core.clock import utcnow
from webapp.db.session import BUSY_TIMEOUT_MS

IDLE = dt.timedelta(hours=12)
ABSOLUTE = dt.timedelta(days=14)
SEEN_EVERY = dt.timedelta(minutes=5)
USER_AGENT_MAX = 300
# Noting that somebody was here is worth a moment's wait, not a slow page.
PATIENCE_MS = 50

log = structlog.get_logger(__name__)


def new_token() -> str:
    """Return a random 256-bit id for a cookie."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Return what the database keeps of a token; the token itself has too much entropy to be guessed from it."""
    return hashlib.sha256(token.encode()).hexdigest()


def session_key(token_hash: str) -> str:
    """Return what stands for a login session on its owner's page: neither its id nor anything that signs in."""
    return hashlib.sha256(f"session {token_hash}".encode()).hexdigest()[:24]


def start_session(
    session: Session,
    profile: UserProfile,
    user_agent: str = "",
    *,
    since: tuple[dt.datetime, dt.datetime] | None = None,
) -> str:
    """Add a login session for a profile inside the caller's transaction and return the token for the cookie.

    Args:
        session: of the transaction.
        profile: whom it lets in, and where.
        user_agent: what the browser calls itself.
        since: when the person has proved who they are, and until when that holds; now when not given.
    """
    token = new_token()
    now = utcnow()
    signed_in_at, expires_at = since or (now, now + ABSOLUTE)
    profile.last_seen_at = now
    session.add(
        LoginSession(
            token_hash=hash_token(token),
            user_id=profile.user_id,
            user_profile_id=profile.id,
            account_id=profile.account_id,
            created_at=signed_in_at,
            last_seen_at=now,
            expires_at=expires_at,
            user_agent=user_agent.replace("\0", "")[:USER_AGENT_MAX],
        )
    )
    session.flush()
    return token


def end_session(session: Session, login_session_id: int) -> None:
    """End one login session inside the caller's transaction; one that is already gone is fine."""
    session.execute(delete(LoginSession).where(LoginSession.id == login_session_id))


def end_sessions_of(session: Session, user_id: int) -> None:
    """End every login session of a person inside the caller's transaction."""
    session.execute(delete(LoginSession).where(LoginSession.user_id == user_id))


def end_sessions_in(session: Session, profile_id: int) -> None:
    """End every login session of a profile inside the caller's transaction; other accounts keep theirs."""
    session.execute(delete(LoginSession).where(LoginSession.user_profile_id == profile_id))


def end_expired_sessions(session: Session) -> None:
    """Remove the rows that no longer let anybody in, inside the caller's transaction."""
    now = utcnow()
    session.execute(
        delete(LoginSession).where(
            (LoginSession.expires_at <= now) | (LoginSession.last_seen_at <= now - IDLE)
        )
    )


def note_seen(engine: Engine, login_session_id: int, now: dt.datetime) -> bool:
    """Write when a session was last used, at most every `SEEN_EVERY`, in a transaction of its own.

    A busy database is not waited for and never an error: the next request tries again.

    Returns:
        Whether the database was written to or had nothing to write.
    """
    statement = (
        update(LoginSession)
        .where(LoginSession.id == login_session_id, LoginSession.last_seen_at <= now - SEEN_EVERY)
        .values(last_seen_at=now)
    )
    profile = select(LoginSession.user_profile_id).where(LoginSession.id == login_session_id)
    of_profile = (
        update(UserProfile).where(UserProfile.id == profile.scalar_subquery()).values(last_seen_at=now)
    )
    try:
        with engine.connect() as connection, _impatient(connection), connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SET LOCAL lock_timeout = {PATIENCE_MS}"))
            if connection.execute(statement).rowcount:
                # Sessions end; the people's page still says when somebody was last here.
                connection.execute(of_profile)
    except DBAPIError as error:
        log.info("last_seen_not_written", error=type(error.orig).__name__)
        return False
    return True


@contextmanager
def _impatient(connection: Connection) -> Iterator[None]:
    """Let a SQLite connection wait for the lock only for a moment."""
    if connection.dialect.name != "sqlite":
        yield
        return
    # Outside of SQLAlchemy, which would begin a transaction first.
    raw = cast(sqlite3.Connection, connection.connection.driver_connection)
    raw.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
