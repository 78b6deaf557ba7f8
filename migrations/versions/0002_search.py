"""The trigram index of the search: FTS5 on SQLite, pg_trgm on PostgreSQL, both within the account.

SQLite gets an external-content FTS5 table that triggers keep in step with `plugin_search`. `scope` is the account as
a word, so that the index narrows to the account before it reads a posting list of another tenant.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQLITE_UP = (
    """
    CREATE VIRTUAL TABLE plugin_search_fts USING fts5 (
        scope, body, content='plugin_search', content_rowid='plugin_id',
        tokenize='trigram case_sensitive 1', detail='full'
    )
    """,
    """
    CREATE TRIGGER plugin_search_added AFTER INSERT ON plugin_search BEGIN
        INSERT INTO plugin_search_fts (rowid, scope, body) VALUES (new.plugin_id, new.scope, new.body);
    END
    """,
    """
    CREATE TRIGGER plugin_search_removed AFTER DELETE ON plugin_search BEGIN
        INSERT INTO plugin_search_fts (plugin_search_fts, rowid, scope, body)
        VALUES ('delete', old.plugin_id, old.scope, old.body);
    END
    """,
    """
    CREATE TRIGGER plugin_search_changed AFTER UPDATE ON plugin_search BEGIN
        INSERT INTO plugin_search_fts (plugin_search_fts, rowid, scope, body)
        VALUES ('delete', old.plugin_id, old.scope, old.body);
        INSERT INTO plugin_search_fts (rowid, scope, body) VALUES (new.plugin_id, new.scope, new.body);
    END
    """,
    "INSERT INTO plugin_search_fts (plugin_search_fts) VALUES ('rebuild')",
)
SQLITE_DOWN = (
    "DROP TRIGGER plugin_search_changed",
    "DROP TRIGGER plugin_search_removed",
    "DROP TRIGGER plugin_search_added",
    "DROP TABLE plugin_search_fts",
)
POSTGRESQL_UP = (
    # Both extensions are trusted since PostgreSQL 13: the owner of the database may create them.
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE EXTENSION IF NOT EXISTS btree_gin",
    "CREATE INDEX ix_plugin_search_trigrams ON plugin_search USING gin (account_id, body gin_trgm_ops)",
)
POSTGRESQL_DOWN = ("DROP INDEX ix_plugin_search_trigrams",)


def upgrade() -> None:
    """Build the index of this database."""
    for statement in POSTGRESQL_UP if _is_postgresql() else SQLITE_UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop it; the extensions stay, others may use them."""
    for statement in POSTGRESQL_DOWN if _is_postgresql() else SQLITE_DOWN:
        op.execute(statement)


def _is_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"
