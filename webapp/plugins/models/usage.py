"""What happened with plugins at run time: links of chatbots, usages, tool calls, selections.

Each row belongs to the account that used the plugin, which is another one than the plugin's when that is a plugin of
the platform. Usages, tool calls and selections are a record of the past: they outlive the plugin, so they hold no
foreign key to it, and keep its name beside its id, which no other plugin ever gets (docs/adr/0007). A link goes with
its plugin when that is removed for good.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from webapp.core.text import NAME_MAX
from webapp.db.columns import BigId, OrderedJson, binary_text, created, pk, text
from webapp.extensions import Base
from webapp.plugins.usage_values import LINE_MAX


class ChatBotPlugin(Base):
    """A chatbot, which lives elsewhere and has a name here, may use a plugin (seed: chatbotplugin_set)."""

    __tablename__ = "chatbot_plugins"

    id: Mapped[pk]
    plugin_id: Mapped[int] = mapped_column(BigId, ForeignKey("plugin_meta.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("accounts.id", ondelete="CASCADE"))
    chatbot: Mapped[str] = mapped_column(binary_text(LINE_MAX))
    created_at: Mapped[created]

    __table_args__ = (
        UniqueConstraint("plugin_id", "account_id", "chatbot"),
        CheckConstraint("length(chatbot) >= 1", name="chatbot"),
        {"sqlite_autoincrement": True},
    )


class _Happening:
    """What the three kinds of rows about the past have in common."""

    id: Mapped[pk]
    plugin_id: Mapped[int] = mapped_column(BigId)
    plugin_name: Mapped[str] = mapped_column(String(NAME_MAX))
    chatbot: Mapped[str] = mapped_column(binary_text(LINE_MAX), default="", server_default="")
    session_key: Mapped[str] = mapped_column(String(LINE_MAX), default="", server_default="")
    at: Mapped[created]

    @declared_attr
    @classmethod
    def account_id(cls) -> Mapped[int]:
        """Return the account that used the plugin."""
        return mapped_column(BigId, ForeignKey("accounts.id", ondelete="CASCADE"))


class ChatPluginUsage(_Happening, Base):
    """A plugin was given to a model for what somebody wrote (seed: chatpluginusage_set)."""

    __tablename__ = "chat_plugin_usages"

    input_text: Mapped[text]

    __table_args__ = (
        Index("ix_chat_plugin_usages_at", "plugin_id", "account_id", "at", "id"),
        # For how often each chatbot used it.
        Index("ix_chat_plugin_usages_chatbot", "plugin_id", "account_id", "chatbot"),
        # For the latest uses of an account, of whatever plugins.
        Index("ix_chat_plugin_usages_account", "account_id", "at", "id", "plugin_id"),
        CheckConstraint("plugin_id >= 1", name="plugin_id"),
        {"sqlite_autoincrement": True},
    )


class ChatToolCall(_Happening, Base):
    """A model called a plugin as a tool, with these arguments, and how that ended (seed: chattoolcall_set)."""

    __tablename__ = "chat_tool_calls"

    function_name: Mapped[str] = mapped_column(String(LINE_MAX))
    arguments: Mapped[Any] = mapped_column(OrderedJson, nullable=True)
    status: Mapped[str] = mapped_column(String(10))
    message: Mapped[text]

    __table_args__ = (
        Index("ix_chat_tool_calls_at", "plugin_id", "account_id", "at", "id"),
        CheckConstraint("plugin_id >= 1", name="plugin_id"),
        CheckConstraint("status IN ('ok', 'refused', 'failed')", name="status"),
        {"sqlite_autoincrement": True},
    )


class PluginSelectorHistory(_Happening, Base):
    """A selector chose its plugin, by any directive; what is written on a selector and when is in the revisions."""

    __tablename__ = "plugin_selector_history"

    directive: Mapped[str] = mapped_column(String(20))
    search_term: Mapped[str] = mapped_column(String(LINE_MAX), default="", server_default="")
    input_text: Mapped[text]

    __table_args__ = (
        Index("ix_plugin_selector_history_at", "plugin_id", "account_id", "at", "id"),
        CheckConstraint("plugin_id >= 1", name="plugin_id"),
        CheckConstraint("directive IN ('search_terms', 'always', 'llm')", name="directive"),
        {"sqlite_autoincrement": True},
    )
