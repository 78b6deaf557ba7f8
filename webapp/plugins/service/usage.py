"""Recording what happens with plugins at run time, and which chatbots may use them.

Whoever may read a plugin may use it; the rows belong to the viewer's account. Recording never raises the generation of
an account: no list shows it, and a busy chatbot would empty every cache (DESIGN §5). What is recorded is cut and
cleaned rather than refused, because an answer that was already given must not fail over its record.
"""

from __future__ import annotations

import json
from typing import Any, cast

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.core import rules
from webapp.core.errors import InvalidInput, NotFound, SmarterValueError
from webapp.core.mappings import json_safe
from webapp.core.text import storable
from webapp.db.session import touch_account, transaction
from webapp.plugins.models import (
    ChatBotPlugin,
    ChatPluginUsage,
    ChatToolCall,
    PluginMeta,
    PluginSelectorHistory,
)
from webapp.plugins.queries.visibility import is_readable
from webapp.plugins.usage_values import ARGUMENTS_MAX, INPUT_MAX, LINE_MAX, Occasion, Selection, ToolCall, Use

_LINKS = cast(Table, ChatBotPlugin.__table__)


def record_use(viewer: Viewer, plugin_id: int, use: Use) -> None:
    """Note that a plugin was given to a model.

    Raises:
        NotFound: there is no such plugin in the viewer's sight.
    """
    with transaction() as session:
        happened = _happening(session, viewer, plugin_id, use.occasion)
        session.add(ChatPluginUsage(**happened, input_text=_text(use.input_text, INPUT_MAX)))


def record_tool_call(viewer: Viewer, plugin_id: int, call: ToolCall) -> None:
    """Note that a model called a plugin as a tool, and how that ended.

    Raises:
        NotFound: there is no such plugin in the viewer's sight.
    """
    with transaction() as session:
        session.add(
            ChatToolCall(
                **_happening(session, viewer, plugin_id, call.occasion),
                function_name=_text(call.function_name, LINE_MAX),
                arguments=_arguments(call.arguments),
                status=call.status,
                message=_text(call.message, INPUT_MAX),
            )
        )


def record_selection(viewer: Viewer, plugin_id: int, selection: Selection) -> None:
    """Note that the selector of a plugin chose it.

    Raises:
        NotFound: there is no such plugin in the viewer's sight.
    """
    with transaction() as session:
        session.add(
            PluginSelectorHistory(
                **_happening(session, viewer, plugin_id, selection.occasion),
                directive=selection.directive,
                search_term=_text(selection.search_term, LINE_MAX),
                input_text=_text(selection.input_text, INPUT_MAX),
            )
        )


def link_chatbot(viewer: Viewer, plugin_id: int, chatbot: str) -> bool:
    """Let a chatbot of the viewer's account use a plugin; return whether that is new.

    Raises:
        NotFound: there is no such plugin in the viewer's sight.
        InvalidInput: the chatbot has no name of one line.
    """
    chatbot = chatbot.strip()
    if errors := rules.check_line(chatbot, LINE_MAX, required="Give the chatbot’s name."):
        raise InvalidInput({"chatbot": errors})
    with transaction() as session:
        _plugin_name(session, viewer, plugin_id)
        build = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        # Of two links at once, one is new.
        made = session.scalar(
            build(_LINKS)
            .values(plugin_id=plugin_id, account_id=viewer.account_id, chatbot=chatbot)
            .on_conflict_do_nothing()
            .returning(_LINKS.c.id)
        )
        if made is None:
            return False
        touch_account(session, viewer.account_id)
        return True


def unlink_chatbot(viewer: Viewer, plugin_id: int, chatbot: str) -> bool:
    """Take a chatbot's link to a plugin away; what it did with the plugin stays. Return whether there was one.

    Raises:
        NotFound: there is no such plugin in the viewer's sight.
    """
    with transaction() as session:
        _plugin_name(session, viewer, plugin_id)
        gone = session.scalar(
            delete(_LINKS)
            .where(
                _LINKS.c.plugin_id == plugin_id,
                _LINKS.c.account_id == viewer.account_id,
                _LINKS.c.chatbot == chatbot.strip(),
            )
            .returning(_LINKS.c.id)
        )
        if gone is None:
            return False
        touch_account(session, viewer.account_id)
        return True


def _happening(session: Session, viewer: Viewer, plugin_id: int, occasion: Occasion) -> dict[str, Any]:
    """Return the columns that every row about the past has."""
    return {
        "plugin_id": plugin_id,
        "plugin_name": _plugin_name(session, viewer, plugin_id),
        "account_id": viewer.account_id,
        "chatbot": _text(occasion.chatbot.strip(), LINE_MAX),
        "session_key": _text(occasion.session_key, LINE_MAX),
    }


def _plugin_name(session: Session, viewer: Viewer, plugin_id: int) -> str:
    name = session.scalar(select(PluginMeta.name).where(PluginMeta.id == plugin_id, is_readable(viewer)))
    if name is None:
        raise NotFound
    return name


def _text(text: str, limit: int) -> str:
    """Return a text that both databases hold, cut where it is too long."""
    kept = storable(text)
    return kept if len(kept) <= limit else f"{kept[: limit - 1]}…"


def _arguments(arguments: object) -> Any:
    try:
        safe = json_safe(arguments)
    except SmarterValueError:
        return _text(repr(type(arguments)), INPUT_MAX)
    written = json.dumps(safe)
    return safe if len(written) <= ARGUMENTS_MAX else f"{written[: ARGUMENTS_MAX - 1]}…"
