"""Whom an import may give records to: themselves for a member, everybody of the account for its staff."""

from __future__ import annotations

from collections.abc import Sequence

from webapp.accounts.identity import Viewer
from webapp.accounts.permissions import may_manage
from webapp.db.session import current_session
from webapp.manifests.options import Owner
from webapp.plugins.queries.owners import OWNERS_MAX, PossibleOwner, find_owner_named, list_owners


class Recipients:
    """The possible owners that a plan asks for."""

    def find(self, viewer: Viewer, username: str) -> Owner | None:
        """Return whom the viewer may give records to under this username, or None."""
        found = find_owner_named(current_session(), viewer.account_id, username)
        if found is None or not may_manage(viewer, viewer.account_id, found.profile_id):
            return None
        return _owner(found)

    def list_all(self, viewer: Viewer) -> Sequence[Owner] | None:
        """Return all whom the viewer may give records to; None when they are too many for a list."""
        if not viewer.is_staff:
            return [Owner(viewer.profile_id, viewer.username, viewer.display_name or viewer.username)]
        found = list_owners(current_session(), viewer.account_id)
        return None if len(found) > OWNERS_MAX else [_owner(person) for person in found]


def _owner(person: PossibleOwner) -> Owner:
    return Owner(person.profile_id, person.username, person.name)
