"""What people call the fields of secrets and connections, wherever no form stands on the page. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache

from webapp.connections.records import VALUES_OF_KIND

_WORDS = {"url": "URL", "ssl": "SSL", "ssh": "SSH", "api": "API", "ca": "CA", "db": "database"}


@cache
def labels_of(kind_key: str) -> Mapping[str, str]:
    """Return the labels of the fields of a kind by their names."""
    return {item.name: _label(item.name) for item in fields(VALUES_OF_KIND[kind_key])}


def _label(name: str) -> str:
    text = " ".join(_WORDS.get(word, word) for word in name.split("_"))
    return f"{text[0].upper()}{text[1:]}"
