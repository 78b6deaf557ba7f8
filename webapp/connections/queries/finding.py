"""Connections and secrets for somebody who types a name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select, union_all
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.models import Account
from webapp.connections.kinds import KINDS, Kind
from webapp.connections.queries.lists import ALL, SEARCHED_MAX, in_scope, table_of
from webapp.core.locators import format_locator
from webapp.core.text import fold

FOUND_MAX = 20
DESCRIPTION_SHOWN = 160


@dataclass(frozen=True)
class Found:
    """A secret or connection by its name, and whose it is."""

    kind: Kind
    id: int
    name: str
    description: str
    account_id: int
    account_name: str
    profile_id: int

    @property
    def locator(self) -> str:
        """Return what stands for it in addresses."""
        return format_locator(self.kind.record_kind, self.id)


def find_records(session: Session, viewer: Viewer, text: str) -> list[Found]:
    """Return readable secrets and connections whose names hold every word of the text, in one statement.

    At most `FOUND_MAX` of each kind, of the first `SEARCHED_MAX` that the viewer may read.
    """
    words = fold(text).split()
    arms = []
    for kind in KINDS.values():
        readable = select(*_columns(kind)).where(in_scope(viewer, kind, ALL)).limit(SEARCHED_MAX).subquery()
        holding = (readable.c.name.contains(word, autoescape=True) for word in words)
        few = select(readable).where(*holding).order_by(readable.c.name).limit(FOUND_MAX)
        arms.append(select(few.subquery()))
    return [_found(row) for row in session.execute(union_all(*arms))]


def list_named(
    session: Session, viewer: Viewer, ids: Mapping[str, Collection[int]]
) -> dict[tuple[str, int], Found]:
    """Return the records that the viewer may read, by kind of record and id, in one statement.

    Args:
        session: to read with.
        viewer: who looks.
        ids: the ids that are wanted, by kind of record.
    """
    arms = [
        select(*_columns(kind)).where(table_of(kind).c.id.in_(wanted), in_scope(viewer, kind, ALL))
        for kind in KINDS.values()
        if (wanted := ids.get(kind.record_kind))
    ]
    if not arms:
        return {}
    found = (_found(row) for row in session.execute(union_all(*arms)))
    return {(item.kind.record_kind, item.id): item for item in found}


def _columns(kind: Kind) -> Sequence[ColumnElement[Any]]:
    columns = table_of(kind).c
    account_name = select(Account.name).where(Account.id == columns.account_id).correlate(table_of(kind))
    return [
        literal(kind.key).label("kind"),
        columns.id,
        columns.name,
        func.substr(columns.description, 1, DESCRIPTION_SHOWN).label("description"),
        columns.account_id,
        account_name.scalar_subquery().label("account_name"),
        columns.user_profile_id,
    ]


def _found(row: Any) -> Found:
    return Found(KINDS[row[0]], *row[1:])
