"""Reading secrets and connections; every statement starts from what the viewer may see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from webapp.accounts.identity import Viewer
from webapp.accounts.models import UserProfile
from webapp.connections.models import ApiConnection, Secret, SqlConnection
from webapp.core.errors import NotFound

R = TypeVar("R", bound=Secret | SqlConnection | ApiConnection)

# Well under the limit of bound parameters of either database.
NAMES_AT_ONCE = 500


def visible_to(viewer: Viewer, model: type[R]) -> Select[R]:
    """Return the select of all records of the model that the viewer may read."""
    statement = select(model)
    if viewer.is_superuser:
        return statement
    accounts = [item for item in (viewer.account_id, viewer.platform_account_id) if item is not None]
    return statement.where(model.account_id.in_(accounts))


def get_record(
    session: Session,
    viewer: Viewer,
    model: type[R],
    record_id: int,
    *,
    lock: bool = False,
    deleting: bool = False,
) -> R:
    """Return one readable secret or connection.

    Args:
        lock: keep others from changing it until the transaction ends.
        deleting: keep others from beginning to point at it, too.

    Raises:
        NotFound: it does not exist or is not readable; the answer does not tell which.
    """
    statement = visible_to(viewer, model).where(model.id == record_id)
    if lock or deleting:
        statement = statement.with_for_update(key_share=not deleting)
    record = session.scalar(statement)
    if record is None:
        raise NotFound
    return record


def find_by_names(session: Session, model: type[R], account_id: int, names: Iterable[str]) -> dict[str, R]:
    """Return the account's records of these names, with their owners, by name."""
    found: dict[str, R] = {}
    for chunk in _chunks(names):
        statement = (
            select(model)
            .where(model.account_id == account_id, model.name.in_(chunk))
            .options(joinedload(model.user_profile).joinedload(UserProfile.user))
        )
        found.update((record.name, record) for record in session.scalars(statement))
    return found


def list_existing(
    session: Session,
    model: type[Secret | SqlConnection | ApiConnection],
    account_id: int,
    names: Iterable[str],
) -> dict[str, int]:
    """Return the ids of the account's records of these names that exist, by name."""
    columns: Any = model.__table__.c
    found: dict[str, int] = {}
    for chunk in _chunks(names):
        rows = session.execute(
            select(columns.name, columns.id).where(columns.account_id == account_id, columns.name.in_(chunk))
        )
        found.update((row.name, row.id) for row in rows)
    return found


def _chunks(names: Iterable[str]) -> Iterable[list[str]]:
    wanted = sorted(set(names))
    return (wanted[start : start + NAMES_AT_ONCE] for start in range(0, len(wanted), NAMES_AT_ONCE))
