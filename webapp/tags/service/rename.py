"""Another name for a tag: its plugins keep it in its place, and each of them says so in its history."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.core.errors import InvalidInput
from webapp.core.text import fold
from webapp.db.session import touch_account, transaction
from webapp.history import service as history
from webapp.plugins.service.retagging import follow_tags
from webapp.tags.queries.reach import TAGS, load_tags
from webapp.tags.service.writing import (
    Done,
    check_name,
    drop_alias,
    give_alias,
    hold,
    record_tag,
    require_free,
)
from webapp.tags.values import Reach, TagView


def rename_tag(viewer: Viewer, tag_id: int, name: str, *, keep_alias: bool, seen: str) -> Done:
    """Give a tag of the viewer's account another name, or another spelling of its name.

    Args:
        viewer: who renames it.
        tag_id: of the tag.
        name: what it is to be called.
        keep_alias: whether the old name becomes an alias, so that whoever still writes it gets the tag.
        seen: the digest of what the person was shown.

    Raises:
        Moved: what is stored is not what was shown.
        PermissionDenied: the viewer may not change the tag.
        InvalidInput: no tag can be called that, or another one is (code `unique`), or it is an alias of another one.
    """
    name = check_name(name)
    with transaction() as session:
        reach = hold(session, viewer, [tag_id], changed=[tag_id], seen=seen)
        tag = reach.tag(tag_id)
        if name == tag.name:
            return Done(None, name, 0)
        require_free(session, tag.account_id, name, own=tag.id)
        title = f"Renamed tag {tag.name} to {name}"
        with history.one_unit(session, viewer.actor, account_id=tag.account_id, title=title) as unit:
            aliases = [alias for alias in tag.aliases if fold(alias) != fold(name)]
            if keep_alias and fold(name) != tag.key:
                aliases.append(tag.name)
            plugins = apply_rename(session, viewer, reach, tag, name, aliases)
        return Done(unit.id, name, plugins)


def apply_rename(
    session: Session, viewer: Viewer, reach: Reach, tag: TagView, name: str, aliases: list[str]
) -> int:
    """Rename a held tag inside an act, give it exactly these aliases, and return how many plugins say so now.

    Raises:
        InvalidInput: somebody took one of the names at this very moment.
    """
    # First the name, which may have been an alias; then the old one is free to become one.
    for alias in tag.aliases:
        if fold(alias) not in {fold(other) for other in aliases}:
            drop_alias(session, tag.account_id, alias)
    session.execute(update(TAGS).where(TAGS.c.id == tag.id).values(name=name, key=fold(name)))
    held = {fold(alias) for alias in tag.aliases}
    for alias in aliases:
        if fold(alias) not in held:
            give_alias(session, tag, alias)
    ids = reach.live_ids([tag.id]) if name != tag.name else []
    follow_tags(session, viewer, tag.account_id, ids)
    now = load_tags(session, [tag.id])[0]
    changed = [
        field
        for field, differs in (("name", now.name != tag.name), ("aliases", now.aliases != tag.aliases))
        if differs
    ]
    if not changed:
        raise InvalidInput.of("name", "This changes nothing.", "same")
    record_tag(session, viewer, tag, "update", now.snapshot(), changed)
    touch_account(session, tag.account_id)
    return len(ids)
