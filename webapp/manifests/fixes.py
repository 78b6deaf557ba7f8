"""Edits of a manifest's source that put one thing right."""

from __future__ import annotations

from webapp.manifests.emit import dump_json
from webapp.manifests.problems import Fix

_LABEL_MAX = 40


def quoted(text: str) -> str:
    """Return `text` as a double-quoted scalar that YAML and JSON read alike."""
    return dump_json(text).rstrip("\n")


def replace_scalar(line: int, column: int, end_column: int, replacement: str, label: str = "") -> Fix:
    """Return the edit that writes something else in place of a scalar or key of one line."""
    shown = replacement if len(replacement) <= _LABEL_MAX else f"{replacement[: _LABEL_MAX - 1]}\u2026"
    return Fix(label or f"Write {shown}", line, column, line, end_column, replacement)


def insert_before(line: int, column: int, key: str, value: str, *, flow: bool) -> Fix:
    """Return the edit that adds a key before the first key of a map, which stands at the given position."""
    text = f'"{key}": {quoted(value)}, ' if flow else f"{key}: {value}\n{' ' * (column - 1)}"
    return Fix(f"Add {key}: {value}", line, column, line, column, text)
