"""The stars of a viewer. They are theirs alone, so nothing here is kept for anybody else."""

from __future__ import annotations

from typing import cast

from sqlalchemy import ColumnElement, Select, Table, exists, select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.caching.store import cached
from webapp.plugins.models import Star
from webapp.plugins.queries.sql import META

STARS = cast(Table, Star.__table__)


def load_stars(session: Session, viewer: Viewer) -> frozenset[int]:
    """Return the ids of what the viewer has starred, also in the bin; no statement when there was never one."""
    if not viewer.star_generation:
        return frozenset()
    return cached(
        "plugins.stars",
        viewer.generations,
        (viewer.profile_id, viewer.star_generation),
        lambda: frozenset(session.scalars(starred_ids(viewer.profile_id))),
    )


def starred_ids(profile_id: int) -> Select[tuple[int]]:
    """Return the select of the ids of what a profile has starred."""
    return select(STARS.c.plugin_id).where(STARS.c.user_profile_id == profile_id)


def is_starred(profile_id: int) -> ColumnElement[bool]:
    """Return the condition that a row of `plugin_meta` is starred by a profile."""
    return (
        exists().where(STARS.c.user_profile_id == profile_id, STARS.c.plugin_id == META.c.id).correlate(META)
    )
