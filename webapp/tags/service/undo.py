"""Taking back what an act did to a tag; its plugins follow at once, or record by record in the same undo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.permissions import may_manage, may_read
from webapp.core.errors import InvalidInput, NotFound, PermissionDenied
from webapp.core.text import fold
from webapp.db.session import touch_account, transaction
from webapp.history.queries import find_revision
from webapp.history.undoing import NotUndone
from webapp.tags.queries.reach import ALIASES, META, TAGS, find_aliased, find_named, load_tags
from webapp.tags.service.merge import apply_merge, carried_lists, store_lists
from webapp.tags.service.removal import apply_removal
from webapp.tags.service.rename import apply_rename
from webapp.tags.service.writing import give_alias, hold, record_tag
from webapp.tags.values import TAG_KIND, TagView

Snapshot = Mapping[str, Any]


def take_back(viewer: Viewer, tag_id: int, last: int) -> bool:
    """Take back what an act did to a tag at a revision; tell whether there was anything to do.

    A renamed tag gets its name back, and so do all plugins that carry it. A merged or removed one is there again; its
    plugins get it back record by record. Both of that is taken back by doing it once more.

    Raises:
        NotFound: there is no such tag in the viewer's sight.
        PermissionDenied: the viewer may not change it.
        NotUndone: it cannot be taken back; the message says why.
    """
    with transaction() as session:
        found = find_revision(session, TAG_KIND, tag_id, last)
        if found is None or not may_read(viewer, found.account_id):
            raise NotFound
        after, before = found.snapshot, found.snapshot["was"]
        try:
            if found.action == "update":
                return _name_again(session, viewer, tag_id, after, before)
            if found.action == "delete":
                return _make_again(
                    session,
                    viewer,
                    TagView(tag_id, found.account_id, fold(before["name"]), before["name"], 0),
                    after,
                )
            return _end_again(session, viewer, tag_id, after, before)
        except InvalidInput as error:
            raise NotUndone(error.message) from error


def _name_again(session: Session, viewer: Viewer, tag_id: int, after: Snapshot, before: Snapshot) -> bool:
    """Give a tag its name and its aliases back."""
    reach = hold(session, viewer, [tag_id], changed=[tag_id], seen=None)
    tag = reach.tag(tag_id)
    if tag.name not in (after["name"], before["name"]):
        raise NotUndone(f"It was renamed again since: it is called {tag.name} now.")
    _require_takeable(session, tag, before["name"])
    gone = _keys(after["aliases"]) - _keys(before["aliases"])
    back = [alias for alias in before["aliases"] if fold(alias) not in _keys(after["aliases"])]
    for alias in back:
        _require_takeable(session, tag, alias)
    aliases = [alias for alias in tag.aliases if fold(alias) not in gone]
    aliases += [alias for alias in back if fold(alias) not in _keys(aliases)]
    if tag.name == before["name"] and _keys(aliases) == _keys(tag.aliases):
        return False
    apply_rename(session, viewer, reach, tag, before["name"], aliases)
    return True


def _make_again(session: Session, viewer: Viewer, tag: TagView, after: Snapshot) -> bool:
    """Make a merged or removed tag again, under its id, with its aliases and on the plugins in the bin."""
    before: Snapshot = after["was"]
    if load_tags(session, [tag.id]) or find_named(session, tag.account_id, tag.name) is not None:
        return False  # Somebody was faster: there is such a tag.
    if not may_manage(viewer, tag.account_id, viewer.profile_id):
        raise PermissionDenied("The tags of another account are not yours to change.")
    into_id: int = after.get("into_id", 0)
    held = load_tags(session, [into_id]) if into_id else []
    if held:
        hold(session, viewer, [into_id], changed=[], seen=None)
    for name in (before["name"], *before["aliases"]):
        aliased = find_aliased(session, tag.account_id, name)
        if aliased is not None and aliased.id != into_id:
            raise NotUndone(f"{name} is an alias of {aliased.name} by now.")
    keys = [fold(name) for name in (before["name"], *before["aliases"])]
    session.execute(delete(ALIASES).where(ALIASES.c.account_id == tag.account_id, ALIASES.c.key.in_(keys)))
    session.execute(
        insert(TAGS).values(id=tag.id, account_id=tag.account_id, key=tag.key, name=tag.name, uses=0)
    )
    for alias in before["aliases"]:
        if find_named(session, tag.account_id, alias) is None:
            give_alias(session, tag, alias)
    if held:
        _tag_binned(session, tag, held[0], after.get("binned", ()))
    was = {name: value for name, value in after.items() if name not in ("was", "binned")}
    record_tag(session, viewer, tag, "restore", dict(before), ["name"], was=was)
    touch_account(session, tag.account_id)
    return True


def _tag_binned(session: Session, tag: TagView, into: TagView, binned: Any) -> None:
    """Let plugins that are still in the bin carry the tag again, and not the one that they got by the merge."""
    wanted = {plugin_id: (position, gained) for plugin_id, position, gained in binned}
    ids = list(
        session.scalars(
            select(META.c.id)
            .where(META.c.id.in_(list(wanted)), META.c.deleted_at.is_not(None))
            .order_by(META.c.id)
            .with_for_update()
        )
    )
    lists = carried_lists(session, ids)
    for plugin_id, carried in lists.items():
        position, gained = wanted[plugin_id]
        if gained:
            carried[:] = [tag_id for tag_id in carried if tag_id != into.id]
        carried.insert(position, tag.id)
    store_lists(session, tag.account_id, lists)


def _end_again(session: Session, viewer: Viewer, tag_id: int, after: Snapshot, before: Snapshot) -> bool:
    """Merge or remove a tag once more, which was brought back."""
    into_id = before.get("into_id")
    if into_id is None:
        reach = hold(session, viewer, [tag_id], changed=[tag_id], seen=None)
        apply_removal(session, viewer, reach, reach.tag(tag_id))
        return True
    if not load_tags(session, [into_id]):
        raise NotUndone(f"There is no tag {before['merged_into']} any more.")
    reach = hold(session, viewer, [tag_id, into_id], changed=[tag_id], seen=None)
    apply_merge(session, viewer, reach, [tag_id], reach.tag(into_id), keep_aliases=bool(before.get("alias")))
    return True


def _require_takeable(session: Session, tag: TagView, name: str) -> None:
    held = find_named(session, tag.account_id, name)
    if held is not None and held.id != tag.id:
        raise NotUndone(f"There is another tag {held.name} by now. Merge the two instead.")
    aliased = find_aliased(session, tag.account_id, name)
    if aliased is not None and aliased.id != tag.id:
        raise NotUndone(f"{name} is an alias of {aliased.name} by now.")


def _keys(names: Any) -> set[str]:
    return {fold(name) for name in names}
