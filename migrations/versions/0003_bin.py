"""Indexes over the bin: of an account, of an owner, and over everything for what has to be removed.

They hold only what is in the bin, which is little beside the records that are live.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BINNED = sa.text("deleted_at IS NOT NULL")


def upgrade() -> None:
    """Narrow the index of an account's bin and add the two others."""
    op.drop_index("ix_plugin_meta_bin", table_name="plugin_meta")
    _create("ix_plugin_meta_bin", "account_id", "deleted_at", "id")
    _create("ix_plugin_meta_bin_mine", "user_profile_id", "deleted_at", "id")
    _create("ix_plugin_meta_bin_all", "deleted_at", "id")


def downgrade() -> None:
    """Take the change back."""
    for name in ("ix_plugin_meta_bin_all", "ix_plugin_meta_bin_mine", "ix_plugin_meta_bin"):
        op.drop_index(name, table_name="plugin_meta", sqlite_where=BINNED, postgresql_where=BINNED)
    op.create_index("ix_plugin_meta_bin", "plugin_meta", ["account_id", "deleted_at", "id"], unique=False)


def _create(name: str, *columns: str) -> None:
    op.create_index(
        name, "plugin_meta", list(columns), unique=False, sqlite_where=BINNED, postgresql_where=BINNED
    )
