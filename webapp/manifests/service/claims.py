"""From which source a record was applied last: noted by every apply, so that pruning touches nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import Table, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webapp.core.clock import utcnow
from webapp.core.locators import split_locator
from webapp.manifests.models import AppliedSource
from webapp.manifests.plan import PlanItem
from webapp.manifests.queries import AT_ONCE, Key, by_kind

_ROWS = cast(Table, AppliedSource.__table__)


def key_of(item: PlanItem) -> Key | None:
    """Return the record that a document describes; None while there is none."""
    return split_locator(item.current.locator) if item.current and item.current.locator else None


def claim(session: Session, account_id: int, source: str, keys: Iterable[Key]) -> None:
    """Note that records were applied from a source; without one, that they belong to none any more.

    Args:
        session: of the transaction.
        account_id: whose records they are.
        source: its name, or "".
        keys: the records, those that were unchanged among them.
    """
    if not source:
        forget(session, keys)
        return
    now = utcnow()
    # In one order, so that two that apply the same records wait for each other and never in a circle.
    rows: list[dict[str, Any]] = [
        {"account_id": account_id, "record_kind": kind, "record_id": record_id, "source": source, "at": now}
        for kind, record_id in sorted(set(keys))
    ]
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(_ROWS)
    statement = statement.on_conflict_do_update(
        index_elements=["record_kind", "record_id"],
        set_={name: statement.excluded[name] for name in ("account_id", "source", "at")},
    )
    for start in range(0, len(rows), AT_ONCE):
        session.execute(statement, rows[start : start + AT_ONCE])


def forget(session: Session, keys: Iterable[Key]) -> None:
    """Note that no source has a claim to records any more."""
    for kind, ids in by_kind(keys).items():
        for start in range(0, len(ids), AT_ONCE):
            session.execute(
                delete(_ROWS).where(
                    _ROWS.c.record_kind == kind, _ROWS.c.record_id.in_(ids[start : start + AT_ONCE])
                )
            )
