"""The usernames behind the ids that history keeps, for the colours of people's marks."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.models import User


def list_usernames(session: Session, user_ids: Collection[int | None]) -> dict[int, str]:
    """Return the usernames of people who are still there, by id."""
    wanted = sorted({user_id for user_id in user_ids if user_id is not None})
    rows = session.execute(select(User.id, User.username).where(User.id.in_(wanted))) if wanted else ()
    return {row[0]: row[1] for row in rows}
