"""Removing a tag that nothing carries."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.core.errors import Conflict
from webapp.db.session import touch_account, transaction
from webapp.history import service as history
from webapp.tags.queries.reach import TAGS
from webapp.tags.service.writing import Done, hold, record_tag
from webapp.tags.values import Reach, TagView


def remove_tag(viewer: Viewer, tag_id: int) -> Done:
    """Remove a tag of the viewer's account that no plugin carries, and its aliases with it.

    Plugins in the bin count: they would lose it.

    Raises:
        NotFound: there is no such tag in the account.
        PermissionDenied: the viewer may not change it.
        Conflict: a plugin carries it.
    """
    with transaction() as session:
        reach = hold(session, viewer, [tag_id], changed=[tag_id], seen=None)
        tag = reach.tag(tag_id)
        with history.one_unit(
            session, viewer.actor, account_id=tag.account_id, title=f"Removed the unused tag {tag.name}"
        ) as unit:
            apply_removal(session, viewer, reach, tag)
        return Done(unit.id, tag.name, 0)


def apply_removal(session: Session, viewer: Viewer, reach: Reach, tag: TagView) -> None:
    """Remove a held tag inside an act.

    Raises:
        Conflict: a plugin carries it.
    """
    if reach.live_ids([tag.id]):
        raise Conflict(f"Plugins carry {tag.name}. Take it off them first, or merge it into another tag.")
    if reach.carriers:
        raise Conflict(f"Plugins in the bin carry {tag.name}, so it stays until they are gone.")
    session.execute(delete(TAGS).where(TAGS.c.id == tag.id))
    record_tag(session, viewer, tag, "delete", tag.snapshot(), ["name"])
    touch_account(session, tag.account_id)
