"""Annotations as the page of a record shows them. No HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from webapp.manifests.form_text import show_value

_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)


@dataclass(frozen=True)
class ShownAnnotation:
    """An annotation: the part of its key that is read out only, the rest, its value and where it leads."""

    prefix: str
    key: str
    value: str
    href: str | None


def show_annotations(annotations: Iterable[Mapping[str, Any]]) -> list[ShownAnnotation]:
    """Return the annotations in their order."""
    return [_shown(key, value) for entry in annotations for key, value in entry.items()]


def _shown(key: str, value: Any) -> ShownAnnotation:
    prefix, slash, rest = key.rpartition("/")
    text = _text(value)
    href = text if isinstance(value, str) and _WEB_ADDRESS.fullmatch(text) else None
    return ShownAnnotation(f"{prefix}{slash}" if rest else "", rest or key, text, href)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return show_value(value)
