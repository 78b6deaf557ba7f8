"""`transaction()`: one unit of writing that commits once, raises generations last and leaves nothing on failure."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from webapp.accounts.models import Account
from webapp.core.errors import Conflict, InvalidInput
from webapp.db.session import (
    begin_snapshot,
    current_session,
    reading_connection,
    touch_account,
    transaction,
)
from webapp.extensions import db
from webapp.history.models import Revision
from webapp.plugins.models import PluginMeta, PluginSearch, PluginTally, Tag
from webapp.plugins.service import create_plugin


def _generation(account_id: int) -> int:
    with db.engine.connect() as connection:
        return int(
            connection.execute(
                text("SELECT generation FROM accounts WHERE id = :id"), {"id": account_id}
            ).scalar_one()
        )


def test_a_nested_transaction_joins_the_outer_one(session: Session) -> None:
    tenant = factories.account()
    with pytest.raises(ZeroDivisionError), transaction() as outer:
        with transaction() as inner:
            assert inner is outer
            inner.get_one(Account, tenant.id).name = "changed"
        raise ZeroDivisionError
    assert session.get_one(Account, tenant.id).name == tenant.name


def test_an_inner_end_commits_nothing(session: Session) -> None:
    tenant = factories.account()
    with transaction():
        with transaction() as inner:
            touch_account(inner, tenant.id)
            inner.flush()
        assert _generation(tenant.id) == 1
    assert _generation(tenant.id) == 2


def test_the_generation_rises_once_per_touched_account_in_the_last_statements(session: Session) -> None:
    one, two, untouched = factories.account(), factories.account(), factories.account()
    with count_statements() as sent, transaction() as writing:
        for tenant in (two, one, two, one):
            touch_account(writing, tenant.id)
        writing.get_one(Account, two.id).name = "changed"
    assert len(sent.matching("SET generation = generation + 1")) == 2
    assert all("generation + 1" in statement for statement in sent[-2:])
    assert [_generation(tenant.id) for tenant in (one, two, untouched)] == [2, 2, 1]


def test_a_write_of_a_plugin_raises_only_its_own_account(session: Session) -> None:
    owner, stranger = factories.person(), factories.person()
    before = _generation(owner.account.id), _generation(stranger.account.id)
    factories.plugin(owner)
    assert _generation(owner.account.id) == before[0] + 1
    assert _generation(stranger.account.id) == before[1]


def test_a_touch_outside_of_a_transaction_is_a_mistake(session: Session) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        touch_account(session, 1)


def test_a_refusal_by_the_database_is_a_conflict_that_says_what_to_do(session: Session) -> None:
    tenant = factories.account()
    with pytest.raises(Conflict, match="Reload and try again"), transaction() as writing:
        writing.add(Account(name="Same number", account_number=tenant.number))
    assert session.scalar(select(func.count()).select_from(Account)) == 1


def test_a_taken_name_is_named_as_the_reason(session: Session) -> None:
    owner = factories.person()
    factories.plugin(owner, name="everlasting_gobstopper")
    first = session.scalars(select(PluginMeta)).one()
    copy = {
        column.key: getattr(first, column.key)
        for column in PluginMeta.__mapper__.column_attrs
        if column.key != "id"
    }
    with pytest.raises(Conflict, match="name was taken"), transaction() as writing:
        writing.add(PluginMeta(**copy))


def test_a_failed_write_leaves_nothing_behind(session: Session) -> None:
    owner = factories.person()
    before = _generation(owner.account.id)
    with pytest.raises(ZeroDivisionError), transaction():
        factories.plugin(owner)
        raise ZeroDivisionError
    for model in (PluginMeta, Tag, PluginTally, PluginSearch, Revision):
        assert session.scalar(select(func.count()).select_from(model)) == 0, model
    assert _generation(owner.account.id) == before


def test_an_invalid_record_leaves_nothing_behind(session: Session) -> None:
    owner = factories.person()
    with pytest.raises(InvalidInput):
        create_plugin(factories.viewer_of(owner), factories.plugin_values(version="not a version"))
    for model in (PluginMeta, Tag, PluginTally, PluginSearch, Revision):
        assert session.scalar(select(func.count()).select_from(model)) == 0, model


def test_a_transaction_can_follow_a_failed_one(session: Session) -> None:
    owner = factories.person()
    with pytest.raises(ZeroDivisionError), transaction():
        raise ZeroDivisionError
    assert factories.plugin(owner).id


def test_a_transaction_starts_from_what_is_stored_now(session: Session) -> None:
    tenant = factories.account()
    held = session.get_one(Account, tenant.id)
    assert held.name == tenant.name
    with db.engine.begin() as other:
        if other.dialect.name == "sqlite":
            session.rollback()
        other.execute(text("UPDATE accounts SET name = 'by another'"))
    with transaction() as writing:
        assert writing.get_one(Account, tenant.id).name == "by another"


def test_uncommitted_changes_of_the_caller_are_not_taken_along(session: Session) -> None:
    tenant = factories.account()
    session.get_one(Account, tenant.id).name = "never meant to be saved"
    with transaction():
        pass
    assert session.get_one(Account, tenant.id).name == tenant.name


@pytest.mark.sqlite_only
def test_a_writer_on_sqlite_begins_immediately_and_a_reader_does_not(session: Session) -> None:
    begins: list[str] = []
    from sqlalchemy import event

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("BEGIN"):
            begins.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    session.rollback()
    session.execute(text("SELECT 1"))
    with transaction():
        pass
    current_session().execute(text("SELECT 1"))
    event.remove(db.engine, "before_cursor_execute", note)
    assert begins == ["BEGIN", "BEGIN IMMEDIATE", "BEGIN"]


@pytest.mark.sqlite_only
def test_sqlite_runs_with_wal_full_durability_and_foreign_keys(session: Session) -> None:
    found = {
        name: session.execute(text(f"PRAGMA {name}")).scalar()
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_an_error_of_the_database_names_no_values(session: Session) -> None:
    with pytest.raises(DBAPIError) as raised:
        session.execute(text("SELECT :value FROM no_such_table"), {"value": "xyzzy-canary"})
    assert "no_such_table" in str(raised.value)
    assert "xyzzy-canary" not in str(raised.value)
    session.rollback()


@pytest.mark.postgresql_only
def test_who_only_reads_holds_no_transaction_and_a_write_is_whole_after_it(session: Session) -> None:
    def state(pid: int) -> str:
        with db.engine.connect() as other:
            asked = text("SELECT state FROM pg_stat_activity WHERE pid = :pid")
            return str(other.execute(asked, {"pid": pid}).scalar_one())

    tenant = factories.account()
    session.rollback()
    own_pid = text("SELECT pg_backend_pid()")
    assert state(reading_connection(session).scalar(own_pid) or 0) == "idle"
    with pytest.raises(ZeroDivisionError), transaction() as opened:
        opened.get_one(Account, tenant.id).name = "changed"
        opened.flush()
        assert state(opened.scalar(own_pid) or 0) == "idle in transaction"
        raise ZeroDivisionError
    assert state(reading_connection(session).scalar(own_pid) or 0) == "idle"
    assert session.get_one(Account, tenant.id).name == tenant.name
    # What has begun goes on as it is.
    begin_snapshot(session)
    assert state(reading_connection(session).scalar(own_pid) or 0) == "idle in transaction"
