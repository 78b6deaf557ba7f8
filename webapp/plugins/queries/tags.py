"""Tags that a viewer may see: what a filter means by them, the most used ones, suggestions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, String, bindparam, func, literal, select, union_all
from sqlalchemy.orm import Session

from webapp.core.text import fold
from webapp.plugins.queries.sql import (
    PLUGIN_TAGS,
    TAG_ALIASES,
    TAGS,
    begins_with,
    contains,
    is_called,
    is_sqlite,
)

TOP_TAGS = 30
SUGGESTIONS = 20
MANY_ACCOUNTS = 20
AT_ONCE = 500


class TagCount(NamedTuple):
    """A tag by its folded key, one spelling of it, and how many records carry it.

    `alias` is the other word by which it was found, if it was.
    """

    key: str
    name: str
    records: int
    alias: str = ""


class Alias(NamedTuple):
    """Another word for a tag: how it is spelled, and the key of the tag that is meant."""

    name: str
    key: str


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
    # The keys of the filter that are no tags but aliases, in an account at least; they stand in the others as well.
    aliases: Mapping[str, Alias] = field(default_factory=dict)

    def meant(self, key: str) -> str:
        """Return the key of the tag that a key of the filter stands for."""
        return self.aliases[key].key if key in self.aliases else key

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
            same = select(TAGS.c.id).where(is_called(key) if key in self.aliases else TAGS.c.key == key)
            if account_id is not None:
                same = same.where(TAGS.c.account_id == account_id)
            return PLUGIN_TAGS.c.tag_id.in_(same)
        return PLUGIN_TAGS.c.tag_id == self.refs[account_id, key].id


def load_tags(session: Session, account_ids: Sequence[int], keys: Iterable[str]) -> TagIndex:
    """Return the tags with these folded keys and the most used ones of some accounts, in one statement.

    A key that some account has no tag for may be an alias there, which takes one more. The accounts come in the order
    in which their spelling of a tag is preferred.
    """
    if not account_ids:
        return TagIndex()
    keys = tuple(dict.fromkeys(keys))
    sent: dict[str, Any] = {"account_ids": list(account_ids)}
    sent |= {f"account_{number}": account_id for number, account_id in enumerate(account_ids)}
    sent |= {f"key_{number}": key for number, key in enumerate(keys)}
    rows = session.execute(_known_tags(len(account_ids), len(keys)), sent).all()
    preferred = {account_id: number for number, account_id in enumerate(account_ids)}
    names: dict[str, str] = {}
    uses: Counter[str] = Counter()
    refs: dict[tuple[int, str], TagRef] = {}
    for account_id, key, name, tag_id, number in sorted(rows, key=lambda row: preferred[row[0]]):
        names.setdefault(key, name)
        uses[key] += number
        refs[account_id, key] = TagRef(tag_id, number)
    most = _top(names, uses)
    unknown = [key for key in keys if any((account_id, key) not in refs for account_id in account_ids)]
    aliases: dict[str, Alias] = {}
    for found_by in _load_aliases(session, unknown, account_ids):
        key = found_by.alias_key
        names.setdefault(key, found_by.name)
        uses[key] += found_by.uses
        refs[found_by.account_id, key] = TagRef(found_by.id, found_by.uses)
        aliases.setdefault(key, Alias(found_by.alias, found_by.key))
    return TagIndex(names, refs, most, dict(uses), aliases=aliases)


@lru_cache
def _known_tags(accounts: int, keys: int) -> Select[Any]:
    """Return the select of the tags with so many keys and of the most used ones of so many accounts."""
    named = [select(bindparam(f"key_{number}", type_=String).label("key")) for number in range(keys)]
    tops = (
        select(TAGS.c.key)
        .where(TAGS.c.account_id == bindparam(f"account_{number}"), TAGS.c.uses > 0)
        .order_by(TAGS.c.uses.desc())
        .limit(TOP_TAGS)
        .subquery()
        for number in range(accounts)
    )
    found = union_all(*named, *(select(top.c.key) for top in tops)).subquery()
    return select(TAGS.c.account_id, TAGS.c.key, TAGS.c.name, TAGS.c.id, TAGS.c.uses).where(
        TAGS.c.account_id.in_(bindparam("account_ids", expanding=True)),
        TAGS.c.key.in_(select(found.c.key)),
    )


def _load_aliases(session: Session, keys: Sequence[str], account_ids: Sequence[int] | None) -> Sequence[Any]:
    """Return the aliases with these folded keys and their tags, in some accounts (None: in all)."""
    if not keys:
        return ()
    statement = (
        select(
            TAG_ALIASES.c.key.label("alias_key"),
            TAG_ALIASES.c.name.label("alias"),
            *(TAGS.c.account_id, TAGS.c.id, TAGS.c.key, TAGS.c.name, TAGS.c.uses),
        )
        .join(TAGS, TAGS.c.id == TAG_ALIASES.c.tag_id)
        .where(TAG_ALIASES.c.key.in_(keys))
        .order_by(TAG_ALIASES.c.id)
    )
    if account_ids is not None:
        statement = statement.where(TAG_ALIASES.c.account_id.in_(account_ids))
    return session.execute(statement).all()


def find_tag_aliases(session: Session, account_id: int, keys: Iterable[str]) -> dict[str, str]:
    """Return which of these folded names are aliases in an account, with the names of the tags that they stand for."""
    wanted = sorted(keys)
    found: dict[str, str] = {}
    for start in range(0, len(wanted), AT_ONCE):
        rows = _load_aliases(session, wanted[start : start + AT_ONCE], [account_id])
        found.update((row.alias_key, row.name) for row in rows)
    return found


def load_all_tags(session: Session, keys: Sequence[str]) -> TagIndex:
    """Return the same over every account, for a superuser."""
    total = func.sum(TAGS.c.uses)
    by_key = select(TAGS.c.key, func.min(TAGS.c.name), total).group_by(TAGS.c.key)
    top = by_key.where(TAGS.c.uses > 0).order_by(total.desc(), TAGS.c.key).limit(TOP_TAGS)
    rows = {row[0]: row for row in session.execute(top)}
    missing = [key for key in keys if key not in rows]
    if missing:
        rows |= {row[0]: row for row in session.execute(by_key.where(TAGS.c.key.in_(missing)))}
    names = {key: row[1] for key, row in rows.items()}
    uses = Counter({key: int(row[2]) for key, row in rows.items()})
    most = _top(names, uses)
    aliases: dict[str, Alias] = {}
    for row in _load_aliases(session, keys, None):
        names.setdefault(row.alias_key, row.name)
        uses[row.alias_key] += row.uses
        aliases.setdefault(row.alias_key, Alias(row.alias, row.key))
    return TagIndex(names, {}, most, dict(uses), everywhere=True, aliases=aliases)


def _top(names: Mapping[str, str], uses: Mapping[str, int]) -> tuple[TagCount, ...]:
    counted = (TagCount(key, names[key], count) for key, count in uses.items() if count)
    return tuple(sorted(counted, key=lambda tag: (-tag.records, tag.key))[:TOP_TAGS])


def suggest_tags(session: Session, account_ids: Sequence[int] | None, text: str) -> list[TagCount]:
    """Return at most 20 tags of some accounts (None: of all) that hold the text, those that begin with it first.

    A tag of which only an alias holds it comes with that alias. Without text it returns the most used ones.
    """
    key = fold(text).strip()
    begins = begins_with(TAGS.c.key, key)
    aliases = (
        select(TAG_ALIASES.c.tag_id, func.min(TAG_ALIASES.c.name).label("name"))
        .where(contains(TAG_ALIASES.c.key, key, sqlite=is_sqlite(session)))
        .group_by(TAG_ALIASES.c.tag_id)
    )
    if account_ids is not None:
        aliases = aliases.where(TAG_ALIASES.c.account_id.in_(account_ids))
    found_by = aliases.subquery()
    alias = found_by.c.name.label("alias") if key else literal(None).label("alias")
    statement = (
        select(TAGS.c.account_id, TAGS.c.key, TAGS.c.name, TAGS.c.uses, alias)
        .where(TAGS.c.uses > 0)
        .order_by(begins.desc(), TAGS.c.uses.desc(), TAGS.c.key)
    )
    if key:
        holds = contains(TAGS.c.key, key, sqlite=is_sqlite(session))
        statement = statement.outerjoin(found_by, found_by.c.tag_id == TAGS.c.id).where(
            holds | found_by.c.tag_id.is_not(None)
        )
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
    by_alias = {row.key: row.alias or "" for row in rows if key not in row.key}
    found = [TagCount(tag, names[tag], uses[tag], by_alias.get(tag, "")) for tag in names]
    found.sort(key=lambda tag: (not tag.key.startswith(key), -tag.records, tag.key))
    return found[:SUGGESTIONS]
