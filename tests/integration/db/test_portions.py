"""All rows are gone through in order, once each, and nobody waits for whoever does it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from webapp.accounts.models import Account
from webapp.db.portions import id_portions
from webapp.db.session import transaction


def test_every_row_comes_once_in_order_and_a_row_that_goes_moves_none(session: Session) -> None:
    wanted = sorted(factories.account().id for _ in range(7))
    statement = select(Account.id).where(Account.id.in_(wanted))
    found = []
    for ids in id_portions(statement, Account.id, 3):
        assert not session.in_transaction()
        found.append(list(ids))
        with transaction() as opened:
            opened.delete(opened.get_one(Account, ids[0]))
    assert found == [wanted[:3], wanted[3:6], wanted[6:]]


def test_nothing_comes_of_nothing(session: Session) -> None:
    assert not list(id_portions(select(Account.id).where(Account.id < 0), Account.id, 3))
