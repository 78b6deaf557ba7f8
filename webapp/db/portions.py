"""Going through all rows of a table in small steps that keep nobody waiting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Select, SQLColumnExpression

from webapp.db.session import current_session


def id_portions(statement: Select[int], id: SQLColumnExpression[int], size: int) -> Iterator[Sequence[int]]:
    """Yield the ids that a statement selects, in their order, at most `size` at a time.

    No transaction is open while the caller works, and rows that come and go meanwhile move no portion.

    Args:
        statement: selects `id` and has no order.
        id: the column, whose values are positive.
        size: of a portion.
    """
    last = 0
    while ids := _next(statement.where(id > last).order_by(id).limit(size)):
        yield ids
        last = ids[-1]


def _next(statement: Select[int]) -> Sequence[int]:
    session = current_session()
    ids = session.scalars(statement).all()
    session.rollback()
    return ids
