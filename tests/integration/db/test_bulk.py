"""Many rows at once are the rows that SQLAlchemy would have stored."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.orm import Session

from tests import factories
from webapp.db.bulk import encode, insert_many, update_many
from webapp.db.session import transaction
from webapp.history.models import Revision

ROWS = cast(Table, Revision.__table__)
MOMENT = dt.datetime(2026, 11, 23, 14, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))


def _row(account_id: int, number: int, **more: Any) -> dict[str, Any]:
    shared = {"account_id": account_id, "record_kind": "pluginmeta", "record_id": number, "revision": 1}
    said = {"action": "create", "actor_name": "Ünï", "origin": "form", "reason": "", "at": MOMENT}
    return {**shared, **said, "snapshot": {"z": 1.0, "a": [None, True]}, "changed": [], **more}


def _stored() -> list[tuple[Any, ...]]:
    with transaction() as session:
        columns = [column for column in ROWS.c if column.name != "id"]
        return [tuple(row) for row in session.execute(select(*columns).order_by(ROWS.c.record_id))]


def test_rows_are_stored_as_by_an_insert_of_sqlalchemy(session: Session) -> None:
    account = factories.account().id
    rows = [_row(account, 1), _row(account, 2, actor_name="", snapshot={}, reason="a 100% %s ? :x")]
    with transaction() as writing:
        writing.execute(insert(ROWS), rows)
    expected = _stored()
    for in_one in (False, True):
        with transaction() as writing:
            writing.execute(delete(ROWS))
            insert_many(writing, ROWS, rows, in_one=in_one)
        assert _stored() == expected


def test_text_that_is_encoded_already_is_stored_as_it_is_and_defaults_are_filled_in(session: Session) -> None:
    row = _row(factories.account().id, 1, snapshot=encode({"b": 1, "a": (2, 3)}))
    del row["at"]
    with transaction() as writing:
        insert_many(writing, ROWS, [row])
        insert_many(writing, ROWS, [])
    with transaction() as reading:
        found = reading.scalars(select(Revision)).one()
        assert list(found.snapshot.items()) == [("b", 1), ("a", [2, 3])]
        assert found.at.tzinfo is not None


def test_rows_are_updated_by_their_ids(session: Session) -> None:
    account = factories.account().id
    with transaction() as writing:
        insert_many(writing, ROWS, [_row(account, number) for number in (1, 2, 3)])
        keys = writing.execute(select(ROWS.c.record_id, ROWS.c.id))
        ids = {row.record_id: row.id for row in keys}
        update_many(
            writing,
            ROWS,
            [{"id": ids[number], "reason": f"r{number}", "snapshot": {"n": number}} for number in (1, 3)],
        )
        update_many(writing, ROWS, [])
    with transaction() as reading:
        found = reading.scalars(select(Revision).order_by(Revision.record_id)).all()
        assert [item.reason for item in found] == ["r1", "", "r3"]
        assert [item.snapshot for item in found][::2] == [{"n": 1}, {"n": 3}]
