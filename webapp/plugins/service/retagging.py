"""What follows where tags change under their plugins: revision, searchable text and history of many, in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Table, delete, true, update
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.core.clock import utcnow
from webapp.db.bulk import encode
from webapp.db.session import touch_account
from webapp.history import service as history
from webapp.plugins.models import PluginMeta, PluginSearch, bookkeeping, bulk_rows
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.whole import load_whole

AT_ONCE = 500
META, SEARCH = cast(Table, PluginMeta.__table__), cast(Table, PluginSearch.__table__)


def follow_tags(session: Session, viewer: Viewer, account_id: int, plugin_ids: Sequence[int]) -> None:
    """Let live plugins, whose tags were just changed past them, have a revision that says so.

    Args:
        session: of the transaction, which holds their rows.
        viewer: who changed the tags, and may change each of these plugins.
        account_id: whose they are.
        plugin_ids: in the order in which every writer of many locks them.
    """
    now = utcnow()
    for start in range(0, len(plugin_ids), AT_ONCE):
        ids = plugin_ids[start : start + AT_ONCE]
        session.execute(
            update(META).where(META.c.id.in_(ids)).values(revision=META.c.revision + 1, updated_at=now)
        )
        found = load_whole(session, ids, true())
        session.execute(delete(SEARCH).where(SEARCH.c.plugin_id.in_(ids)))
        texts = [
            bookkeeping.search_row(row.id, account_id, values.name, values.description, values.tags)
            for row, values in found
        ]
        bulk_rows.insert_rows(session, PluginSearch, texts)
        events = [
            history.Event(row.id, row.revision, "update", encode(values), ("tags",)) for row, values in found
        ]
        history.record_many(session, viewer.actor, events, account_id=account_id, record_kind=LOCATOR_KIND)
    touch_account(session, account_id)
    # What the session holds was written past it.
    session.expire_all()
