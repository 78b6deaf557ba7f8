"""Sources: from where each record was applied last, so that `--prune` touches nothing else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

# The vocabulary of columns as it was when this migration was written; it never follows the models.
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
SOURCE = sa.String(length=100).with_variant(sa.String(length=100, collation="C"), "postgresql")

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "applied_sources",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("record_kind", sa.String(length=40), nullable=False),
        sa.Column("record_id", BIG_ID, nullable=False),
        sa.Column("source", SOURCE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_applied_sources_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applied_sources")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_applied_sources_record", "applied_sources", ["record_kind", "record_id"], unique=True)
    op.create_index("ix_applied_sources_source", "applied_sources", ["account_id", "source"], unique=False)


def downgrade() -> None:
    """Take the change back; nothing knows any more which records a source has applied."""
    op.drop_index("ix_applied_sources_source", table_name="applied_sources")
    op.drop_index("uq_applied_sources_record", table_name="applied_sources")
    op.drop_table("applied_sources")
