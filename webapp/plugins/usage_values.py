"""Typed values of what happened with a plugin at run time: it was chosen, used, called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from webapp.plugins.values import Directive

CallStatus = Literal["ok", "refused", "failed"]
CALL_STATUSES: tuple[CallStatus, ...] = ("ok", "refused", "failed")

LINE_MAX = 255
INPUT_MAX = 10_000
"""How much of what a person wrote is kept."""
ARGUMENTS_MAX = 64 * 1024
"""Arguments whose JSON is longer are kept as the beginning of that text."""


@dataclass(frozen=True)
class Occasion:
    """Where something happened: the chatbot, and the key of the conversation; "" where it is not known."""

    chatbot: str = ""
    session_key: str = ""


@dataclass(frozen=True)
class Use:
    """A plugin was given to a model for what somebody wrote (seed: ChatPluginUsage)."""

    occasion: Occasion = Occasion()
    input_text: str = ""


@dataclass(frozen=True)
class Selection:
    """A selector chose its plugin: by which directive and, where there is one, by which of its search terms."""

    directive: Directive
    occasion: Occasion = Occasion()
    search_term: str = ""
    input_text: str = ""


@dataclass(frozen=True)
class ToolCall:
    """A model called a plugin as a tool (seed: ChatToolCall).

    Args:
        function_name: what the tool was called.
        occasion: where.
        arguments: what the model filled in, as JSON holds it.
        status: ok, refused (the arguments broke a rule) or failed.
        message: what went wrong, in words.
    """

    function_name: str
    occasion: Occasion = Occasion()
    arguments: Any = None
    status: CallStatus = "ok"
    message: str = ""
