"""Drafts that are kept while somebody types belong to the account that it is typed in.

Contracts: nothing. The foreign key is of the new column, which the version before leaves empty.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

# The vocabulary of columns as it was when this migration was written; it never follows the models.
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    with op.batch_alter_table("drafts", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.add_column(sa.Column("profile_id", BIG_ID, nullable=True))
        batch.create_foreign_key(
            "fk_drafts_profile_id_user_profiles", "user_profiles", ["profile_id"], ["id"], ondelete="CASCADE"
        )
    op.create_index("ix_drafts_profile", "drafts", ["profile_id", "path"], unique=False)


def downgrade() -> None:
    """Take the change back; drafts that were kept while somebody typed go."""
    op.execute(sa.text("DELETE FROM drafts WHERE profile_id IS NOT NULL"))
    op.drop_index("ix_drafts_profile", table_name="drafts")
    with op.batch_alter_table("drafts", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.drop_constraint("fk_drafts_profile_id_user_profiles", type_="foreignkey")
        batch.drop_column("profile_id")
