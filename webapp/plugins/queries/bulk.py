"""Reading many plugins whole: for plans, which look names up, and for exports, which go through all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from webapp.accounts.identity import Viewer
from webapp.accounts.models import UserProfile
from webapp.core.text import fold
from webapp.plugins.models import PluginMeta, PluginTag, Tag
from webapp.plugins.queries.sql import is_called
from webapp.plugins.queries.visibility import visible_to

AT_ONCE = 500


def find_by_names(session: Session, account_id: int, names: Iterable[str]) -> dict[str, PluginMeta]:
    """Return the account's live plugins of these names, with everything that is written on them, by name."""
    wanted = sorted(set(names))
    found: dict[str, PluginMeta] = {}
    for start in range(0, len(wanted), AT_ONCE):
        statement = _whole(
            select(PluginMeta).where(
                PluginMeta.account_id == account_id,
                PluginMeta.deleted_at.is_(None),
                PluginMeta.name.in_(wanted[start : start + AT_ONCE]),
            )
        )
        found.update((plugin.name, plugin) for plugin in session.scalars(statement).unique())
    return found


def find_stamps(session: Session, account_id: int, names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return the ids and revisions of the account's live plugins of these names, by name."""
    wanted = sorted(set(names))
    found: dict[str, tuple[int, int]] = {}
    for start in range(0, len(wanted), AT_ONCE):
        rows = session.execute(
            select(PluginMeta.name, PluginMeta.id, PluginMeta.revision).where(
                PluginMeta.account_id == account_id,
                PluginMeta.deleted_at.is_(None),
                PluginMeta.name.in_(wanted[start : start + AT_ONCE]),
            )
        )
        found.update((name, (plugin_id, revision)) for name, plugin_id, revision in rows)
    return found


def iter_account_plugins(
    session: Session, viewer: Viewer, *, tags: Iterable[str] = (), plugin_class: str = ""
) -> Iterator[PluginMeta]:
    """Yield the live plugins of the viewer's account by name, read in portions; all the tags have to be there."""
    after = ""
    while True:
        statement = visible_to(viewer).where(
            PluginMeta.account_id == viewer.account_id, PluginMeta.name > after
        )
        if plugin_class:
            statement = statement.where(PluginMeta.plugin_class == plugin_class)
        for tag in tags:
            carrying = (
                select(PluginTag.plugin_id)
                .join(Tag, Tag.id == PluginTag.tag_id)
                .where(Tag.account_id == viewer.account_id, is_called(fold(tag)))
            )
            statement = statement.where(PluginMeta.id.in_(carrying))
        portion = session.scalars(_whole(statement).order_by(PluginMeta.name).limit(AT_ONCE)).unique().all()
        yield from portion
        if len(portion) < AT_ONCE:
            return
        after = portion[-1].name


def _whole(statement: Select[Any]) -> Select[Any]:
    return statement.options(
        joinedload(PluginMeta.selector),
        joinedload(PluginMeta.prompt),
        selectinload(PluginMeta.data),
        selectinload(PluginMeta.tagged_items),
        joinedload(PluginMeta.user_profile).joinedload(UserProfile.user),
    )
