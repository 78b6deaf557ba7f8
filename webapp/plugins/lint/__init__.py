"""What could be better about a plugin in the eyes of a language model and of the clients that pass it on. Pure.

Each rule has an id, one severity and its reason; docs/lint.md lists them all. Errors and warnings make a plugin that
is ready need attention, which is stored (docs/adr/0018): hints change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from webapp.plugins.lint import data, descriptions, names, parameters, prompts, search_terms
from webapp.plugins.lint.findings import Finding, Rule, Severity, Spot
from webapp.plugins.values import PluginValues

__all__ = ["RULES", "WEIGHTY", "Finding", "Rule", "Severity", "Spot", "lint"]

RULES: tuple[Rule, ...] = (
    *names.RULES,
    *descriptions.RULES,
    *search_terms.RULES,
    *prompts.RULES,
    *data.RULES,
    *parameters.RULES,
)
"""Every rule about one plugin, in the order of the editor."""

WEIGHTY: tuple[Rule, ...] = tuple(rule for rule in RULES if rule.severity != "hint")
"""The rules that decide whether a plugin needs attention."""


def lint(values: PluginValues, rules: tuple[Rule, ...] = RULES) -> Iterator[Finding]:
    """Yield what the rules find about a plugin, in their order."""
    for rule in rules:
        for spot in rule.find(values):
            yield Finding(rule, spot.text, spot.field or rule.field)
