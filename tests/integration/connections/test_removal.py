"""Deleting: refused while in use, undone for connections, final for secrets, and right when others write meanwhile."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.integration.connections.records import API, KEY, SQL, page_of
from tests.pages import PageClient, sign_in, tree
from webapp.accounts.models import UserProfile
from webapp.connections import kinds, service
from webapp.connections.models import ApiConnection, Secret, SqlConnection
from webapp.connections.service import InUse
from webapp.core.clock import utcnow
from webapp.core.errors import Conflict, NotFound, PermissionDenied, PlugdeckError, StaleRevision
from webapp.db.session import transaction
from webapp.history.models import Revision
from webapp.plugins.models import PluginDataSql, PluginMeta

FREE = replace(SQL, password=None)


def press(client: PageClient, kind: str, record: service.Saved, button: str = "Delete") -> str:
    """Press Delete on the page of a record; return where it leads."""
    path = page_of(kind, record)
    answer = client.submit(client.page(path), path=path, form={"action": f"{path}delete"}, button=button)
    assert answer.status_code == 303
    return answer.headers["Location"]


def _bin(plugin_id: int) -> None:
    with transaction() as session:
        session.execute(update(PluginMeta).where(PluginMeta.id == plugin_id).values(deleted_at=utcnow()))


class TestConnections:
    def test_an_unused_connection_is_deleted_with_history_and_undone_from_the_toast(
        self, signed_in: PageClient, owner: Person, session: Session
    ) -> None:
        saved = factories.connection(owner, replace(FREE, tags=("sea",), annotations=({"a": 1},), timeout=9))
        created_at = session.get_one(SqlConnection, saved.id).created_at
        page = signed_in.page(press(signed_in, "sql", saved))
        assert "ships_db deleted" in page.one("", id="toasts").text
        assert signed_in.page(page_of("sql", saved)).one("button", text="Bring it back")
        assert session.scalar(select(SqlConnection.id)) is None
        last = session.scalars(select(Revision).order_by(Revision.id.desc())).first()
        assert last is not None
        assert (last.action, last.revision, last.record_id) == ("delete", 2, saved.id)
        assert last.snapshot["hostname"] == "db.example"
        answer = signed_in.submit(
            page, path="/connections/", form={"action": page_of("sql", saved, "restore")}, button="Undo"
        )
        assert answer.headers["Location"] == page_of("sql", saved)
        assert "ships_db is back" in signed_in.page(page_of("sql", saved)).one("", id="toasts").text
        session.expire_all()
        back = session.get_one(SqlConnection, saved.id)
        assert (back.revision, back.user_profile_id, back.tag_names, back.timeout) == (
            3,
            owner.profile_id,
            ["sea"],
            9,
        )
        assert back.created_at == created_at
        assert session.scalars(select(Revision.action).order_by(Revision.revision)).all() == [
            "create",
            "delete",
            "restore",
        ]

    def test_its_old_address_brings_it_back_and_the_feed_leads_there(
        self, signed_in: PageClient, owner: Person, session: Session
    ) -> None:
        saved = factories.connection(owner, replace(FREE, description="<b>Of the harbour.</b>"))
        service.delete_record(factories.viewer_of(owner), kinds.SQL, saved.id, 1)
        feed = signed_in.page("/activity/?action=delete&kind=sqlconnection")
        assert "can be brought back" in feed.text
        page = signed_in.page(feed.one("a", text="ships_db")["href"])
        assert "<b>Of the harbour.</b>" in page.one("main").text
        answer = signed_in.submit(
            page, path="", form={"action": page_of("sql", saved, "restore")}, button="Bring it back"
        )
        assert answer.headers["Location"] == page_of("sql", saved)
        session.expire_all()
        assert session.get_one(SqlConnection, saved.id).revision == 3
        assert signed_in.page(page_of("sql", saved)).all("nav", None, **{"aria-label": "Record"})

    def test_nobody_else_learns_that_it_was_there(
        self, client: PageClient, owner: Person, session: Session
    ) -> None:
        saved = factories.connection(owner, FREE)
        service.delete_record(factories.viewer_of(owner), kinds.SQL, saved.id, 1)
        for somebody in (factories.person(of=owner.account), factories.person(role="staff")):
            sign_in(client, somebody)
            assert client.get(page_of("sql", saved)).status_code == 404
            assert "can be brought back" not in client.page("/activity/").text

    def test_a_used_connection_is_refused_with_its_users(
        self, signed_in: PageClient, owner: Person, session: Session
    ) -> None:
        saved = factories.connection(owner, FREE)
        plugin = factories.plugin(owner, factories.sql_values("ships", connection="ships_db"))
        page = signed_in.page(page_of("sql", saved))
        assert not page.all("form", None, action=page_of("sql", saved, "delete"))
        asked = signed_in.page(page_of("sql", saved, "removal"))
        assert asked.one("h1").text == "ships_db is in use"
        assert not asked.one("main").all("form")
        answer = signed_in.post(page_of("sql", saved, "delete"), data={"revision": "1"})
        assert answer.status_code == 409
        links = {link.text: link["href"] for link in tree(answer).one("main").all("a")}
        assert links["ships"] == f"/plugins/{plugin.locator}/"
        assert session.get_one(SqlConnection, saved.id).revision == 1

    def test_a_connection_that_was_changed_meanwhile_is_looked_at_again(
        self, signed_in: PageClient, owner: Person, session: Session
    ) -> None:
        saved = factories.connection(owner, FREE)
        viewer = factories.viewer_of(owner)
        page = signed_in.page(page_of("sql", saved))
        service.update_connection(viewer, saved.id, 1, replace(FREE, timeout=5))
        answer = signed_in.submit(
            page, path="", form={"action": page_of("sql", saved, "delete")}, button="Delete"
        )
        assert answer.status_code == 409
        assert "changed since you opened" in answer.text
        answer = signed_in.submit(
            tree(answer),
            path="",
            form={"action": page_of("sql", saved, "delete")},
            button="Delete connection",
        )
        assert answer.status_code == 303
        assert session.scalar(select(SqlConnection.id)) is None

    def test_a_plugin_in_the_bin_does_not_count_and_keeps_the_name(
        self, owner: Person, session: Session
    ) -> None:
        saved = factories.connection(owner, FREE)
        plugin = factories.plugin(owner, factories.sql_values("ships", connection="ships_db"))
        _bin(plugin.id)
        service.delete_record(factories.viewer_of(owner), kinds.SQL, saved.id, 1)
        data = session.scalars(select(PluginDataSql)).one()
        assert (data.connection_name, data.connection_id, data.connection_account_id) == (
            "ships_db",
            None,
            None,
        )

    def test_what_named_it_finds_it_again_when_it_is_back(self, owner: Person, session: Session) -> None:
        viewer = factories.viewer_of(owner)
        saved = factories.connection(owner, FREE)
        deleted = service.delete_record(viewer, kinds.SQL, saved.id, 1)
        plugin = factories.plugin(owner, factories.sql_values("ships", connection="ships_db"))
        assert session.get_one(PluginMeta, plugin.id).readiness == "not_ready"
        service.restore_connection(viewer, kinds.SQL, saved.id, deleted.revision)
        session.expire_all()
        assert session.get_one(PluginMeta, plugin.id).readiness == "ready"

    def test_a_connection_comes_back_to_its_owner_or_to_who_brings_it_back(
        self, owner: Person, session: Session
    ) -> None:
        staff = factories.viewer_of(factories.person(role="staff", of=owner.account))
        saved = factories.connection(owner, FREE)
        deleted = service.delete_record(staff, kinds.SQL, saved.id, 1)
        service.restore_connection(staff, kinds.SQL, saved.id, deleted.revision)
        assert session.get_one(SqlConnection, saved.id).user_profile_id == owner.profile_id
        deleted = service.delete_record(staff, kinds.SQL, saved.id, 3)
        with transaction() as writing:
            writing.delete(writing.get_one(UserProfile, owner.profile_id))
        service.restore_connection(staff, kinds.SQL, saved.id, deleted.revision)
        session.expire_all()
        assert session.get_one(SqlConnection, saved.id).user_profile_id == staff.profile_id

    def test_a_name_that_was_taken_meanwhile_is_said(
        self, signed_in: PageClient, owner: Person, session: Session
    ) -> None:
        saved = factories.connection(owner, FREE)
        press(signed_in, "sql", saved)
        other = factories.connection(owner, replace(FREE, hostname="other.example"))
        answer = signed_in.post(page_of("sql", saved, "restore"), data={"revision": "2"})
        assert answer.status_code == 409
        assert "another SQL connection has this name by now" in answer.text
        assert session.scalars(select(SqlConnection.id)).all() == [other.id]
        assert other.id != saved.id

    def test_who_may_not_manage_it_does_not_bring_it_back(self, owner: Person) -> None:
        saved = factories.connection(owner, FREE)
        deleted = service.delete_record(factories.viewer_of(owner), kinds.SQL, saved.id, 1)
        for somebody, refusal in (
            (factories.person(of=owner.account), PermissionDenied),
            (factories.person(role="staff"), NotFound),
        ):
            with pytest.raises(refusal):
                service.restore_connection(
                    factories.viewer_of(somebody), kinds.SQL, saved.id, deleted.revision
                )

    def test_an_old_undo_undoes_no_other_deletion(self, owner: Person) -> None:
        viewer = factories.viewer_of(owner)
        saved = factories.connection(owner, FREE)
        first = service.delete_record(viewer, kinds.SQL, saved.id, 1)
        back = service.restore_connection(viewer, kinds.SQL, saved.id, first.revision)
        # A second press of the button is fine; it is back.
        again = service.restore_connection(viewer, kinds.SQL, saved.id, first.revision)
        assert (again.id, again.revision, again.changed) == (back.id, back.revision, ())
        service.delete_record(viewer, kinds.SQL, saved.id, back.revision)
        with pytest.raises(StaleRevision):
            service.restore_connection(viewer, kinds.SQL, saved.id, first.revision)

    def test_an_api_connection_is_deleted_and_restored_alike(
        self, signed_in: PageClient, owner: Person, session: Session
    ) -> None:
        secret = factories.secret(owner, "tides_key")
        saved = factories.connection(owner, API)
        press(signed_in, "api", saved)
        answer = signed_in.post(page_of("api", saved, "restore"), data={"revision": "2"})
        assert answer.status_code == 303
        assert session.get_one(ApiConnection, saved.id).api_key_id == secret.id


class TestSecrets:
    def test_a_page_names_the_secret_and_says_what_is_lost(
        self, signed_in: PageClient, owner: Person, session: Session
    ) -> None:
        saved = factories.secret(owner, "tides_key")
        path = page_of("secret", saved)
        (link,) = [item for item in signed_in.page(path).all("a") if item.text == "Delete"]
        assert link["href"] == f"{path}removal"
        page = signed_in.page(link["href"])
        assert "tides_key" in page.one("h1").text
        assert "cannot be brought back" in page.one("main").text
        answer = signed_in.submit(page, path=path, form={"action": f"{path}delete"}, button="Delete secret")
        assert answer.status_code == 303
        toasts = signed_in.page(answer.headers["Location"]).one("", id="toasts")
        assert "tides_key deleted" in toasts.text
        assert not toasts.all("form")
        assert session.scalar(select(Secret.id)) is None
        last = session.scalars(select(Revision).order_by(Revision.id.desc())).first()
        assert last is not None
        assert (last.action, last.snapshot["value"]) == ("delete", "********")

    def test_nothing_is_deleted_without_that_page(
        self, signed_in: PageClient, owner: Person, session: Session
    ) -> None:
        saved = factories.secret(owner, "tides_key")
        answer = signed_in.post(page_of("secret", saved, "delete"), data={"revision": "1"})
        assert answer.headers["Location"] == page_of("secret", saved, "removal")
        assert session.get_one(Secret, saved.id)

    def test_a_secret_that_a_connection_names_is_refused(self, signed_in: PageClient, owner: Person) -> None:
        saved = factories.secret(owner, KEY.name)
        connection = factories.connection(owner, SQL)
        answer = signed_in.post(page_of("secret", saved, "delete"), data={"revision": "1", "confirmed": "y"})
        assert answer.status_code == 409
        assert f'href="{page_of("sql", connection)}"' in answer.text

    def test_a_secret_cannot_be_brought_back(self, signed_in: PageClient, owner: Person) -> None:
        saved = factories.secret(owner, "tides_key")
        service.delete_record(factories.viewer_of(owner), kinds.SECRET, saved.id, 1)
        assert signed_in.post(page_of("secret", saved, "restore"), data={"revision": "2"}).status_code == 404


class TestAtOnce:
    def test_a_plugin_saved_at_the_same_moment_never_points_at_nothing(
        self, app: Flask, owner: Person, session: Session
    ) -> None:
        """Whoever comes first wins: the deletion is refused, or the plugin keeps a name that leads nowhere."""
        viewer = factories.viewer_of(owner)
        for round_ in range(6):
            saved = service.create_connection(viewer, replace(FREE, name=f"db_{round_}"))
            outcomes = _race(
                app,
                lambda saved=saved: service.delete_record(viewer, kinds.SQL, saved.id, 1),
                lambda round_=round_: factories.plugin(
                    owner, factories.sql_values(f"p_{round_}", connection=f"db_{round_}")
                ),
            )
            assert all(item is None or isinstance(item, Conflict) for item in outcomes), outcomes
            session.rollback()
            exists = session.get(SqlConnection, saved.id) is not None
            row = session.execute(
                select(PluginDataSql.connection_id, PluginMeta.readiness)
                .join(PluginMeta, PluginMeta.id == PluginDataSql.plugin_id)
                .where(PluginMeta.name == f"p_{round_}")
            ).one_or_none()
            if row is None:
                assert not exists  # The plugin was refused: its form asks to send it again.
            else:
                assert tuple(row) == ((saved.id, "ready") if exists else (None, "not_ready"))

    def test_two_deletions_at_once_delete_once(self, app: Flask, owner: Person, session: Session) -> None:
        viewer = factories.viewer_of(owner)
        saved = factories.connection(owner, FREE)
        outcomes = _race(
            app,
            lambda: service.delete_record(viewer, kinds.SQL, saved.id, 1),
            lambda: service.delete_record(viewer, kinds.SQL, saved.id, 1),
        )
        assert sorted(type(item).__name__ for item in outcomes) == ["NoneType", "NotFound"]
        assert session.scalars(select(Revision.action).order_by(Revision.revision)).all() == [
            "create",
            "delete",
        ]

    def test_a_connection_saved_at_the_same_moment_keeps_its_secret_or_its_name(
        self, app: Flask, owner: Person, session: Session
    ) -> None:
        viewer = factories.viewer_of(owner)
        for round_ in range(4):
            secret = factories.secret(owner, f"key_{round_}")
            outcomes = _race(
                app,
                lambda secret=secret: service.delete_record(viewer, kinds.SECRET, secret.id, 1),
                lambda round_=round_: service.create_connection(
                    viewer, replace(SQL, name=f"db_{round_}", password=f"key_{round_}")
                ),
            )
            assert all(item is None or isinstance(item, Conflict) for item in outcomes), outcomes
            session.rollback()
            exists = session.get(Secret, secret.id) is not None
            pointed = session.scalars(
                select(SqlConnection.password_id).where(SqlConnection.name == f"db_{round_}")
            ).all()
            assert pointed in ([secret.id if exists else None], [])


def _race(app: Flask, *acts: object) -> list[BaseException | None]:
    """Do acts at the same moment, each in a context of its own; return what each raised."""
    outcomes: list[BaseException | None] = [None] * len(acts)
    gate = threading.Barrier(len(acts))

    def run(number: int) -> None:
        with app.app_context():
            gate.wait(60)
            try:
                acts[number]()  # type: ignore[operator]
            except PlugdeckError as error:
                outcomes[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return outcomes


def test_in_use_says_who(owner: Person) -> None:
    saved = factories.connection(owner, FREE)
    factories.plugin(owner, factories.sql_values("ships", connection="ships_db"))
    with pytest.raises(InUse) as refused:
        service.delete_record(factories.viewer_of(owner), kinds.SQL, saved.id, 1)
    assert [use.name for use in refused.value.uses.shown] == ["ships"]


def test_a_stranger_deletes_nothing(client: PageClient, owner: Person, session: Session) -> None:
    sign_in(client, factories.person(role="staff"))
    saved = factories.connection(owner, FREE)
    assert client.post(page_of("sql", saved, "delete"), data={"revision": "1"}).status_code == 404
    assert session.get_one(SqlConnection, saved.id)
