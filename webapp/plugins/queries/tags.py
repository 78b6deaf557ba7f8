"""Tags that a viewer may see: what a filter means by them, the most used ones, suggestions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, literal, select, union_all
from sqlalchemy.orm import Session

from webapp.core.text import fold
from webapp.plugins.queries.sql import PLUGIN_TAGS, TAGS, begins_with, contains, is_sqlite

TOP_TAGS = 30
SUGGESTIONS = 20
MANY_ACCOUNTS = 20


class TagCount(NamedTuple):
    """A tag by its folded key, one spelling of it, and how many records carry it."""

    key: str
    name: str
    records: int


class TagRef(NamedTuple):
    """A tag of one account."""

    id: int
    uses: int


@dataclass(frozen=True)
class TagIndex:
    """The tags that a page needs: those of its filter and the most used ones.

    `everywhere` says that the numbers are those of every account and that the tags of single accounts are not known.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    refs: Mapping[tuple[int, str], TagRef] = field(default_factory=dict)
    top: tuple[TagCount, ...] = ()
    uses: Mapping[str, int] = field(default_factory=dict)
    everywhere: bool = False

    def uses_in(self, account_id: int | None, key: str) -> int:
        """Return how many records of the account (None: of all accounts) carry the tag, at most."""
        if self.everywhere or account_id is None:
            return self.uses.get(key, 0)
        ref = self.refs.get((account_id, key))
        return ref.uses if ref else 0

    def plugin_ids(self, account_id: int | None, key: str) -> Select[Any]:
        """Return the select of the ids of the records that carry the tag."""
        return select(PLUGIN_TAGS.c.plugin_id).where(self.is_tag(account_id, key))

    def is_tag(self, account_id: int | None, key: str) -> ColumnElement[bool]:
        """Return the condition on `plugin_tags` that a row stands for the tag."""
        if self.everywhere or account_id is None:
            same = select(TAGS.c.id).where(TAGS.c.key == key)
            if account_id is not None:
                same = same.where(TAGS.c.account_id == account_id)
            return PLUGIN_TAGS.c.tag_id.in_(same)
        return PLUGIN_TAGS.c.tag_id == self.refs[account_id, key].id


def load_tags(session: Session, account_ids: Sequence[int], keys: Iterable[str]) -> TagIndex:
    """Return the tags with these folded keys and the most used ones of some accounts, in one statement.

    The accounts come in the order in which their spelling of a tag is preferred.
    """
    wanted = [select(literal(key).label("key")) for key in dict.fromkeys(keys)]
    for account_id in account_ids:
        top = (
            select(TAGS.c.key)
            .where(TAGS.c.account_id == account_id, TAGS.c.uses > 0)
            .order_by(TAGS.c.uses.desc())
            .limit(TOP_TAGS)
            .subquery()
        )
        wanted.append(select(top.c.key))
    if not wanted:
        return TagIndex()
    found = union_all(*wanted).subquery()
    rows = session.execute(
        select(TAGS.c.account_id, TAGS.c.key, TAGS.c.name, TAGS.c.id, TAGS.c.uses).where(
            TAGS.c.account_id.in_(account_ids), TAGS.c.key.in_(select(found.c.key))
        )
    ).all()
    rows = sorted(rows, key=lambda row: account_ids.index(row.account_id))
    names: dict[str, str] = {}
    uses: Counter[str] = Counter()
    for row in rows:
        names.setdefault(row.key, row.name)
        uses[row.key] += row.uses
    return TagIndex(
        names,
        {(row.account_id, row.key): TagRef(row.id, row.uses) for row in rows},
        _top(names, uses),
        dict(uses),
    )


def load_all_tags(session: Session, keys: Iterable[str]) -> TagIndex:
    """Return the same over every account, for a superuser."""
    total = func.sum(TAGS.c.uses)
    by_key = select(TAGS.c.key, func.min(TAGS.c.name), total).group_by(TAGS.c.key)
    top = by_key.where(TAGS.c.uses > 0).order_by(total.desc(), TAGS.c.key).limit(TOP_TAGS)
    rows = {row[0]: row for row in session.execute(top)}
    missing = [key for key in keys if key not in rows]
    if missing:
        rows |= {row[0]: row for row in session.execute(by_key.where(TAGS.c.key.in_(missing)))}
    names = {key: row[1] for key, row in rows.items()}
    uses = {key: int(row[2]) for key, row in rows.items()}
    return TagIndex(names, {}, _top(names, uses), uses, everywhere=True)


def _top(names: Mapping[str, str], uses: Mapping[str, int]) -> tuple[TagCount, ...]:
    counted = (TagCount(key, names[key], count) for key, count in uses.items() if count)
    return tuple(sorted(counted, key=lambda tag: (-tag.records, tag.key))[:TOP_TAGS])


def suggest_tags(session: Session, account_ids: Sequence[int] | None, text: str) -> list[TagCount]:
    """Return at most 20 tags of some accounts (None: of all) that hold the text, those that begin with it first.

    Without text it returns the most used ones.
    """
    key = fold(text).strip()
    begins = begins_with(TAGS.c.key, key)
    statement = (
        select(TAGS.c.account_id, TAGS.c.key, TAGS.c.name, TAGS.c.uses)
        .where(TAGS.c.uses > 0)
        .order_by(begins.desc(), TAGS.c.uses.desc(), TAGS.c.key)
    )
    if key:
        statement = statement.where(contains(TAGS.c.key, key, sqlite=is_sqlite(session)))
    if account_ids is None:
        rows = session.execute(statement.limit(SUGGESTIONS * MANY_ACCOUNTS)).all()
    else:
        within = statement.where(TAGS.c.account_id.in_(account_ids))
        rows = session.execute(within.limit(SUGGESTIONS * max(1, len(account_ids)))).all()
        rows = sorted(rows, key=lambda row: account_ids.index(row.account_id))
    names: dict[str, str] = {}
    uses: Counter[str] = Counter()
    for row in rows:
        names.setdefault(row.key, row.name)
        uses[row.key] += row.uses
    found = [TagCount(tag, names[tag], uses[tag]) for tag in names]
    found.sort(key=lambda tag: (not tag.key.startswith(key), -tag.records, tag.key))
    return found[:SUGGESTIONS]
