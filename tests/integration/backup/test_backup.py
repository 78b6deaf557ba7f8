"""A backup holds all of one moment, and goes back into an empty place of either database, or not at all."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import Database, Databases
from tests.factories import Person, settings_for
from webapp.app import create_app
from webapp.backup.queries import digest_of, list_tables
from webapp.backup.restoring import restore
from webapp.backup.service import back_up
from webapp.backup.values import MANIFEST, BackupManifest, UnusableBackup, fingerprint
from webapp.connections.crypto import Vault
from webapp.connections.models import Secret
from webapp.core.clock import utcnow
from webapp.extensions import db
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import delete_plugin

KEYS = (factories.ENCRYPTION_KEY,)
TEXT = "Ünïcödé „quotes“ \t \\N \\. \u2028 🍫"


@pytest.fixture
def owner(session: Session) -> Person:
    """Return somebody with some of everything; two plugins are in the bin, one of them the newest."""
    owner = factories.person("willy")
    factories.secret(owner, value="everlasting")
    factories.sql_connection(owner)
    factories.plugin(owner, factories.plugin_values("river", description=TEXT, tags=("Ä", "b")))
    factories.plugin(owner, factories.sql_values("stock"))
    for name in ("gum", "fudge"):
        made = factories.plugin(owner, factories.plugin_values(name))
        delete_plugin(factories.viewer_of(owner), made.id, made.revision)
    session.rollback()
    return owner


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def place(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[Database]:
    """Return an empty place to restore into."""
    with databases.create(request.param, migrated=False) as made:
        yield replace(made, instance_dir=tmp_path / "place")


def _back_up(path: Path, **changes: object) -> BackupManifest:
    return back_up(db.engine, str(path), KEYS, **changes)  # type: ignore[arg-type]


@contextmanager
def _restored(place: Database, path: Path) -> Iterator[BackupManifest]:
    manifest = restore(settings_for(place.instance_dir, place.url), path)
    with _serving(place):
        yield manifest


@contextmanager
def _serving(place: Database) -> Iterator[Flask]:
    app = create_app(settings_for(place.instance_dir, place.url))
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def test_everything_is_there_again(app: Flask, owner: Person, place: Database, tmp_path: Path) -> None:
    made = _back_up(tmp_path / "b.zip")
    newest = db.session.scalar(select(PluginMeta.id).order_by(PluginMeta.id.desc()))
    assert newest is not None
    identity = db.session.scalar(text("SELECT identity FROM installation"))
    seen = db.session.scalar(select(PluginMeta.created_at).where(PluginMeta.name == "river"))
    with _restored(place, tmp_path / "b.zip") as manifest:
        assert manifest == made
        with db.engine.connect() as connection:
            for table in made.tables:
                if table.name != "installation":
                    assert digest_of(connection, table, lambda _: None) == (table.rows, table.sha256), (
                        table.name
                    )
        river = db.session.scalars(select(PluginMeta).where(PluginMeta.name == "river")).one()
        assert (river.description, river.created_at) == (TEXT, seen)
        token = db.session.scalars(select(Secret.encrypted_value)).one()
        assert Vault(KEYS).decrypt(token) == "everlasting"
        assert db.session.scalar(text("SELECT identity FROM installation")) != identity
        db.session.rollback()
        again = factories.person("charlie", of=owner.account)
        assert factories.plugin(again, factories.plugin_values("rope")).id > newest


@pytest.mark.sqlite_only
@pytest.mark.sqlite_only
def test_only_its_owner_reads_a_database_from_its_first_byte_on(
    app: Flask, owner: Person, tmp_path: Path
) -> None:
    _back_up(tmp_path / "b.zip")
    modes = set()

    def look(_rows: int) -> None:
        modes.update(stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("new.db*"))

    before = os.umask(0o022)
    try:
        restore(
            settings_for(tmp_path / "new", f"sqlite:///{tmp_path / 'new.db'}"),
            tmp_path / "b.zip",
            progress=look,
        )
    finally:
        os.umask(before)
    assert modes == {0o600}


def test_search_finds_what_was_restored(app: Flask, owner: Person, place: Database, tmp_path: Path) -> None:
    _back_up(tmp_path / "b.zip")
    restore(settings_for(place.instance_dir, place.url), tmp_path / "b.zip")
    with _serving(place) as found:
        restored = found.test_client()
        page = restored.get("/login")
        token = page.text.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
        fields = {"username": owner.username, "password": owner.password, "csrf_token": token}
        assert restored.post("/login", data=fields).status_code == 303
        assert "river" in restored.get("/plugins/?q=quotes").text
        assert "river" not in restored.get("/plugins/?q=zebra").text


def test_a_backup_of_a_restored_place_is_the_same(
    app: Flask, owner: Person, place: Database, tmp_path: Path
) -> None:
    first = _back_up(tmp_path / "b.zip")
    with _restored(place, tmp_path / "b.zip"):
        second = _back_up(tmp_path / "again.zip")
    differing = [a.name for a, b in zip(first.tables, second.tables, strict=True) if a != b]
    assert differing == ["installation"]
    never_again = ("plugin_meta", "revisions", "secrets", "tags", "users")
    assert [second.sequences[name] for name in never_again] == [first.sequences[name] for name in never_again]


def test_what_is_written_meanwhile_is_not_in_it_and_does_not_wait(
    app: Flask, owner: Person, place: Database, tmp_path: Path
) -> None:
    wrote = []

    def write() -> None:
        with app.app_context():
            wrote.append(factories.plugin(owner, factories.plugin_values("late")).id)
            db.session.remove()

    def progress(_rows: int) -> None:
        if not wrote:
            thread = threading.Thread(target=write)
            thread.start()
            thread.join(20)
            assert wrote, "The writer waited for the backup."

    made = _back_up(tmp_path / "b.zip", progress=progress)
    assert made.count_of("plugin_meta") == 4
    with _restored(place, tmp_path / "b.zip"):
        assert "late" not in db.session.scalars(select(PluginMeta.name)).all()


@pytest.mark.sqlite_only
def test_an_older_schema_is_restored_and_then_migrated(
    app: Flask, owner: Person, place: Database, tmp_path: Path
) -> None:
    flask_migrate.downgrade(revision="0010")
    assert _back_up(tmp_path / "b.zip").revision == "0010"
    with _restored(place, tmp_path / "b.zip"):
        heads = db.session.scalar(text("SELECT version_num FROM alembic_version"))
        assert heads > "0010"
        assert db.session.scalars(select(PluginMeta.name).where(PluginMeta.deleted_at.is_(None))).all()


def test_sessions_and_keys_are_left_out(app: Flask, owner: Person, tmp_path: Path) -> None:
    made = _back_up(tmp_path / "b.zip")
    assert not {"login_sessions", "rate_limits"} & {table.name for table in made.tables}
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        texts = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert KEYS[0] not in texts
    assert "everlasting" not in texts
    assert fingerprint(KEYS[0]) in texts


@pytest.mark.sqlite_only
def test_a_restored_schema_is_the_one_of_a_new_place(
    session: Session, place: Database, tmp_path: Path
) -> None:
    _back_up(tmp_path / "b.zip")
    restore(settings_for(place.instance_dir, place.url), tmp_path / "b.zip")
    with _serving(place):
        flask_migrate.check()
        restored = _schema()
        flask_migrate.downgrade(revision="base")
        flask_migrate.upgrade()
        assert restored == _schema()


def _schema() -> set[str]:
    statement = (
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('index', 'trigger')"
        if db.engine.dialect.name == "sqlite"
        else "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() UNION ALL "
        "SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint"
    )
    with db.engine.connect() as connection:
        return set(connection.exec_driver_sql(statement).scalars())


@pytest.mark.sqlite_only
class TestTheFile:
    def test_only_its_owner_reads_it(self, app: Flask, owner: Person, tmp_path: Path) -> None:
        _back_up(tmp_path / "b.zip")
        assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600
        assert [path.name for path in tmp_path.iterdir()] == ["b.zip"]

    def test_it_is_not_replaced_without_being_told(self, app: Flask, owner: Person, tmp_path: Path) -> None:
        path = tmp_path / "b.zip"
        path.write_text("precious")
        with pytest.raises(UnusableBackup, match="exists"):
            _back_up(path)
        assert path.read_text() == "precious"
        _back_up(path, force=True)
        assert zipfile.is_zipfile(path)

    def test_a_backup_that_fails_leaves_nothing(self, app: Flask, owner: Person, tmp_path: Path) -> None:
        def stop(_rows: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            _back_up(tmp_path / "b.zip", progress=stop)
        assert not list(tmp_path.iterdir())

    def test_a_damaged_database_is_said(
        self, app: Flask, owner: Person, tmp_path: Path, database: Database
    ) -> None:
        db.session.remove()
        db.engine.dispose()
        path = Path(database.url.removeprefix("sqlite:///"))
        content = path.read_bytes()
        path.write_bytes(content[:8192] + b"\x99" * (len(content) - 8192))
        with pytest.raises((UnusableBackup, DBAPIError)):
            _back_up(tmp_path / "b.zip")
        assert not list(tmp_path.iterdir())

    def test_a_folder_that_is_not_there_is_said(self, app: Flask, owner: Person, tmp_path: Path) -> None:
        with pytest.raises(UnusableBackup, match="cannot be written"):
            _back_up(tmp_path / "none" / "b.zip")


@pytest.fixture
def backup(app: Flask, owner: Person, tmp_path: Path) -> Path:
    """Return a backup."""
    _back_up(tmp_path / "b.zip")
    return tmp_path / "b.zip"


def test_a_place_that_holds_something_is_refused(app: Flask, backup: Path, database: Database) -> None:
    with pytest.raises(UnusableBackup, match="empty place"):
        restore(settings_for(database.instance_dir, database.url), backup)
    with app.app_context():
        assert db.session.scalar(select(PluginMeta.id)) is not None


@pytest.mark.sqlite_only
class TestRefusal:
    def test_the_log_of_another_database(self, backup: Path, tmp_path: Path) -> None:
        (tmp_path / "new.db-wal").write_bytes(b"left behind")
        with pytest.raises(UnusableBackup, match=r"new\.db-wal exists"):
            restore(settings_for(tmp_path / "new", f"sqlite:///{tmp_path / 'new.db'}"), backup)

    def test_another_encryption_key(self, backup: Path, place: Database) -> None:
        other = Fernet.generate_key().decode()
        settings = settings_for(place.instance_dir, place.url, encryption_keys=(other,))
        with pytest.raises(UnusableBackup, match="PLUGDECK_ENCRYPTION_KEYS") as refusal:
            restore(settings, backup)
        assert fingerprint(other) in refusal.value.message
        assert fingerprint(KEYS[0]) in refusal.value.message
        with _restored(place, backup):  # With the right one the place is as empty as before.
            assert db.session.scalar(select(PluginMeta.id)) is not None

    def test_a_key_beside_the_one_that_is_needed(self, app: Flask, backup: Path, tmp_path: Path) -> None:
        with db.engine.begin() as connection:
            foreign = Vault([other := Fernet.generate_key().decode()]).encrypt("x")
            connection.execute(text("UPDATE secrets SET encrypted_value = :value"), {"value": foreign})
        both = back_up(db.engine, str(tmp_path / "both.zip"), (KEYS[0], other))
        assert both.unreadable_secrets == 0
        with pytest.raises(UnusableBackup, match="PLUGDECK_ENCRYPTION_KEYS"):
            restore(settings_for(tmp_path / "new", f"sqlite:///{tmp_path / 'new.db'}"), tmp_path / "both.zip")
        assert not list(tmp_path.glob("new.db*"))

    @pytest.mark.parametrize("spoil", ["cut", "text", "empty", "rows", "bytes", "later", "revision"])
    def test_a_file_that_is_not_whole(self, backup: Path, place: Database, spoil: str) -> None:
        _SPOIL[spoil](backup)
        with pytest.raises(UnusableBackup) as refusal:
            restore(settings_for(place.instance_dir, place.url), backup)
        assert "Traceback" not in refusal.value.message
        with _serving(place), db.engine.connect() as connection:
            kept = [table for table in list_tables(connection) if table.name != "installation"]
            assert all(digest_of(connection, table, lambda _: None)[0] == 0 for table in kept)

    @pytest.mark.parametrize(
        "forge",
        [
            lambda tables: [*tables, {**tables[0], "name": "login_sessions"}],
            lambda tables: [{**tables[0], "name": 'users" (id) VALUES (9) --'}, *tables[1:]],
            lambda tables: [{**tables[0], "columns": [{"name": '1" --', "kind": "plain"}]}, *tables[1:]],
            lambda tables: [{**tables[0], "key": ["random()"]}, *tables[1:]],
            lambda tables: [*tables, tables[0]],
            lambda tables: tables[1:],
            lambda tables: [{**tables[0], "rows": "1"}, *tables[1:]],
        ],
        ids=["sessions", "table", "column", "key", "twice", "missing", "type"],
    )
    def test_a_file_that_names_other_tables(
        self, backup: Path, place: Database, forge: Callable[[list[Any]], list[Any]]
    ) -> None:
        """Whoever hands over a file says what is in the tables, and not what is done with the database."""
        with zipfile.ZipFile(backup) as archive:
            tables = json.loads(archive.read(MANIFEST))["tables"]
            first = archive.read(f"tables/{tables[0]['name']}.jsonl")
        forged = forge(tables)
        with zipfile.ZipFile(backup, "a") as archive:
            for table in forged[:1] + forged[-1:]:
                if f"tables/{table['name']}.jsonl" not in archive.namelist():
                    archive.writestr(f"tables/{table['name']}.jsonl", first)
        _with(tables=forged)(backup)
        with pytest.raises(UnusableBackup, match=r"tables of migration|cannot be read"):
            restore(settings_for(place.instance_dir, place.url), backup)

    def test_no_file(self, tmp_path: Path, backup: Path) -> None:
        with pytest.raises(UnusableBackup, match="cannot be read"):
            restore(settings_for(tmp_path / "new", f"sqlite:///{tmp_path / 'new.db'}"), tmp_path / "none.zip")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-500])


def _rewrite(path: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {item: archive.read(item) for item in archive.namelist()}
    members[name] = change(members[name])
    with zipfile.ZipFile(path, "w") as archive:
        for item, content in members.items():
            archive.writestr(item, content)


def _with(**changes: object) -> Callable[[Path], None]:
    return lambda path: _rewrite(
        path, MANIFEST, lambda content: json.dumps({**json.loads(content), **changes}).encode()
    )


_SPOIL: dict[str, Callable[[Path], None]] = {
    "cut": _cut,
    "text": lambda path: path.write_text("hello") and None,
    "empty": lambda path: path.write_bytes(b"") and None,
    "rows": lambda path: _rewrite(
        path, "tables/plugin_meta.jsonl", lambda content: content.replace(b"river", b"rival")
    ),
    "bytes": lambda path: (
        path.write_bytes(path.read_bytes()[:400] + b"\xff" * 40 + path.read_bytes()[440:]) and None
    ),
    "later": _with(format_version=2),
    "revision": _with(revision="9999"),
}


def test_the_moment_of_a_backup_is_told(app: Flask, owner: Person, tmp_path: Path) -> None:
    made = dt.datetime.fromisoformat(_back_up(tmp_path / "b.zip").created_at)
    assert abs(utcnow() - made) < dt.timedelta(minutes=5)
