"""Limits on attempts to sign in, shared by all workers: on the cache server if there is one, else in the database."""

from __future__ import annotations

import hashlib
import hmac
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import TypeVar

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webapp.accounts.models import RateLimit
from webapp.caching.setup import cache_config
from webapp.caching.store import Breaker
from webapp.core.clock import utcnow
from webapp.core.text import fold
from webapp.db.columns import UtcDateTime
from webapp.db.session import current_session, transaction

WINDOW_MINUTES = 15
PER_PERSON = RateLimitItemPerMinute(10, WINDOW_MINUTES)
PER_ADDRESS = RateLimitItemPerMinute(50, WINDOW_MINUTES)
# From everywhere together: many addresses guess one password no faster than this. A person who is kept out by such an
# attack waits for the rest of a window at most.
PER_USERNAME = RateLimitItemPerMinute(100, WINDOW_MINUTES)

T = TypeVar("T")

# One statement, so that parallel attempts on several workers are all counted.
_COUNT = text(
    "INSERT INTO rate_limits (key, hits, expires_at) VALUES (:key, :amount, :expires_at) "
    "ON CONFLICT (key) DO UPDATE SET "
    "hits = CASE WHEN rate_limits.expires_at <= :now THEN excluded.hits "
    "ELSE rate_limits.hits + excluded.hits END, "
    "expires_at = CASE WHEN rate_limits.expires_at <= :now THEN excluded.expires_at "
    "ELSE rate_limits.expires_at END RETURNING hits"
).bindparams(bindparam("expires_at", type_=UtcDateTime), bindparam("now", type_=UtcDateTime))


class DatabaseStorage(Storage):
    """Counters of the `limits` library as rows, for installations without a cache server."""

    STORAGE_SCHEME = None

    @property
    def base_exceptions(self) -> type[Exception]:
        """Return what the library wraps when it is told to."""
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to the counter, which begins anew when its window is over; return its value."""
        now = utcnow()
        values = {
            "key": key,
            "amount": amount,
            "now": now,
            "expires_at": datetime.fromtimestamp(now.timestamp() + expiry, UTC),
        }
        with transaction() as session:
            return int(session.execute(_COUNT, values).scalar_one())

    def get(self, key: str) -> int:
        """Return the counter; 0 when its window is over."""
        now = utcnow()
        hits = current_session().scalar(
            select(RateLimit.hits).where(RateLimit.key == key, RateLimit.expires_at > now)
        )
        return hits or 0

    def get_expiry(self, key: str) -> float:
        """Return when the window of the counter ends, in seconds of the epoch; now when there is none."""
        moment = current_session().scalar(select(RateLimit.expires_at).where(RateLimit.key == key))
        return (moment or utcnow()).timestamp()

    def check(self) -> bool:
        """Tell that the storage works; when the database does not, nothing else does either."""
        return True

    def reset(self) -> int:
        """Remove all counters; return how many there were."""
        with transaction() as session:
            removed = session.execute(delete(RateLimit).returning(RateLimit.key)).all()
        return len(removed)

    def clear(self, key: str) -> None:
        """Remove one counter."""
        with transaction() as session:
            session.execute(delete(RateLimit).where(RateLimit.key == key))


class Throttle:
    """Counts attempts for a username from an address, for the address alone and for the username from everywhere."""

    def __init__(self, secret_key: str, cache_url: str = "") -> None:
        """Choose where to count.

        Args:
            secret_key: makes the keys of this installation unreadable and unlike those of another one.
            cache_url: the cache server; while it fails, the database counts.
        """
        self._secret = secret_key.encode()
        self._database = FixedWindowRateLimiter(DatabaseStorage())
        self._shared: FixedWindowRateLimiter | None = None
        self._breaker = Breaker()
        if cache_url:
            config = cache_config(cache_url)
            storage = RedisStorage(config["CACHE_REDIS_URL"], **config["CACHE_OPTIONS"])
            self._shared = FixedWindowRateLimiter(storage)

    def count(self, username: str, address: str) -> int:
        """Count an attempt before it is judged; return 0, or the seconds to wait when there were too many.

        Counting first means that a burst of parallel guesses cannot slip through between check and count.
        """
        keys = self._keys(username, address)

        def count(limiter: FixedWindowRateLimiter) -> int:
            # A full counter is only read: a flood of guesses does not become a flood of writes.
            spent = [key for key in keys if not limiter.test(*key)]
            spent = spent or [key for key in keys if not limiter.hit(*key)]
            ends = [limiter.storage.get_expiry(item.key_for(name)) for item, name in spent]
            return max((max(1, math.ceil(end - time.time())) for end in ends), default=0)

        return self._with_limiter(count)

    def forgive(self, username: str, address: str) -> None:
        """Take back an attempt that was right: the person starts anew, the address keeps its other attempts."""
        person, place, everywhere = self._keys(username, address)

        def forgive(limiter: FixedWindowRateLimiter) -> None:
            limiter.clear(*person)
            limiter.hit(*place, cost=-1)
            limiter.hit(*everywhere, cost=-1)

        self._with_limiter(forgive)

    def _with_limiter(self, action: Callable[[FixedWindowRateLimiter], T]) -> T:
        if self._shared is not None and not self._breaker.is_open:
            try:
                return action(self._shared)
            except Exception as error:
                # Whatever a backend raises, the database counts instead: never nobody.
                self._breaker.trip(error)
        return action(self._database)

    def _keys(self, username: str, address: str) -> tuple[tuple[RateLimitItem, str], ...]:
        place = network_of(address)
        return (
            (PER_PERSON, self._digest("person", fold(username), place)),
            (PER_ADDRESS, self._digest("address", place)),
            (PER_USERNAME, self._digest("username", fold(username))),
        )

    def _digest(self, *parts: str) -> str:
        # People type their password into the wrong field: what was typed must not be readable in a table.
        message = "\0".join(parts).encode("utf-8", "surrogatepass")
        return f"sign-in-{hmac.new(self._secret, message, hashlib.sha256).hexdigest()}"


def network_of(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 network that one IPv6 household has."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(IPv6Network((int(found), 64), strict=False))


def forget_expired_counters(session: Session) -> None:
    """Remove counters whose window is over, inside the caller's transaction."""
    session.execute(delete(RateLimit).where(RateLimit.expires_at <= utcnow()))
