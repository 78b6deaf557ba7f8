"""A disk that is full, a file that takes no writes, a damaged page: clear words, nothing lost, no restart."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import Database
from tests.factories import Person
from tests.integration.plugins.editing import NEW, send
from tests.pages import PageClient, sign_in
from webapp.extensions import cache, db
from webapp.plugins.models import PluginMeta

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def owner(session: Session, client: PageClient) -> Person:
    """Return somebody who is signed in, with a plugin."""
    owner = factories.person("violet")
    factories.plugin(owner, factories.plugin_values("gum", description="Three courses"))
    sign_in(client, owner)
    return owner


def _path(database: Database) -> Path:
    return Path(database.url.removeprefix("sqlite:///"))


def _close(app: Flask) -> None:
    db.session.remove()
    db.engine.dispose()
    cache.clear()


def _create(client: PageClient, name: str) -> tuple[int, str]:
    fields = {
        "name": name,
        "description": "Typed with care",
        "system_role": "You help. " * 300,
        "static_data": "a: 1",
        "search_terms": "gum",
    }
    response = send(client, NEW, fields)
    return response.status_code, response.text


def test_a_full_disk_refuses_writes_in_words_and_reads_go_on(
    app: Flask, client: PageClient, owner: Person
) -> None:
    with _every_connection(app, "PRAGMA max_page_count = 1"):
        for number in range(20):
            status, page = _create(client, f"made_{number}")
            if status != 303:
                break
        assert status == 503
        assert "The disk of the database is full" in page
        assert "Typed with care" in page  # What was typed is still in the form.
        assert "gum" in client.get("/plugins/").text
    assert _create(client, "afterwards")[0] == 303
    assert "afterwards" in client.get("/plugins/").text


def test_a_database_that_takes_no_writes_is_read(app: Flask, client: PageClient, owner: Person) -> None:
    with _every_connection(app, "PRAGMA query_only = ON"):
        status, page = _create(client, "gum_2")
        assert status == 503
        assert "takes no writes" in page
        assert "gum" in client.get("/plugins/").text
    assert _create(client, "gum_2")[0] == 303


class _every_connection:  # noqa: N801
    """Let every connection of an application begin with a statement for a while."""

    def __init__(self, app: Flask, statement: str) -> None:
        self._app, self._statement = app, statement

    def __enter__(self) -> None:
        _close(self._app)
        event.listen(db.engine, "connect", self._prepare)

    def __exit__(self, *_error: object) -> None:
        event.remove(db.engine, "connect", self._prepare)
        _close(self._app)

    def _prepare(self, connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(self._statement)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a disk of four megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs to be root to mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_fills_up_and_is_emptied_again(
    make_app: Callable[..., Flask], database: Database, small_disk: Path
) -> None:
    target = small_disk / "plugdeck.db"
    target.write_bytes(_path(database).read_bytes())
    app = make_app(database_url=f"sqlite:///{target}")
    with app.app_context():
        owner = factories.person("mike")
        client = app.test_client()
        assert isinstance(client, PageClient)
        sign_in(client, owner)
        assert _create(client, "before")[0] == 303
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    os.write(file.fileno(), bytes(4096))
            except OSError:
                pass
        acknowledged = ["before"]
        for number in range(40):
            status, page = _create(client, f"made_{number}")
            if status != 303:
                break
            acknowledged.append(f"made_{number}")
        assert status == 503
        assert "is full" in page
        assert client.get("/plugins/").status_code == 200
        filler.unlink()
        assert _create(client, "afterwards")[0] == 303
        names = set(db.session.scalars(db.select(PluginMeta.name)))
        assert names == {*acknowledged, "afterwards"}
        assert db.session.scalar(text("PRAGMA integrity_check")) == "ok"
        db.session.remove()


def test_a_damaged_page_is_said_and_no_list_is_empty(
    app: Flask, client: PageClient, owner: Person, database: Database
) -> None:
    path = _path(database)
    _close(app)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = [
            row[0]
            for row in connection.execute("SELECT rootpage FROM sqlite_master WHERE tbl_name = 'plugin_meta'")
        ]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    whole = path.read_bytes()
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * size)
            file.write(b"\x99" * size)
    response = client.get("/plugins/", broken=True)
    assert response.status_code == 503
    assert "The database is damaged" in response.text
    assert "plugdeck doctor" in response.text
    _close(app)
    path.write_bytes(whole)  # The operator restores it; the server goes on.
    assert "gum" in client.get("/plugins/").text


def test_a_file_that_is_no_database_is_said(
    app: Flask, client: PageClient, owner: Person, database: Database
) -> None:
    path = _path(database)
    _close(app)
    whole = path.read_bytes()
    path.write_bytes(b"\x00hello" * 1000)
    response = client.get("/plugins/", broken=True)
    assert response.status_code == 503
    assert client.get("/readyz").status_code == 503
    _close(app)
    path.write_bytes(whole)
    assert client.get("/readyz").status_code == 200


def test_without_its_log_the_file_is_as_of_the_last_checkpoint_and_whole(
    app: Flask, client: PageClient, owner: Person, database: Database
) -> None:
    path = _path(database)
    with db.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        connection.rollback()
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    factories.plugin(owner, factories.plugin_values("after_the_checkpoint"))
    whole = path.read_bytes()  # As a copy that somebody took of the one file.
    _close(app)
    for name in ("-wal", "-shm"):
        path.with_name(path.name + name).unlink(missing_ok=True)
    path.write_bytes(whole)
    page = client.get("/plugins/").text
    assert "gum" in page
    assert "after_the_checkpoint" not in page
    assert db.session.scalar(text("PRAGMA integrity_check")) == "ok"


def test_a_database_without_its_tables_says_who_does_what(
    client: PageClient, owner: Person, session: Session
) -> None:
    session.execute(text("ALTER TABLE plugin_meta RENAME TO elsewhere"))
    session.commit()
    response = client.get("/plugins/", broken=True)
    assert response.status_code == 503
    assert "plugdeck db upgrade" in response.text
