"""Secrets and connections: written by who may, found by name, and followed by the plugins that need them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from webapp.accounts.models import Account
from webapp.connections import changes, service
from webapp.connections.crypto import Vault
from webapp.connections.models import ApiConnection, Secret, SqlConnection
from webapp.connections.queries.records import get_record
from webapp.connections.values import ApiConnectionValues, SecretValues, SqlConnectionValues
from webapp.core.clock import utcnow
from webapp.core.errors import InvalidInput, NotFound, PermissionDenied, StaleRevision
from webapp.db.session import current_session
from webapp.history.models import Revision
from webapp.plugins.models import PluginMeta, PluginTally

SQL = SqlConnectionValues("ships_db", hostname="db.example", database="ships", password="ships_password")
API = ApiConnectionValues("tides_api", base_url="https://tides.example", api_key="tides_key")
KEY = SecretValues("ships_password", value="anchors aweigh")


def _generation(person: Person) -> int:
    session = current_session()
    session.rollback()
    return session.scalars(select(Account.generation).where(Account.id == person.account.id)).one()


def _readiness(person: Person, name: str) -> str:
    session = current_session()
    session.rollback()
    return session.scalars(
        select(PluginMeta.readiness).where(
            PluginMeta.account_id == person.account.id, PluginMeta.name == name
        )
    ).one()


def _tallies(session: Session) -> Counter[str]:
    session.rollback()
    return Counter(
        readiness
        for readiness, records in session.execute(select(PluginTally.readiness, PluginTally.records))
        for _ in range(records)
    )


def test_a_secret_is_stored_encrypted_and_its_history_masked(
    owner: Person, vault: Vault, session: Session
) -> None:
    saved = service.create_secret(factories.viewer_of(owner), KEY, vault)
    stored = session.get_one(Secret, saved.id)
    assert b"anchors" not in stored.encrypted_value
    assert vault.decrypt(stored.encrypted_value) == "anchors aweigh"
    kept = session.scalars(select(Revision)).one()
    assert (kept.record_kind, kept.action, kept.snapshot["value"]) == ("secret", "create", "********")
    assert "anchors" not in str(kept.snapshot)


def test_a_new_secret_without_a_value_is_refused(owner: Person, vault: Vault) -> None:
    with pytest.raises(InvalidInput) as refused:
        service.create_secret(factories.viewer_of(owner), replace(KEY, value=None), vault)
    assert list(refused.value.errors) == ["value"]


def test_a_name_that_is_taken_is_refused(owner: Person, vault: Vault) -> None:
    viewer = factories.viewer_of(owner)
    for make in (
        lambda: service.create_secret(viewer, KEY, vault),
        lambda: service.create_connection(viewer, SQL),
    ):
        make()
        with pytest.raises(InvalidInput) as refused:
            make()
        assert refused.value.errors["name"][0].code == "unique"


def test_an_update_without_a_value_keeps_the_stored_one(
    owner: Person, vault: Vault, session: Session
) -> None:
    viewer = factories.viewer_of(owner)
    made = service.create_secret(viewer, KEY, vault)
    saved = service.update_secret(viewer, made.id, 1, replace(KEY, value=None, description="The key."), vault)
    assert saved.changed == ("description",)
    assert vault.decrypt(session.get_one(Secret, made.id).encrypted_value) == "anchors aweigh"
    saved = service.update_secret(
        viewer, made.id, 2, replace(KEY, value="hoist", description="The key."), vault
    )
    assert saved.changed == ("value",)
    session.expire_all()
    assert vault.decrypt(session.get_one(Secret, made.id).encrypted_value) == "hoist"


def test_the_same_value_again_is_no_write(owner: Person, vault: Vault) -> None:
    viewer = factories.viewer_of(owner)
    made = service.create_secret(viewer, KEY, vault)
    before = _generation(owner)
    assert service.update_secret(viewer, made.id, 1, KEY, vault) == replace(made, changed=())
    assert _generation(owner) == before


def test_a_secret_of_a_lost_key_can_be_set_anew(owner: Person, vault: Vault, session: Session) -> None:
    from cryptography.fernet import Fernet

    viewer = factories.viewer_of(owner)
    made = service.create_secret(viewer, KEY, vault)
    other = Vault([Fernet.generate_key().decode()])
    assert service.update_secret(viewer, made.id, 1, KEY, other).changed == ("value",)
    session.expire_all()
    assert other.decrypt(session.get_one(Secret, made.id).encrypted_value) == "anchors aweigh"


@pytest.mark.parametrize("values", [SQL, API])
def test_connections_are_created_and_updated_with_history(
    owner: Person, session: Session, values: Any
) -> None:
    viewer = factories.viewer_of(owner)
    made = service.create_connection(viewer, values)
    before = _generation(owner)
    saved = service.update_connection(viewer, made.id, 1, replace(values, timeout=5, tags=("Sea", "sea")))
    assert (saved.revision, saved.changed) == (2, ("tags", "timeout"))
    assert _generation(owner) == before + 1
    rows = session.scalars(select(Revision).order_by(Revision.revision)).all()
    kind = "sqlconnection" if values is SQL else "apiconnection"
    assert [(row.record_kind, row.revision) for row in rows] == [(kind, 1), (kind, 2)]
    assert rows[1].snapshot["tags"] == ["Sea"]


def test_a_stale_revision_is_refused(owner: Person, vault: Vault) -> None:
    viewer = factories.viewer_of(owner)
    made = service.create_connection(viewer, SQL)
    service.update_connection(viewer, made.id, 1, replace(SQL, timeout=5))
    with pytest.raises(StaleRevision):
        service.update_connection(viewer, made.id, 1, replace(SQL, timeout=6))


def test_the_name_stays(owner: Person) -> None:
    viewer = factories.viewer_of(owner)
    made = service.create_connection(viewer, SQL)
    with pytest.raises(InvalidInput, match="cannot be changed"):
        service.update_connection(viewer, made.id, 1, replace(SQL, name="other"))


def test_colleagues_read_but_do_not_manage_and_strangers_see_nothing(owner: Person, vault: Vault) -> None:
    made = service.create_connection(factories.viewer_of(owner), SQL)
    secret = service.create_secret(factories.viewer_of(owner), KEY, vault)
    colleague, stranger = factories.person(of=owner.account), factories.person(role="staff")
    with pytest.raises(PermissionDenied):
        service.update_connection(factories.viewer_of(colleague), made.id, 1, replace(SQL, timeout=5))
    with pytest.raises(PermissionDenied):
        service.update_secret(factories.viewer_of(colleague), secret.id, 1, KEY, vault)
    with pytest.raises(NotFound):
        service.update_connection(factories.viewer_of(stranger), made.id, 1, replace(SQL, timeout=5))
    with pytest.raises(NotFound):
        service.update_secret(factories.viewer_of(stranger), secret.id, 1, KEY, vault)
    staff, root = factories.person(role="staff", of=owner.account), factories.person(role="superuser")
    service.update_connection(factories.viewer_of(staff), made.id, 1, replace(SQL, timeout=5))
    service.update_connection(factories.viewer_of(root), made.id, 2, replace(SQL, timeout=6))


def test_platform_connections_are_readable_by_all(owner: Person, session: Session) -> None:
    odette = factories.person(of=factories.platform(), role="staff")
    made = service.create_connection(factories.viewer_of(odette), API)
    assert get_record(session, factories.viewer_of(owner), ApiConnection, made.id).name == "tides_api"


class TestReferences:
    def test_a_secret_that_comes_later_is_found(self, owner: Person, vault: Vault, session: Session) -> None:
        viewer = factories.viewer_of(owner)
        made = service.create_connection(viewer, replace(SQL, proxy_password="other"))
        assert session.get_one(SqlConnection, made.id).password_id is None
        secret = service.create_secret(viewer, KEY, vault)
        session.expire_all()
        stored = session.get_one(SqlConnection, made.id)
        assert (stored.password_id, stored.proxy_password_id) == (secret.id, None)
        assert stored.revision == 1

    def test_another_name_points_elsewhere(self, owner: Person, vault: Vault, session: Session) -> None:
        viewer = factories.viewer_of(owner)
        service.create_secret(viewer, KEY, vault)
        other = service.create_secret(viewer, replace(KEY, name="other"), vault)
        made = service.create_connection(viewer, SQL)
        service.update_connection(viewer, made.id, 1, replace(SQL, password="other"))
        session.expire_all()
        assert session.get_one(SqlConnection, made.id).password_id == other.id
        service.update_connection(viewer, made.id, 2, replace(SQL, password=None))
        session.expire_all()
        assert session.get_one(SqlConnection, made.id).password_id is None

    def test_a_secret_of_another_account_is_never_found(
        self, owner: Person, vault: Vault, session: Session
    ) -> None:
        service.create_secret(factories.viewer_of(factories.person()), KEY, vault)
        made = service.create_connection(factories.viewer_of(owner), SQL)
        assert session.get_one(SqlConnection, made.id).password_id is None


class TestReadiness:
    def test_plugins_become_ready_with_their_connection_and_secret(
        self, owner: Person, vault: Vault, session: Session
    ) -> None:
        viewer = factories.viewer_of(owner)
        factories.plugin(owner, factories.sql_values("ships", connection="ships_db"))
        factories.plugin(owner, factories.api_values("tides", connection="tides_api"))
        assert _tallies(session) == {"not_ready": 2}
        service.create_connection(viewer, SQL)
        assert _readiness(owner, "ships") == "not_ready"
        before = _generation(owner)
        service.create_secret(viewer, KEY, vault)
        assert _readiness(owner, "ships") == "ready"
        assert _generation(owner) == before + 1
        service.create_connection(viewer, replace(API, api_key=None))
        assert _readiness(owner, "tides") == "ready"
        assert _tallies(session) == {"ready": 2}

    def test_a_plugin_loses_readiness_when_its_connection_names_a_missing_secret(
        self, owner: Person, session: Session
    ) -> None:
        viewer = factories.viewer_of(owner)
        made = service.create_connection(viewer, replace(SQL, password=None))
        saved = factories.plugin(owner, factories.sql_values("ships", connection="ships_db"))
        assert _readiness(owner, "ships") == "ready"
        service.update_connection(viewer, made.id, 1, SQL)
        assert _readiness(owner, "ships") == "not_ready"
        assert session.get_one(PluginMeta, saved.id).revision == 1
        assert _tallies(session) == {"not_ready": 1}

    def test_a_secret_that_expires_asks_for_attention(self, owner: Person, vault: Vault) -> None:
        viewer = factories.viewer_of(owner)
        service.create_connection(viewer, SQL)
        made = service.create_secret(viewer, KEY, vault)
        factories.plugin(owner, factories.sql_values("ships", connection="ships_db"))
        assert _readiness(owner, "ships") == "ready"
        yesterday = utcnow() - dt.timedelta(days=1)
        service.update_secret(viewer, made.id, 1, replace(KEY, expires_at=yesterday), vault)
        assert _readiness(owner, "ships") == "attention"

    def test_an_api_connection_does_not_stand_in_for_a_sql_connection(self, owner: Person) -> None:
        factories.plugin(owner, factories.sql_values("ships", connection="shared"))
        service.create_connection(factories.viewer_of(owner), replace(API, name="shared", api_key=None))
        assert _readiness(owner, "ships") == "not_ready"

    def test_plugins_of_other_accounts_and_in_the_bin_stay_as_they_are(
        self, owner: Person, session: Session
    ) -> None:
        stranger = factories.person()
        factories.plugin(stranger, factories.sql_values("ships", connection="ships_db"))
        before = _generation(stranger)
        service.create_connection(factories.viewer_of(owner), replace(SQL, password=None))
        assert _readiness(stranger, "ships") == "not_ready"
        assert _generation(stranger) == before


def test_a_second_subscription_of_one_subscriber_changes_nothing(session: Session) -> None:
    calls: list[frozenset[str]] = []

    def note(_session: Session, change: changes.ConnectionsChanged) -> None:
        calls.append(change.sql_names)

    kept = list(changes._subscribers)
    try:
        changes.subscribe(note)
        changes.subscribe(note)
        changes.publish(session, changes.ConnectionsChanged(1, sql_names=frozenset({"a"})))
        changes.publish(session, changes.ConnectionsChanged(1))
    finally:
        changes._subscribers[:] = kept
    assert calls == [frozenset({"a"})]
