"""The migrations lead up and down on both databases and give exactly what the models say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import alembic.command
import alembic.config
import flask_migrate
import pytest
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from sqlalchemy import inspect, text

from tests.databases import Databases
from tests.factories import settings_for
from webapp.app import create_app
from webapp.db.versions import expected_version, known_versions
from webapp.extensions import db


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def bare_app(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[Flask]:
    """Return an application on a database without a single table."""
    with databases.create(request.param, migrated=False) as database:
        app = create_app(settings_for(tmp_path, database.url))
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


def _tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def _schema() -> dict[str, object]:
    inspector = inspect(db.engine)
    return {
        table: (
            sorted(
                (str(column["name"]), str(column["type"]), column["nullable"])
                for column in inspector.get_columns(table)
            ),
            sorted(str(index["name"]) for index in inspector.get_indexes(table)),
            sorted(str(check["name"]) for check in inspector.get_check_constraints(table)),
            sorted(str(key["name"]) for key in inspector.get_foreign_keys(table)),
        )
        for table in sorted(_tables())
    }


def test_up_down_and_up_again_gives_the_same_schema(bare_app: Flask) -> None:
    flask_migrate.upgrade()
    first = _schema()
    assert {"accounts", "users", "plugin_meta", "revisions"} <= first.keys()
    flask_migrate.downgrade(revision="base")
    assert _tables() == set()
    flask_migrate.upgrade()
    assert _schema() == first


def test_every_migration_can_be_taken_back_alone(bare_app: Flask) -> None:
    steps = len(list(_scripts().walk_revisions()))
    for _ in range(steps):
        flask_migrate.upgrade(revision="+1")
        flask_migrate.downgrade(revision="-1")
        flask_migrate.upgrade(revision="+1")
    alembic.command.check(_config())


def test_models_and_migrations_agree(bare_app: Flask) -> None:
    flask_migrate.upgrade()
    alembic.command.check(_config())


def test_an_upgrade_of_an_up_to_date_database_changes_nothing(bare_app: Flask) -> None:
    flask_migrate.upgrade()
    before = db.session.scalar(text("SELECT identity FROM installation"))
    db.session.rollback()
    flask_migrate.upgrade()
    assert db.session.scalar(text("SELECT identity FROM installation")) == before


def test_two_installations_have_two_identities(bare_app: Flask, databases: Databases, tmp_path: Path) -> None:
    flask_migrate.upgrade()
    here = db.session.scalar(text("SELECT identity FROM installation"))
    with databases.create("sqlite", migrated=False) as other:
        app = create_app(settings_for(tmp_path / "other", other.url))
        with app.app_context():
            flask_migrate.upgrade()
            assert db.session.scalar(text("SELECT identity FROM installation")) != here
            db.session.remove()
            db.engine.dispose()


def test_every_constraint_and_index_has_a_name(bare_app: Flask) -> None:
    flask_migrate.upgrade()
    inspector = inspect(db.engine)
    for table in _tables():
        if table.startswith("plugin_search_fts"):
            continue
        keys = [*inspector.get_foreign_keys(table), *inspector.get_unique_constraints(table)]
        keys += inspector.get_check_constraints(table)
        if db.engine.dialect.name != "sqlite":  # AUTOINCREMENT stands at the column, where no name fits.
            keys.append(inspector.get_pk_constraint(table))
        assert all(key["name"] for key in keys), table


def test_there_is_one_head(bare_app: Flask) -> None:
    assert _scripts().get_heads() == [expected_version()]


def test_the_program_knows_its_versions_in_the_order_of_the_migrations(bare_app: Flask) -> None:
    assert known_versions() == tuple(script.revision for script in _scripts().walk_revisions())[::-1]


def _config() -> alembic.config.Config:
    config: alembic.config.Config = current_app.extensions["migrate"].migrate.get_config()
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
