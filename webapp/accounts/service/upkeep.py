"""Removing what is over."""

from __future__ import annotations

from webapp.accounts import upkeep
from webapp.accounts.drafts import forget_old_drafts
from webapp.accounts.service.invitations import forget_old_invitations
from webapp.accounts.service.saved_views import forget_deleted_views
from webapp.accounts.sessions import end_expired_sessions
from webapp.accounts.throttle import forget_expired_counters
from webapp.db.session import transaction


def clean_up() -> None:
    """Remove sessions, drafts, counters, invitations and views that are over, and what other domains clear away."""
    with transaction() as session:
        end_expired_sessions(session)
        forget_old_drafts(session)
        forget_expired_counters(session)
        forget_old_invitations(session)
        forget_deleted_views(session)
    upkeep.publish()
