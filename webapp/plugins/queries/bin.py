"""The bin: what a viewer may restore. Everything else about deleted records is as if they were not there."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, or_, select, true, tuple_
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from webapp.accounts.identity import Viewer, initials
from webapp.accounts.models import Account, User, UserProfile
from webapp.core.clock import utcnow
from webapp.core.locators import format_locator, parse_locator
from webapp.plugins.models import PluginMeta
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.models.lifecycle import KEPT_FOR
from webapp.plugins.queries.visibility import is_readable
from webapp.plugins.values import PluginValues

PAGE_SIZE = 50
Place = tuple[dt.datetime, int]
NOBODY = "Somebody"

_Deleter = aliased(User)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MOMENT = dt.timedelta(microseconds=1)
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Binned:
    """A record in the bin that the viewer may restore, as a line of the bin."""

    id: int
    locator: str
    name: str
    plugin_class: str
    version: str
    revision: int
    owner_username: str
    owner_name: str
    account_name: str
    deleted_at: dt.datetime
    deleted_by: str

    @property
    def owner_initials(self) -> str:
        """Return the letters of the owner's avatar."""
        return initials(self.owner_name)

    @property
    def expires_at(self) -> dt.datetime:
        """Return when it can no longer be restored."""
        return self.deleted_at + KEPT_FOR

    @property
    def days_left(self) -> int:
        """Return how many days are left to restore it; a day that has begun counts."""
        return max(1, math.ceil((self.expires_at - utcnow()) / _DAY))

    @property
    def mark(self) -> tuple[int, int]:
        """Return where the line stands as numbers that a mark in the address can hold."""
        return (self.deleted_at - _EPOCH) // _MOMENT, self.id


@dataclass(frozen=True)
class BinnedRecord:
    """A record in the bin as a whole."""

    line: Binned
    values: PluginValues


@dataclass(frozen=True)
class BinPage:
    """Lines, newest first, and whether there are others on either side."""

    lines: tuple[Binned, ...]
    newer: bool
    older: bool


def is_restorable(viewer: Viewer, now: dt.datetime) -> ColumnElement[bool]:
    """Return the condition that a plugin is in the bin, not for too long, and the viewer's to restore."""
    theirs: ColumnElement[bool] = true()
    if not viewer.is_superuser:
        theirs = PluginMeta.account_id == viewer.account_id
        if not viewer.is_staff:
            theirs &= PluginMeta.user_profile_id == viewer.profile_id
    return PluginMeta.deleted_at.is_not(None) & (PluginMeta.deleted_at > now - KEPT_FOR) & theirs


def is_over(now: dt.datetime) -> ColumnElement[bool]:
    """Return the condition that a plugin has been in the bin for so long that it is to be removed."""
    return PluginMeta.deleted_at.is_not(None) & (PluginMeta.deleted_at <= now - KEPT_FOR)


def find_binned(session: Session, viewer: Viewer, plugin_id: int, *, lock: bool = False) -> PluginMeta | None:
    """Return the plugin in the bin that the viewer may restore, or None.

    Args:
        session: to read with.
        viewer: who asks.
        plugin_id: of the record.
        lock: keep it for this transaction.
    """
    statement = select(PluginMeta).where(PluginMeta.id == plugin_id, is_restorable(viewer, utcnow()))
    return session.scalar(statement.with_for_update() if lock else statement)


def list_whereabouts(session: Session, viewer: Viewer, ids: Collection[int]) -> dict[int, str]:
    """Return where plugins are by id: `live`, or in the `bin` and the viewer's to restore; others are left out."""
    if not ids:
        return {}
    restorable = is_restorable(viewer, utcnow())
    rows = session.execute(
        select(PluginMeta.id, PluginMeta.deleted_at).where(
            PluginMeta.id.in_(ids), or_(is_readable(viewer), restorable)
        )
    )
    return {row.id: "live" if row.deleted_at is None else "bin" for row in rows}


def find_binned_named(session: Session, viewer: Viewer, name: str) -> Binned | None:
    """Return what the viewer deleted last, or may restore, under a name in their account, or None."""
    statement = _lines(viewer).where(PluginMeta.account_id == viewer.account_id, PluginMeta.name == name)
    row = session.execute(statement.limit(1)).one_or_none()
    return None if row is None else _line(row)


def find_binned_record(session: Session, viewer: Viewer, locator: str) -> BinnedRecord | None:
    """Return the record of a locator when it is in the bin and the viewer may restore it, else None."""
    plugin_id = parse_locator(locator, LOCATOR_KIND)
    if plugin_id is None:
        return None
    row = session.execute(_lines(viewer).where(PluginMeta.id == plugin_id)).one_or_none()
    if row is None:
        return None
    plugin = session.scalars(
        select(PluginMeta)
        .where(PluginMeta.id == plugin_id)
        .options(
            joinedload(PluginMeta.selector),
            joinedload(PluginMeta.prompt),
            selectinload(PluginMeta.data),
            selectinload(PluginMeta.tagged_items),
        )
    ).one()
    return BinnedRecord(_line(row), plugin.to_values())


def from_mark(mark: Sequence[int]) -> Place | None:
    """Return the place that a mark stands for, or None when no record can stand there."""
    try:
        return _EPOCH + mark[0] * _MOMENT, mark[1]
    except OverflowError:
        return None


def load_bin(
    session: Session, viewer: Viewer, *, after: Place | None = None, before: Place | None = None
) -> BinPage:
    """Return one page of what the viewer may restore.

    Args:
        session: to read with.
        viewer: whose bin.
        after: the place that the page follows.
        before: the place that the page precedes.
    """
    statement = _lines(viewer, backwards=before is not None)
    if place := before or after:
        columns = (PluginMeta.deleted_at, PluginMeta.id)
        row = tuple_(*columns)
        limit = tuple_(*(literal(value, column.type) for value, column in zip(place, columns, strict=True)))
        statement = statement.where(row > limit if before else row < limit)
    found = session.execute(statement.limit(PAGE_SIZE + 1)).all()
    lines = [_line(row) for row in found[:PAGE_SIZE]]
    more = len(found) > PAGE_SIZE
    if before:
        lines.reverse()
    return BinPage(
        tuple(lines), newer=more if before else after is not None, older=before is not None or more
    )


def _lines(viewer: Viewer, *, backwards: bool = False) -> Select[Any]:
    order = (PluginMeta.deleted_at, PluginMeta.id)
    columns: list[Any] = [
        PluginMeta.id,
        PluginMeta.name,
        PluginMeta.plugin_class,
        PluginMeta.version,
        PluginMeta.revision,
        PluginMeta.deleted_at,
        User.username,
        User.display_name,
        Account.name.label("account_name"),
        _Deleter.username.label("deleter"),
        _Deleter.display_name.label("deleter_name"),
    ]
    return (
        select(*columns)
        .join(UserProfile, UserProfile.id == PluginMeta.user_profile_id)
        .join(User, User.id == UserProfile.user_id)
        .join(Account, Account.id == PluginMeta.account_id)
        .outerjoin(_Deleter, _Deleter.id == PluginMeta.deleted_by_id)
        .where(is_restorable(viewer, utcnow()))
        .order_by(*(order if backwards else (column.desc() for column in order)))
    )


def _line(row: Any) -> Binned:
    return Binned(
        id=row.id,
        locator=format_locator(LOCATOR_KIND, row.id),
        name=row.name,
        plugin_class=row.plugin_class,
        version=row.version,
        revision=row.revision,
        owner_username=row.username,
        owner_name=row.display_name or row.username,
        account_name=row.account_name,
        deleted_at=row.deleted_at,
        deleted_by=row.deleter_name or row.deleter or NOBODY,
    )
