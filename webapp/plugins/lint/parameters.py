"""Rules for parameters: what a model fills in."""

from __future__ import annotations

import re
from collections.abc import Iterable

from webapp.plugins.lint.findings import Rule, Spot
from webapp.plugins.rules import find_placeholders
from webapp.plugins.values import Parameter, PluginValues, SqlData, StaticData

ANTHROPIC = re.compile(r"[A-Za-z0-9_.-]{1,64}")
GEMINI = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def _refused(values: PluginValues) -> Iterable[Spot]:
    for number, parameter in enumerate(_parameters(values)):
        if not ANTHROPIC.fullmatch(parameter.name):
            yield Spot(
                f"No client accepts the parameter name {parameter.name[:64]}", f"parameters-{number}-name"
            )


def _narrow(values: PluginValues) -> Iterable[Spot]:
    for number, parameter in enumerate(_parameters(values)):
        if ANTHROPIC.fullmatch(parameter.name) and not GEMINI.fullmatch(parameter.name):
            yield Spot(f"Gemini refuses the parameter name {parameter.name}", f"parameters-{number}-name")


def _undescribed(values: PluginValues) -> Iterable[Spot]:
    for number, parameter in enumerate(_parameters(values)):
        if not parameter.description.strip():
            yield Spot(
                f"The parameter {parameter.name} has no description", f"parameters-{number}-description"
            )


def _unused(values: PluginValues) -> Iterable[Spot]:
    if not isinstance(values.data, SqlData) or not values.data.sql_query.strip():
        return
    used = set(find_placeholders(values.data.sql_query))
    for number, parameter in enumerate(_parameters(values)):
        if parameter.name not in used:
            yield Spot(f"The query does not use the parameter {parameter.name}", f"parameters-{number}-name")


def _parameters(values: PluginValues) -> tuple[Parameter, ...]:
    return () if values.data is None or isinstance(values.data, StaticData) else values.data.parameters


RULES = (
    Rule(
        "parameter-name",
        "error",
        "data",
        "parameters",
        "A parameter name that no client accepts",
        "One wrong name refuses the whole request, with all its other tools.",
        "Use 1 to 64 letters, digits and underscores, and begin with a letter.",
        _refused,
    ),
    Rule(
        "parameter-name-gemini",
        "hint",
        "data",
        "parameters",
        "A parameter name that Gemini refuses",
        "Some clients take letters, digits and underscores only, and a letter first.",
        "Use underscores instead of dots and hyphens.",
        _narrow,
    ),
    Rule(
        "parameter-description",
        "warning",
        "data",
        "parameters",
        "A parameter without a description",
        "The model has only the name to guess from, so it fills in what looks right.",
        "Say what belongs there, with an example.",
        _undescribed,
    ),
    Rule(
        "parameter-unused",
        "hint",
        "data",
        "parameters",
        "A parameter that the query does not use",
        "The model fills it in, and nothing changes.",
        "Take it out, or write it in braces where it belongs.",
        _unused,
    ),
)
