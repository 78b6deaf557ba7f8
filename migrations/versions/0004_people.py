"""People of an account: a profile that can be disabled and knows when it was last used, and invitations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

# The vocabulary of columns as it was when this migration was written; it never follows the models.
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def binary_text(length: int) -> sa.String:
    """Return a text type that sorts by code unit on both databases."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column(
        "user_profiles", sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False)
    )
    op.add_column("user_profiles", sa.Column("last_seen_at", MOMENT, nullable=True))
    op.execute(
        "UPDATE user_profiles SET last_seen_at = (SELECT max(login_sessions.last_seen_at) "
        "FROM login_sessions WHERE login_sessions.user_profile_id = user_profiles.id)"
    )
    op.create_table(
        "invitations",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("invited_by_id", BIG_ID, nullable=False),
        sa.Column("token_hash", binary_text(64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.CheckConstraint("role IN ('member', 'staff')", name=op.f("ck_invitations_role")),
        sa.ForeignKeyConstraint(
            ["invited_by_id", "account_id"],
            ["user_profiles.id", "user_profiles.account_id"],
            name="fk_invitations_invited_by",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_invitations_account", "invitations", ["account_id", "expires_at"], unique=False)


def downgrade() -> None:
    """Take it back: who was disabled in one account is let in again, open invitations end."""
    op.drop_index("ix_invitations_account", table_name="invitations")
    op.drop_table("invitations")
    op.drop_column("user_profiles", "last_seen_at")
    op.drop_column("user_profiles", "is_active")
