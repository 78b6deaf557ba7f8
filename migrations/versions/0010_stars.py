"""Stars of people, and annotations as rows that lists are filtered by.

The rows of the annotations that are stored already are written here; the rule of their keys is repeated, because a
migration never follows the program.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

# The vocabulary of columns as it was when this migration was written; it never follows the models.
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
AT_ONCE = 1_000
INDEXED_MAX = 100

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

PLUGINS = sa.table(
    "plugin_meta",
    sa.column("id", BIG_ID),
    sa.column("account_id", BIG_ID),
    sa.column("annotations", sa.JSON()),
    sa.column("deleted_at", MOMENT),
)


def _binary(length: int) -> Any:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Apply the change."""
    op.add_column(
        "user_profiles", sa.Column("star_generation", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.create_table(
        "stars",
        sa.Column("user_profile_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("plugin_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_profile_id"],
            ["user_profiles.id"],
            name=op.f("fk_stars_user_profile_id_user_profiles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["plugin_id"], ["plugin_meta.id"], name=op.f("fk_stars_plugin_id_plugin_meta"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_profile_id", "plugin_id", name=op.f("pk_stars")),
    )
    op.create_index(op.f("ix_stars_plugin_id"), "stars", ["plugin_id"], unique=False)
    annotations = op.create_table(
        "plugin_annotations",
        sa.Column("plugin_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("key", _binary(255), nullable=False),
        sa.Column("value_key", _binary(INDEXED_MAX), nullable=False),
        sa.ForeignKeyConstraint(
            ["plugin_id", "account_id"],
            ["plugin_meta.id", "plugin_meta.account_id"],
            name="fk_plugin_annotations_plugin",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("plugin_id", "position", name=op.f("pk_plugin_annotations")),
    )
    _fill(annotations)
    op.create_index(
        "ix_plugin_annotations_found",
        "plugin_annotations",
        ["account_id", "key", "value_key", "plugin_id"],
        unique=False,
    )


def downgrade() -> None:
    """Take the change back; stars are lost, annotations stay where they are written."""
    op.drop_index("ix_plugin_annotations_found", table_name="plugin_annotations")
    op.drop_table("plugin_annotations")
    op.drop_index(op.f("ix_stars_plugin_id"), table_name="stars")
    op.drop_table("stars")
    op.drop_column("user_profiles", "star_generation")


def _fill(annotations: sa.Table) -> None:
    if op.get_context().as_sql:
        return  # A script cannot read what is stored; the next write of a record makes its rows.
    connection, last = op.get_bind(), 0
    while True:
        portion = (
            sa.select(PLUGINS.c.id, PLUGINS.c.account_id, PLUGINS.c.annotations)
            .where(PLUGINS.c.id > last, PLUGINS.c.deleted_at.is_(None))
            .order_by(PLUGINS.c.id)
            .limit(AT_ONCE)
        )
        found = connection.execute(portion).all()
        rows = [row for plugin in found for row in _rows(*plugin)]
        if rows:
            connection.execute(sa.insert(annotations), rows)
        if len(found) < AT_ONCE:
            return
        last = found[-1].id


def _rows(plugin_id: int, account_id: int, annotations: Any) -> Iterator[dict[str, Any]]:
    pairs = (pair for entry in annotations or () for pair in entry.items())
    for position, (key, value) in enumerate(pairs):
        yield {
            "plugin_id": plugin_id,
            "position": position,
            "account_id": account_id,
            "key": key,
            "value_key": _value_key(value),
        }


def _value_key(value: Any) -> str:
    text = (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).strip()
    if len(text) <= INDEXED_MAX and not text.startswith("sha256:"):
        return text
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
