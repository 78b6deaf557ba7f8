"""Reading from which source records were applied last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.manifests.models import AppliedSource

AT_ONCE = 500

Key = tuple[str, int]
"""The kind of a record, as locators have it, and its id."""


def list_applied(session: Session, account_id: int, source: str, *, lock: bool = False) -> set[Key]:
    """Return the records of an account that were last applied from a source.

    Args:
        session: to read with.
        account_id: whose records.
        source: its name.
        lock: keep others from applying them from elsewhere until the transaction ends.
    """
    statement = select(AppliedSource.record_kind, AppliedSource.record_id).where(
        AppliedSource.account_id == account_id, AppliedSource.source == source
    )
    if lock:
        statement = statement.order_by(AppliedSource.id).with_for_update()
    return {(row[0], row[1]) for row in session.execute(statement)}


def find_sources(session: Session, account_id: int, keys: Iterable[Key]) -> Mapping[Key, str]:
    """Return the sources that records were last applied from; one that has none is left out."""
    found: dict[Key, str] = {}
    for kind, ids in by_kind(keys).items():
        for start in range(0, len(ids), AT_ONCE):
            rows = session.execute(
                select(AppliedSource.record_id, AppliedSource.source).where(
                    AppliedSource.account_id == account_id,
                    AppliedSource.record_kind == kind,
                    AppliedSource.record_id.in_(ids[start : start + AT_ONCE]),
                )
            )
            found.update(((kind, row[0]), row[1]) for row in rows)
    return found


def by_kind(keys: Iterable[Key]) -> dict[str, list[int]]:
    """Return the ids of each kind, in order."""
    found: dict[str, list[int]] = defaultdict(list)
    for kind, record_id in sorted(set(keys)):
        found[kind].append(record_id)
    return found
