"""Which connections and secrets a list holds, and how many there are.

A search folds text here, as everywhere, so that both databases find the same; it gives up counting after
`SEARCHED_MAX` records of a kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, false, func, select, true
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.connections.kinds import BY_RECORD_KIND, KINDS, Kind
from webapp.connections.records import MODEL_OF_KIND
from webapp.core.text import fold

SEARCHED_MAX = 5_000
NAMES_MAX = 1_000

MINE, ACCOUNT, PLATFORM, ALL = "mine", "account", "platform", "all"
SCOPES = (ALL, MINE, ACCOUNT, PLATFORM)

Tally = Counter[tuple[str, str]]


@dataclass(frozen=True)
class Criteria:
    """Which records the list holds; an empty kind is all of them."""

    scope: str = ACCOUNT
    kind: str = ""
    q: str = ""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Return the kinds that are listed."""
        return (KINDS[self.kind],) if self.kind else tuple(KINDS.values())

    @property
    def words(self) -> tuple[str, ...]:
        """Return what has to stand somewhere in a record, folded."""
        return tuple(fold(word) for word in self.q.split())

    @property
    def filters(self) -> int:
        """Return how many filters are set; the scope is none."""
        return bool(self.q) + bool(self.kind)


@dataclass(frozen=True)
class Counts:
    """How many records match by scope and kind; `more` when the search gave up counting."""

    tally: Tally
    more: bool = False

    def of_scope(self, scope: str, kind: str = "") -> int:
        """Return how many there are in a scope, of one kind or of all."""
        return sum(self.tally[scope, key] for key in ((kind,) if kind else KINDS))


def count(session: Session, viewer: Viewer, q: str = "") -> Counts:
    """Return how many of the readable records match a search, by scope and kind."""
    words = Criteria(q=q).words
    return _count_matches(session, viewer, words) if words else _count_all(session, viewer)


def list_names(session: Session, viewer: Viewer, record_kind: str) -> list[str]:
    """Return the names of a kind of record in the viewer's account, the first `NAMES_MAX`; none of an unknown kind."""
    kind = BY_RECORD_KIND.get(record_kind)
    if kind is None:
        return []
    name = table_of(kind).c.name
    statement = select(name).where(in_scope(viewer, kind, ACCOUNT)).order_by(name).limit(NAMES_MAX)
    return list(session.scalars(statement))


def table_of(kind: Kind) -> Table:
    """Return the table of a kind."""
    return cast(Table, MODEL_OF_KIND[kind.key].__table__)


def in_scope(viewer: Viewer, kind: Kind, scope: str) -> ColumnElement[bool]:
    """Return the condition that a record of the kind is in a scope of what the viewer may read."""
    columns = table_of(kind).c
    own = columns.account_id == viewer.account_id
    if scope == MINE:
        return own & (columns.user_profile_id == viewer.profile_id)
    if scope == ACCOUNT:
        return own
    of_platform = columns.account_id == viewer.platform_account_id if viewer.platform_account_id else false()
    if scope == PLATFORM:
        return of_platform
    return true() if viewer.is_superuser else own | of_platform


def leading_columns(kind: Kind) -> tuple[ColumnElement[Any], ...]:
    """Return the columns that say where a record leads."""
    names = {"sql": ("hostname", "database"), "api": ("base_url",), "secret": ("expires_at",)}
    return tuple(table_of(kind).c[name] for name in names[kind.key])


def leads_to(kind: Kind, row: Any) -> str:
    """Return where a connection leads, from a row with its leading columns; nothing for a secret."""
    if kind.key == "sql":
        return f"{row.hostname}/{row.database}" if row.hostname else row.database
    return row.base_url if kind.key == "api" else ""


def matches(texts: Sequence[str], words: Sequence[str]) -> bool:
    """Tell whether every folded word stands somewhere in the texts."""
    text = fold("\n".join(texts))
    return all(word in text for word in words)


def _count_all(session: Session, viewer: Viewer) -> Counts:
    tally: Tally = Counter()
    for kind in KINDS.values():
        numbers = [func.count().filter(in_scope(viewer, kind, scope)).label(scope) for scope in SCOPES]
        row = session.execute(
            select(*numbers).select_from(table_of(kind)).where(in_scope(viewer, kind, ALL))
        ).one()
        tally.update({(scope, kind.key): getattr(row, scope) for scope in SCOPES})
    return Counts(tally)


def _count_matches(session: Session, viewer: Viewer, words: Sequence[str]) -> Counts:
    tally: Tally = Counter()
    more = False
    for kind in KINDS.values():
        columns = table_of(kind).c
        rows = session.execute(
            select(
                columns.account_id,
                columns.user_profile_id,
                columns.name,
                columns.description,
                columns.tag_names,
                *leading_columns(kind),
            )
            .where(in_scope(viewer, kind, ALL))
            .order_by(columns.id)
            .limit(SEARCHED_MAX + 1)
        ).all()
        more = more or len(rows) > SEARCHED_MAX
        for row in rows[:SEARCHED_MAX]:
            if matches([row.name, row.description, *(row.tag_names or ()), leads_to(kind, row)], words):
                tally.update(
                    (scope, kind.key) for scope in _scopes_of(viewer, row.account_id, row.user_profile_id)
                )
    return Counts(tally, more)


def _scopes_of(viewer: Viewer, account_id: int, profile_id: int) -> Iterator[str]:
    yield ALL
    if account_id == viewer.account_id:
        yield ACCOUNT
        if profile_id == viewer.profile_id:
            yield MINE
    if account_id == viewer.platform_account_id:
        yield PLATFORM
