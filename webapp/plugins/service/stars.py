"""Starring plugins: personal, so it needs no right to manage, writes no history and raises no account's generation."""

from __future__ import annotations

from typing import cast

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.models import UserProfile
from webapp.core.clock import utcnow
from webapp.core.errors import Conflict, NotFound
from webapp.db.session import transaction
from webapp.plugins.models import Star
from webapp.plugins.queries.visibility import readable_id

STARS_MAX = 1_000
"""How many a profile may give: the ids are read as a whole, so that no row of a list is asked for its star."""
TOO_MANY = (
    f"You have starred {STARS_MAX:,} plugins, which is as many as there can be. Take a star off another one."
)

_STARS = cast(Table, Star.__table__)


def star_plugin(viewer: Viewer, plugin_id: int) -> None:
    """Let the viewer's profile star a plugin; one that is starred stays so.

    Raises:
        NotFound: there is no such plugin in the viewer's sight.
        Conflict: the profile has given as many stars as there can be.
    """
    with transaction() as session:
        _see(session, viewer, plugin_id)
        # The profile first: two windows that star at once count one after the other.
        _raise_star_generation(session, viewer)
        mine = _STARS.c.user_profile_id == viewer.profile_id
        others = select(func.count()).select_from(_STARS).where(mine, _STARS.c.plugin_id != plugin_id)
        if (session.scalar(others) or 0) >= STARS_MAX:
            raise Conflict(TOO_MANY)
        build = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        row = {"user_profile_id": viewer.profile_id, "plugin_id": plugin_id, "at": utcnow()}
        session.execute(build(_STARS).values(row).on_conflict_do_nothing())


def unstar_plugin(viewer: Viewer, plugin_id: int) -> None:
    """Take the star of the viewer's profile off a plugin, if it has one.

    Raises:
        NotFound: there is no such plugin in the viewer's sight.
    """
    with transaction() as session:
        _see(session, viewer, plugin_id)
        _raise_star_generation(session, viewer)
        session.execute(
            delete(_STARS).where(
                _STARS.c.user_profile_id == viewer.profile_id, _STARS.c.plugin_id == plugin_id
            )
        )


def _see(session: Session, viewer: Viewer, plugin_id: int) -> None:
    if session.scalar(readable_id(viewer, plugin_id)) is None:
        raise NotFound


def _raise_star_generation(session: Session, viewer: Viewer) -> None:
    session.execute(
        update(UserProfile)
        .where(UserProfile.id == viewer.profile_id)
        .values(star_generation=UserProfile.star_generation + 1)
    )
