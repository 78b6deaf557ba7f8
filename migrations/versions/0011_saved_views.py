"""Saved views: states of the plugin list under a name, and the one that a profile begins with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

# The vocabulary of columns as it was when this migration was written; it never follows the models.
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
KEY = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")
LIVE = sa.text("deleted_at IS NULL")

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "saved_views",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("user_profile_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("name_key", KEY, nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_profile_id", "account_id"],
            ["user_profiles.id", "user_profiles.account_id"],
            name="fk_saved_views_profile",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("id", "account_id", name=op.f("uq_saved_views_id_account_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_saved_views_name",
        "saved_views",
        ["user_profile_id", "name_key"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    op.create_index("ix_saved_views_account", "saved_views", ["account_id", "is_shared"], unique=False)
    op.create_table(
        "default_views",
        sa.Column("user_profile_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("saved_view_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_profile_id", "account_id"],
            ["user_profiles.id", "user_profiles.account_id"],
            name="fk_default_views_profile",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["saved_view_id", "account_id"],
            ["saved_views.id", "saved_views.account_id"],
            name="fk_default_views_view",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_profile_id", name=op.f("pk_default_views")),
    )
    op.create_index(op.f("ix_default_views_saved_view_id"), "default_views", ["saved_view_id"], unique=False)


def downgrade() -> None:
    """Take the change back; views and defaults are lost."""
    op.drop_index(op.f("ix_default_views_saved_view_id"), table_name="default_views")
    op.drop_table("default_views")
    op.drop_index("ix_saved_views_account", table_name="saved_views")
    op.drop_index("uq_saved_views_name", table_name="saved_views", sqlite_where=LIVE, postgresql_where=LIVE)
    op.drop_table("saved_views")
