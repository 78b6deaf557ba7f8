"""An index for the latest uses of an account: the overview ranks plugins by them."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NAME = "ix_chat_plugin_usages_account"


def upgrade() -> None:
    """Apply the change."""
    op.create_index(NAME, "chat_plugin_usages", ["account_id", "at", "id", "plugin_id"], unique=False)


def downgrade() -> None:
    """Take the change back."""
    op.drop_index(NAME, table_name="chat_plugin_usages")
