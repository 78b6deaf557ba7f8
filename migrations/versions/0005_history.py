"""History: why a write was made, the act that it was a part of, and the texts that were applied."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

# The vocabulary of columns as it was when this migration was written; it never follows the models.
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "history_units",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("actor_id", BIG_ID, nullable=True),
        sa.Column("actor_name", sa.Text(), server_default="", nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("records", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_history_units_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name=op.f("fk_history_units_actor_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history_units")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_history_units_account_at", "history_units", ["account_id", "at", "id"], unique=False)
    op.create_table(
        "history_sources",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("unit_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("content", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["history_units.id"],
            name=op.f("fk_history_sources_unit_id_history_units"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history_sources")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_history_sources_position", "history_sources", ["unit_id", "position"], unique=True)
    op.add_column("revisions", sa.Column("reason", sa.Text(), server_default="", nullable=False))
    op.add_column("revisions", sa.Column("unit_id", BIG_ID, nullable=True))
    op.create_index("ix_revisions_unit", "revisions", ["unit_id", "record_kind", "record_id"], unique=False)


def downgrade() -> None:
    """Take the change back; what was done and when stays, the acts and their texts go."""
    op.drop_index("ix_revisions_unit", table_name="revisions")
    op.drop_column("revisions", "unit_id")
    op.drop_column("revisions", "reason")
    op.drop_index("uq_history_sources_position", table_name="history_sources")
    op.drop_table("history_sources")
    op.drop_index("ix_history_units_account_at", table_name="history_units")
    op.drop_table("history_units")
