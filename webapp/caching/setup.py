"""Configuration of flask-caching from one setting."""

from __future__ import annotations

from typing import Any

SOCKET_TIMEOUT_SECONDS = 0.1
THRESHOLD = 4000


def cache_config(cache_url: str) -> dict[str, Any]:
    """Return flask-caching's configuration: in-process without a URL, else Valkey or Redis.

    An in-process cache is right with any number of workers, because a write changes the keys that all of them ask for.
    """
    if not cache_url:
        return {"CACHE_TYPE": "SimpleCache", "CACHE_THRESHOLD": THRESHOLD}
    url = cache_url.replace("valkeys://", "rediss://", 1).replace("valkey://", "redis://", 1)
    return {
        "CACHE_TYPE": "webapp.caching.signed.SignedRedisCache",
        "CACHE_REDIS_URL": url,
        "CACHE_OPTIONS": {
            "socket_timeout": SOCKET_TIMEOUT_SECONDS,
            "socket_connect_timeout": SOCKET_TIMEOUT_SECONDS,
        },
    }
