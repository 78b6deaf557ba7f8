"""Static data as a short table: one line per key with kind and size, and the YAML below it. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from webapp.manifests.form_text import show_value, show_yaml
from webapp.web.filters import filesize, plural

ROWS_MAX = 200
PREVIEW_MAX = 160
_NAMES = ("name", "title", "id", "key")


@dataclass(frozen=True)
class OutlineRow:
    """One key of the data, or one entry of a list."""

    name: str
    kind: str
    preview: str
    text: str


@dataclass(frozen=True)
class Outline:
    """The data as a whole: its size in words, its rows, and how many rows are left out."""

    summary: str
    rows: tuple[OutlineRow, ...]
    hidden: int


def outline(data: Any) -> Outline:
    """Return the outline of a map or a list."""
    if isinstance(data, dict):
        entries = [(str(key), value) for key, value in data.items()]
        count = plural(len(entries), "key")
    elif isinstance(data, list):
        entries = [(str(number), value) for number, value in enumerate(data, start=1)]
        count = plural(len(entries), "item")
    else:
        entries, count = [("value", data)], "1 value"
    size = len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))
    rows = tuple(
        OutlineRow(name, _kind(value), _preview(value), show_yaml(value))
        for name, value in entries[:ROWS_MAX]
    )
    return Outline(f"{count}, {filesize(size)}", rows, max(0, len(entries) - ROWS_MAX))


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return plural(len(value), "key")
    if isinstance(value, list):
        return plural(len(value), "item")
    if isinstance(value, str):
        return plural(len(value), "character")
    if value is None:
        return "empty"
    return "true or false" if isinstance(value, bool) else "number"


def _preview(value: Any) -> str:
    text = ", ".join(_words(value, PREVIEW_MAX))
    return text if len(text) <= PREVIEW_MAX else f"{text[: PREVIEW_MAX - 1]}…"


def _words(value: Any, room: int) -> list[str]:
    """Return what tells a reader most about a value: names of entries, then plain values."""
    if isinstance(value, dict):
        named = [value[key] for key in _NAMES if isinstance(value.get(key), str | int)]
        plain = [item for item in value.values() if not isinstance(item, dict | list)]
        items: list[Any] = named[:1] or plain or list(value)
    elif isinstance(value, list):
        items = value
    else:
        return [" ".join(value[: 2 * PREVIEW_MAX].split()) if isinstance(value, str) else show_value(value)]
    found: list[str] = []
    for item in items:
        if room <= 0:
            break
        found.extend(_words(item, room))
        room -= len(found[-1]) + 2 if found else 0
    return found
