"""The records that a form was opened with and the revisions that it showed, as one short text that it carries."""

from __future__ import annotations

import re
from collections.abc import Mapping

SELECTED_MAX = 10_000
"""How many records one act may have."""

_ENTRY = re.compile(r"([0-9a-z]{1,12})(?:\.([0-9a-z]{1,12}))?")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_BASE = len(_DIGITS)


def pack(revisions: Mapping[int, int]) -> str:
    """Return ids and revisions as a text that `unpack` reads; ten thousand of them take some forty kilobytes."""
    entries, last = [], 0
    for plugin_id, revision in sorted(revisions.items()):
        step = _text(plugin_id - last)
        entries.append(step if revision == 1 else f"{step}.{_text(revision)}")
        last = plugin_id
    return "-".join(entries)


def unpack(text: str) -> dict[int, int] | None:
    """Return what `pack` was given; None when the text is none of its making, or holds more than `SELECTED_MAX`."""
    revisions: dict[int, int] = {}
    last = 0
    entries = text.split("-", SELECTED_MAX)
    if len(entries) > SELECTED_MAX:
        return None
    for entry in entries:
        match = _ENTRY.fullmatch(entry)
        if match is None:
            return None
        step, revision = int(match[1], _BASE), int(match[2] or "1", _BASE)
        last += step
        if not step or not revision or last >= 2**63:
            return None
        revisions[last] = revision
    return revisions


def _text(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, _BASE)
        digits = _DIGITS[digit] + digits
    return digits
