"""Who may read and manage what: pure predicates over a viewer (DESIGN §3)."""

from __future__ import annotations

from webapp.accounts.identity import Viewer


def may_read(viewer: Viewer, account_id: int) -> bool:
    """Tell whether the viewer may read records of the account: their own, the platform's, or all of them."""
    return viewer.is_superuser or account_id in (viewer.account_id, viewer.platform_account_id)


def may_manage(viewer: Viewer, account_id: int, owner_profile_id: int) -> bool:
    """Tell whether the viewer may change the record: members their own, staff the account's, superusers any."""
    if viewer.is_superuser:
        return True
    if account_id != viewer.account_id:
        return False
    return viewer.is_staff or owner_profile_id == viewer.profile_id


def may_manage_account(viewer: Viewer) -> bool:
    """Tell whether the viewer manages the people and the name of the account that they work in."""
    return viewer.is_staff


def may_manage_person(viewer: Viewer, profile_id: int, *, is_superuser: bool) -> bool:
    """Tell whether the viewer may disable this person of their account or change what they may do.

    Nobody does it to themselves, and only a superuser to a superuser.
    """
    return (
        may_manage_account(viewer)
        and profile_id != viewer.profile_id
        and (viewer.is_superuser or not is_superuser)
    )
