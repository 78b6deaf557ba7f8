"""Reading one secret or connection for its pages: the record, what it was before, and what its form offers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from webapp.accounts.identity import Viewer
from webapp.accounts.models import UserProfile
from webapp.accounts.permissions import may_manage
from webapp.connections import kinds, records
from webapp.connections.kinds import Kind
from webapp.connections.models import Secret
from webapp.connections.queries.records import visible_to
from webapp.connections.records import MODEL_OF_KIND, VALUES_OF_KIND
from webapp.connections.values import Described
from webapp.core.clock import utcnow
from webapp.core.errors import NotFound
from webapp.core.locators import format_locator
from webapp.history import queries as history
from webapp.history.queries import Write

SECRETS_MAX = 500


@dataclass(frozen=True)
class RecordView:
    """One secret or connection as its pages show it, and whether this viewer may change it."""

    id: int
    locator: str
    kind: Kind
    values: Described
    revision: int
    account_id: int
    account_name: str
    owner_name: str
    owner_username: str
    created_at: dt.datetime
    updated_at: dt.datetime
    manageable: bool


@dataclass(frozen=True)
class SecretNames:
    """The secrets of an account as a form offers them, and which of them have expired."""

    names: tuple[str, ...] = ()
    expired: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SecretLink:
    """A secret that a connection names: where its page is, None while it does not exist, and whether it has expired."""

    name: str
    locator: str | None = None
    is_expired: bool = False


def get_view(session: Session, viewer: Viewer, locator: str) -> RecordView:
    """Return the record of a locator.

    Raises:
        NotFound: the locator is malformed or not canonical, or the record does not exist or is not readable; the
            answer does not tell which.
    """
    parts = kinds.split(locator)
    if parts is None:
        raise NotFound
    kind, record_id = parts
    model: Any = MODEL_OF_KIND[kind.key]
    people = joinedload(model.user_profile)
    statement = (
        visible_to(viewer, model)
        .where(model.id == record_id)
        .options(people.joinedload(UserProfile.user), people.joinedload(UserProfile.account))
    )
    record = session.scalar(statement)
    if record is None:
        raise NotFound
    owner = record.user_profile
    return RecordView(
        id=record.id,
        locator=locator,
        kind=kind,
        values=records.read_values(record),
        revision=record.revision,
        account_id=record.account_id,
        account_name=owner.account.name,
        owner_name=owner.user.display_name or owner.user.username,
        owner_username=owner.user.username,
        created_at=record.created_at,
        updated_at=record.updated_at,
        manageable=may_manage(viewer, record.account_id, record.user_profile_id),
    )


def find_values(session: Session, record: RecordView, revision: int) -> Described | None:
    """Return what the record said at a revision, or None when that is not kept."""
    if revision == record.revision:
        return record.values
    found = history.find_revision(session, record.kind.record_kind, record.id, revision)
    return VALUES_OF_KIND[record.kind.key].from_dict(found.snapshot) if found else None


def list_writes(session: Session, record: RecordView, since: int) -> Sequence[Write]:
    """Return who wrote the record after a revision, oldest first."""
    return history.list_writes(session, record.kind.record_kind, record.id, since, record.revision)


def list_secrets(session: Session, account_id: int, written: Collection[str] = ()) -> SecretNames:
    """Return the names of the account's secrets: `SECRETS_MAX` at most, and those that are written already."""
    statement = select(Secret.name, Secret.expires_at).where(Secret.account_id == account_id)
    rows = [
        *session.execute(statement.order_by(Secret.name).limit(SECRETS_MAX)),
        *(session.execute(statement.where(Secret.name.in_(written))) if written else ()),
    ]
    now = utcnow()
    return SecretNames(
        tuple(dict.fromkeys(row.name for row in rows)),
        frozenset(row.name for row in rows if row.expires_at is not None and row.expires_at <= now),
    )


def find_secrets(session: Session, account_id: int, names: Collection[str]) -> Mapping[str, SecretLink]:
    """Return the secrets of these names in the account, by name; one that does not exist has no page."""
    rows = session.execute(
        select(Secret.id, Secret.name, Secret.expires_at).where(
            Secret.account_id == account_id, Secret.name.in_(names)
        )
    ).all()
    now = utcnow()
    found = {
        row.name: SecretLink(
            row.name,
            format_locator(kinds.SECRET.record_kind, row.id),
            row.expires_at is not None and row.expires_at <= now,
        )
        for row in rows
    }
    return {name: found.get(name, SecretLink(name)) for name in names}


def is_name_taken(session: Session, kind: Kind, account_id: int, name: str) -> bool:
    """Tell whether a record of the kind has this name in the account."""
    model: Any = MODEL_OF_KIND[kind.key]
    return (
        session.scalar(select(model.id).where(model.account_id == account_id, model.name == name)) is not None
    )
