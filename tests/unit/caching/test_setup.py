"""One setting chooses the cache."""

from __future__ import annotations

import pytest

from webapp.caching.setup import cache_config


def test_without_a_setting_the_cache_is_in_the_process_and_bounded() -> None:
    config = cache_config("")
    assert config["CACHE_TYPE"] == "SimpleCache"
    assert config["CACHE_THRESHOLD"] > 0


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("valkey://cache.example:6379/1", "redis://cache.example:6379/1"),
        ("valkeys://cache.example", "rediss://cache.example"),
        ("redis://cache.example", "redis://cache.example"),
        ("rediss://cache.example", "rediss://cache.example"),
    ],
)
def test_valkey_and_redis_are_the_same_protocol(given: str, used: str) -> None:
    assert cache_config(given)["CACHE_REDIS_URL"] == used


def test_a_server_that_hangs_costs_a_moment_only() -> None:
    options = cache_config("valkey://cache.example")["CACHE_OPTIONS"]
    assert 0 < options["socket_timeout"] <= 0.5
    assert 0 < options["socket_connect_timeout"] <= 0.5
