"""Plugins for somebody who types a name: those whose names begin with it, and others that hold its words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select, union_all
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.models import Account
from webapp.core.locators import format_locator
from webapp.core.text import fold
from webapp.plugins.models import PluginMeta
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.criteria import ALL, Branch, Criteria
from webapp.plugins.queries.lists import prepare
from webapp.plugins.queries.reading import select_some
from webapp.plugins.queries.sql import META, begins_with
from webapp.plugins.queries.visibility import is_readable

BEGINNINGS = 20
OTHERS = 100
"""How many are looked at of an account: names that begin with the text, and others that hold its words."""
DESCRIPTION_SHOWN = 160


@dataclass(frozen=True)
class Found:
    """A plugin by its name, and whose it is."""

    id: int
    name: str
    description: str
    plugin_class: str
    account_id: int
    account_name: str
    profile_id: int

    @property
    def locator(self) -> str:
        """Return what stands for it in addresses."""
        return format_locator(LOCATOR_KIND, self.id)


def find_plugins(session: Session, viewer: Viewer, text: str) -> list[Found]:
    """Return readable plugins that a search for the text finds, in no order.

    The first `BEGINNINGS` of each account whose names begin with it are always among them. Each statement reads a
    bounded number of rows along an index, however many match.
    """
    reading = prepare(session, viewer, Criteria(scope=ALL, q=text)).reading
    beginnings = union_all(*(_beginnings(branch, text) for branch in reading.branches))
    others = select_some(reading, _columns(), OTHERS)
    rows = [*session.execute(beginnings), *(() if others is None else session.execute(others))]
    return list({row[0]: Found(*row) for row in rows}.values())


def list_named(session: Session, viewer: Viewer, ids: Collection[int]) -> dict[int, Found]:
    """Return the live plugins of these ids that the viewer may read, by id, in one statement."""
    if not ids:
        return {}
    statement = select(*_columns()).select_from(META).where(PluginMeta.id.in_(ids), is_readable(viewer))
    return {row[0]: Found(*row) for row in session.execute(statement)}


def _beginnings(branch: Branch, text: str) -> Any:
    typed = "_".join(fold(text).split())
    conditions: list[ColumnElement[bool]] = [META.c.deleted_at.is_(None), begins_with(META.c.name, typed)]
    if branch.account_id is not None:
        conditions.append(META.c.account_id == branch.account_id)
    first = select(*_columns()).where(*conditions).order_by(META.c.name, META.c.id).limit(BEGINNINGS)
    return select(first.subquery())


def _columns() -> Sequence[ColumnElement[Any]]:
    account_name = select(Account.name).where(Account.id == META.c.account_id).correlate(META)
    return [
        META.c.id,
        META.c.name,
        func.substr(META.c.description, 1, DESCRIPTION_SHOWN).label("description"),
        META.c.plugin_class,
        META.c.account_id,
        account_name.scalar_subquery().label("account_name"),
        META.c.user_profile_id,
    ]
