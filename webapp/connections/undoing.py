"""Taking writes of a secret or connection back. What a secret held before is not kept, so it never comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.models import User, UserProfile
from webapp.accounts.permissions import may_manage
from webapp.connections import records, service
from webapp.connections.crypto import Vault
from webapp.connections.kinds import SECRET, Kind
from webapp.connections.labels import labels_of
from webapp.connections.merge import merge
from webapp.connections.queries.records import get_record
from webapp.connections.service import InUse, Saved
from webapp.core.clock import utcnow
from webapp.core.errors import NotFound, PermissionDenied, StaleRevision
from webapp.core.text import fold
from webapp.db.session import touch_account, transaction
from webapp.history.models import Revision
from webapp.history.queries import find_revision, list_revisions_between
from webapp.history.undoing import NOT_KEPT, NotUndone, Overlap

VALUE_STAYS = (
    "The value of a secret is kept nowhere else, so the earlier one cannot come back. Write it again."
)
MOVED = "It was changed again since, so it stays."


def undo_writes(viewer: Viewer, kind: Kind, record_id: int, first: int, last: int, vault: Vault) -> Saved:
    """Take back what was done to a record from one revision to another; what others did since stays.

    Raises:
        NotFound: there is no such record in the viewer's sight.
        PermissionDenied: the viewer may see but not manage it.
        Overlap: the same fields were changed again since.
        NotUndone: it cannot be taken back; the message says why.
        InvalidInput: what it said breaks a rule of today.
    """
    with transaction() as session:
        record = _find(session, viewer, kind, record_id)
        if record is not None and not may_manage(viewer, record.account_id, record.user_profile_id):
            raise PermissionDenied(service.NO_RIGHT)
        before = find_revision(session, kind.record_kind, record_id, first - 1) if first > 1 else None
        after = find_revision(session, kind.record_kind, record_id, last)
        if record is None:
            return _bring_back(viewer, kind, record_id, before, after, last)
        if after is None or first > last or (before is None and first > 1):
            raise NotUndone(NOT_KEPT)
        if before is None or before.action == "delete":
            return _delete_again(viewer, kind, record_id, last)
        if after.action == "delete":
            return Saved(
                record.id, record.name, record.revision, ()
            )  # Somebody was faster, and brought it back.
        return _change_back(session, viewer, kind, record, before, after, vault)


def _find(session: Session, viewer: Viewer, kind: Kind, record_id: int) -> records.Record | None:
    try:
        return get_record(session, viewer, records.MODEL_OF_KIND[kind.key], record_id, lock=True)
    except NotFound:
        return None


def _bring_back(
    viewer: Viewer, kind: Kind, record_id: int, before: Revision | None, after: Revision | None, last: int
) -> Saved:
    if kind is SECRET or after is None or after.action != "delete" or before is None:
        raise NotFound
    try:
        return service.restore_connection(viewer, kind, record_id, last)
    except StaleRevision as error:
        raise NotUndone(MOVED) from error


def _delete_again(viewer: Viewer, kind: Kind, record_id: int, last: int) -> Saved:
    try:
        deleted = service.delete_record(viewer, kind, record_id, last)
    except StaleRevision as error:
        raise NotUndone(MOVED) from error
    except InUse as error:
        users = ", ".join(use.name for use in error.uses.shown[:3])
        raise NotUndone(f"It is in use by now ({users}), so it stays.") from error
    return Saved(deleted.id, deleted.name, deleted.revision, (), "delete")


def _change_back(
    session: Session,
    viewer: Viewer,
    kind: Kind,
    record: records.Record,
    before: Revision,
    after: Revision,
    vault: Vault,
) -> Saved:
    read = records.VALUES_OF_KIND[kind.key].from_dict
    merged = merge(
        read(after.snapshot), records.read_values(record), read(before.snapshot), labels_of(kind.key)
    )
    if merged.clashes:
        raise Overlap([clash.label for clash in merged.clashes])
    writes = list_revisions_between(session, before, after)
    owner = _owner_before(session, record, writes)
    values = read(merged.resolve({}))
    saved = service.update_record(viewer, record.id, record.revision, values, vault, restored=before.revision)
    if owner is not None:
        handed = _give_back(session, viewer, record, *owner)
        return replace(handed, changed=(*saved.changed, *handed.changed))
    if not saved.changed and any("value" in write.changed for write in writes):
        raise NotUndone(VALUE_STAYS)
    return saved


def _give_back(
    session: Session,
    viewer: Viewer,
    record: records.Record,
    profile: UserProfile,
    parties: dict[str, dict[str, str]],
) -> Saved:
    record.user_profile_id = profile.id
    record.revision += 1
    record.updated_at = utcnow()
    touch_account(session, record.account_id)
    left = {**records.read_values(record).to_dict(), "owner": parties}
    return service.record_event(session, viewer, record, left, "update", ("owner",))


def _owner_before(
    session: Session, record: records.Record, writes: Sequence[Revision]
) -> tuple[UserProfile, dict[str, dict[str, str]]] | None:
    """Return who owned the record before these writes, when they gave it to somebody else."""
    changes = [write.snapshot["owner"] for write in writes if "owner" in write.changed]
    if not changes or changes[0]["from"] == changes[-1]["to"]:
        return None
    giver, receiver = changes[0]["from"], changes[-1]["to"]
    if record.user_profile.user.username != receiver["username"]:
        raise Overlap(["Owner"])
    profile = session.scalar(
        select(UserProfile)
        .join(User, User.id == UserProfile.user_id)
        .where(
            UserProfile.account_id == record.account_id,
            User.username_key == fold(giver["username"]),
            UserProfile.is_active,
            User.is_active,
        )
    )
    if profile is None:
        raise NotUndone(f"{giver['name']} cannot own records of this account any more.")
    return profile, {"from": receiver, "to": giver}
