"""Rules for the settings of the prompt."""

from __future__ import annotations

from collections.abc import Iterable

from webapp.plugins.lint.findings import Rule, Spot
from webapp.plugins.values import PluginValues

TEMPERATURE_HIGH = 0.9
TOKENS_FEW = 50
TOKENS_MANY = 16_384
"""What most models write at most in one answer."""


def _temperature(values: PluginValues) -> Iterable[Spot]:
    if values.prompt and values.prompt.temperature > TEMPERATURE_HIGH:
        yield Spot(f"The temperature is high: {values.prompt.temperature:g}")


def _few_tokens(values: PluginValues) -> Iterable[Spot]:
    if values.prompt and values.prompt.max_tokens < TOKENS_FEW:
        yield Spot(f"An answer may have only {values.prompt.max_tokens} tokens")


def _many_tokens(values: PluginValues) -> Iterable[Spot]:
    if values.prompt and values.prompt.max_tokens > TOKENS_MANY:
        yield Spot(f"An answer may have {values.prompt.max_tokens:,} tokens")


RULES = (
    Rule(
        "temperature-high",
        "hint",
        "prompt",
        "temperature",
        f"A temperature above {TEMPERATURE_HIGH:g}",
        "The same question gets different answers, and tool calls fail more often.",
        "For facts use a value up to 0.5.",
        _temperature,
    ),
    Rule(
        "tokens-few",
        "hint",
        "prompt",
        "max_tokens",
        f"Fewer than {TOKENS_FEW} tokens for an answer",
        "Answers and tool calls are cut off in the middle.",
        "Allow a few hundred.",
        _few_tokens,
    ),
    Rule(
        "tokens-many",
        "hint",
        "prompt",
        "max_tokens",
        f"More than {TOKENS_MANY:,} tokens for an answer",
        "Most models cannot write so much, and some refuse the request.",
        "Look up what the model can write, and stay below it.",
        _many_tokens,
    ),
)
