"""Rules for the name: it is the name of the tool that a model sees, and each family of clients has its own pattern.

Names that are new fit all of them. Names of long ago may begin with a digit, and a rule may change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from webapp.plugins.lint.findings import Rule, Spot
from webapp.plugins.values import PluginValues

OPENAI = re.compile(r"[A-Za-z0-9_-]{1,64}")
ANTHROPIC = re.compile(r"[A-Za-z0-9_-]{1,128}")
MCP = re.compile(r"[A-Za-z0-9_.-]{1,128}")
GEMINI = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")


def _refused(pattern: re.Pattern[str], whose: str) -> Callable[[PluginValues], Iterable[Spot]]:
    def find(values: PluginValues) -> Iterable[Spot]:
        if not pattern.fullmatch(values.name):
            yield Spot(f"{whose} refuses the name")

    return find


_WHY = "A request that holds one tool with a wrong name is refused as a whole, with all its other tools."

RULES = (
    Rule(
        "name-openai",
        "error",
        "name",
        "name",
        "A name that OpenAI refuses",
        _WHY,
        "Use 1 to 64 letters, digits, underscores and hyphens.",
        _refused(OPENAI, "OpenAI"),
    ),
    Rule(
        "name-anthropic",
        "error",
        "name",
        "name",
        "A name that Anthropic refuses",
        _WHY,
        "Use 1 to 128 letters, digits, underscores and hyphens.",
        _refused(ANTHROPIC, "Anthropic"),
    ),
    Rule(
        "name-mcp",
        "error",
        "name",
        "name",
        "A name outside the Model Context Protocol",
        "Clients of the Model Context Protocol may leave such a tool out.",
        "Use 1 to 128 letters, digits, underscores, hyphens and dots.",
        _refused(MCP, "The Model Context Protocol"),
    ),
    Rule(
        "name-gemini",
        "warning",
        "name",
        "name",
        "A name that Gemini refuses",
        _WHY,
        "Begin it with a letter, and use at most 64 characters.",
        _refused(GEMINI, "Gemini"),
    ),
)
