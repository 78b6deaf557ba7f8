"""Encrypting anew with the first key everything that an older one has encrypted, so that the older one can go.

Nothing that anybody sees changes: no revision, no history, no generation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from webapp.accounts.models import Account, Draft
from webapp.connections.crypto import Vault, WrongEncryptionKey
from webapp.connections.models import Secret
from webapp.db.portions import id_portions
from webapp.db.session import current_session, transaction
from webapp.extensions import Base
from webapp.jobs.models import JobPayload

AT_ONCE = 200


@dataclass(frozen=True)
class _Sealed:
    """A column that holds sealed values."""

    model: type[Base]
    column: str
    is_text: bool = False
    """Whether the token is kept as text."""


SEALED = (
    _Sealed(Secret, "encrypted_value"),
    _Sealed(Draft, "fields", is_text=True),
    _Sealed(JobPayload, "content"),
)


@dataclass(frozen=True)
class Rotated:
    """What a rotation did."""

    secrets: int
    others: int
    """Drafts and imports that wait."""
    unreadable: tuple[str, ...]
    """The secrets that no key decrypts, by name."""


def rotate(vault: Vault, progress: Callable[[int], None] = lambda done: None) -> Rotated:
    """Encrypt with the first key all that is stored, some at a time; stopped midway it can be run again.

    Args:
        vault: with the new key first and the older ones after it.
        progress: called with the number of values encrypted since the last call.
    """
    counts: list[int] = []
    lost: list[int] = []
    for sealed in SEALED:
        count, column = 0, _column(sealed, "id")
        for ids in id_portions(select(column), column, AT_ONCE):
            done, unreadable = _rotate_portion(vault, sealed, ids)
            count += done
            lost += unreadable if sealed.model is Secret else []
            progress(done)
        counts.append(count)
    return Rotated(counts[0], sum(counts[1:]), _names(lost))


def _rotate_portion(vault: Vault, sealed: _Sealed, ids: Sequence[int]) -> tuple[int, list[int]]:
    id_column, value_column = _column(sealed, "id"), _column(sealed, sealed.column)
    rotated, unreadable = 0, []
    with transaction() as session:
        # Whoever sets a secret anew at this moment is waited for, and then read.
        rows = session.execute(
            select(id_column, value_column).where(id_column.in_(ids)).order_by(id_column).with_for_update()
        ).all()
        for row_id, value in rows:
            token = value.encode("ascii") if sealed.is_text and isinstance(value, str) else value
            try:
                new = vault.rotate(bytes(token))
            except (WrongEncryptionKey, TypeError):  # A draft from before they were sealed is a mapping.
                unreadable.append(row_id)
                continue
            stored = {sealed.column: new.decode("ascii") if sealed.is_text else new}
            session.execute(update(sealed.model.__table__).where(id_column == row_id).values(stored))  # type: ignore[arg-type]
            rotated += 1
    return rotated, unreadable


def _column(sealed: _Sealed, name: str) -> Any:
    return sealed.model.__table__.c[name]


def _names(ids: Sequence[int]) -> tuple[str, ...]:
    if not ids:
        return ()
    rows = current_session().execute(
        select(Secret.name, Account.account_number)
        .join(Account, Account.id == Secret.account_id)
        .where(Secret.id.in_(ids))
        .order_by(Account.account_number, Secret.name)
    )
    return tuple(f"{name} of account {number}" for name, number in rows)
