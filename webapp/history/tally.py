"""What an act did, as its row keeps it: "create:pluginmeta=31 update:secret=2". Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Counts = Mapping[tuple[str, str], int]
"""How many records of each kind there were that each action was done to."""


def net_action(first: str, last: str) -> str:
    """Return what several writes of one act did to a record: made and then changed, it was made."""
    return first if last == "update" and first in ("create", "restore") else last


def to_tally(counts: Iterable[tuple[str, str, int]]) -> str:
    """Return the text that a row keeps, for the numbers of each action and kind."""
    return " ".join(f"{action}:{kind}={number}" for action, kind, number in sorted(counts))


def from_tally(text: str) -> Counts:
    """Return the numbers that a text of `to_tally` holds."""
    found: dict[tuple[str, str], int] = {}
    for word in text.split():
        key, _, number = word.rpartition("=")
        action, _, kind = key.partition(":")
        found[action, kind] = int(number)
    return found


def holds(action: str, kind: str) -> str:
    """Return the pattern of LIKE that finds acts with such a write; "" stands for any action or kind.

    Actions and kinds are words of letters, so nothing in them is taken for a sign of the pattern.
    """
    return f"%{action}:{kind}{'=' if kind else ''}%"
