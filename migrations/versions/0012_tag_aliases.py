"""Aliases of tags: other words that become the tag when somebody writes them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

# The vocabulary of columns as it was when this migration was written; it never follows the models.
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TAG_MAX, KEY_MAX = 64, 1_152
KEY = sa.String(length=KEY_MAX).with_variant(sa.String(length=KEY_MAX, collation="C"), "postgresql")

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "tag_aliases",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("tag_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=TAG_MAX), nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.CheckConstraint("length(name) >= 1", name=op.f("ck_tag_aliases_name")),
        sa.ForeignKeyConstraint(
            ["tag_id", "account_id"],
            ["tags.id", "tags.account_id"],
            name="fk_tag_aliases_tag",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_aliases")),
        sa.UniqueConstraint("account_id", "key", name=op.f("uq_tag_aliases_account_id_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tag_aliases_tag", "tag_aliases", ["tag_id", "account_id"], unique=False)


def downgrade() -> None:
    """Take the change back; the aliases are lost, the tags stay."""
    op.drop_index("ix_tag_aliases_tag", table_name="tag_aliases")
    op.drop_table("tag_aliases")
