"""Who uses a plugin and when it was last used, as far as it happened in the viewer's account.

A plugin of the platform is used by many accounts, none of which sees what the others do with it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.plugins.models import ChatBotPlugin, ChatPluginUsage, ChatToolCall

CHATBOTS_SHOWN = 5
COUNTED_MAX = 1_000


@dataclass(frozen=True)
class ChatbotUse:
    """A chatbot that may use a plugin and how often it did; past `COUNTED_MAX` nobody counts on."""

    name: str
    uses: int

    @property
    def uses_text(self) -> str:
        """Return "1 use", "87 uses" or "1,000+ uses"."""
        return f"{counted(self.uses)} {'use' if self.uses == 1 else 'uses'}"


@dataclass(frozen=True)
class PluginUse:
    """What the page of a plugin says about its use."""

    chatbots: tuple[ChatbotUse, ...]
    links: int
    last_used_at: dt.datetime | None
    last_call_at: dt.datetime | None
    last_call_status: str | None

    @property
    def links_text(self) -> str:
        """Return how many chatbots may use it: "3", "1,000+"."""
        return counted(self.links)

    @property
    def more_text(self) -> str:
        """Return how many chatbots are not shown; "" when all are."""
        hidden = min(self.links, COUNTED_MAX) - len(self.chatbots)
        return f"{hidden:,}{'+' if self.links > COUNTED_MAX else ''}" if hidden > 0 else ""


def count_links(session: Session, viewer: Viewer, plugin_id: int) -> int:
    """Return how many chatbots of the viewer's account may use a plugin, counted to just past `COUNTED_MAX`."""
    mine = (ChatBotPlugin.plugin_id == plugin_id) & (ChatBotPlugin.account_id == viewer.account_id)
    return session.scalar(select(bounded_count(mine, ChatBotPlugin))) or 0


def counted(number: int) -> str:
    """Return a bounded count in words: "3", "1,000+"."""
    return f"{min(number, COUNTED_MAX):,}{'+' if number > COUNTED_MAX else ''}"


def find_use(session: Session, viewer: Viewer, plugin_id: int) -> PluginUse | None:
    """Return how the viewer's account uses a plugin that the viewer may read; None when it never did."""
    account_id = viewer.account_id
    links = bounded_count(
        (ChatBotPlugin.plugin_id == plugin_id) & (ChatBotPlugin.account_id == account_id), ChatBotPlugin
    )
    used_at = (
        select(func.max(ChatPluginUsage.at))
        .where(ChatPluginUsage.plugin_id == plugin_id, ChatPluginUsage.account_id == account_id)
        .scalar_subquery()
    )
    last_call = (
        select(ChatToolCall.id)
        .where(ChatToolCall.plugin_id == plugin_id, ChatToolCall.account_id == account_id)
        .order_by(ChatToolCall.at.desc(), ChatToolCall.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    # From a row that is always there, so that no call is an answer too.
    one = select(links.label("links"), used_at.label("used_at")).subquery()
    row = session.execute(
        select(one, ChatToolCall.at, ChatToolCall.status)
        .select_from(one)
        .outerjoin(ChatToolCall, ChatToolCall.id == last_call)
    ).one()
    if not row.links and row.used_at is None and row.at is None:
        return None
    chatbots = _list_chatbots(session, account_id, plugin_id) if row.links else ()
    return PluginUse(chatbots, row.links, row.used_at, row.at, row.status)


def _list_chatbots(session: Session, account_id: int, plugin_id: int) -> tuple[ChatbotUse, ...]:
    uses = bounded_count(
        (ChatPluginUsage.plugin_id == ChatBotPlugin.plugin_id)
        & (ChatPluginUsage.account_id == ChatBotPlugin.account_id)
        & (ChatPluginUsage.chatbot == ChatBotPlugin.chatbot),
        ChatPluginUsage,
    )
    rows = session.execute(
        select(ChatBotPlugin.chatbot, uses)
        .where(ChatBotPlugin.plugin_id == plugin_id, ChatBotPlugin.account_id == account_id)
        .order_by(ChatBotPlugin.chatbot)
        .limit(CHATBOTS_SHOWN)
    )
    return tuple(ChatbotUse(*row) for row in rows)


def bounded_count(condition: ColumnElement[bool], model: Any) -> ScalarSelect[int]:
    """Return how many rows of a model meet a condition, which ends just past `COUNTED_MAX`."""
    few = select(model.id).where(condition).limit(COUNTED_MAX + 1).correlate_except(model).subquery()
    return select(func.count()).select_from(few).scalar_subquery()
