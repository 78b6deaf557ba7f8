"""Several tags into one: what carried any of them carries that one, once and in the place of the first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.core.errors import InvalidInput
from webapp.db.session import transaction
from webapp.history import service as history
from webapp.plugins.models import PluginTag
from webapp.plugins.models.bookkeeping import shift_tag_counts
from webapp.plugins.models.bulk_rows import insert_rows
from webapp.plugins.service.retagging import follow_tags
from webapp.tags.queries.reach import ALIASES, AT_ONCE, PLUGIN_TAGS, TAGS
from webapp.tags.service.writing import Done, give_alias, hold, record_tag
from webapp.tags.values import MERGED_MAX, Reach, TagView


def merge_tags(
    viewer: Viewer, tag_ids: Collection[int], into_id: int, *, keep_aliases: bool, seen: str
) -> Done:
    """Merge tags of the viewer's account into another one of it.

    A record that carries both keeps the other one where it stands; the order of tags stays.

    Args:
        viewer: who merges them.
        tag_ids: the tags that go.
        into_id: the one that stays.
        keep_aliases: whether their names become aliases of it.
        seen: the digest of what the person was shown.

    Raises:
        Moved: what is stored is not what was shown.
        PermissionDenied: the viewer may not change one of those that go.
        InvalidInput: there is nothing to merge, or too much.
    """
    sources = sorted({*tag_ids} - {into_id})
    if not sources:
        raise InvalidInput.of("tag", "Choose at least one tag beside the one to keep.", "required")
    if len(sources) > MERGED_MAX:
        raise InvalidInput.of("tag", f"Merge at most {MERGED_MAX} tags at once.", "too_many")
    with transaction() as session:
        reach = hold(session, viewer, [*sources, into_id], changed=sources, seen=seen)
        into = reach.tag(into_id)
        names = [reach.tag(tag_id).name for tag_id in sources]
        what = f"tag {names[0]}" if len(names) == 1 else f"{len(names)} tags"
        with history.one_unit(
            session, viewer.actor, account_id=into.account_id, title=f"Merged {what} into {into.name}"
        ) as unit:
            plugins = apply_merge(session, viewer, reach, sources, into, keep_aliases=keep_aliases)
        return Done(unit.id, into.name, plugins)


def apply_merge(
    session: Session,
    viewer: Viewer,
    reach: Reach,
    sources: Sequence[int],
    into: TagView,
    *,
    keep_aliases: bool,
) -> int:
    """Merge held tags into another held one inside an act, and return how many plugins say so now."""
    gained = _move(session, reach, sources, into)
    for tag_id in sources:
        session.execute(update(ALIASES).where(ALIASES.c.tag_id == tag_id).values(tag_id=into.id))
    session.execute(delete(TAGS).where(TAGS.c.id.in_(sources)))
    live = reach.live_ids(sources)
    follow_tags(session, viewer, into.account_id, live)
    for tag_id in sources:
        tag = reach.tag(tag_id)
        if keep_aliases:
            give_alias(session, into, tag.name)
        after: dict[str, object] = {
            **tag.snapshot(),
            "merged_into": into.name,
            "into_id": into.id,
            "alias": keep_aliases,
            "binned": [
                [item.plugin_id, item.position, item.plugin_id in gained[tag_id]]
                for item in reach.carriers
                if item.tag_id == tag_id and not item.is_live
            ],
        }
        record_tag(session, viewer, tag, "delete", after, ["merged_into"])
    return len(live)


def _move(session: Session, reach: Reach, sources: Sequence[int], into: TagView) -> dict[int, set[int]]:
    """Let whatever carries a source carry the other tag; return which plugins got it for which source."""
    gained: dict[int, set[int]] = {tag_id: set() for tag_id in sources}
    affected = reach.ids(sources)
    for start in range(0, len(affected), AT_ONCE):
        lists = carried_lists(session, affected[start : start + AT_ONCE])
        for plugin_id, carried in lists.items():
            if into.id not in carried:
                first = next(at for at, tag_id in enumerate(carried) if tag_id in gained)
                gained[carried[first]].add(plugin_id)
                carried[first] = into.id
            lists[plugin_id] = [tag_id for tag_id in carried if tag_id not in gained]
        store_lists(session, into.account_id, lists)
    live = {item.plugin_id for item in reach.carriers if item.is_live}
    shift_tag_counts(session, {into.id: sum(len(ids & live) for ids in gained.values())})
    return gained


def carried_lists(session: Session, plugin_ids: Collection[int]) -> dict[int, list[int]]:
    """Return the tags of plugins in their order, by plugin."""
    found: dict[int, list[int]] = {plugin_id: [] for plugin_id in plugin_ids}
    rows = session.execute(
        select(PLUGIN_TAGS.c.plugin_id, PLUGIN_TAGS.c.tag_id)
        .where(PLUGIN_TAGS.c.plugin_id.in_(plugin_ids))
        .order_by(PLUGIN_TAGS.c.plugin_id, PLUGIN_TAGS.c.position)
    )
    for plugin_id, tag_id in rows:
        found[plugin_id].append(tag_id)
    return found


def store_lists(session: Session, account_id: int, lists: Mapping[int, Sequence[int]]) -> None:
    """Let plugins of an account carry exactly these tags in this order; counts are the caller's."""
    session.execute(delete(PLUGIN_TAGS).where(PLUGIN_TAGS.c.plugin_id.in_(list(lists))))
    rows = [
        {"plugin_id": plugin_id, "tag_id": tag_id, "account_id": account_id, "position": position}
        for plugin_id, carried in lists.items()
        for position, tag_id in enumerate(carried)
    ]
    insert_rows(session, PluginTag, rows)
