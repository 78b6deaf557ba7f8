"""Alembic's environment: runs the migrations with the application's engine, or offline as SQL."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import text

# What the search migration makes for SQLite only; FTS5 keeps shadow tables that models do not know.
FTS_PREFIX = "plugin_search_fts"
POSTGRESQL_INDEX = "ix_plugin_search_trigrams"
LOCK_TIMEOUT_MS = 5_000

config = context.config
target_db = current_app.extensions["migrate"].db


def include_object(_obj: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Leave what only the other database has out of the comparison."""
    if kind == "table" and name is not None and name.startswith(FTS_PREFIX):
        return False
    return not (
        kind == "index" and name == POSTGRESQL_INDEX and target_db.engine.dialect.name != "postgresql"
    )


def run_migrations_offline() -> None:
    """Print the SQL of the migrations."""
    url = str(target_db.engine.url.render_as_string(hide_password=False))
    context.configure(
        url=url, target_metadata=target_db.metadata, literal_binds=True, include_object=include_object
    )
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    """Run each migration in a transaction of its own, so that a run which is killed goes on where it was.

    On PostgreSQL one process at a time, without waiting long for a lock.
    """
    with target_db.engine.connect().execution_options(plugdeck_writes=True) as connection:
        is_postgresql = connection.dialect.name == "postgresql"
        if is_postgresql:
            connection.execute(text(f"SET lock_timeout = {LOCK_TIMEOUT_MS}"))
            connection.execute(text("SELECT pg_advisory_lock(748201)"))
            connection.commit()
        else:
            # A migration may build an index of millions of rows, which is sorted on the disk and not in memory.
            connection.exec_driver_sql("PRAGMA temp_store = FILE")
            connection.rollback()
        context.configure(
            connection=connection,
            target_metadata=target_db.metadata,
            include_object=include_object,
            compare_type=True,
            compare_server_default=False,
            render_as_batch=False,
            # SQLite can as well, with transactions that we begin ourselves.
            transactional_ddl=True,
            transaction_per_migration=True,
        )
        try:
            with context.begin_transaction():
                context.run_migrations()
            connection.commit()
        finally:
            if is_postgresql:
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(748201)"))
                connection.commit()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
