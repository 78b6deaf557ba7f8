"""What was made since a page was opened: a bounded count, read along the newest records only."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from webapp.plugins.queries.candidates import Count
from webapp.plugins.queries.lists import PluginList
from webapp.plugins.queries.reading import ACCOUNT
from webapp.plugins.queries.sql import META, unindexed

NEWER_MAX = 99


def count_newer(session: Session, found: PluginList, since: dt.datetime) -> Count:
    """Return how many records of a list were made after a moment and belong to somebody else, up to NEWER_MAX."""
    reading = found.reading
    parts = []
    for branch in reading.possible():
        moments = [META.c.created_at > since]
        if branch.account_id is None:
            # No index has all accounts by creation; what was made since was also written since.
            moments = [META.c.updated_at > since, unindexed(META.c.created_at) > since]
        statement = (
            select(META.c.id)
            .where(
                *moments,
                unindexed(META.c.user_profile_id) != found.viewer.profile_id,
                *reading.conditions(branch, frozenset({ACCOUNT}), None),
            )
            .limit(NEWER_MAX + 1)
        )
        parts.append(select(statement.subquery()))
    if not parts:
        return Count(0)
    number = session.scalar(select(func.count()).select_from(union_all(*parts).subquery())) or 0
    return Count(min(number, NEWER_MAX), number > NEWER_MAX)
