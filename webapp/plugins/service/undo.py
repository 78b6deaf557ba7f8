"""Going back: an earlier revision, one field of it, and taking single writes or a run of them back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.models import UserProfile
from webapp.core.errors import FieldError, InvalidInput, NameTaken, NotFound
from webapp.db.session import transaction
from webapp.history.models import Revision
from webapp.history.queries import find_revision, list_revisions_between
from webapp.history.undoing import NOT_KEPT, NotUndone, Overlap
from webapp.manifests.comparing import with_part
from webapp.plugins.merge import merge, parts_of
from webapp.plugins.models import PluginMeta
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.models.lifecycle import RESTORED, free_name
from webapp.plugins.queries.bin import find_binned
from webapp.plugins.queries.owners import find_owner_named
from webapp.plugins.service.moves import change_owner
from webapp.plugins.service.writing import Saved, get_for_write, record_event, to_saved, write
from webapp.plugins.values import PluginValues


def restore_revision(viewer: Viewer, plugin_id: int, revision: int, wanted: int, part_id: str = "") -> Saved:
    """Let a plugin say again what it said at a revision, whole or in one part; its owner stays.

    Args:
        viewer: who restores.
        plugin_id: of the record.
        revision: the record's revision that the person saw.
        wanted: the revision to bring back.
        part_id: the id of the only part to bring back (`manifests.merge.Part`); "" for all of them.

    Raises:
        NotFound: there is no such plugin in the viewer's sight, no such revision of it, or no such part.
        PermissionDenied: the viewer may read but not manage it.
        StaleRevision: it was changed since `revision`.
        InvalidInput: a field is refused; a name that somebody has by now comes with a free one.
    """
    with transaction() as session:
        plugin = get_for_write(session, viewer, plugin_id, revision)
        found = find_revision(session, LOCATOR_KIND, plugin_id, wanted)
        if found is None:
            raise NotFound
        values = PluginValues.from_dict(found.snapshot)
        if part_id:
            now, then = plugin.to_values().to_dict(), values.to_dict()
            taken = with_part(parts_of(now, then), now, then, part_id)
            if taken is None:
                raise NotFound
            values = PluginValues.from_dict(taken)
        return _write_again(session, viewer, plugin, values, wanted)


def undo_writes(viewer: Viewer, plugin_id: int, first: int, last: int) -> Saved:
    """Take back what was done to a plugin from one revision to another; what others did since stays.

    What was created goes to the bin, what was deleted comes out of it, what was changed says what it said before.
    Fields that nobody touched since merge by themselves.

    Raises:
        NotFound: there is no such plugin in the viewer's sight.
        PermissionDenied: the viewer may read but not manage it.
        Overlap: the same fields were changed again since.
        NotUndone: it cannot be taken back; the message says why.
        InvalidInput: what it said breaks a rule of today, or its name is taken.
    """
    with transaction() as session:
        # Looked for first, so that nothing is told of what the viewer may not see.
        plugin, binned = _find(session, viewer, plugin_id)
        before = find_revision(session, LOCATOR_KIND, plugin_id, first - 1) if first > 1 else None
        after = find_revision(session, LOCATOR_KIND, plugin_id, last)
        if after is None or first > last or (before is None and first > 1):
            raise NotUndone(NOT_KEPT)
        was_live = before is not None and before.action != "delete"
        became_live = after.action != "delete"
        if was_live and became_live:
            assert before is not None
            if plugin is None:
                raise NotUndone("It is in the bin. Restore it first.")
            return _change_back(session, viewer, plugin, before, after)
        if became_live:
            return _bin_again(session, viewer, plugin, binned, last)
        if was_live:
            return _take_out(session, viewer, plugin, binned, last)
        raise NotUndone("It was not there before either.")


def _find(session: Session, viewer: Viewer, plugin_id: int) -> tuple[PluginMeta | None, PluginMeta | None]:
    """Return the plugin where it lies: among the live ones or in the bin.

    Raises:
        NotFound: it is in neither, as far as the viewer may know.
        PermissionDenied: it is live, and the viewer may not change it.
    """
    try:
        return get_for_write(session, viewer, plugin_id), None
    except NotFound:
        binned = find_binned(session, viewer, plugin_id, lock=True)
        if binned is None:
            raise
        return None, binned


def _bin_again(
    session: Session, viewer: Viewer, plugin: PluginMeta | None, binned: PluginMeta | None, last: int
) -> Saved:
    if plugin is None:
        assert binned is not None
        return to_saved(binned)  # Somebody was faster, and did the same.
    _require_unmoved(plugin, last)
    plugin.delete(viewer.user_id)
    return record_event(session, viewer, plugin, "delete", ())


def _take_out(
    session: Session, viewer: Viewer, plugin: PluginMeta | None, binned: PluginMeta | None, last: int
) -> Saved:
    if binned is None:
        assert plugin is not None
        return to_saved(plugin)
    _require_unmoved(binned, last)
    try:
        binned.restore()
    except NameTaken as error:
        raise NotUndone(f"{error.message} Restore it from the bin under another name.") from error
    return record_event(session, viewer, binned, "restore", ())


def _require_unmoved(plugin: PluginMeta, last: int) -> None:
    if plugin.revision != last:
        raise NotUndone("It was changed again since, so it stays.")


def _change_back(
    session: Session, viewer: Viewer, plugin: PluginMeta, before: Revision, after: Revision
) -> Saved:
    base, mine = PluginValues.from_dict(after.snapshot), PluginValues.from_dict(before.snapshot)
    merged = merge(base, plugin.to_values(), mine)
    if merged.clashes:
        raise Overlap([clash.label for clash in merged.clashes])
    owner = _owner_before(session, plugin, list_revisions_between(session, before, after))
    saved = _write_again(session, viewer, plugin, merged.resolve({}), before.revision)
    if owner is None:
        return saved
    handed = change_owner(viewer, plugin.id, plugin.revision, owner)
    return replace(handed, changed=(*saved.changed, *handed.changed))


def _owner_before(session: Session, plugin: PluginMeta, writes: Sequence[Revision]) -> int | None:
    """Return the profile that owned the plugin before these writes; None when they left the owner as it was."""
    changes = [write.snapshot["owner"] for write in writes if "owner" in write.changed]
    if not changes or changes[0]["from"] == changes[-1]["to"]:
        return None
    now: UserProfile = plugin.user_profile
    if now.user.username != changes[-1]["to"]["username"]:
        raise Overlap(["Owner"])
    found = find_owner_named(session, plugin.account_id, changes[0]["from"]["username"])
    if found is None:
        raise NotUndone(f"{changes[0]['from']['name']} cannot own plugins of this account any more.")
    return found.profile_id


def _write_again(
    session: Session, viewer: Viewer, plugin: PluginMeta, values: PluginValues, wanted: int
) -> Saved:
    """Write what a revision said; a name that somebody has by now comes with a free one."""
    try:
        return write(session, viewer, plugin, values, restored=wanted)
    except InvalidInput as error:
        taken = [found for found in error.errors.get("name", ()) if found.code == "unique"]
        if not taken:
            raise
        with session.no_autoflush:
            free = free_name(session, plugin.account_id, values.name, RESTORED)
        message = f"Another plugin is called {values.name} by now. {free} is free."
        raise InvalidInput({**error.errors, "name": [FieldError(message, "unique", free)]}) from error
