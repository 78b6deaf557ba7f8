"""What happened with plugins at run time: links of chatbots, usages, tool calls, selections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

# The vocabulary of columns as it was when this migration was written; it never follows the models.
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def binary_text(length: int) -> sa.String:
    """Return a text type that sorts by code unit on both databases."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PAST = ("plugin_selector_history", "chat_tool_calls", "chat_plugin_usages")


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "chatbot_plugins",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("plugin_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("chatbot", binary_text(255), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("length(chatbot) >= 1", name=op.f("ck_chatbot_plugins_chatbot")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_chatbot_plugins_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["plugin_id"],
            ["plugin_meta.id"],
            name=op.f("fk_chatbot_plugins_plugin_id_plugin_meta"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chatbot_plugins")),
        sa.UniqueConstraint(
            "plugin_id", "account_id", "chatbot", name=op.f("uq_chatbot_plugins_plugin_id_account_id_chatbot")
        ),
        sqlite_autoincrement=True,
    )
    _create_past("chat_plugin_usages", sa.Column("input_text", sa.Text(), server_default="", nullable=False))
    op.create_index(
        "ix_chat_plugin_usages_chatbot",
        "chat_plugin_usages",
        ["plugin_id", "account_id", "chatbot"],
        unique=False,
    )
    _create_past(
        "chat_tool_calls",
        sa.Column("function_name", sa.String(length=255), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("status IN ('ok', 'refused', 'failed')", name=op.f("ck_chat_tool_calls_status")),
    )
    _create_past(
        "plugin_selector_history",
        sa.Column("directive", sa.String(length=20), nullable=False),
        sa.Column("search_term", sa.String(length=255), server_default="", nullable=False),
        sa.Column("input_text", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "directive IN ('search_terms', 'always', 'llm')",
            name=op.f("ck_plugin_selector_history_directive"),
        ),
    )


def downgrade() -> None:
    """Take the change back, and with it what was recorded."""
    for table in PAST:
        op.drop_table(table)
    op.drop_table("chatbot_plugins")


def _create_past(table: str, *parts: sa.schema.SchemaItem) -> None:
    # No foreign key to the plugin: what happened outlives it.
    op.create_table(
        table,
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("plugin_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("plugin_name", sa.String(length=64), nullable=False),
        sa.Column("chatbot", binary_text(255), server_default="", nullable=False),
        sa.Column("session_key", sa.String(length=255), server_default="", nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        *parts,
        sa.CheckConstraint("plugin_id >= 1", name=op.f(f"ck_{table}_plugin_id")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f(f"fk_{table}_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{table}_at", table, ["plugin_id", "account_id", "at", "id"], unique=False)
