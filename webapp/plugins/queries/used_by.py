"""Everything that chatbots of the viewer's account did with a plugin, newest first, in pages.

A plugin of the platform is used by many accounts, none of which sees what the others do with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func, literal, select, tuple_
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.plugins.models import ChatBotPlugin, ChatPluginUsage, ChatToolCall, PluginSelectorHistory
from webapp.plugins.queries.usage import ChatbotUse, bounded_count

PER_PAGE = 50
SHOWN_MAX = 300
"""Characters of what a person wrote that a line shows."""

Place = tuple[dt.datetime, int]
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MOMENT = dt.timedelta(microseconds=1)

Happening = Literal["uses", "calls", "selections"]

_MODELS: Mapping[Happening, type[ChatPluginUsage | ChatToolCall | PluginSelectorHistory]] = {
    "uses": ChatPluginUsage,
    "calls": ChatToolCall,
    "selections": PluginSelectorHistory,
}


@dataclass(frozen=True)
class Counts:
    """How many rows of each kind there are; past `usage.COUNTED_MAX` nobody counts on."""

    chatbots: int
    uses: int
    calls: int
    selections: int


@dataclass(frozen=True)
class Happened:
    """One thing that happened with a plugin: where and when, what about it, and how it ended."""

    id: int
    at: dt.datetime
    chatbot: str
    text: str
    detail: str = ""
    status: str = ""

    @property
    def mark(self) -> tuple[int, int]:
        """Return the place of this line as whole numbers, for addresses."""
        return (self.at - _EPOCH) // _MOMENT, self.id


@dataclass(frozen=True)
class HappenedPage:
    """A page of what happened, newest first, and whether there is more."""

    rows: tuple[Happened, ...]
    older: bool


@dataclass(frozen=True)
class ChatbotPage:
    """A page of chatbots by name, and whether there is more."""

    rows: tuple[ChatbotUse, ...]
    more: bool


def place_of(mark: Sequence[int]) -> Place | None:
    """Return the place that a mark stands for, or None when nothing can have happened there."""
    try:
        return _EPOCH + mark[0] * _MOMENT, mark[1]
    except OverflowError:
        return None


def count_all(session: Session, viewer: Viewer, plugin_id: int) -> Counts:
    """Return, in one statement, how much there is of everything that the page lists."""
    models: tuple[Any, ...] = (ChatBotPlugin, *_MODELS.values())
    columns = [
        bounded_count((model.plugin_id == plugin_id) & (model.account_id == viewer.account_id), model)
        for model in models
    ]
    chatbots, uses, calls, selections = tuple(session.execute(select(*columns)).one())
    return Counts(chatbots, uses, calls, selections)


def list_chatbots(session: Session, viewer: Viewer, plugin_id: int, after: str = "") -> ChatbotPage:
    """Return the chatbots that may use a plugin, by name, with how often each did and when last.

    Args:
        session: to read with.
        viewer: whose account they belong to.
        plugin_id: of a plugin that the viewer may read.
        after: the page begins after the chatbot of this name.
    """
    same = (
        (ChatPluginUsage.plugin_id == ChatBotPlugin.plugin_id)
        & (ChatPluginUsage.account_id == ChatBotPlugin.account_id)
        & (ChatPluginUsage.chatbot == ChatBotPlugin.chatbot)
    )
    statement = (
        select(ChatBotPlugin.chatbot, bounded_count(same, ChatPluginUsage))
        .where(ChatBotPlugin.plugin_id == plugin_id, ChatBotPlugin.account_id == viewer.account_id)
        .order_by(ChatBotPlugin.chatbot)
        .limit(PER_PAGE + 1)
    )
    if after:
        statement = statement.where(ChatBotPlugin.chatbot > after)
    rows = session.execute(statement).all()
    return ChatbotPage(tuple(ChatbotUse(*row) for row in rows[:PER_PAGE]), len(rows) > PER_PAGE)


def list_happened(
    session: Session,
    viewer: Viewer,
    plugin_id: int,
    kind: Happening,
    before: Place | None = None,
) -> HappenedPage:
    """Return a page of uses, tool calls or selections, newest first.

    Args:
        session: to read with.
        viewer: whose account it happened in.
        plugin_id: of a plugin that the viewer may read.
        kind: what is listed.
        before: the page begins with what is older than this moment and id.
    """
    model = _MODELS[kind]
    statement = (
        select(model.id, model.at, model.chatbot, *_columns(kind))
        .where(model.plugin_id == plugin_id, model.account_id == viewer.account_id)
        .order_by(model.at.desc(), model.id.desc())
        .limit(PER_PAGE + 1)
    )
    if before is not None:
        place = (literal(before[0], model.at.type), literal(before[1], model.id.type))
        statement = statement.where(tuple_(model.at, model.id) < tuple_(*place))
    rows = session.execute(statement).all()
    return HappenedPage(tuple(Happened(*row) for row in rows[:PER_PAGE]), len(rows) > PER_PAGE)


def _columns(kind: Happening) -> tuple[Any, ...]:
    """Return the columns of a line after its chatbot: text, detail, status."""
    if kind == "uses":
        return (func.substr(ChatPluginUsage.input_text, 1, SHOWN_MAX),)
    if kind == "calls":
        return (
            ChatToolCall.function_name,
            func.substr(ChatToolCall.message, 1, SHOWN_MAX),
            ChatToolCall.status,
        )
    return (
        func.substr(PluginSelectorHistory.input_text, 1, SHOWN_MAX),
        PluginSelectorHistory.search_term,
        PluginSelectorHistory.directive,
    )
