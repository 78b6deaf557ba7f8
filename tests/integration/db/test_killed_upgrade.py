"""An upgrade that is killed midway leaves whole migrations only, and the next one finishes (F13)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import text

from tests import factories
from tests.databases import Database, Databases
from tests.factories import settings_for
from webapp.app import create_app
from webapp.extensions import db

# The process dies at a statement that the upgrade sends, as with kill -9: nothing is rolled back by it.
KILLER = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from webapp.cli import cli

@event.listens_for(Engine, "after_cursor_execute")
def die(connection, cursor, statement, parameters, context, many):
    if sys.argv[2] in statement:
        os.kill(os.getpid(), signal.SIGKILL)

cli.main(["db", "upgrade"], prog_name="plugdeck")
"""
BEFORE = "0004"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def old(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> Iterator[tuple[Flask, Database]]:
    """Return an installation that several migrations have not reached yet, with some rows."""
    with databases.create(request.param, migrated=False) as database:
        app = create_app(settings_for(tmp_path, database.url))
        with app.app_context():
            flask_migrate.upgrade(revision=BEFORE)
            for number in range(50):
                _insert_account(number)
            db.session.commit()
            yield app, database
            db.session.remove()
            db.engine.dispose()


def _insert_account(number: int) -> None:
    db.session.execute(
        text(
            "INSERT INTO accounts (account_number, name, is_active, created_at, updated_at) "
            "VALUES (:number, 'Account', true, '2026-01-01', '2026-01-01')"
        ),
        {"number": f"1000-0000-{number:04}"},
    )


def _state() -> tuple[str, int]:
    db.session.rollback()
    revision = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    count = db.session.scalar(text("SELECT count(*) FROM accounts"))
    db.session.rollback()
    assert revision is not None
    assert count is not None
    return revision, count


@pytest.mark.parametrize(
    ("statement", "left_at"),
    [
        ("SELECT unit_id, action", "0007"),
        pytest.param("CREATE TABLE history_units", BEFORE, marks=pytest.mark.soak),
        pytest.param("CREATE TABLE stars", "0009", marks=pytest.mark.soak),
    ],
)
def test_a_killed_upgrade_is_finished_by_the_next(
    old: tuple[Flask, Database], tmp_path: Path, statement: str, left_at: str
) -> None:
    _, database = old
    db.session.remove()
    db.engine.dispose()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PLUGDECK_")} | {
        "PLUGDECK_DATABASE_URL": database.url,
        "PLUGDECK_INSTANCE_DIR": str(tmp_path),
        "PLUGDECK_SECRET_KEY": factories.SECRET_KEY,
        "PLUGDECK_ENCRYPTION_KEYS": factories.ENCRYPTION_KEY,
    }
    done = subprocess.run(
        [sys.executable, "-c", KILLER, "upgrade", statement],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert _state() == (left_at, 50)
    flask_migrate.upgrade()
    revision, count = _state()
    assert revision > left_at
    assert count == 50
    if db.engine.dialect.name == "sqlite":
        assert db.session.scalar(text("PRAGMA integrity_check")) == "ok"
