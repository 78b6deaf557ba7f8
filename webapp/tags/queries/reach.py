"""One tag, and everything that carries some tags; what a page shows of that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.models import User, UserProfile
from webapp.accounts.permissions import may_read
from webapp.core.errors import NotFound
from webapp.core.locators import format_locator
from webapp.core.text import fold
from webapp.plugins.models import PluginMeta, PluginTag, Tag, TagAlias
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.tags.values import Carrier, Reach, TagView, parse_tag_locator

AT_ONCE = 500
NAMED = 20
"""Records that a preview names."""

META, PLUGIN_TAGS, TAGS, ALIASES = (
    cast(Table, model.__table__) for model in (PluginMeta, PluginTag, Tag, TagAlias)
)


@dataclass(frozen=True)
class Named:
    """A record as a preview names it."""

    locator: str
    name: str
    owner: str
    tags: tuple[str, ...]


def get_tag(session: Session, viewer: Viewer, locator: str) -> TagView:
    """Return a tag with its aliases.

    Raises:
        NotFound: there is none, or it belongs to an account that the viewer may not read; the answer does not tell.
    """
    tag_id = parse_tag_locator(locator)
    found = load_tags(session, [tag_id]) if tag_id is not None else ()
    if not found or not may_read(viewer, found[0].account_id):
        raise NotFound
    return found[0]


def get_tags(session: Session, viewer: Viewer, locators: Iterable[str]) -> list[TagView]:
    """Return tags of one account in the order of their locators, each once.

    Raises:
        NotFound: one of them is no tag that the viewer may read, or they are of several accounts.
    """
    ids = [parse_tag_locator(locator) for locator in dict.fromkeys(locators)]
    found = {tag.id: tag for tag in load_tags(session, [tag_id for tag_id in ids if tag_id is not None])}
    if len(found) != len(ids) or len({tag.account_id for tag in found.values()}) > 1:
        raise NotFound
    if not all(may_read(viewer, tag.account_id) for tag in found.values()):
        raise NotFound
    return [found[tag_id] for tag_id in ids if tag_id is not None]


def find_named(session: Session, account_id: int, name: str) -> TagView | None:
    """Return the account's tag of this name, in any spelling, or None."""
    tag_id = session.scalar(
        select(TAGS.c.id).where(TAGS.c.account_id == account_id, TAGS.c.key == fold(name))
    )
    return load_tags(session, [tag_id])[0] if tag_id is not None else None


def find_aliased(session: Session, account_id: int, name: str) -> TagView | None:
    """Return the account's tag that this name is an alias of, or None."""
    tag_id = session.scalar(
        select(ALIASES.c.tag_id).where(ALIASES.c.account_id == account_id, ALIASES.c.key == fold(name))
    )
    return load_tags(session, [tag_id])[0] if tag_id is not None else None


def load_tags(session: Session, ids: Collection[int]) -> list[TagView]:
    """Return tags with their aliases, by id."""
    if not ids:
        return []
    rows = session.execute(
        select(TAGS.c.id, TAGS.c.account_id, TAGS.c.key, TAGS.c.name, TAGS.c.uses)
        .where(TAGS.c.id.in_(ids))
        .order_by(TAGS.c.id)
    ).all()
    aliases = aliases_of(session, [row.id for row in rows])
    return [
        TagView(row.id, row.account_id, row.key, row.name, row.uses, tuple(aliases.get(row.id, ())))
        for row in rows
    ]


def aliases_of(session: Session, tag_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the aliases of tags, by tag and in the order of the alphabet."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = session.execute(
        select(ALIASES.c.tag_id, ALIASES.c.name)
        .where(ALIASES.c.tag_id.in_(tag_ids))
        .order_by(ALIASES.c.tag_id, ALIASES.c.key)
    )
    for tag_id, name in rows:
        found[tag_id].append(name)
    return found


def load_reach(session: Session, tag_ids: Collection[int]) -> Reach:
    """Return tags and everything that carries them, live or in the bin."""
    rows = session.execute(
        select(
            PLUGIN_TAGS.c.plugin_id,
            PLUGIN_TAGS.c.tag_id,
            PLUGIN_TAGS.c.position,
            META.c.user_profile_id,
            META.c.deleted_at,
        )
        .join(META, META.c.id == PLUGIN_TAGS.c.plugin_id)
        .where(PLUGIN_TAGS.c.tag_id.in_(tag_ids))
        .order_by(PLUGIN_TAGS.c.plugin_id, PLUGIN_TAGS.c.position)
    )
    carriers = tuple(
        Carrier(row.plugin_id, row.tag_id, row.position, row.user_profile_id, row.deleted_at is None)
        for row in rows
    )
    return Reach(tuple(load_tags(session, tag_ids)), carriers)


def name_plugins(session: Session, plugin_ids: Sequence[int]) -> list[Named]:
    """Return the first of some plugins by name, with their tags."""
    first: list[Any] = []
    for start in range(0, len(plugin_ids), AT_ONCE):
        first += session.execute(
            select(META.c.name, META.c.id, User.display_name, User.username)
            .select_from(PluginMeta)
            .join(UserProfile, UserProfile.id == META.c.user_profile_id)
            .join(User, User.id == UserProfile.user_id)
            .where(META.c.id.in_(plugin_ids[start : start + AT_ONCE]))
            .order_by(META.c.name)
            .limit(NAMED)
        ).all()
        first = sorted(first, key=lambda row: row.name)[:NAMED]
    tags: dict[int, list[str]] = defaultdict(list)
    for plugin_id, name in session.execute(
        select(PLUGIN_TAGS.c.plugin_id, TAGS.c.name)
        .join(TAGS, TAGS.c.id == PLUGIN_TAGS.c.tag_id)
        .where(PLUGIN_TAGS.c.plugin_id.in_([row.id for row in first]))
        .order_by(PLUGIN_TAGS.c.plugin_id, PLUGIN_TAGS.c.position)
    ):
        tags[plugin_id].append(name)
    return [
        Named(
            format_locator(LOCATOR_KIND, row.id),
            row.name,
            row.display_name or row.username,
            tuple(tags.get(row.id, ())),
        )
        for row in first
    ]
