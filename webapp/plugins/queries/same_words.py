"""Which other plugins of an account say the same in their description, so that no model can tell them apart."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.core.locators import format_locator
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.record import Record
from webapp.plugins.queries.search import Words, hits, split_words
from webapp.plugins.queries.sql import META, is_sqlite

SHOWN = 3
LOOKED_AT = 1_000
"""Hits of the search index that are compared. An account with more of them hears of some of its twins only."""
_WORDS = 3
_READ = 400


@dataclass(frozen=True)
class Twin:
    """Another plugin with the same description."""

    name: str
    locator: str


def list_twins(session: Session, record: Record) -> tuple[Twin, ...]:
    """Return the first other live plugins of the record's account with exactly its description."""
    description = record.values.description
    longest = sorted(split_words(description[:_READ]).long, key=len, reverse=True)[:_WORDS]
    if not longest:
        return ()
    found = (
        hits(record.account_id, Words(tuple(longest)), sqlite=is_sqlite(session)).limit(LOOKED_AT).subquery()
    )
    rows = session.execute(
        select(META.c.name, META.c.id)
        .where(
            META.c.id.in_(select(found.c.plugin_id)),
            META.c.account_id == record.account_id,
            META.c.deleted_at.is_(None),
            META.c.id != record.id,
            META.c.description == description,
        )
        .order_by(META.c.name)
        .limit(SHOWN)
    )
    return tuple(Twin(row.name, format_locator(LOCATOR_KIND, row.id)) for row in rows)
