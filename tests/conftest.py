"""What every test gets: no network, repeatable hypothesis, one folder per run, settings of a test installation."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.databases import RUN_DIR, Databases, new_run_dir, remove_abandoned_runs, remove_run
from tests.factories import settings_for
from webapp.caching import store
from webapp.config import Settings

hypothesis.settings.register_profile(
    "plugdeck",
    deadline=None,  # The machine is shared: a slow example is no failure.
    max_examples=int(os.environ.get("PLUGDECK_TEST_EXAMPLES", "60")),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    print_blob=True,
    database=None,
)
hypothesis.settings.load_profile("plugdeck")

MARKERS = (
    "sqlite_only: needs what only SQLite does",
    "postgresql_only: needs what only PostgreSQL does",
    "linguistic: runs on a PostgreSQL too that sorts as people do",
    "both: opens pages, and does so on both databases in any case",
)


def pytest_configure(config: pytest.Config) -> None:
    """Block the network and, once per run, make the folder that the workers share."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    if not hasattr(config, "workerinput"):
        remove_abandoned_runs()
        os.environ[RUN_DIR] = str(new_run_dir())
        # Stopped from outside, the run still takes its servers down.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    _block_network()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder of the run, and a server that a crashed worker left behind."""
    if not hasattr(config, "workerinput") and RUN_DIR in os.environ:
        remove_run(Path(os.environ.pop(RUN_DIR)))


def _block_network() -> None:
    """Let tests reach this machine only."""
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def is_here(host: str) -> bool:
        try:
            return host == "localhost" or ip_address(host).is_loopback
        except ValueError:
            return False

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_here(str(address[0])):
            raise RuntimeError(f"A test tried to reach {address[0]}. Tests use this machine only.")
        connect(self, address)

    def guarded_resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and not is_here(name) and name != socket.gethostname():
            raise RuntimeError(f"A test tried to look up {name}. Tests use this machine only.")
        return resolve(host, *args, **kwargs)

    socket.socket.connect = guarded_connect  # type: ignore[method-assign, assignment]
    socket.getaddrinfo = guarded_resolve


@pytest.fixture(scope="session")
def databases(worker_id: str) -> Iterator[Databases]:
    """Return the maker of empty, migrated databases."""
    maker = Databases(Path(os.environ[RUN_DIR]), worker_id)
    yield maker
    maker.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of a test installation on an (empty) SQLite file."""
    return settings_for(tmp_path, f"sqlite:///{tmp_path / 'plugdeck.db'}")


@pytest.fixture(autouse=True)
def _closed_breaker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start each test with a cache that is asked."""
    monkeypatch.setattr(store, "breaker", store.Breaker())
