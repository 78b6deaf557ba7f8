"""PluginMeta: the central registry record of every plugin (seed: PluginMeta)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, WriteOnlyMapped, relationship, synonym

from webapp.accounts.ownership import name_checks, ownership_key
from webapp.extensions import Base
from webapp.plugins.models.data import PluginDataBase
from webapp.plugins.models.getters import CachedGetters
from webapp.plugins.models.identity import Identity
from webapp.plugins.models.lifecycle import Lifecycle
from webapp.plugins.models.lookups import Lookups
from webapp.plugins.models.presentation import Presentation
from webapp.plugins.models.prompt import PluginPrompt
from webapp.plugins.models.selector import PluginSelector
from webapp.plugins.models.tags import PluginTag
from webapp.plugins.models.usage import ChatBotPlugin, ChatPluginUsage, ChatToolCall, PluginSelectorHistory
from webapp.plugins.values import DEFAULT_VERSION

READY = "ready"
ATTENTION = "attention"
NOT_READY = "not_ready"
READINESS = (READY, ATTENTION, NOT_READY)

_LIVE = text("deleted_at IS NULL")
_BINNED = text("deleted_at IS NOT NULL")


def _list_index(name: str, *columns: str) -> Index:
    """Return an index in the order of one list, over the records that are not in the bin."""
    return Index(f"ix_plugin_meta_{name}", *columns, sqlite_where=_LIVE, postgresql_where=_LIVE)


def _bin_index(name: str, *columns: str) -> Index:
    """Return an index over the few records that are in the bin."""
    return Index(f"ix_plugin_meta_{name}", *columns, sqlite_where=_BINNED, postgresql_where=_BINNED)


def _past(model: type[ChatPluginUsage | ChatToolCall | PluginSelectorHistory]) -> dict[str, Any]:
    """Return the relationship to rows about the past of a plugin; they outlive it, so they hold no foreign key."""
    return {
        "viewonly": True,
        "primaryjoin": f"PluginMeta.id == foreign({model.__name__}.plugin_id)",
        "order_by": (model.at.desc(), model.id.desc()),
    }


class PluginMeta(Identity, Presentation, Lifecycle, Lookups, CachedGetters, Base):
    """Identity, description and ownership of one plugin; anchor of its selector, prompt and data."""

    __tablename__ = "plugin_meta"

    selector: Mapped[PluginSelector | None] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, uselist=False
    )
    prompt: Mapped[PluginPrompt | None] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, uselist=False
    )
    data: Mapped[PluginDataBase | None] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, uselist=False
    )
    tagged_items: Mapped[list[PluginTag]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by=PluginTag.position
    )

    # Who may use it and when it was chosen, used and called, newest first: queries, because there may be millions of
    # rows. They know no viewer; pages go through `queries.usage`, and `service.usage` writes.
    chatbot_links: Mapped[list[ChatBotPlugin]] = relationship(
        viewonly=True, order_by=(ChatBotPlugin.chatbot, ChatBotPlugin.account_id)
    )
    usages: WriteOnlyMapped[ChatPluginUsage] = relationship(**_past(ChatPluginUsage))
    tool_calls: WriteOnlyMapped[ChatToolCall] = relationship(**_past(ChatToolCall))
    selector_history: WriteOnlyMapped[PluginSelectorHistory] = relationship(**_past(PluginSelectorHistory))

    # The seed page's names.
    plugin_selector_plugin = synonym("selector")
    plugin_prompt_plugin = synonym("prompt")
    plugin_data_base_plugin = synonym("data")
    chatbotplugin_set = synonym("chatbot_links")
    chatpluginusage_set = synonym("usages")
    chattoolcall_set = synonym("tool_calls")

    __table_args__ = (
        ownership_key("plugin_meta"),
        UniqueConstraint("id", "account_id"),
        Index(
            "uq_plugin_meta_account_name",
            "account_id",
            "name",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        _list_index("name", "account_id", "name", "id"),
        _list_index("updated", "account_id", "updated_at", "id"),
        _list_index("created", "account_id", "created_at", "id"),
        _list_index("class", "account_id", "plugin_class", "name", "id"),
        _list_index("version", "account_id", "version_key", "id"),
        _list_index("owner", "account_id", "owner_key", "name", "id"),
        _list_index("mine_updated", "user_profile_id", "updated_at", "id"),
        _list_index("mine_name", "user_profile_id", "name", "id"),
        _list_index("readiness", "account_id", "readiness", "updated_at", "id"),
        # Superusers list every account at once.
        _list_index("all_updated", "updated_at", "id"),
        _list_index("all_name", "name", "id"),
        _bin_index("bin", "account_id", "deleted_at", "id"),
        _bin_index("bin_mine", "user_profile_id", "deleted_at", "id"),
        # For the bin of a superuser, and for what is to be removed.
        _bin_index("bin_all", "deleted_at", "id"),
        *name_checks(),
        CheckConstraint("plugin_class IN ('static', 'sql', 'api')", name="plugin_class"),
        CheckConstraint("readiness IN ('ready', 'attention', 'not_ready')", name="readiness"),
        CheckConstraint("revision >= 1", name="revision"),
        {"sqlite_autoincrement": True},
    )

    def __init__(self, **columns: Any) -> None:
        """Make a record that is not saved; what is not given has its default at once, as the seed page has it."""
        super().__init__(**{"description": "", "version": DEFAULT_VERSION, "annotations": [], **columns})
