"""Cloning, renaming and handing over plugins."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.models import UserProfile
from webapp.core.clock import utcnow
from webapp.core.errors import InvalidInput, NotFound, PermissionDenied
from webapp.db.session import transaction
from webapp.history.queries import find_revision
from webapp.plugins.models import PluginMeta
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.owners import find_owner
from webapp.plugins.queries.visibility import visible_to
from webapp.plugins.service.bin import again_on_conflict
from webapp.plugins.service.writing import Saved, check_new_name, get_for_write, record_event, to_saved

TAKE_BACK = dt.timedelta(minutes=10)
"""How long somebody who handed a plugin over may take it back although it is not theirs any more."""


def clone_plugin(viewer: Viewer, plugin_id: int) -> Saved:
    """Create a plugin with everything that is written on another one, owned by the viewer, under a free name.

    Whoever may read a plugin may clone it. A connection is looked up by name in the viewer's account.

    Raises:
        NotFound: there is no such plugin in the viewer's sight.
        InvalidInput: what is stored breaks a rule of today.
    """
    return again_on_conflict(lambda: _clone(viewer, plugin_id))


def rename_plugin(viewer: Viewer, plugin_id: int, revision: int, name: str) -> Saved:
    """Give a plugin another name; its locator and with it every link stays.

    A name starts with a letter, unless it is the one that the last write took away.

    Raises:
        NotFound: there is no such plugin in the viewer's sight.
        PermissionDenied: the viewer may read but not manage it.
        StaleRevision: it was changed since `revision`.
        InvalidInput: the name breaks a rule or is taken.
    """
    with transaction() as session:
        plugin = get_for_write(session, viewer, plugin_id, revision)
        if name == plugin.name:
            return to_saved(plugin)
        if name != _name_before(session, plugin):
            check_new_name(name)
        plugin.rename(name)
        return record_event(session, viewer, plugin, "update", ("name",))


def change_owner(viewer: Viewer, plugin_id: int, revision: int, owner_profile_id: int) -> Saved:
    """Hand a plugin to another active person of its account.

    A member who has handed over their own plugin may take it back for a while, as long as nothing else was written.

    Raises:
        NotFound: there is no such plugin in the viewer's sight.
        PermissionDenied: the viewer may read but not manage it.
        StaleRevision: it was changed since `revision`.
        InvalidInput: the new owner is not an active person of the plugin's account.
    """
    with transaction() as session:
        try:
            plugin = get_for_write(session, viewer, plugin_id, revision)
        except PermissionDenied:
            given = _find_given_away(session, viewer, plugin_id, revision)
            if given is None or owner_profile_id != viewer.profile_id:
                raise
            plugin = given
        if plugin.user_profile_id == owner_profile_id:
            return to_saved(plugin)
        owner = find_owner(session, plugin.account_id, owner_profile_id)
        if owner is None:
            message = "This person is not in the plugin’s account or cannot sign in. Choose somebody else."
            raise InvalidInput.of("owner", message, "choice")
        before = _person(plugin.user_profile)
        plugin.change_owner(owner)
        owners = {"from": before, "to": _person(owner)}
        return record_event(session, viewer, plugin, "update", ("owner",), owner=owners)


def _clone(viewer: Viewer, plugin_id: int) -> Saved:
    with transaction() as session:
        source: PluginMeta | None = session.scalar(visible_to(viewer).where(PluginMeta.id == plugin_id))
        if source is None:
            raise NotFound
        profile = session.scalars(select(UserProfile).where(UserProfile.id == viewer.profile_id)).one()
        return record_event(session, viewer, source.clone(profile), "create", ())


def _name_before(session: Session, plugin: PluginMeta) -> str | None:
    found = find_revision(session, LOCATOR_KIND, plugin.id, plugin.revision - 1)
    return found.snapshot["name"] if found else None


def _find_given_away(session: Session, viewer: Viewer, plugin_id: int, revision: int) -> PluginMeta | None:
    """Return the plugin when its last write was the viewer's own change of owner, a short while ago."""
    last = find_revision(session, LOCATOR_KIND, plugin_id, revision)
    if last is None or last.actor_id != viewer.user_id or last.changed != ["owner"]:
        return None
    if last.snapshot["owner"]["from"]["username"] != viewer.username or last.at < utcnow() - TAKE_BACK:
        return None
    statement = visible_to(viewer).where(
        PluginMeta.id == plugin_id, PluginMeta.account_id == viewer.account_id
    )
    plugin: PluginMeta | None = session.scalar(statement.with_for_update())
    return plugin if plugin is not None and plugin.revision == revision else None


def _person(profile: UserProfile) -> dict[str, Any]:
    return {"username": profile.user.username, "name": profile.user.display_name or profile.user.username}
