"""Short ways to act on tags in tests, and to look at what is stored."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import Person, viewer_of
from webapp.history.models import Revision
from webapp.plugins.models import PluginMeta, Tag, TagAlias
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.tags import service
from webapp.tags.queries.reach import find_named, load_reach


def tag_id(session: Session, somebody: Person, name: str) -> int:
    """Return the id of a tag of somebody's account."""
    session.rollback()
    found = find_named(session, somebody.account.id, name)
    assert found is not None, name
    return found.id


def rename(
    session: Session, somebody: Person, old: str, new: str, *, keep_alias: bool = True, seen: str = ""
) -> service.Done:
    """Rename a tag, having seen what is there unless another digest is given."""
    wanted = tag_id(session, somebody, old)
    seen = seen or load_reach(session, [wanted]).digest([wanted])
    return service.rename_tag(viewer_of(somebody), wanted, new, keep_alias=keep_alias, seen=seen)


def merge(
    session: Session, somebody: Person, old: list[str], into: str, *, keep_aliases: bool = True
) -> service.Done:
    """Merge tags, having seen what is there."""
    wanted = [tag_id(session, somebody, name) for name in old]
    target = tag_id(session, somebody, into)
    seen = load_reach(session, [*wanted, target]).digest(wanted)
    return service.merge_tags(viewer_of(somebody), wanted, target, keep_aliases=keep_aliases, seen=seen)


def tags_of(session: Session, name: str) -> list[str]:
    """Return the tags of the last plugin of that name, live or in the bin, in their order."""
    session.rollback()
    session.expire_all()
    statement = select(PluginMeta).where(PluginMeta.name == name).order_by(PluginMeta.id.desc()).limit(1)
    return session.scalars(statement).one().tags_list


def all_tags(session: Session, somebody: Person) -> dict[str, int]:
    """Return the tags of somebody's account with their counts."""
    session.rollback()
    session.expire_all()
    rows = session.scalars(select(Tag).where(Tag.account_id == somebody.account.id).order_by(Tag.key))
    return {tag.name: tag.uses for tag in rows}


def aliases(session: Session, somebody: Person) -> dict[str, str]:
    """Return the aliases of somebody's account with their tags."""
    session.rollback()
    rows = session.execute(
        select(TagAlias.name, Tag.name)
        .join(Tag, Tag.id == TagAlias.tag_id)
        .where(TagAlias.account_id == somebody.account.id)
        .order_by(TagAlias.key)
    )
    return {row[0]: row[1] for row in rows}


def last_revision(session: Session, plugin_id: int) -> Revision:
    """Return the last revision of a plugin."""
    session.rollback()
    statement = select(Revision).where(Revision.record_kind == LOCATOR_KIND, Revision.record_id == plugin_id)
    return session.scalars(statement.order_by(Revision.revision.desc()).limit(1)).one()
