"""Integration tests: a Flask client on a real database, on SQLite and, what is no page, on PostgreSQL as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.apps import Apps, put_down
from tests.databases import Database, Databases, find_language
from tests.factories import settings_for
from tests.pages import PageClient
from webapp.config import Settings
from webapp.db.session import current_session

KINDS = {"sqlite": (), "postgresql": (pytest.mark.postgresql,)}
"""The kinds of databases, with the marks of what runs on them."""
LINGUISTIC = (
    pytest.mark.postgresql,
    pytest.mark.skipif(
        find_language() is None, reason="no language here (localedef -i en_US -f UTF-8 en_US.UTF-8)"
    ),
)
PAGES_AGAIN = (pytest.mark.postgresql, pytest.mark.thorough)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that uses a database on each kind, unless a mark names the only one.

    What a page shows is made of what services and queries give, which are tested on both; so the tests of pages run on
    PostgreSQL when there is time (`make soak`), but for those that open every page and every form there is.
    """
    if "database" in metafunc.fixturenames:
        only = [kind for kind in KINDS if metafunc.definition.get_closest_marker(f"{kind}_only")]
        is_page = "client" in metafunc.fixturenames and not metafunc.definition.get_closest_marker("both")
        marks = KINDS | {"postgresql": PAGES_AGAIN} if is_page and not only else KINDS
        kinds = [pytest.param(kind, marks=marks[kind], id=kind) for kind in only or KINDS]
        if metafunc.definition.get_closest_marker("linguistic"):
            kinds.append(pytest.param("linguistic", marks=LINGUISTIC, id="linguistic"))
        metafunc.parametrize("database", kinds, indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Database]:
    """Return an empty, migrated database of this test's own."""
    with databases.create(request.param) as made:
        yield made


@pytest.fixture(scope="session")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Apps:
    """Return the applications of this worker."""
    return Apps(tmp_path_factory.mktemp("templates"))


@pytest.fixture
def settings(database: Database) -> Settings:
    """Return the settings of a test installation on this test's database."""
    return settings_for(database.instance_dir, database.url)


@pytest.fixture
def make_app(settings: Settings, apps: Apps) -> Iterator[Callable[..., Flask]]:
    """Return a function that makes a new application on this test's database, with single settings changed."""
    made: list[Flask] = []

    def make(**changes: object) -> Flask:
        made.append(apps.make(settings, **changes))
        return made[-1]

    yield make
    for app in made:
        put_down(app)


@pytest.fixture
def app(apps: Apps, settings: Settings) -> Iterator[Flask]:
    """Return the application on this test's database; it has served other tests and looks new."""
    with apps.borrow(settings) as app:
        yield app


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
