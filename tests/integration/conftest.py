"""Integration tests: a Flask client on a real database, each test once on SQLite and once on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.orm import Session

from tests.databases import Database, Databases
from tests.factories import settings_for
from tests.pages import PageClient
from webapp.app import create_app
from webapp.config import Settings
from webapp.db.session import current_session
from webapp.extensions import db

KINDS = ("sqlite", "postgresql")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that uses a database on each kind, unless a mark names the only one."""
    if "database" in metafunc.fixturenames:
        only = [kind for kind in KINDS if metafunc.definition.get_closest_marker(f"{kind}_only")]
        marks = {"sqlite": (), "postgresql": (pytest.mark.postgresql,)}
        kinds = [pytest.param(kind, marks=marks[kind], id=kind) for kind in only or KINDS]
        metafunc.parametrize("database", kinds, indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Database]:
    """Return an empty, migrated database of this test's own."""
    with databases.create(request.param) as made:
        yield made


@pytest.fixture
def settings(tmp_path: Path, database: Database) -> Settings:
    """Return the settings of a test installation on this test's database."""
    return settings_for(tmp_path / "instance", database.url)


@pytest.fixture(scope="session")
def _compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Compile each template once per worker, not once per test."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def make_app(
    settings: Settings, _compiled_templates: FileSystemBytecodeCache
) -> Iterator[Callable[..., Flask]]:
    """Return a function that makes an application on this test's database, with single settings changed."""
    made: list[Flask] = []

    def make(**changes: object) -> Flask:
        app = create_app(settings, **changes)
        app.test_client_class = PageClient
        app.jinja_env.bytecode_cache = _compiled_templates
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """Return the application on this test's database."""
    return make_app()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """Return a session in an application context; what factories need. Requests of `client` do not share it."""
    with app.app_context():
        yield current_session()


@pytest.fixture
def client(app: Flask) -> PageClient:
    """Return a browser without JavaScript that inspects every page; `app.test_client()` is another one."""
    client = app.test_client()
    assert isinstance(client, PageClient)
    return client
