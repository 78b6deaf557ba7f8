"""Whose a secret or connection may become: the profiles of its account that the viewer may write for."""

from __future__ import annotations

from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.models import UserProfile
from webapp.accounts.permissions import may_manage
from webapp.core.errors import PermissionDenied
from webapp.history.models import Revision

OWNER = "owner_profile_id"
"""Under which key the snapshot of a deletion says whose the record was."""


def new_owner(session: Session, viewer: Viewer, account_id: int, profile_id: int) -> UserProfile:
    """Return the profile when the viewer may give it records of the account."""
    owner = session.get(UserProfile, profile_id)
    if owner is None or owner.account_id != account_id or not may_manage(viewer, account_id, owner.id):
        raise PermissionDenied("You may not give records to this person.")
    return owner


def owner_again(session: Session, viewer: Viewer, last: Revision) -> int:
    """Return whose a deleted connection will be: its owner's, or the viewer's when that profile is gone."""
    owner = session.get(UserProfile, last.snapshot.get(OWNER) or 0)
    if owner is None or owner.account_id != last.account_id:
        owner = session.get_one(UserProfile, viewer.profile_id)
    if owner.account_id != last.account_id or not may_manage(viewer, last.account_id, owner.id):
        raise PermissionDenied
    return owner.id


def may_bring_back(session: Session, viewer: Viewer, last: Revision) -> bool:
    """Tell whether the viewer may restore a deleted connection."""
    try:
        owner_again(session, viewer, last)
    except PermissionDenied:
        return False
    return True
