"""The feed: what an act did, which act it took back, which revision a write brought back, and walks along single writes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

# The vocabulary of columns as it was when this migration was written; it never follows the models.
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WALKS = {
    "ix_revisions_alone": ["account_id", "at", "id", "action", "origin"],
    "ix_revisions_alone_actor": [
        *("account_id", "actor_id", "at", "id"),
        *("record_kind", "action", "origin"),
    ],
    "ix_revisions_alone_kind": ["account_id", "record_kind", "at", "id", "action", "origin"],
    "ix_revisions_alone_everywhere": ["at", "id", "actor_id", "record_kind", "action", "origin"],
}

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("history_units", sa.Column("tally", sa.Text(), server_default="", nullable=False))
    op.add_column("history_units", sa.Column("undoes_id", BIG_ID, nullable=True))
    op.create_index("ix_history_units_undoes", "history_units", ["undoes_id"], unique=False)
    op.add_column("revisions", sa.Column("restored", sa.BigInteger(), nullable=True))
    op.drop_index("ix_revisions_account_at", table_name="revisions")
    where = sa.text("unit_id IS NULL")
    for name, columns in WALKS.items():
        op.create_index(name, "revisions", columns, unique=False, sqlite_where=where, postgresql_where=where)
    _count_acts()


def _count_acts() -> None:
    """Write what the acts that are there already did."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT unit_id, action, record_kind, count(*) FROM revisions WHERE unit_id IS NOT NULL "
            "GROUP BY unit_id, action, record_kind ORDER BY unit_id, action, record_kind"
        )
    ).all()
    words: dict[int, list[str]] = {}
    for unit_id, action, kind, number in rows:
        words.setdefault(unit_id, []).append(f"{action}:{kind}={number}")
    for unit_id, found in words.items():
        connection.execute(
            sa.text("UPDATE history_units SET tally = :tally WHERE id = :id"),
            {"tally": " ".join(found), "id": unit_id},
        )


def downgrade() -> None:
    """Take the change back; what was done stays."""
    for name in WALKS:
        op.drop_index(name, table_name="revisions")
    op.create_index("ix_revisions_account_at", "revisions", ["account_id", "at", "id"], unique=False)
    op.drop_column("revisions", "restored")
    op.drop_index("ix_history_units_undoes", table_name="history_units")
    op.drop_column("history_units", "undoes_id")
    op.drop_column("history_units", "tally")
