"""The session that a page reads with: of the replica, when that has all that the viewer's generations stand for."""

from __future__ import annotations

from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.db.replica import read_from_replica
from webapp.db.session import current_session

# Stars raise their profile's generation and no account's.
_STATE = (
    "SELECT i.identity, i.epoch, p.star_generation, a.id, a.generation "
    "FROM installation i, user_profiles p, accounts a "
    "WHERE i.id = 1 AND p.id = :profile AND a.id IN (:account, :platform) ORDER BY a.id"
)


def reading_session(viewer: Viewer) -> Session:
    """Return the session for a page that only shows what the viewer's generations cover, or what may lag.

    A superuser reads accounts whose generations nobody has asked for, so their pages read from the primary.
    """
    session = current_session()
    if viewer.is_superuser:
        return session
    generations = viewer.generations
    expected = [
        (generations.installation, generations.epoch, viewer.star_generation, account_id, generation)
        for account_id, generation in generations.accounts
    ]
    values = {
        "profile": viewer.profile_id,
        "account": viewer.account_id,
        "platform": viewer.platform_account_id or viewer.account_id,
    }
    read_from_replica(session, _STATE, values, expected)
    return session
