"""PostgreSQL that ends connections, is full of locks or has none to give: one request fails at most, and says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from flask import Flask, Response
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import Database
from tests.factories import Person
from tests.integration.plugins.editing import NEW, send
from tests.pages import PageClient, sign_in
from webapp.db import engines
from webapp.extensions import cache, db

pytestmark = pytest.mark.postgresql_only


@pytest.fixture
def ann(session: Session) -> Person:
    """Return somebody with a plugin."""
    person = factories.person()
    factories.plugin(person)
    return person


@pytest.fixture
def other(database: Database) -> Iterator[psycopg.Connection]:
    """Return somebody else's connection to the same database."""
    with psycopg.connect(database.url.replace("+psycopg", "", 1)) as connection:
        yield connection


@pytest.fixture
def serving(
    make_app: Callable[..., Flask], session: Session, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """Return an application with the limits of a worker, only shorter."""
    monkeypatch.setattr(engines, "LOCK_SECONDS", 1)
    monkeypatch.setattr(engines, "POOL_SECONDS", 1)
    app = make_app(serving=True)
    with app.app_context():
        yield app
        db.session.remove()


def test_the_next_request_works_after_all_connections_were_ended(
    client: PageClient, ann: Person, other: psycopg.Connection
) -> None:
    sign_in(client, ann)
    client.page("/plugins/")
    db.session.remove()
    other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    other.commit()
    cache.clear()
    assert client.get("/plugins/").status_code == 200


def test_a_lock_that_others_hold_is_waited_for_and_then_told_with_what_was_typed(
    serving: Flask, ann: Person, other: psycopg.Connection
) -> None:
    client = serving.test_client()
    assert isinstance(client, PageClient)
    sign_in(client, ann)
    # As a migration that takes its time.
    other.execute("LOCK TABLE plugin_selectors IN ACCESS EXCLUSIVE MODE")
    fields = {"name": "sherbet", "description": "Typed with care", "static_data": "a: 1", "search_terms": "s"}
    answer = send(client, NEW, fields)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Typed with care" in answer.text
    assert "busy" in answer.text
    other.rollback()
    assert send(client, NEW, fields).status_code == 303


def test_no_connection_to_be_had_is_a_503_that_says_when_to_come_again(serving: Flask, ann: Person) -> None:
    client = serving.test_client()
    assert isinstance(client, PageClient)
    sign_in(client, ann)
    db.session.remove()
    taken = [db.engine.connect() for _ in range(2 * engines.POOL_SIZE)]
    try:
        answer = client.get("/plugins/", broken=True)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    finally:
        for connection in taken:
            connection.close()
    assert client.get("/plugins/").status_code == 200


def test_a_connection_that_ends_after_the_last_statement_costs_no_page(
    app: Flask, client: PageClient, ann: Person, other: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, ann)
    ended: list[int] = []

    def end_all(response: Response) -> Response:
        # Every statement of the page has run by now; what is left is to give the connection back.
        found = other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        ended.append(found.rowcount)
        other.commit()
        return response

    monkeypatch.setitem(app.after_request_funcs, None, [end_all, *app.after_request_funcs[None]])
    cache.clear()
    assert client.get("/plugins/").status_code == 200
    assert ended[0] > 0
