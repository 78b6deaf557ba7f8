"""The clock: every moment inside the application is an aware datetime in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def utcnow() -> datetime:
    """Return this moment in UTC."""
    return datetime.now(UTC)


def as_utc(dt: datetime) -> datetime:
    """Return `dt` in UTC; a naive one is read as UTC, which is how SQLite gives it back.

    Raises TypeError when `dt` is not a datetime.
    """
    return _aware(dt).astimezone(UTC)


def elapsed_seconds(dt: datetime, since: datetime) -> int:
    """Return the whole seconds between two moments, whichever comes first; a part of a second is dropped.

    Raises TypeError when either is not a datetime.
    """
    return abs(_aware(dt) - _aware(since)) // timedelta(seconds=1)


def _aware(dt: object) -> datetime:
    # Called with what people pass to elapsed_since(), so the annotation alone does not protect it.
    if not isinstance(dt, datetime):
        raise TypeError(f"Expected a datetime, got {type(dt).__name__}.")
    return dt if dt.utcoffset() is not None else dt.replace(tzinfo=UTC)
