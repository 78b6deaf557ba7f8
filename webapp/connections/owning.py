"""Giving a secret or connection to another person of its account."""

from __future__ import annotations

from webapp.accounts.identity import Viewer
from webapp.connections import records
from webapp.connections.kinds import Kind
from webapp.connections.owners import new_owner
from webapp.connections.queries.records import get_record
from webapp.connections.service import Saved, check_write, record_event
from webapp.core.clock import utcnow
from webapp.db.session import touch_account, transaction


def change_owner(viewer: Viewer, kind: Kind, record_id: int, revision: int, owner_profile_id: int) -> Saved:
    """Hand a secret or connection to another person of its account, as far as the viewer manages both.

    Raises:
        NotFound: there is no such record in the viewer's sight.
        PermissionDenied: the viewer may not manage it, or not give it to this person.
        StaleRevision: it was changed since `revision`.
    """
    with transaction() as session:
        record = get_record(session, viewer, records.MODEL_OF_KIND[kind.key], record_id, lock=True)
        check_write(viewer, record, revision)
        if record.user_profile_id == owner_profile_id:
            return Saved(record.id, record.name, record.revision, ())
        owner = new_owner(session, viewer, record.account_id, owner_profile_id)
        people = {"from": record.user_profile.user, "to": owner.user}
        record.user_profile_id = owner.id
        record.revision += 1
        record.updated_at = utcnow()
        session.flush()
        touch_account(session, record.account_id)
        names = {
            side: {"username": user.username, "name": user.display_name or user.username}
            for side, user in people.items()
        }
        left = {**records.read_values(record).to_dict(), "owner": names}
        return record_event(session, viewer, record, left, "update", ("owner",))
