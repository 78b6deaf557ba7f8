"""Search over name, description and tags: the trigram index for rare words, a scan in sort order for frequent ones.

Words of three or more characters are looked for anywhere in the text. One or two characters would match almost
everything and no trigram holds them: alone they match the beginnings of names and tags, beside a longer word those
of any word, so that a list never empties while the next word is typed. Everything is folded in Python, so both
databases agree, and no character is a wildcard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, column, exists, func, literal_column, or_, select, table, union
from sqlalchemy.orm import Session

from webapp.core.text import fold
from webapp.plugins.models.bookkeeping import search_scope
from webapp.plugins.queries.sql import (
    META,
    PLUGIN_TAGS,
    SEARCH,
    TAGS,
    begins_with,
    contains,
    is_sqlite,
)

TRIGRAM = 3
GAPS = ("\n", " ", "_", "-")
"""What a word of the searchable text begins after."""

_FTS = table("plugin_search_fts", column("rowid"))


@dataclass(frozen=True)
class Words:
    """The words of a search, folded: those that the trigram index can find, and the one- and two-letter ones.

    Of these there are either `short` ones, when there are no others, or `begun` ones.
    """

    long: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is anything to look for."""
        return bool(self.long or self.short or self.begun)


def split_words(q: str) -> Words:
    """Return the words of a search; all of them must match."""
    words = dict.fromkeys(fold(q).split())
    long = tuple(word for word in words if len(word) >= TRIGRAM)
    brief = tuple(word for word in words if len(word) < TRIGRAM)
    return Words(long=long, begun=brief) if long else Words(short=brief)


def matches(words: Words, *, sqlite: bool) -> list[ColumnElement[bool]]:
    """Return the conditions that a row of `plugin_meta` matches all words, for a scan in sort order."""
    found = [_begins(word) for word in words.short]
    if words.long or words.begun:
        found.append(
            exists()
            .where(
                SEARCH.c.plugin_id == META.c.id,
                *(contains(SEARCH.c.body, word, sqlite=sqlite) for word in words.long),
                *(_has_begun(word, sqlite=sqlite) for word in words.begun),
            )
            .correlate(META)
        )
    return found


def _has_begun(word: str, *, sqlite: bool) -> ColumnElement[bool]:
    first = func.substr(SEARCH.c.body, 1, len(word)) == word
    return or_(first, *(contains(SEARCH.c.body, gap + word, sqlite=sqlite) for gap in GAPS))


def _begins(word: str) -> ColumnElement[bool]:
    tagged = (
        exists()
        .where(
            PLUGIN_TAGS.c.plugin_id == META.c.id,
            TAGS.c.id == PLUGIN_TAGS.c.tag_id,
            begins_with(TAGS.c.key, word),
        )
        .correlate(META)
    )
    return begins_with(META.c.name, word) | tagged


def hits(account_id: int | None, words: Words, *, sqlite: bool) -> Select[Any]:
    """Return the select of the ids of plugins that an index finds for the words.

    With long words it finds exactly those that hold all of them; those begun remain to be checked. With
    short words alone it finds those that begin with the first.

    Args:
        account_id: whose plugins; None for every account.
        words: at least one.
        sqlite: whether the statement is for SQLite.
    """
    if not words.long:
        return _beginnings(account_id, words.short[0])
    if sqlite:
        terms = [f"body:{_quoted(word)}" for word in words.long]
        if account_id is not None:
            # First, so that the index narrows to the account before it reads other tenants' postings.
            terms.insert(0, f"scope:{_quoted(search_scope(account_id))}")
        matching = literal_column(_FTS.name).op("MATCH")(" AND ".join(terms))
        return select(_FTS.c.rowid.label("plugin_id")).where(matching)
    found = select(SEARCH.c.plugin_id).where(
        *(contains(SEARCH.c.body, word, sqlite=False) for word in words.long)
    )
    return found if account_id is None else found.where(SEARCH.c.account_id == account_id)


def _quoted(word: str) -> str:
    escaped = word.replace('"', '""')
    return f'"{escaped}"'


def _beginnings(account_id: int | None, word: str) -> Select[Any]:
    named = select(META.c.id.label("plugin_id")).where(
        META.c.deleted_at.is_(None), begins_with(META.c.name, word)
    )
    tagged = select(PLUGIN_TAGS.c.plugin_id).where(
        PLUGIN_TAGS.c.tag_id == TAGS.c.id, begins_with(TAGS.c.key, word)
    )
    if account_id is not None:
        named = named.where(META.c.account_id == account_id)
        tagged = tagged.where(TAGS.c.account_id == account_id)
    found = union(named, tagged).subquery()
    return select(found.c.plugin_id)


def unchecked(words: Words) -> Words:
    """Return the words that remain to be checked on what `hits` has found."""
    return Words(short=words.short[1:], begun=words.begun)


def count_hits(
    session: Session, account_ids: Sequence[int | None], words: Words, limits: Sequence[int]
) -> tuple[int, ...]:
    """Return, in one statement, how many hits each account has, counted up to its limit."""
    sqlite = is_sqlite(session)
    counts = [
        select(func.count()).select_from(hits(account_id, words, sqlite=sqlite).limit(limit).subquery())
        for account_id, limit in zip(account_ids, limits, strict=True)
    ]
    row = session.execute(select(*(count.scalar_subquery() for count in counts))).one()
    return tuple(row)
