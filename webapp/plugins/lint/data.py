"""Rules for the data: how much a model has to read, and what a query does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from webapp.plugins.lint.findings import Rule, Spot
from webapp.plugins.values import PluginValues, SqlData, StaticData

CHARACTERS_PER_TOKEN = 4
"""A rule of thumb; the real number depends on the model and the language."""
TOKENS_LARGE = 4_000
TOKENS_HUGE = 100_000

# Comments, and texts in quotes: what stands in them is no SQL.
_ASIDE = re.compile(r"--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^']|'')*(?:'|\Z)|\"[^\"]*(?:\"|\Z)", re.DOTALL)
_WRITES = re.compile(
    r"(?:\A|;|\()\s*(insert|update|delete|merge|replace|drop|alter|truncate|create|grant|revoke)\b",
    re.IGNORECASE,
)
_LIMITS = re.compile(
    r"\blimit\s+\S|\bfetch\s+(?:first|next)\b|\bselect\s+(?:distinct\s+)?top\b", re.IGNORECASE
)


def estimate_tokens(data: Any) -> int:
    """Return about how many tokens a model reads for this data: its JSON, four characters to a token."""
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str)
    return -(-len(written) // CHARACTERS_PER_TOKEN)


def _large(values: PluginValues) -> Iterable[Spot]:
    if TOKENS_LARGE < (tokens := _static_tokens(values)) <= TOKENS_HUGE:
        yield Spot(f"The static data is about {tokens:,} tokens")


def _huge(values: PluginValues) -> Iterable[Spot]:
    if (tokens := _static_tokens(values)) > TOKENS_HUGE:
        yield Spot(f"The static data is about {tokens:,} tokens, more than most models can read")


def _writes(values: PluginValues) -> Iterable[Spot]:
    found = _WRITES.search(_statement(values))
    if found:
        yield Spot(f"The query writes: {found[1].upper()}")


def _unlimited(values: PluginValues) -> Iterable[Spot]:
    statement = _statement(values)
    data = values.data
    if (
        isinstance(data, SqlData)
        and data.limit is None
        and statement.strip()
        and not _LIMITS.search(statement)
    ):
        yield Spot("The query may return any number of rows")


def _static_tokens(values: PluginValues) -> int:
    data = values.data
    return estimate_tokens(data.static_data) if isinstance(data, StaticData) else 0


def _statement(values: PluginValues) -> str:
    return _ASIDE.sub(" ", values.data.sql_query) if isinstance(values.data, SqlData) else ""


RULES = (
    Rule(
        "static-huge",
        "warning",
        "data",
        "static_data",
        f"Static data above {TOKENS_HUGE:,} tokens (estimated)",
        "It does not fit beside the conversation, so the call fails or the data is cut off.",
        "Split it into several plugins, or put it behind a query or a call.",
        _huge,
    ),
    Rule(
        "static-large",
        "hint",
        "data",
        "static_data",
        f"Static data above {TOKENS_LARGE:,} tokens (estimated)",
        "Every answer that uses the plugin pays for all of it, and models overlook what stands in the middle.",
        "Keep what questions are really about.",
        _large,
    ),
    Rule(
        "sql-writes",
        "hint",
        "data",
        "sql_query",
        "A query that writes",
        "A model runs it whenever it thinks that it helps, also twice.",
        "Let a model read only, with a connection that may not write.",
        _writes,
    ),
    Rule(
        "sql-no-limit",
        "hint",
        "data",
        "limit",
        "A query without a limit",
        "A large answer is slow, costly and cut off.",
        "Set a limit, or write LIMIT into the query.",
        _unlimited,
    ),
)
