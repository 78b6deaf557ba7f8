"""Cached reads: plain data under generation keys, and a breaker for a cache that is down.

There is no list of keys to purge: a write raises the generation of its account, so the next read on any worker asks
for another key. A broken or absent cache makes a page slower, never wrong.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from webapp.caching.generations import Generations
from webapp.core import meters
from webapp.core.breaker import BREAKER_SECONDS, CircuitBreaker
from webapp.core.meters import SPENT
from webapp.extensions import cache

CACHE_SECONDS = 60

READS = meters.counter(
    "plugdeck_cache_reads_total", "Reads of the cache: hit, miss, or skipped while it is away.", "result"
)
FAILURES = meters.counter(
    "plugdeck_cache_failures_total",
    "Times that the cache did not answer as it should; it is skipped for a while.",
)

T = TypeVar("T")


class Breaker(CircuitBreaker):
    """The breaker of the cache server, whose failures are counted."""

    def __init__(self, seconds: float = BREAKER_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        """Start closed: the cache is asked."""
        super().__init__("cache", seconds, clock)

    def trip(self, error: Exception) -> None:
        """Skip the cache for the next seconds."""
        FAILURES.inc()
        super().trip(error)


breaker = Breaker()


def cached(
    name: str,
    generations: Generations,
    parts: tuple[object, ...],
    load: Callable[[], T],
    *,
    seconds: int = CACHE_SECONDS,
    invalidate: bool = False,
) -> T:
    """Return what `load` gives, from the cache when the same was read at the same generations.

    Args:
        name: what is read, for example `plugins.list`.
        generations: of every account that the answer depends on.
        parts: whatever else the answer depends on, viewer's scope and query included; must have a stable `repr`.
        load: computes plain data (no ORM objects); called on a miss.
        seconds: how long an entry may live when no write ends it earlier.
        invalidate: compute and store anew whatever the cache holds.
    """
    key = _key(name, generations, parts)
    if not invalidate:
        held = _read(key)
        if held is not None:
            SPENT.hits += 1
            READS.inc("hit")
            return cast(T, held[0])
        SPENT.misses += 1
        READS.inc("skipped" if breaker.is_open else "miss")
    value = load()
    _write(key, (value,), seconds)  # Wrapped, so that a cached None differs from a miss.
    return value


def is_asked_again(name: str, generations: Generations, parts: tuple[object, ...]) -> bool:
    """Tell whether this was asked before at the same generations, and remember that it is asked now.

    What is asked for once is not worth what it takes to keep it.
    """
    key = _key(name, generations, parts)
    if _read(key) is not None:
        return True
    _write(key, (True,), CACHE_SECONDS)
    return False


def _key(name: str, generations: Generations, parts: tuple[object, ...]) -> str:
    digest = hashlib.sha256(repr((generations.token, parts)).encode()).hexdigest()
    return f"plugdeck:{name}:{digest}"


def _read(key: str) -> tuple[Any] | None:
    if breaker.is_open:
        return None
    try:
        held = cache.get(key)
    except Exception as error:  # Whatever a backend raises, the page is computed instead.
        breaker.trip(error)
        return None
    return held if isinstance(held, tuple) and len(held) == 1 else None


def _write(key: str, held: tuple[object], seconds: int) -> None:
    if breaker.is_open:
        return
    try:
        cache.set(key, held, timeout=seconds)
    except Exception as error:
        breaker.trip(error)
