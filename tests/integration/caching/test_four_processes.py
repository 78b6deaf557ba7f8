"""A writer and four server processes: no read is older than what had been acknowledged before it began.

The suite does a few hundred reads, `make soak` ten thousand, on SQLite with the cache of each process and on PostgreSQL
with Valkey.
"""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import Database
from tests.servers import HttpBrowser, RunningServer, cache_server, running_servers
from webapp.plugins.service import Saved, update_plugin

PROCESSES = 4
THREADS_EACH = 2
VERSION = re.compile(r'title="1\.0\.(\d+)"')
# The pages that show the version, whole and as what htmx asks for, of the record and of several lists.
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
PAUSE_SECONDS = 0.01


@pytest.fixture
def servers(database: Database, tmp_path: Path) -> Iterator[tuple[RunningServer, ...]]:
    """Return four servers of one process each, on PostgreSQL with a shared cache."""
    with ExitStack() as stack:
        settings = {}
        if database.kind == "postgresql":
            valkey = stack.enter_context(cache_server())
            settings["cache_url"] = f"valkey://127.0.0.1:{valkey.port}"
        yield stack.enter_context(running_servers(tmp_path, database.url, count=PROCESSES, **settings))


@dataclass
class Race:
    """What the writer has published and what the readers have found."""

    acknowledged: int = 0
    reads: int = 0
    unchanged: int = 0
    stale: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Reader:
    """One connection to one server that is kept open, as a browser's is; lists are asked for with their tag."""

    server: RunningServer
    cookies: dict[str, str]
    paths: tuple[tuple[str, dict[str, str]], ...]
    race: Race

    def run(self, wanted: int) -> None:
        """Read until all readers together have read `wanted` times."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        seen: dict[int, tuple[str, int]] = {}
        try:
            while not self.race.done.is_set():
                for number, (path, headers) in enumerate(self.paths):
                    self._read(connection, number, path, dict(headers), seen)
                with self.race.lock:
                    self.race.reads += len(self.paths)
                    if self.race.reads >= wanted:
                        self.race.done.set()
        except Exception as error:  # Told by the test, which a thread cannot fail.
            self.race.failures.append(repr(error))
            self.race.done.set()
        finally:
            connection.close()

    def _read(
        self,
        connection: http.client.HTTPConnection,
        number: int,
        path: str,
        headers: dict[str, str],
        seen: dict[int, tuple[str, int]],
    ) -> None:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if number in seen:
            headers["If-None-Match"] = seen[number][0]
        floor = self.race.acknowledged
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status == 304:
            self.race.unchanged += 1
            shown = seen[number][1]
        else:
            match = VERSION.search(text)
            assert answer.status == 200, f"{answer.status} {path}"
            assert match, f"no version in {path}"
            shown = int(match[1])
            if tag := answer.getheader("ETag"):
                seen[number] = (tag, shown)
        if shown < floor:
            self.race.stale.append(f"{self.server.port}{path}: {shown} after {floor}")


def race(servers: tuple[RunningServer, ...], owner: factories.Person, saved: Saved, reads: int) -> Race:
    """Write in this process and read on the others at the same time."""
    browser = HttpBrowser(servers[0])
    browser.sign_in(owner)
    paths: tuple[tuple[str, dict[str, str]], ...] = (
        ("/plugins/", PARTIAL),
        (f"/plugins/{saved.locator}/", {}),
        ("/plugins/?q=gobstopper", {}),
        ("/plugins/?tag=sweets&sort=name&scope=all", PARTIAL),
    )
    found = Race()
    threads = [
        threading.Thread(target=Reader(server, browser.cookies, paths, found).run, args=(reads,))
        for server in servers
        for _ in range(THREADS_EACH)
    ]
    for thread in threads:
        thread.start()
    revision, viewer = 1, factories.viewer_of(owner)
    try:
        while not found.done.is_set():
            written = found.acknowledged + 1
            values = factories.plugin_values("gobstopper", version=f"1.0.{written}")
            revision = update_plugin(viewer, saved.id, revision, values).revision
            found.acknowledged = written
            time.sleep(PAUSE_SECONDS)
    finally:
        found.done.set()
        for thread in threads:
            thread.join()
    return found


def check(servers: tuple[RunningServer, ...], reads: int) -> None:
    owner = factories.person("ann")
    values = factories.plugin_values("gobstopper", version="1.0.0")
    found = race(servers, owner, factories.plugin(owner, values), reads)
    assert found.failures == []
    assert found.stale == []
    assert found.reads >= reads
    assert found.acknowledged >= reads / 200, "the writer hardly came to write"


def test_no_read_is_older_than_what_was_acknowledged_before_it(
    servers: tuple[RunningServer, ...], session: Session
) -> None:
    check(servers, 240)


@pytest.mark.soak
def test_no_read_of_ten_thousand_is_older_than_what_was_acknowledged_before_it(
    servers: tuple[RunningServer, ...], session: Session
) -> None:
    check(servers, 10_000)
