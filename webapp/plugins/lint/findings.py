"""What a rule is and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from webapp.plugins.values import PluginValues

Severity = Literal["error", "warning", "hint"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "hint")

NAMED = 5
_SHOWN = 40


@dataclass(frozen=True)
class Spot:
    """One place that a rule is about: what is wrong there, and the field of the editor if it is not the rule's own."""

    text: str
    field: str = ""


@dataclass(frozen=True)
class Rule:
    """Something that a plugin should not be.

    Args:
        id: stable; people and scripts may name it.
        severity: error (a client refuses the plugin), warning (it works badly) or hint (worth a thought).
        part: of the plugin, as readiness names parts.
        field: the id of the field in the editor that puts it right.
        about: what is found, for the list of rules.
        why: why it matters to a model or a client.
        fix: what to do.
        find: returns the places.
    """

    id: str
    severity: Severity
    part: str
    field: str
    about: str
    why: str
    fix: str
    find: Callable[[PluginValues], Iterable[Spot]]


@dataclass(frozen=True)
class Finding:
    """What a rule found: in words, and the field of the editor that puts it right."""

    rule: Rule
    text: str
    field: str

    @property
    def part(self) -> str:
        """Return the part of the plugin, as readiness names it."""
        return self.rule.part


def quoted(items: Sequence[str]) -> str:
    """Return texts in quotes, the first few of many: “a”, “b” and 3 more."""
    shown = [f"“{item if len(item) <= _SHOWN else f'{item[: _SHOWN - 1]}…'}”" for item in items[:NAMED]]
    more = len(items) - len(shown)
    if more:
        return f"{', '.join(shown)} and {more:,} more"
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else shown[0]
