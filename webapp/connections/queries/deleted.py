"""Connections that were deleted, as history keeps them for whoever may bring them back. Secrets never come back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.permissions import may_manage, may_read
from webapp.connections import kinds
from webapp.connections.kinds import SECRET, Kind
from webapp.connections.owners import OWNER, may_bring_back
from webapp.connections.records import VALUES_OF_KIND
from webapp.connections.values import Described
from webapp.history.models import Revision
from webapp.history.queries import find_last_revision


@dataclass(frozen=True)
class Deleted:
    """What is kept of a deleted connection; `revision` is the one that deleted it."""

    locator: str
    kind: Kind
    values: Described
    revision: int
    deleted_by: str
    deleted_at: dt.datetime


def find_deleted(session: Session, viewer: Viewer, locator: str) -> Deleted | None:
    """Return what is kept of the deleted connection of a locator; None where the viewer can bring nothing back."""
    parts = kinds.split(locator)
    if parts is None or parts[0] is SECRET:
        return None
    kind, record_id = parts
    last = find_last_revision(session, kind.record_kind, record_id)
    if last is None or last.action != "delete" or not may_read(viewer, last.account_id):
        return None
    if not may_bring_back(session, viewer, last):
        return None
    values = VALUES_OF_KIND[kind.key].from_dict(last.snapshot)
    return Deleted(locator, kind, values, last.revision, last.actor_name, last.at)


def list_deleted(session: Session, viewer: Viewer, kind: Kind, ids: Collection[int]) -> list[int]:
    """Return which of these records were deleted and are the viewer's to bring back."""
    if kind is SECRET or not ids:
        return []
    last = (
        select(Revision.record_id, func.max(Revision.revision).label("revision"))
        .where(Revision.record_kind == kind.record_kind, Revision.record_id.in_(ids))
        .group_by(Revision.record_id)
        .subquery()
    )
    rows = session.execute(
        select(Revision.record_id, Revision.account_id, Revision.snapshot[OWNER].as_integer().label("owner"))
        .join(last, (Revision.record_id == last.c.record_id) & (Revision.revision == last.c.revision))
        .where(Revision.record_kind == kind.record_kind, Revision.action == "delete")
    )
    return [
        row.record_id
        for row in rows
        if may_read(viewer, row.account_id) and may_manage(viewer, row.account_id, row.owner or 0)
    ]
