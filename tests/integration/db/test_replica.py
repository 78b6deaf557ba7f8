"""Pages that read from a streaming replica are never older than what was acknowledged before they were asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import event

from tests import factories
from tests.databases import Database, Databases
from tests.factories import Person, plugin_values, viewer_of
from tests.pages import PageClient, sign_in
from tests.replicas import Replica, streaming_replica
from webapp.core.breaker import CircuitBreaker
from webapp.db import replica as replica_module
from webapp.extensions import REPLICA, cache, db
from webapp.plugins import service

pytestmark = pytest.mark.postgresql_only


@pytest.fixture(scope="module")
def replica(databases: Databases) -> Iterator[Replica]:
    """Run a replica of the server that has the databases of all tests."""
    with databases.create("postgresql") as first, streaming_replica(first) as running:
        yield running


@pytest.fixture
def reading(
    replica: Replica, database: Database, make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """Return an application with the replica, which has its database."""
    monkeypatch.setattr(replica_module, "breaker", CircuitBreaker("replica"))
    replica.catch_up()
    app = make_app(replica_url=replica.url_of(database))
    with app.app_context():
        yield app
        replica.go_on()
        db.session.remove()
        db.engines[REPLICA].dispose()


@pytest.fixture
def sent(reading: Flask) -> list[str]:
    """Note the statements that the replica gets."""
    found: list[str] = []
    event.listen(db.engines[REPLICA], "before_cursor_execute", lambda *values: found.append(values[2]))
    return found


@pytest.fixture
def ann(reading: Flask) -> Person:
    """Return somebody with a plugin."""
    person = factories.person()
    factories.plugin(person, plugin_values("toffee"))
    return person


@pytest.fixture
def inside(reading: Flask, ann: Person, replica: Replica) -> PageClient:
    """Return a client of hers, when the replica has everything."""
    client = reading.test_client()
    sign_in(client, ann)
    replica.catch_up()
    return client  # type: ignore[return-value]  # the class that tests.apps gives to applications


def test_pages_read_from_a_replica_that_has_everything(
    inside: PageClient, sent: list[str], replica: Replica
) -> None:
    for path in ("/plugins/", "/tags/", "/overview/"):
        cache.clear()
        sent.clear()
        assert inside.get(path).status_code == 200
        assert len(sent) > 1, path
    assert "toffee" in inside.get("/plugins/").text


def test_a_replica_that_lags_is_not_read(
    inside: PageClient, sent: list[str], ann: Person, replica: Replica
) -> None:
    replica.pause()
    saved = factories.plugin(ann, plugin_values("sherbet"))
    page = inside.get("/plugins/").text
    assert "sherbet" in page
    assert len(sent) == 1, "it was asked how far it is, and no more"
    service.star_plugin(viewer_of(ann), saved.id)
    assert 'aria-pressed="true"' in inside.get("/plugins/").text
    replica.go_on()
    cache.clear()
    sent.clear()
    assert "sherbet" in inside.get("/plugins/").text
    assert len(sent) > 1


def test_a_replica_that_is_gone_costs_no_page(
    inside: PageClient, sent: list[str], ann: Person, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1.0]
    monkeypatch.setattr(replica_module, "breaker", CircuitBreaker("replica", 5, clock=lambda: now[0]))
    replica.stop()
    for name in ("sherbet", "nougat"):
        factories.plugin(ann, plugin_values(name))
        assert name in inside.get("/plugins/").text
    replica.start()
    cache.clear()
    inside.get("/plugins/")
    assert not sent, "it is left alone for a while"
    now[0] += 5
    cache.clear()
    sent.clear()
    assert "nougat" in inside.get("/plugins/").text
    assert len(sent) > 1


def test_what_is_written_is_written_on_the_primary(
    inside: PageClient, ann: Person, replica: Replica, sent: list[str]
) -> None:
    inside.get("/plugins/")
    replica.pause()
    answer = inside.post("/plugins/star", data={"star": factories.plugin(ann).locator})
    assert answer.status_code == 303
    assert not [text for text in sent if not text.lstrip().upper().startswith("SELECT")]


def test_a_superuser_who_reads_all_accounts_reads_the_primary(
    reading: Flask, ann: Person, sent: list[str]
) -> None:
    client = reading.test_client()
    sign_in(client, factories.person(role="superuser"))  # type: ignore[arg-type]  # as above
    assert "toffee" in client.get("/plugins/?scope=all").text
    assert not sent
