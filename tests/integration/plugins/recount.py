"""Everything that is kept by deltas, counted anew."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.models import User, UserProfile
from webapp.core import semver
from webapp.core.text import fold
from webapp.plugins.models import PluginAnnotation, PluginMeta, PluginSearch, PluginTag, PluginTally, Tag
from webapp.plugins.models.bookkeeping import annotation_rows


def check_counts(session: Session) -> None:
    """Fail when counts, tallies, searchable text or sort keys differ from a recount."""
    session.rollback()
    plugins = session.scalars(select(PluginMeta)).all()
    live = {plugin.id: plugin for plugin in plugins if plugin.deleted_at is None}

    carried = Counter(item.tag_id for item in session.scalars(select(PluginTag)) if item.plugin_id in live)
    assert {tag.id: tag.uses for tag in session.scalars(select(Tag))} == {
        tag.id: carried[tag.id] for tag in session.scalars(select(Tag))
    }

    cells = Counter(
        (item.account_id, item.user_profile_id, item.plugin_class, item.readiness) for item in live.values()
    )
    tallies = session.scalars(select(PluginTally).where(PluginTally.records > 0))
    assert {
        (t.account_id, t.user_profile_id, t.plugin_class, t.readiness): t.records for t in tallies
    } == dict(cells)

    found = {row.plugin_id: row.body for row in session.scalars(select(PluginSearch))}
    assert found == {
        item.id: fold("\n".join([item.name, item.description, *item.tags_list])) for item in live.values()
    }
    for item in live.values():
        assert item.version_key == semver.sort_key(item.version)
        assert item.owner_key == session.scalar(
            select(User.username_key)
            .join(UserProfile, UserProfile.user_id == User.id)
            .where(UserProfile.id == item.user_profile_id)
        )
        assert item.readiness == item.judge().state
        kept = session.execute(
            select(PluginAnnotation.account_id, PluginAnnotation.key, PluginAnnotation.value_key)
            .where(PluginAnnotation.plugin_id == item.id)
            .order_by(PluginAnnotation.position)
        )
        rows = annotation_rows(item.id, item.account_id, item.annotations)
        assert [tuple(row) for row in kept] == [
            (row["account_id"], row["key"], row["value_key"]) for row in rows
        ]
        positions = [tagged.position for tagged in item.tagged_items]
        assert positions == list(range(len(positions)))
