"""Who uses a secret or connection: connections name secrets, and other domains say which of theirs use connections."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from webapp.connections import kinds, uses
from webapp.connections.kinds import Kind
from webapp.connections.records import MODEL_OF_KIND, SECRET_REFERENCES, Connection
from webapp.connections.uses import Use, Uses
from webapp.core.locators import format_locator


def list_uses(session: Session, kind: Kind, record_id: int) -> Uses:
    """Return who uses a record of a kind."""
    if kind is not kinds.SECRET:
        return uses.list_uses(session, kind.key, record_id)
    shown: list[Use] = []
    for other in (kinds.API, kinds.SQL):
        model: Any = MODEL_OF_KIND[other.key]
        rows = session.execute(
            select(model.id, model.name)
            .where(_naming(model, record_id))
            .order_by(model.name)
            .limit(uses.SHOWN_MAX)
        )
        shown += [Use(other.noun, row.name, format_locator(other.record_kind, row.id)) for row in rows]
    total = len(shown)
    if total >= uses.SHOWN_MAX:
        total = count_uses(session, kind, [record_id])[record_id]
    return Uses(tuple(shown[: uses.SHOWN_MAX]), total)


def count_uses(session: Session, kind: Kind, record_ids: Collection[int]) -> Mapping[int, int]:
    """Return how many use each of the records of a kind; past a bound nobody counts on."""
    if kind is not kinds.SECRET:
        return uses.count_uses(session, kind.key, record_ids)
    found = dict.fromkeys(record_ids, 0)
    for model in SECRET_REFERENCES if found else ():
        columns: Any = model.__table__.c
        counts = (
            select(literal(secret_id).label("id"), func.count().label("number")).select_from(
                select(columns.id).where(_naming(model, secret_id)).limit(uses.COUNTED_MAX + 1).subquery()
            )
            for secret_id in found
        )
        for row in session.execute(union_all(*counts)):
            found[row.id] += row.number
    return found


def _naming(model: type[Connection], secret_id: int) -> ColumnElement[bool]:
    """Return the condition that a connection points at a secret."""
    columns: Any = model.__table__.c
    return or_(*(columns[f"{reference}_id"] == secret_id for reference in SECRET_REFERENCES[model]))
