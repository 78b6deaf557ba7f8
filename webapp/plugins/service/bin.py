"""Moving plugins into the bin and back, and removing for good what has been there for too long."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.permissions import may_manage
from webapp.core.clock import utcnow
from webapp.core.errors import Conflict, InvalidInput, NameTaken, NotFound, PermissionDenied, StaleRevision
from webapp.db.session import transaction
from webapp.plugins.models import PluginMeta
from webapp.plugins.queries.bin import find_binned, is_over
from webapp.plugins.queries.visibility import visible_to
from webapp.plugins.service.writing import (
    NO_RIGHT,
    Saved,
    check_new_name,
    get_for_write,
    record_event,
    to_saved,
)

ATTEMPTS = 8
"""Of several who choose a free name at once, one gets it each time; the others choose anew."""
REMOVED_AT_ONCE = 200

T = TypeVar("T")


def delete_plugin(viewer: Viewer, plugin_id: int, revision: int) -> Saved:
    """Move a plugin to the bin; one that is there already stays as it is, whatever the revision.

    Raises:
        NotFound: there is no such plugin in the viewer's sight.
        PermissionDenied: the viewer may read but not manage it.
        StaleRevision: it was changed since `revision`.
    """
    with transaction() as session:
        try:
            plugin = get_for_write(session, viewer, plugin_id, revision)
        except NotFound:
            # Looked for second: another deletion may have been under way when the first look waited for the row.
            binned = find_binned(session, viewer, plugin_id)
            if binned is None:
                raise
            return to_saved(binned)
        plugin.delete(viewer.user_id)
        return record_event(session, viewer, plugin, "delete", ())


def restore_plugin(viewer: Viewer, plugin_id: int, revision: int, name: str | None = None) -> Saved:
    """Take a plugin out of the bin; one that is not there any more stays as it is, whatever the revision.

    Args:
        viewer: who restores; whoever may manage the record.
        plugin_id: of the record.
        revision: which the record has in the bin.
        name: to restore it under, when its own is taken.

    Raises:
        NotFound: there is no such plugin, it is not the viewer's to restore, or its time is over.
        PermissionDenied: it was restored already, and the viewer may read but not manage it.
        StaleRevision: it was restored and deleted again since `revision`.
        NameTaken: another plugin has the name; the error carries a free one.
        InvalidInput: the other name breaks a rule.
    """
    return again_on_conflict(lambda: _restore(viewer, plugin_id, revision, name))


def empty_bin(session: Session) -> None:
    """Remove some of the records whose time in the bin is over (a subscriber); their revisions stay."""
    over = is_over(utcnow())
    # Nobody waits here: what is being restored at this moment is left to whoever restores it.
    ids = session.scalars(
        select(PluginMeta.id)
        .where(over)
        .order_by(PluginMeta.deleted_at, PluginMeta.id)
        .limit(REMOVED_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    if ids:
        session.execute(
            delete(PluginMeta).where(PluginMeta.id.in_(ids), over),
            execution_options={"synchronize_session": False},
        )


def again_on_conflict(work: Callable[[], T]) -> T:
    """Return what the work returns; a name that somebody took in the same moment is chosen or refused anew."""
    for _ in range(ATTEMPTS - 1):
        try:
            return work()
        except (NameTaken, StaleRevision):
            raise
        except Conflict:
            continue
        except InvalidInput as refused:
            if not any(error.code == "unique" for error in refused.errors.get("name", ())):
                raise
    return work()


def _restore(viewer: Viewer, plugin_id: int, revision: int, name: str | None) -> Saved:
    with transaction() as session:
        plugin = find_binned(session, viewer, plugin_id, lock=True)
        if plugin is None:
            return to_saved(_get_live(session, viewer, plugin_id))
        if plugin.revision != revision:
            raise StaleRevision(revision, plugin.revision)
        before = plugin.name
        if name is not None and name != before:
            check_new_name(name)
        plugin.restore(name)
        return record_event(session, viewer, plugin, "restore", () if plugin.name == before else ("name",))


def _get_live(session: Session, viewer: Viewer, plugin_id: int) -> PluginMeta:
    plugin: PluginMeta | None = session.scalar(visible_to(viewer).where(PluginMeta.id == plugin_id))
    if plugin is None:
        raise NotFound
    if not may_manage(viewer, plugin.account_id, plugin.user_profile_id):
        raise PermissionDenied(NO_RIGHT)
    return plugin
