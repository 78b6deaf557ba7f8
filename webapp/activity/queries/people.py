"""The people whose writes the feed can be filtered by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import literal, or_, select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.models import User, UserProfile
from webapp.history.models import Revision, Unit

PEOPLE_MAX = 50


@dataclass(frozen=True)
class Author:
    """Somebody whose writes the feed can be filtered by."""

    id: int
    username: str
    name: str


def list_people(session: Session, account_id: int) -> Sequence[Author]:
    """Return the people of an account by name, `PEOPLE_MAX` at most."""
    rows = session.execute(
        select(User.id, User.username, User.display_name)
        .join(UserProfile, UserProfile.user_id == User.id)
        .where(UserProfile.account_id == account_id)
        .order_by(User.username_key)
        .limit(PEOPLE_MAX)
    )
    return [Author(row.id, row.username, row.display_name or row.username) for row in rows]


def find_author(session: Session, viewer: Viewer, username_key: str) -> Author | None:
    """Return who has a username, as far as the viewer may know: somebody of an account that they read.

    Somebody else who wrote there, such as a superuser, is found by what they wrote.
    """
    row = session.execute(
        select(User.id, User.username, User.display_name).where(User.username_key == username_key)
    ).one_or_none()
    if row is None:
        return None
    accounts = [account for account in (viewer.account_id, viewer.platform_account_id) if account is not None]
    is_known = viewer.is_superuser or session.scalar(
        select(
            or_(
                select(literal(1))
                .where(UserProfile.user_id == row.id, UserProfile.account_id.in_(accounts))
                .exists(),
                select(literal(1))
                .where(
                    Revision.account_id.in_(accounts), Revision.actor_id == row.id, Revision.unit_id.is_(None)
                )
                .exists(),
                select(literal(1)).where(Unit.account_id.in_(accounts), Unit.actor_id == row.id).exists(),
            )
        )
    )
    return Author(row.id, row.username, row.display_name or row.username) if is_known else None
