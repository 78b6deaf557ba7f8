"""The doctor names what is broken on a real database, and `--rebuild` puts counts right."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from pathlib import Path

import flask_migrate
import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import Database
from tests.factories import Person, settings_for
from webapp.config import Settings
from webapp.connections.crypto import Vault
from webapp.core.clock import utcnow
from webapp.db.session import current_session, transaction
from webapp.doctor.cli import doctor_command
from webapp.doctor.service import _reach, examine
from webapp.doctor.values import Finding
from webapp.extensions import db
from webapp.jobs.models import Job
from webapp.plugins.models import PluginMeta
from webapp.plugins.recount import find_miscounts, rebuild
from webapp.plugins.service import delete_plugin


@pytest.fixture
def owner(session: Session) -> Person:
    """Return somebody with plugins, one of them in the bin, and a secret."""
    owner = factories.person()
    factories.secret(owner, "sweet_key")
    factories.plugin(owner, factories.plugin_values("gum", tags=("sweet", "new")))
    factories.plugin(owner, factories.plugin_values("fudge", tags=("sweet",)))
    made = factories.plugin(owner, factories.plugin_values("rope", tags=("sweet",)))
    delete_plugin(factories.viewer_of(owner), made.id, made.revision)
    return owner


def _broken(app: Flask, **changes: object) -> list[Finding]:
    settings = settings_for(Path(app.instance_path), app.config["SQLALCHEMY_DATABASE_URI"], **changes)
    current_session().rollback()
    found = list(examine(settings, db.engine, current_session()))
    return [finding for finding in found if finding.severity == "broken"]


def _run(app: Flask, *words: str) -> Result:
    return CliRunner().invoke(doctor_command, words, obj=ScriptInfo(create_app=lambda: app))


def test_nothing_is_broken_in_a_new_installation(app: Flask, owner: Person) -> None:
    assert _broken(app) == []


def test_only_deploy_fails_on_what_is_unsafe(app: Flask, owner: Person) -> None:
    assert _run(app).exit_code == 0
    assert _run(app, "--deploy").exit_code == 1


def test_the_output_for_programs_is_json(app: Flask, owner: Person) -> None:
    found = json.loads(_run(app, "--output", "json").stdout)
    assert {"check", "severity", "text", "advice"} == found[0].keys()


def test_secrets_of_another_key_are_named_and_no_value_is(app: Flask, owner: Person) -> None:
    (found,) = _broken(app, encryption_keys=(Fernet.generate_key().decode(),))
    assert found.check == "secrets"
    assert f"sweet_key of account {owner.account.number}" in found.text
    assert "hush" not in found.text
    assert "PLUGDECK_ENCRYPTION_KEYS" in found.advice


def test_a_schema_of_another_version_is_named(app: Flask, session: Session) -> None:
    flask_migrate.downgrade(revision="0010")
    (found,) = _broken(app)
    assert found.check == "migrations"
    assert "plugdeck db upgrade" in found.advice
    flask_migrate.upgrade()
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert "9999" in _broken(app)[0].text


SPOIL = {
    "a count": "UPDATE plugin_tallies SET records = records + 1",
    "a count that is missing": "DELETE FROM plugin_tallies",
    "uses of a tag": "UPDATE tags SET uses = uses + 3 WHERE name = 'sweet'",
    "searchable text that is missing": "DELETE FROM plugin_search WHERE body LIKE 'gum%'",
    "searchable text that is old": "UPDATE plugin_search SET body = 'old'",
    "readiness": "UPDATE plugin_meta SET readiness = 'not_ready' WHERE name = 'gum'",
}


@pytest.mark.parametrize("spoil", SPOIL)
def test_what_is_kept_beside_the_records_is_put_right(app: Flask, owner: Person, spoil: str) -> None:
    readiness = _readiness()
    bodies = _bodies()
    generation = _generation(owner)
    with db.engine.begin() as connection:
        connection.execute(text(SPOIL[spoil]))
    if "old" not in spoil:
        assert "--rebuild" in _broken(app)[0].advice
    current_session().rollback()
    assert rebuild(lambda _what, _done: None) > 0
    assert list(find_miscounts(current_session())) == []
    assert _bodies() == bodies
    assert _readiness() == readiness
    assert _generation(owner) > generation
    current_session().rollback()
    assert rebuild(lambda _what, _done: None) == 0


def _bodies() -> list[str]:
    found = current_session().execute(text("SELECT body FROM plugin_search ORDER BY plugin_id"))
    return list(found.scalars())


def _readiness() -> dict[str, str]:
    rows = current_session().execute(select(PluginMeta.name, PluginMeta.readiness))
    return {row.name: row.readiness for row in rows}


def _generation(owner: Person) -> int:
    current_session().rollback()
    statement = text("SELECT generation FROM accounts WHERE id = :id")
    return int(current_session().execute(statement, {"id": owner.account.id}).scalar_one())


def test_work_that_nobody_does_is_told(app: Flask, owner: Person) -> None:
    with transaction() as session:
        old = utcnow() - dt.timedelta(hours=1)
        session.add(Job(key="k", kind="upkeep", title="Tidying", state="queued", created_at=old))
    result = _run(app, "--quick")
    assert "1 wait and 0 were left" in result.stdout


def test_a_clock_that_went_back_is_told(app: Flask, owner: Person) -> None:
    with db.engine.begin() as connection:
        statement = text("UPDATE revisions SET at = :at").bindparams(
            at=utcnow().replace(tzinfo=None, year=2090)
        )
        connection.execute(statement)
    current_session().rollback()
    assert "in the future" in _run(app, "--quick").stdout


@pytest.mark.sqlite_only
class TestFile:
    def test_a_file_that_is_not_there_is_not_made(self, app: Flask, tmp_path: Path) -> None:
        missing = tmp_path / "none" / "plugdeck.db"
        settings = settings_for(tmp_path, f"sqlite:///{missing}")
        with app.app_context():
            found = list(examine(settings, db.engine, current_session()))
        assert str(missing) in next(f.text for f in found if f.severity == "broken")
        assert not missing.exists()

    def test_a_damaged_page_is_named(self, app: Flask, owner: Person, database: Database) -> None:
        path = Path(database.url.removeprefix("sqlite:///"))
        db.session.remove()
        db.engine.dispose()
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            page, size = connection.execute(
                "SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_master WHERE name = 'plugin_meta'"
            ).fetchone()
        connection.close()
        with path.open("r+b") as file:
            file.seek((page - 1) * size)
            file.write(b"\x99" * size)
        found = [finding for finding in _broken(app) if finding.check == "integrity"]
        assert found
        assert "damaged: table plugin_meta" in found[0].text
        assert "restore" in found[0].advice

    def test_a_row_that_refers_to_nothing_is_named(self, app: Flask, owner: Person) -> None:
        with db.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            connection.rollback()
            raw.execute("PRAGMA foreign_keys = OFF")
            raw.execute("UPDATE plugin_tags SET tag_id = 4711 WHERE position = 1")
            raw.execute("PRAGMA foreign_keys = ON")
        assert any("plugin_tags" in finding.text for finding in _broken(app))


@pytest.mark.postgresql_only
def test_a_missing_extension_is_named(app: Flask, session: Session) -> None:
    session.rollback()
    with db.engine.begin() as connection:
        connection.execute(text("DROP EXTENSION btree_gin CASCADE"))
    assert any("btree_gin" in finding.text for finding in _broken(app))


@pytest.mark.postgresql_only
def test_a_database_that_takes_no_writes_is_named(app: Flask, session: Session) -> None:
    session.rollback()
    with db.engine.begin() as connection:
        name = connection.scalar(text("SELECT current_database()"))
        connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    db.engine.dispose()
    try:
        assert [finding.check for finding in _broken(app)] == ["writing"]
    finally:
        with db.engine.connect() as connection:
            connection.execute(text("SET TRANSACTION READ WRITE"))
            connection.execute(text(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'))
            connection.commit()
        db.engine.dispose()


def test_a_vault_that_holds_the_old_key_as_well_is_fine(app: Flask, owner: Person) -> None:
    new = Fernet.generate_key().decode()
    assert (
        Vault((new, factories.ENCRYPTION_KEY)).decrypt(Vault((factories.ENCRYPTION_KEY,)).encrypt("x")) == "x"
    )
    assert _broken(app, encryption_keys=(new, factories.ENCRYPTION_KEY)) == []


def test_no_password_of_an_address_is_shown_that_does_not_answer(tmp_path: Path) -> None:
    url = "postgresql+psycopg://plugdeck:hush-1@127.0.0.1:1/plugdeck?password=hush-2&connect_timeout=1"
    (found,) = _reach(settings_for(tmp_path, url), create_engine(url))
    assert found.severity == "broken"
    assert "hush" not in str(found)


@pytest.mark.postgresql_only
def test_no_password_of_an_address_is_shown_that_answers(database: Database, settings: Settings) -> None:
    engine = create_engine(f"{database.url}&password=hush")
    found = list(_reach(settings, engine))
    engine.dispose()
    assert found[0].text == engine.url.set(query={}).render_as_string()
    assert "hush" not in str(found)
