"""Creating and updating plugins, and what every write has in common: permission, revision, history."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from webapp.accounts.identity import Viewer
from webapp.accounts.models import UserProfile
from webapp.accounts.permissions import may_manage
from webapp.core import rules
from webapp.core.errors import FieldError, InvalidInput, NotFound, PermissionDenied, StaleRevision
from webapp.core.text import fold
from webapp.db.session import transaction
from webapp.history import service as history
from webapp.history.queries import find_revision
from webapp.plugins.merge import merge_field
from webapp.plugins.models import PluginMeta
from webapp.plugins.models.bookkeeping import settle_tags
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.visibility import visible_to
from webapp.plugins.values import PluginValues

NO_RIGHT = "You may read this plugin but not change it. Ask its owner or your account's staff."

Aliases = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Saved:
    """What a write left behind: enough to link to it and to go on editing; `action` is "" when nothing was written.

    `aliases` are words that were written, each with the tag that it became.
    """

    id: int
    name: str
    locator: str
    revision: int
    changed: tuple[str, ...]
    action: str = field(default="", compare=False)
    aliases: Aliases = field(default=(), compare=False)


def create_plugin(
    viewer: Viewer, values: PluginValues, *, owner_profile_id: int | None = None, imported: bool = False
) -> Saved:
    """Create a plugin in the viewer's account, owned by the viewer unless another profile is given.

    Args:
        viewer: who creates it.
        values: everything that is written on it.
        owner_profile_id: whose it will be.
        imported: from a manifest, which may bring any snake_case name; a new name typed here starts with a letter.

    Raises:
        InvalidInput: a field is refused; all errors at once.
        PermissionDenied: the viewer may not create for this owner.
    """
    with transaction() as session:
        owner = get_owner(session, viewer, owner_profile_id)
        if not imported:
            check_new_name(values.name)
        values, aliases = _settle(session, owner.account_id, values)
        plugin = PluginMeta(account_id=owner.account_id, user_profile_id=owner.id)
        plugin.assign(values)
        plugin.save()
        return replace(record_event(session, viewer, plugin, "create", ()), aliases=aliases)


def update_plugin(viewer: Viewer, plugin_id: int, revision: int, values: PluginValues) -> Saved:
    """Replace everything written on a plugin; a write that changes nothing adds no revision.

    Raises:
        NotFound: there is no such plugin in the viewer's sight.
        PermissionDenied: the viewer may read but not manage it.
        StaleRevision: it was changed since `revision`.
        InvalidInput: a field is refused; all errors at once.
    """
    with transaction() as session:
        plugin = get_for_write(session, viewer, plugin_id, revision)
        return write(session, viewer, plugin, values)


def update_field(viewer: Viewer, plugin_id: int, revision: int, field: str, value: object) -> Saved:
    """Replace one field of a plugin; a write in between that left this field alone does not stand in the way.

    Tags that others added or took away meanwhile are merged tag by tag.

    Args:
        viewer: who writes.
        plugin_id: of the record.
        revision: the record's revision that the person saw.
        field: its name in `PluginValues`.
        value: what it is to say.

    Raises:
        NotFound: there is no such plugin in the viewer's sight.
        PermissionDenied: the viewer may read but not manage it.
        StaleRevision: somebody else changed this very field since `revision`.
        InvalidInput: the record is refused; all errors at once.
    """
    with transaction() as session:
        plugin = get_for_write(session, viewer, plugin_id)
        before = plugin.to_values()
        seen = before if plugin.revision == revision else _values_at(session, plugin, revision)
        values = merge_field(seen, before, field, value)
        if values is None:
            raise StaleRevision(revision, plugin.revision)
        return write(session, viewer, plugin, values)


def _values_at(session: Session, plugin: PluginMeta, revision: int) -> PluginValues | None:
    found = find_revision(session, LOCATOR_KIND, plugin.id, revision)
    return PluginValues.from_dict(found.snapshot) if found else None


def write(
    session: Session,
    viewer: Viewer,
    plugin: PluginMeta,
    values: PluginValues,
    *,
    restored: int | None = None,
) -> Saved:
    """Store the values on a plugin that is locked, with a revision; a write that changes nothing adds none.

    Args:
        session: of the transaction.
        viewer: who writes, and may.
        plugin: the record.
        values: what it is to say.
        restored: the revision that said so already, whose name is not judged as a new one.

    Raises:
        InvalidInput: a field is refused; all errors at once.
    """
    before = plugin.to_values()
    aliases: Aliases = ()
    if values.tags != before.tags:
        # An alias, or a tag in another spelling, is no change where the tag is there already.
        values, aliases = _settle(session, plugin.account_id, values)
    changed = changed_fields(before, values)
    if not changed:
        return replace(to_saved(plugin), aliases=aliases)
    if values.name != before.name and restored is None:
        check_new_name(values.name)
    plugin.assign(values)
    plugin.save()
    saved = record_event(session, viewer, plugin, "update", changed, restored=restored)
    return replace(saved, aliases=aliases)


def _settle(session: Session, account_id: int, values: PluginValues) -> tuple[PluginValues, Aliases]:
    """Return values with tags as they will be stored, and which aliases stood in their place."""
    settled = settle_tags(session, account_id, values.tags)
    aliases = tuple((name, tag) for name, tag in settled.items() if fold(name) != fold(tag))
    return replace(values, tags=tuple(dict.fromkeys(settled.values()))), aliases


def changed_fields(before: PluginValues, after: PluginValues) -> tuple[str, ...]:
    """Return the top-level fields that differ, in the order of the record."""
    old, new = spelled_fields(before), spelled_fields(after)
    return tuple(field for field in old if old[field] != new[field])


def spelled_fields(values: PluginValues) -> dict[str, str]:
    """Return the top-level fields as texts that are equal when nothing differs.

    Python takes 1, 1.0 and True for equal, and maps in another order; who writes one of them means it.
    """
    return {field: json.dumps(value, ensure_ascii=False) for field, value in values.to_dict().items()}


def get_for_write(
    session: Session, viewer: Viewer, plugin_id: int, revision: int | None = None
) -> PluginMeta:
    """Return the live plugin, locked for this transaction; without a revision the caller judges what it was.

    Raises:
        NotFound: there is no such plugin in the viewer's sight.
        PermissionDenied: the viewer may read but not manage it.
        StaleRevision: it was changed since `revision`.
    """
    plugin = session.scalar(
        visible_to(viewer)
        .where(PluginMeta.id == plugin_id)
        .options(joinedload(PluginMeta.selector), joinedload(PluginMeta.prompt))
        .with_for_update(of=PluginMeta)
    )
    if plugin is None:
        raise NotFound
    if not may_manage(viewer, plugin.account_id, plugin.user_profile_id):
        raise PermissionDenied(NO_RIGHT)
    if revision is not None and plugin.revision != revision:
        raise StaleRevision(revision, plugin.revision)
    found: PluginMeta = plugin
    return found


def get_owner(session: Session, viewer: Viewer, owner_profile_id: int | None) -> UserProfile:
    """Return the profile that new plugins will belong to: the viewer's unless another one is given.

    Raises:
        PermissionDenied: the viewer may not create for this owner.
    """
    profile_id = viewer.profile_id if owner_profile_id is None else owner_profile_id
    owner = session.scalar(select(UserProfile).where(UserProfile.id == profile_id))
    if owner is None or not may_manage(viewer, owner.account_id, owner.id):
        raise PermissionDenied("You may not create plugins for this owner.")
    return owner


def check_new_name(name: str) -> None:
    """Refuse a name that a person gives and that does not start with a letter; the model judges the rest.

    Raises:
        InvalidInput: it starts with a digit.
    """
    errors: list[FieldError] = rules.check_name(name, new=True)
    if errors and any(error.code == "letter_first" for error in errors):
        raise InvalidInput({"name": errors})


def record_event(
    session: Session,
    viewer: Viewer,
    plugin: PluginMeta,
    action: str,
    changed: tuple[str, ...],
    *,
    restored: int | None = None,
    **more: Any,
) -> Saved:
    """Add the revision row of a write and return what it left behind.

    Args:
        session: of the transaction.
        viewer: who wrote.
        plugin: as it is after the write.
        action: create, update, delete or restore.
        changed: the top-level fields that the write changed.
        restored: the revision that said the same.
        more: what the snapshot holds beside the values, such as the owners of a change of owner.
    """
    history.record(
        session,
        viewer.actor,
        account_id=plugin.account_id,
        record_kind=LOCATOR_KIND,
        record_id=plugin.id,
        revision=plugin.revision,
        action=action,
        snapshot={**plugin.to_values().to_dict(), **more},
        changed=changed,
        restored=restored,
    )
    return to_saved(plugin, changed, action)


def to_saved(plugin: PluginMeta, changed: tuple[str, ...] = (), action: str = "") -> Saved:
    """Return what links to a plugin as it is now."""
    return Saved(plugin.id, plugin.name, plugin.record_locator or "", plugin.revision, changed, action)
