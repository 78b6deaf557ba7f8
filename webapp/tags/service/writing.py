"""What every act on tags has in common: locks in one order, who may, and what history keeps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.permissions import may_read
from webapp.core import rules
from webapp.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from webapp.core.text import fold
from webapp.history import service as history
from webapp.history.models import Revision
from webapp.tags.queries.reach import (
    ALIASES,
    AT_ONCE,
    META,
    TAGS,
    find_aliased,
    find_named,
    load_reach,
)
from webapp.tags.values import ALIASES_MAX, TAG_KIND, Reach, TagView

FIRST_REVISION = 2
"""Of what history keeps of a tag: 1 stands for its making, which is a part of the write that first gave it."""


class Moved(Conflict):
    """The tags, or what carries them, are not what the person was shown; nothing was changed."""

    default_message = "This has changed since it was shown. Nothing was done. Look at it again."


@dataclass(frozen=True)
class Done:
    """What an act did: the act itself, for its Undo (None when nothing was done), and how many plugins changed."""

    unit_id: int | None
    name: str
    plugins: int


def why_not(viewer: Viewer, reach: Reach, tag_ids: Collection[int]) -> str:
    """Return why the viewer may not change these tags; "" when they may.

    Tags are shared by the account: staff garden them, and whoever owns every plugin that carries one.
    """
    if viewer.is_superuser:
        return ""
    if any(reach.tag(tag_id).account_id != viewer.account_id for tag_id in tag_ids):
        return "The tags of another account are not yours to change."
    if viewer.is_staff:
        return ""
    others = len(reach.not_owned_by(viewer.profile_id, tag_ids))
    if not others:
        return ""
    carried = (
        "1 plugin of another person carries" if others == 1 else f"{others:,} plugins of other people carry"
    )
    return f"{carried} {'it' if len(tag_ids) == 1 else 'them'}. Ask your account’s staff to change it."


def require_right(session: Session, viewer: Viewer, tag_ids: Collection[int]) -> None:
    """Refuse whoever may not change these tags, before anything else is looked at.

    Raises:
        PermissionDenied: the message says what stands in the way.
    """
    if refusal := why_not(viewer, load_reach(session, tag_ids), tag_ids):
        raise PermissionDenied(refusal)


def hold(
    session: Session, viewer: Viewer, tag_ids: Collection[int], *, changed: Collection[int], seen: str | None
) -> Reach:
    """Return tags of one account and what carries them, locked: nobody tags or untags with them meanwhile.

    Args:
        session: of the transaction.
        viewer: who acts.
        tag_ids: the tags that the act is about.
        changed: those of them whose plugins it changes.
        seen: the digest that the person was shown; None for an act that nobody was shown, such as an undo.

    Raises:
        NotFound: one of them is no tag any more, or none that the viewer may know of.
        PermissionDenied: the viewer may not change one of them.
        Moved: it is not what was shown.
    """
    before = load_reach(session, tag_ids)
    # Plugins by id, then tags by id: the order of every writer. Whoever is just tagging with one of them is waited for.
    ids = before.ids(tag_ids)
    for start in range(0, len(ids), AT_ONCE):
        portion = ids[start : start + AT_ONCE]
        session.execute(select(META.c.id).where(META.c.id.in_(portion)).order_by(META.c.id).with_for_update())
    session.execute(
        select(TAGS.c.id).where(TAGS.c.id.in_(tag_ids)).order_by(TAGS.c.id).with_for_update()
    ).all()
    reach = load_reach(session, tag_ids)
    if len(reach.tags) != len(set(tag_ids)):
        raise NotFound if seen is None else Moved
    if not all(may_read(viewer, tag.account_id) for tag in reach.tags):
        raise NotFound
    if refusal := why_not(viewer, reach, changed):
        raise PermissionDenied(refusal)
    if reach.ids(tag_ids) != ids or (seen is not None and reach.digest(changed) != seen):
        raise Moved
    return reach


def check_name(name: str) -> str:
    """Return a name for a tag or an alias as it is stored.

    Raises:
        InvalidInput: no tag can be called that.
    """
    if errors := rules.check_tag(name):
        raise InvalidInput({"name": errors})
    return rules.clean_tag(name)


def require_free(session: Session, account_id: int, name: str, *, own: int | None = None) -> None:
    """Refuse a name that another tag has, or that is an alias of another one.

    Args:
        session: of the transaction.
        account_id: whose tags these are.
        name: the name.
        own: the tag that may have it.

    Raises:
        InvalidInput: with the code `unique` for a tag and `alias` for an alias, and the tag's name.
    """
    held = find_named(session, account_id, name)
    if held is not None and held.id != own:
        raise InvalidInput.of("name", f"There is a tag {held.name} already.", "unique", None)
    aliased = find_aliased(session, account_id, name)
    if aliased is not None and aliased.id != own:
        raise InvalidInput.of("name", f"{name} is an alias of {aliased.name} already.", "alias", None)


def claim(session: Session, account_id: int, key: str) -> bool:
    """Tell whether no tag has this key; one that is just being made is waited for, so that none comes into being."""
    upsert: Any = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert
    made = session.scalar(
        upsert(TAGS)
        .values(account_id=account_id, key=key, name="?", uses=0)
        .on_conflict_do_nothing()
        .returning(TAGS.c.id)
    )
    if made is None:
        return False
    session.execute(delete(TAGS).where(TAGS.c.id == made))
    return True


def give_alias(session: Session, tag: TagView, name: str) -> None:
    """Let a name, which no tag and no other alias has, be an alias of a tag.

    Raises:
        InvalidInput: somebody took the name at this very moment, or the tag has as many as it can have.
    """
    held = session.scalar(select(func.count()).select_from(ALIASES).where(ALIASES.c.tag_id == tag.id)) or 0
    if held >= ALIASES_MAX:
        raise InvalidInput.of("name", f"A tag has at most {ALIASES_MAX} aliases.", "too_many")
    if not claim(session, tag.account_id, fold(name)):
        raise InvalidInput.of("name", f"There is a tag {name} already.", "unique")
    session.execute(
        insert(ALIASES).values(account_id=tag.account_id, tag_id=tag.id, name=name, key=fold(name))
    )


def drop_alias(session: Session, account_id: int, name: str) -> None:
    """Let a name be no alias any more."""
    session.execute(delete(ALIASES).where(ALIASES.c.account_id == account_id, ALIASES.c.key == fold(name)))


def record_tag(
    session: Session,
    viewer: Viewer,
    tag: TagView,
    action: str,
    after: dict[str, object],
    changed: Sequence[str],
    *,
    was: dict[str, object] | None = None,
) -> None:
    """Add what an act did to a tag to history, in the act's unit.

    Args:
        session: of the transaction.
        viewer: who acted.
        tag: as it was before.
        action: update, delete or restore.
        after: the snapshot of the tag after it.
        changed: what differs.
        was: the snapshot before; that of `tag` when not given.
    """
    last = session.scalar(
        select(func.max(Revision.revision)).where(
            Revision.record_kind == TAG_KIND, Revision.record_id == tag.id
        )
    )
    history.record(
        session,
        viewer.actor,
        account_id=tag.account_id,
        record_kind=TAG_KIND,
        record_id=tag.id,
        revision=last + 1 if last else FIRST_REVISION,
        action=action,
        snapshot={**after, "was": was or tag.snapshot()},
        changed=changed,
    )
