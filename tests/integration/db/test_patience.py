"""PostgreSQL that restarts, ends connections, is full of locks or out of connections: one 503 at most, then on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from tests import factories
from tests.databases import Database
from tests.factories import settings_for
from tests.integration.plugins.editing import FORM, edit_of
from tests.pages import PageClient, sign_in
from webapp.app import create_app
from webapp.db.session import current_session
from webapp.extensions import db

LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


@pytest.fixture
def hasty(database: Database) -> Iterator[Flask]:
    """Return an application that waits a second at most and has two connections."""
    if database.kind != "postgresql":
        pytest.skip("SQLite has a file, no server")
    settings = settings_for(database.instance_dir, database.url)
    limits = {
        "pool_size": 1,
        "pool_overflow": 1,
        "pool_seconds": 1,
        "statement_seconds": 2,
        "lock_seconds": 1,
    }
    app = create_app(settings, **limits)
    app.test_client_class = PageClient
    with app.app_context():
        yield app
        current_session().rollback()
        db.engine.dispose()


def _limits(app: Flask) -> list[str]:
    with db.engine.connect() as connection:
        return [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in LIMITS]


def _signed_in(app: Flask, person: factories.Person) -> PageClient:
    current_session().rollback()
    client = app.test_client()
    assert isinstance(client, PageClient)
    sign_in(client, person)
    return client


def test_only_requests_have_limits(hasty: Flask) -> None:
    assert _limits(hasty) == ["0", "0", "0"]
    with hasty.test_request_context("/"):
        assert _limits(hasty) == ["2s", "1s", "2min"]
    assert _limits(hasty) == ["0", "0", "0"]


def test_a_connection_that_the_server_ended_costs_no_request(hasty: Flask, database: Database) -> None:
    client = _signed_in(hasty, factories.person("ann"))
    assert client.get("/plugins/").status_code == 200
    _end_connections(database.url)
    assert client.get("/plugins/").status_code == 200


def test_a_request_that_finds_no_connection_is_told_to_come_again(hasty: Flask) -> None:
    client = _signed_in(hasty, factories.person("ann"))
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(db.engine.connect())
        answer = client.get("/plugins/")
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/plugins/").status_code == 200


def test_a_save_that_waits_for_a_lock_keeps_what_was_typed(hasty: Flask) -> None:
    owner = factories.person("ann")
    saved = factories.plugin(owner, factories.plugin_values("gobstopper"))
    client, path = _signed_in(hasty, owner), edit_of(saved)
    form, typed = client.page(path), {"description": "Round and very hard."}
    with db.engine.begin() as other:
        other.execute(text("SELECT 1 FROM plugin_meta WHERE id = :id FOR UPDATE"), {"id": saved.id})
        answer = client.submit(form, typed, path=path, form=FORM)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert "Round and very hard." in answer.text
    assert client.submit(form, typed, path=path, form=FORM).status_code == 303


def test_a_job_may_take_longer_than_a_request(hasty: Flask) -> None:
    done = threading.Event()

    def work() -> None:
        with hasty.app_context(), db.engine.connect() as connection:
            connection.exec_driver_sql("SELECT pg_sleep(2.1)")
            done.set()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done.is_set()


def _end_connections(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
