"""Writing secrets and connections: permission, revision, references by name, history. Knows nothing of HTTP."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.permissions import may_manage, may_read
from webapp.connections import changes, records, uses
from webapp.connections.changes import ConnectionsChanged
from webapp.connections.checks import check
from webapp.connections.crypto import Vault
from webapp.connections.kinds import SECRET, Kind
from webapp.connections.models import ApiConnection, Secret, SqlConnection
from webapp.connections.owners import OWNER, new_owner, owner_again
from webapp.connections.queries.records import get_record, list_existing, visible_to
from webapp.connections.queries.uses import list_uses
from webapp.connections.records import RECORD_KINDS, SECRET_REFERENCES, Connection, Record
from webapp.connections.uses import Uses
from webapp.connections.values import ConnectionValues, Described, SecretValues, SqlConnectionValues
from webapp.core import rules
from webapp.core.clock import utcnow
from webapp.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied, StaleRevision
from webapp.db.session import touch_account, transaction
from webapp.history import service as history
from webapp.history.queries import find_last_revision
from webapp.manifests.diff import same

V = TypeVar("V", bound=Described)

CREATED = "created_at"
"""What the snapshot of a deletion holds beside the values and the owner, so that the record can come back as it was."""

NO_RIGHT = "You may read this record but not change it. Ask its owner or your account's staff."


@dataclass(frozen=True)
class Saved:
    """What a write left behind; `action` is "" when nothing was written."""

    id: int
    name: str
    revision: int
    changed: tuple[str, ...]
    action: str = field(default="", compare=False)


@dataclass(frozen=True)
class Deleted:
    """What is left to say about a record that was deleted."""

    id: int
    name: str
    revision: int


class InUse(Conflict):
    """A record that others use cannot be deleted; `uses` says who they are."""

    def __init__(self, name: str, found: Uses) -> None:
        """Keep who uses it."""
        super().__init__(f"{name} is in use, so it cannot be deleted.")
        self.uses = found
        self.args = (name, found)


def create_secret(
    viewer: Viewer, values: SecretValues, vault: Vault, owner_profile_id: int | None = None
) -> Saved:
    """Create a secret for the viewer or another profile of the account; connections that name it use it.

    Raises:
        PermissionDenied: the viewer may not create for this owner.
        InvalidInput: a field is refused, the value is missing, or the name is taken; all errors at once.
    """
    with transaction() as session:
        values = _cleaned(values)
        if values.value is None:
            raise InvalidInput.of("value", "Give the secret a value.", "required")
        secret = Secret(encrypted_value=vault.encrypt(values.value))
        _add(session, viewer, secret, values, owner_profile_id)
        _point_at(session, secret)
        return record_event(session, viewer, secret, records.secret_values(secret).to_dict(), "create", ())


def update_secret(
    viewer: Viewer,
    secret_id: int,
    revision: int,
    values: SecretValues,
    vault: Vault,
    restored: int | None = None,
) -> Saved:
    """Replace what is written on a secret; without a value the stored one is kept. Its name stays.

    Raises:
        NotFound: there is no such secret in the viewer's sight.
        PermissionDenied: the viewer may see but not manage it.
        StaleRevision: it was changed since `revision`.
        InvalidInput: a field is refused; all errors at once.
    """
    with transaction() as session:
        secret = get_record(session, viewer, Secret, secret_id, lock=True)
        values = _begin_update(viewer, secret, revision, values)
        changed = changed_fields(records.secret_values(secret), values)
        if value_changes(secret, values, vault):
            assert values.value is not None
            secret.encrypted_value = vault.encrypt(values.value)
            changed = (*changed, "value")
        if not changed:
            return Saved(secret.id, secret.name, secret.revision, ())
        _write(session, secret, values)
        _announce_secret(session, secret)
        left = records.secret_values(secret).to_dict()
        return record_event(session, viewer, secret, left, "update", changed, restored)


def create_connection(viewer: Viewer, values: ConnectionValues, owner_profile_id: int | None = None) -> Saved:
    """Create a connection in the viewer's account, for the viewer or another profile; plugins that name it use it.

    A secret that it names may come later.

    Raises:
        PermissionDenied: the viewer may not create for this owner.
        InvalidInput: a field is refused or the name is taken; all errors at once.
    """
    with transaction() as session:
        values = _cleaned(values)
        connection = SqlConnection() if isinstance(values, SqlConnectionValues) else ApiConnection()
        _add(session, viewer, connection, values, owner_profile_id)
        changes.publish(session, _change_of(connection))
        return record_event(
            session, viewer, connection, records.connection_values(connection).to_dict(), "create", ()
        )


def update_connection(
    viewer: Viewer,
    connection_id: int,
    revision: int,
    values: ConnectionValues,
    restored: int | None = None,
) -> Saved:
    """Replace what is written on a connection. Its name stays.

    Raises:
        NotFound: there is no such connection in the viewer's sight.
        PermissionDenied: the viewer may see but not manage it.
        StaleRevision: it was changed since `revision`.
        InvalidInput: a field is refused; all errors at once.
    """
    with transaction() as session:
        connection: Connection
        if isinstance(values, SqlConnectionValues):
            connection = get_record(session, viewer, SqlConnection, connection_id, lock=True)
        else:
            connection = get_record(session, viewer, ApiConnection, connection_id, lock=True)
        values = _begin_update(viewer, connection, revision, values)
        changed = changed_fields(records.connection_values(connection), values)
        if not changed:
            return Saved(connection.id, connection.name, connection.revision, ())
        _write(session, connection, values)
        changes.publish(session, _change_of(connection))
        left = records.connection_values(connection).to_dict()
        return record_event(session, viewer, connection, left, "update", changed, restored)


def create_record(viewer: Viewer, values: SecretValues | ConnectionValues, vault: Vault) -> Saved:
    """Create a secret or connection, whichever the values are of; see the functions of each."""
    if isinstance(values, SecretValues):
        return create_secret(viewer, values, vault)
    return create_connection(viewer, values)


def update_record(
    viewer: Viewer,
    record_id: int,
    revision: int,
    values: SecretValues | ConnectionValues,
    vault: Vault,
    restored: int | None = None,
) -> Saved:
    """Replace what is written on a secret or connection, whichever the values are of; see the functions of each.

    `restored` is the earlier revision that says the same, when it is one that is brought back.
    """
    if isinstance(values, SecretValues):
        return update_secret(viewer, record_id, revision, values, vault, restored)
    return update_connection(viewer, record_id, revision, values, restored)


def delete_record(viewer: Viewer, kind: Kind, record_id: int, revision: int) -> Deleted:
    """Delete a secret or connection that nothing uses; what it said stays in history, without the value of a secret.

    Raises:
        NotFound: there is no such record in the viewer's sight.
        PermissionDenied: the viewer may see but not manage it.
        StaleRevision: it was changed since `revision`.
        InUse: something uses it.
        Conflict: something began to use it at the same moment.
    """
    model = records.MODEL_OF_KIND[kind.key]
    with transaction() as session:
        # What writers of its users lock first is locked first here too, so that nobody waits for each other.
        if session.scalar(visible_to(viewer, model).where(model.id == record_id).with_only_columns(model.id)):
            uses.hold(session, kind.key, record_id)
        record = get_record(session, viewer, model, record_id, deleting=True)
        check_write(viewer, record, revision)
        if (found := list_uses(session, kind, record_id)).total:
            raise InUse(record.name, found)
        uses.let_go(session, kind.key, record_id)
        values = records.read_values(record)
        record.revision += 1
        left = {**values.to_dict(), OWNER: record.user_profile_id, CREATED: record.created_at.isoformat()}
        saved = record_event(session, viewer, record, left, "delete", ())
        session.delete(record)
        touch_account(session, record.account_id)
        return Deleted(saved.id, saved.name, saved.revision)


def restore_connection(viewer: Viewer, kind: Kind, record_id: int, revision: int) -> Saved:
    """Bring a connection back as it was when `revision` deleted it, under its old id, so that links to it hold again.

    Plugins that name it begin to use it again. The value of a secret is gone for good, so none is restored.

    Raises:
        NotFound: no such connection was deleted in an account that the viewer may read.
        PermissionDenied: the viewer may not manage it.
        Conflict: its name is taken by now.
    """
    with transaction() as session:
        last = find_last_revision(session, kind.record_kind, record_id)
        if kind is SECRET or last is None or not may_read(viewer, last.account_id):
            raise NotFound
        if last.action != "delete":
            # A second press of Undo: it is back.
            record = get_record(session, viewer, records.MODEL_OF_KIND[kind.key], record_id)
            return Saved(record.id, record.name, record.revision, ())
        if last.revision != revision:
            raise StaleRevision(
                revision, last.revision, f"{last.snapshot['name']} was deleted again since then."
            )
        owner = owner_again(session, viewer, last)
        values = records.VALUES_OF_KIND[kind.key].from_dict(last.snapshot)
        model = records.MODEL_OF_KIND[kind.key]
        if list_existing(session, model, last.account_id, [values.name]):
            raise Conflict(f"{values.name} was not brought back: another {kind.noun} has this name by now.")
        connection = model(
            id=record_id, account_id=last.account_id, user_profile_id=owner, revision=last.revision
        )
        assert not isinstance(connection, Secret)
        connection.created_at = dt.datetime.fromisoformat(last.snapshot[CREATED])
        _write(session, connection, values)
        changes.publish(session, _change_of(connection))
        return record_event(
            session, viewer, connection, records.read_values(connection).to_dict(), "restore", ()
        )


def changed_fields(before: Described, after: Described) -> tuple[str, ...]:
    """Return the fields that differ, in the order of the record; the value of a secret is not among them."""
    old, new = before.to_dict(), after.to_dict()
    return tuple(field for field in old if not same(old[field], new[field]))


def value_changes(secret: Secret, values: SecretValues, vault: Vault) -> bool:
    """Tell whether writing `values` would store another value than the secret holds."""
    return values.value is not None and not vault.holds(secret.encrypted_value, values.value)


def _cleaned(values: V) -> V:
    check(values)
    return replace(values, tags=tuple(rules.clean_tags(values.tags)[0]))


def _add(
    session: Session, viewer: Viewer, record: Record, values: Described, owner_profile_id: int | None
) -> None:
    owner = new_owner(session, viewer, viewer.account_id, owner_profile_id or viewer.profile_id)
    if list_existing(session, type(record), viewer.account_id, [values.name]):
        raise InvalidInput.of("name", "This account already has a record of this name.", "unique")
    record.account_id, record.user_profile_id = viewer.account_id, owner.id
    record.revision = 0
    _write(session, record, values)


def check_write(viewer: Viewer, record: Record, revision: int) -> None:
    """Raise PermissionDenied or StaleRevision when the viewer may not write the record as it stands."""
    if not may_manage(viewer, record.account_id, record.user_profile_id):
        raise PermissionDenied(NO_RIGHT)
    if record.revision != revision:
        raise StaleRevision(revision, record.revision)


def _begin_update(viewer: Viewer, record: Record, revision: int, values: V) -> V:
    check_write(viewer, record, revision)
    if values.name != record.name:
        raise InvalidInput.of(
            "name", "The name cannot be changed, because other records refer to it.", "fixed"
        )
    return _cleaned(values)


def _write(session: Session, record: Record, values: Described) -> None:
    records.assign(record, values)
    record.revision += 1
    record.updated_at = utcnow()
    if not isinstance(record, Secret):
        _resolve_secrets(session, record)
    session.add(record)
    session.flush()
    touch_account(session, record.account_id)


def _resolve_secrets(session: Session, connection: Connection) -> None:
    """Point at the secrets of the written names; one that does not exist yet is found when it is created."""
    found = list_existing(session, Secret, connection.account_id, records.secret_names(connection))
    for reference in SECRET_REFERENCES[type(connection)]:
        name = getattr(connection, f"{reference}_name")
        setattr(connection, f"{reference}_id", found.get(name) if name else None)


def _point_at(session: Session, secret: Secret) -> None:
    """Let the connections that were waiting for this secret point at it, and tell who depends on them."""
    for connection in _connections_naming(session, secret):
        _resolve_secrets(session, connection)
    session.flush()
    _announce_secret(session, secret)


def _announce_secret(session: Session, secret: Secret) -> None:
    used = _connections_naming(session, secret)
    changes.publish(
        session,
        ConnectionsChanged(
            secret.account_id,
            frozenset(item.name for item in used if isinstance(item, SqlConnection)),
            frozenset(item.name for item in used if isinstance(item, ApiConnection)),
        ),
    )


def _connections_naming(session: Session, secret: Secret) -> list[Connection]:
    found: list[Connection] = []
    for model, references in SECRET_REFERENCES.items():
        columns: Any = model
        named = or_(*(getattr(columns, f"{reference}_name") == secret.name for reference in references))
        found += session.scalars(select(model).where(columns.account_id == secret.account_id, named))
    return found


def _change_of(connection: Connection) -> ConnectionsChanged:
    names = frozenset({connection.name})
    if isinstance(connection, SqlConnection):
        return ConnectionsChanged(connection.account_id, sql_names=names)
    return ConnectionsChanged(connection.account_id, api_names=names)


def record_event(
    session: Session,
    viewer: Viewer,
    record: Record,
    snapshot: Mapping[str, Any],
    action: str,
    changed: tuple[str, ...],
    restored: int | None = None,
) -> Saved:
    """Add the revision row of a write and return what it left behind."""
    history.record(
        session,
        viewer.actor,
        account_id=record.account_id,
        record_kind=RECORD_KINDS[type(record)],
        record_id=record.id,
        revision=record.revision,
        action=action,
        snapshot=snapshot,
        changed=changed,
        restored=restored,
    )
    return Saved(record.id, record.name, record.revision, changed, action)
