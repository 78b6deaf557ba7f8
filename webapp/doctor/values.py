"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["ok", "unsafe", "broken"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    check: str
    """What was looked at, in a word or two."""
    severity: Severity
    text: str
    advice: str = ""
    """What to do, where there is something to do."""


def ok(check: str, text: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(check, "ok", text)


def unsafe(check: str, text: str, advice: str) -> Finding:
    """Return something that works and that an installation for others must not have."""
    return Finding(check, "unsafe", text, advice)


def broken(check: str, text: str, advice: str) -> Finding:
    """Return something that does not work."""
    return Finding(check, "broken", text, advice)
