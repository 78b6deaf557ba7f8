"""The three kinds of record of this domain, with the words and marks that pages use for them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from webapp.core.locators import split_locator

KindKey = Literal["sql", "api", "secret"]


@dataclass(frozen=True)
class Kind:
    """One kind of record.

    Args:
        key: its word in addresses.
        record_kind: its word in locators and in history.
        short: its word in a list.
        noun: what people call one of them, as a label.
        word: the noun inside a sentence.
        article: the noun as a sentence begins with it.
        icon: its glyph.
        note: what it is for.
    """

    key: KindKey
    record_kind: str
    short: str
    noun: str
    word: str
    article: str
    icon: str
    note: str


SQL = Kind(
    "sql",
    "sqlconnection",
    "SQL",
    "SQL connection",
    "SQL connection",
    "An SQL connection",
    "database",
    "How SQL plugins reach a database.",
)
API = Kind(
    "api",
    "apiconnection",
    "API",
    "API connection",
    "API connection",
    "An API connection",
    "plug-connected",
    "How API plugins reach a web service.",
)
SECRET = Kind(
    "secret",
    "secret",
    "Secret",
    "Secret",
    "secret",
    "A secret",
    "key",
    "A password or key that connections name. Its value is never shown again.",
)

KINDS: dict[str, Kind] = {kind.key: kind for kind in (SQL, API, SECRET)}
BY_RECORD_KIND: dict[str, Kind] = {kind.record_kind: kind for kind in KINDS.values()}


def split(locator: str) -> tuple[Kind, int] | None:
    """Return the kind and the id of a locator of this domain, None for any other text."""
    parts = split_locator(locator)
    kind = BY_RECORD_KIND.get(parts[0]) if parts else None
    return (kind, parts[1]) if parts and kind else None
