"""Everybody writes through any of several processes at once: no update is lost, and no name is taken twice."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import Database
from tests.markup import form_fields
from tests.servers import HttpBrowser, RunningServer, cache_server, running_servers
from webapp.plugins.models import PluginMeta

pytestmark = pytest.mark.soak
WRITERS = 4


@pytest.fixture
def servers(database: Database, tmp_path: Path) -> Iterator[tuple[RunningServer, ...]]:
    """Return four processes on PostgreSQL with a shared cache, two on SQLite."""
    with ExitStack() as stack:
        settings, count = {}, 2
        if database.kind == "postgresql":
            valkey = stack.enter_context(cache_server())
            settings, count = {"cache_url": f"valkey://127.0.0.1:{valkey.port}"}, 4
        yield stack.enter_context(running_servers(tmp_path, database.url, count=count, **settings))


def _post(browsers: list[HttpBrowser], chance: random.Random, path: str, **changes: str) -> int:
    """Open a form on one process, send it to another and return the status."""
    page = chance.choice(browsers).get(path)
    assert page.status == 200, f"{page.status} {path}"
    fields = [pair for pair in form_fields(page.tree.one("form", id="edit-form")) if pair[0] not in changes]
    return chance.choice(browsers).post(path, [*fields, *changes.items()]).status


def check(servers: tuple[RunningServer, ...], session: Session, rounds: int) -> None:
    """Let each writer append its own words to one record, and all of them create the same names."""
    owner = factories.person("ann")
    saved = factories.plugin(owner, factories.plugin_values("sweets", description="Begun."))
    session.rollback()
    first = HttpBrowser(servers[0])
    first.sign_in(owner)
    path, gate = f"/plugins/{saved.locator}/edit", threading.Barrier(WRITERS)

    def write(number: int) -> int:
        chance = random.Random(number)  # the same order in each run
        browsers = [HttpBrowser(server, dict(first.cookies)) for server in servers]
        created = 0
        for turn in range(rounds):
            gate.wait(60)
            status = _post(browsers, chance, "/plugins/new", name=f"name_{turn}", description="Any.")
            assert status in (303, 409, 422), status
            created += status == 303
            word = f"w{number}x{turn}."
            for _ in range(100):
                page = chance.choice(browsers).get(path)
                fields = form_fields(page.tree.one("form", id="edit-form"))
                sent = [(key, f"{text} {word}" if key == "description" else text) for key, text in fields]
                status = chance.choice(browsers).post(path, sent).status
                if status == 303:
                    shown = chance.choice(browsers).get(path).text
                    assert word in shown, f"{word} is not there after it was acknowledged"
                    break
                assert status == 409, status
            else:
                raise AssertionError(f"{word} was refused a hundred times")
        return created

    with ThreadPoolExecutor(WRITERS) as pool:
        created = sum(pool.map(write, range(WRITERS)))
    assert created == rounds
    names = select(PluginMeta.name, func.count()).group_by(PluginMeta.name)
    assert {count for _, count in session.execute(names).all()} == {1}
    text = session.scalars(select(PluginMeta.description).where(PluginMeta.id == saved.id)).one()
    words = sorted(text.split()[1:])
    assert words == sorted(f"w{number}x{turn}." for number in range(WRITERS) for turn in range(rounds))


def test_writes_through_all_processes_lose_nothing(
    servers: tuple[RunningServer, ...], session: Session
) -> None:
    check(servers, session, 3)


def test_a_hundred_writes_of_each_lose_nothing(servers: tuple[RunningServer, ...], session: Session) -> None:
    check(servers, session, 25)
