"""The only entry to a select over plugins: what this viewer may read."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import BigInteger, BindParameter, ColumnElement, Select, bindparam, select, true
from sqlalchemy.orm import Session, joinedload, selectinload

from webapp.accounts.identity import Viewer
from webapp.accounts.models import UserProfile
from webapp.core.errors import NotFound
from webapp.plugins.models import PluginMeta


def readable_accounts(viewer: Viewer) -> tuple[int, ...] | None:
    """Return the accounts whose records the viewer may read; None for a superuser, who reads all."""
    if viewer.is_superuser:
        return None
    accounts = {viewer.account_id, viewer.platform_account_id}
    return tuple(sorted(account for account in accounts if account is not None))


def is_readable(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition that a plugin is live and readable by the viewer."""
    return _is_live_in(readable_accounts(viewer))


def _is_live_in(accounts: tuple[int, ...] | BindParameter[Any] | None) -> ColumnElement[bool]:
    in_reach: ColumnElement[bool] = true() if accounts is None else PluginMeta.account_id.in_(accounts)
    return PluginMeta.deleted_at.is_(None) & in_reach


def visible_to(viewer: Viewer) -> Select[Any]:
    """Return the select of all live plugins that the viewer may read."""
    return select(PluginMeta).where(is_readable(viewer))


def readable_id(viewer: Viewer, plugin_id: int) -> Select[Any]:
    """Return the select of the id of one plugin, when the viewer may read it and it is live."""
    return select(PluginMeta.id).where(is_readable(viewer), PluginMeta.id == plugin_id)


def get_plugin(session: Session, viewer: Viewer, plugin_id: int) -> PluginMeta:
    """Return one live, readable plugin with its parts, owner and tags.

    Raises:
        NotFound: it does not exist, is in the bin, or is not readable; the answer does not tell which.
    """
    accounts = readable_accounts(viewer)
    sent: dict[str, Any] = {"plugin_id": plugin_id} | (
        {} if accounts is None else {"accounts": list(accounts)}
    )
    plugin = session.scalar(_whole_plugin(accounts is None), sent)
    if plugin is None:
        raise NotFound
    found: PluginMeta = plugin
    return found


@cache
def _whole_plugin(everything: bool) -> Select[Any]:
    """Return the select of one plugin with all that belongs to it, which is built once."""
    accounts = None if everything else bindparam("accounts", expanding=True, type_=BigInteger)
    return (
        select(PluginMeta)
        .where(_is_live_in(accounts), PluginMeta.id == bindparam("plugin_id", type_=BigInteger))
        .options(
            joinedload(PluginMeta.selector),
            joinedload(PluginMeta.prompt),
            # Joined, SQLite would read the data of every plugin: it is four tables, seen as one.
            selectinload(PluginMeta.data),
            selectinload(PluginMeta.tagged_items),
            joinedload(PluginMeta.user_profile).joinedload(UserProfile.user),
            joinedload(PluginMeta.user_profile).joinedload(UserProfile.account),
        )
    )
