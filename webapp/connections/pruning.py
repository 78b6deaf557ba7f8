"""Connections and secrets that a source has left behind (manifests.pruning.Prunable).

A connection is deleted like on its page, when nothing uses it. A secret is kept: its value could not be brought back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.orm import joinedload

from webapp.accounts.identity import Viewer
from webapp.accounts.models import UserProfile
from webapp.accounts.permissions import may_manage
from webapp.connections import service
from webapp.connections.kinds import API, SECRET, SQL, Kind
from webapp.connections.manifest import ApiConnectionHandler, SecretHandler, SqlConnectionHandler
from webapp.connections.queries.records import visible_to
from webapp.connections.queries.uses import list_uses
from webapp.connections.records import MODEL_OF_KIND, Record
from webapp.core.errors import Conflict
from webapp.core.locators import format_locator
from webapp.db.session import current_session
from webapp.manifests.pruning import Leftover, User, in_words
from webapp.manifests.queries import AT_ONCE

KEPT = "Its value could not be brought back. Delete it on its page when nothing needs it."
_MANIFEST_KINDS = {
    SQL.key: SqlConnectionHandler.kind,
    API.key: ApiConnectionHandler.kind,
    SECRET.key: SecretHandler.kind,
}


class PrunableConnections:
    """How the records of one kind are found and deleted."""

    def __init__(self, kind: Kind) -> None:
        """Stand for a kind."""
        self.record_kind = kind.record_kind
        self._kind = kind

    def find(self, viewer: Viewer, ids: Collection[int]) -> Sequence[Leftover]:
        """Return those of the viewer's account among some records, by name, with who uses them."""
        model = MODEL_OF_KIND[self._kind.key]
        wanted, found = sorted(ids), []
        for start in range(0, len(wanted), AT_ONCE):
            statement = (
                visible_to(viewer, model)
                .where(model.account_id == viewer.account_id, model.id.in_(wanted[start : start + AT_ONCE]))
                .options(joinedload(model.user_profile).joinedload(UserProfile.user))
            )
            found += [self._leftover(viewer, record) for record in current_session().scalars(statement)]
        return sorted(found, key=lambda leftover: leftover.name)

    def delete(self, viewer: Viewer, leftover: Leftover) -> None:
        """Delete a connection that nothing uses; what it said stays in history."""
        try:
            service.delete_record(viewer, self._kind, leftover.id, leftover.revision)
        except service.InUse as error:
            names = in_words([use.name for use in error.uses.shown])
            message = f"{leftover.name} cannot be deleted: it is used by {names}. Nothing was written."
            raise Conflict(message) from error

    def _leftover(self, viewer: Viewer, record: Record) -> Leftover:
        owner = record.user_profile.user
        is_secret = self._kind is SECRET
        uses = () if is_secret else list_uses(current_session(), self._kind, record.id).shown
        return Leftover(
            kind=_MANIFEST_KINDS[self._kind.key],
            record_kind=self.record_kind,
            id=record.id,
            name=record.name,
            version=record.version,
            revision=record.revision,
            locator=format_locator(self.record_kind, record.id),
            owner=owner.display_name or owner.username,
            manageable=may_manage(viewer, record.account_id, record.user_profile_id),
            users=tuple(User(use.name, use.locator) for use in uses),
            kept=KEPT if is_secret else "",
        )


def prunable_connections() -> tuple[PrunableConnections, ...]:
    """Return all kinds, what refers to others first."""
    return tuple(PrunableConnections(kind) for kind in (SQL, API, SECRET))
