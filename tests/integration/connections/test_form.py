"""Creating and editing through the pages: refusals beside the fields, references to secrets, and plugins that waited."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.integration.connections.records import API, FORM, SQL, locator_of, page_of, problems, send, submit
from tests.markup import form_fields
from tests.pages import PARTIAL, PageClient, tree
from webapp.accounts.models import Draft, LoginSession
from webapp.connections import kinds, service
from webapp.connections.crypto import Vault
from webapp.connections.models import ApiConnection, Secret, SqlConnection
from webapp.db.session import transaction
from webapp.history.models import Revision
from webapp.plugins.models import PluginMeta

NEW_SQL, NEW_API, NEW_SECRET = (f"/connections/new?kind={kind}" for kind in ("sql", "api", "secret"))


def test_the_kind_is_chosen_first_and_the_name_is_carried_on(signed_in: PageClient) -> None:
    page = signed_in.page("/connections/new?name=tides")
    assert [link["href"] for link in page.one("main").all("a") if "kind=" in link["href"]] == [
        "/connections/new?kind=sql&name=tides",
        "/connections/new?kind=api&name=tides",
        "/connections/new?kind=secret&name=tides",
    ]
    assert signed_in.page(f"{NEW_API}&name=tides").one("input", id="name")["value"] == "tides"


@pytest.mark.parametrize("address", ["/connections/new?kind=ftp", "/connections/new?kind="])
def test_an_unknown_kind_is_named(signed_in: PageClient, address: str) -> None:
    page = signed_in.page(address, 400)
    assert "kind" in page.one("main").text
    assert "sql, api, secret" in page.text
    assert signed_in.post("/connections/new", data={"name": "x"}).status_code == 400


def test_a_sql_connection_is_created(signed_in: PageClient, session: Session) -> None:
    answer = send(
        signed_in,
        NEW_SQL,
        {
            "name": "ships_db",
            "tags": "sea, Sea, harbour",
            "db_engine": "django.db.backends.postgresql",
            "hostname": "db.example",
            "database": "ships",
            "use_ssl": "y",
        },
    )
    assert answer.status_code == 303
    stored = session.scalars(select(SqlConnection)).one()
    assert answer.headers["Location"] == page_of("sql", stored.id)
    assert (stored.port, stored.use_ssl, stored.tag_names) == (5432, True, ["sea", "harbour"])
    page = signed_in.page(answer.headers["Location"])
    assert "Created ships_db" in page.one("", id="toasts").text
    assert "db.example" in page.text


def test_an_api_connection_is_created(signed_in: PageClient, session: Session) -> None:
    answer = send(
        signed_in, NEW_API, {"name": "tides_api", "base_url": "https://tides.example", "timeout": "5"}
    )
    assert answer.status_code == 303
    assert session.scalars(select(ApiConnection.timeout)).one() == 5


def test_a_secret_is_created_and_its_value_encrypted(
    signed_in: PageClient, session: Session, vault: Vault
) -> None:
    answer = send(
        signed_in,
        NEW_SECRET,
        {"name": "tides_key", "secret_value": " hush hush ", "expires_at": "2030-12-31T23:59"},
    )
    assert answer.status_code == 303
    stored = session.scalars(select(Secret)).one()
    assert vault.decrypt(stored.encrypted_value) == " hush hush "
    assert stored.expires_at is not None
    assert stored.expires_at.isoformat() == "2030-12-31T23:59:00+00:00"
    assert "hush" not in signed_in.get(answer.headers["Location"]).text


def test_a_refused_form_names_every_field_and_keeps_every_text(
    signed_in: PageClient, session: Session
) -> None:
    answer = send(
        signed_in,
        NEW_SQL,
        {"name": "Ships DB", "hostname": "https://db.example", "database": "", "port": "x", "pool_size": "0"},
    )
    assert answer.status_code == 422
    assert list(problems(answer)) == ["name", "hostname", "port", "database", "pool_size"]
    page = tree(answer)
    assert page.one("input", id="name")["value"] == "Ships DB"
    assert page.one("input", id="port")["aria-invalid"] == "true"
    assert "open" in page.one("details", id="advanced").attrs
    answer = submit(signed_in, page, NEW_SQL, button="Use ships_db")
    assert tree(answer).one("input", id="name")["value"] == "ships_db"
    answer = submit(signed_in, tree(answer), NEW_SQL, {"port": "1"}, button="Create SQL connection")
    assert list(problems(answer)) == ["hostname", "database", "pool_size"]
    assert session.scalar(select(SqlConnection.id)) is None


def test_a_refused_secret_asks_for_its_value_again(signed_in: PageClient) -> None:
    answer = send(signed_in, NEW_SECRET, {"name": "Tides Key", "secret_value": "hush"})
    assert answer.status_code == 422
    assert "hush" not in answer.text
    page = tree(answer)
    assert "The value is not kept in the page. Write it once more." in page.text
    assert page.one("input", id="secret_value")["value"] == ""
    assert page.one("input", id="secret_value")["autocomplete"] == "off"


def test_a_name_that_is_taken_is_refused(signed_in: PageClient, owner: Person) -> None:
    factories.connection(owner, SQL)
    answer = send(signed_in, NEW_SQL, {"name": "ships_db", "hostname": "h", "database": "d"})
    assert answer.status_code == 422
    assert "already has a record of this name" in problems(answer)["name"]
    assert send(signed_in, NEW_API, {"name": "ships_db", "base_url": "https://x.example"}).status_code == 303


def test_rows_of_annotations_work_without_script(signed_in: PageClient, session: Session) -> None:
    answer = send(signed_in, NEW_API, {"name": "tides_api"}, button="Add annotation")
    page = tree(answer)
    answer = submit(
        signed_in,
        page,
        NEW_API,
        {"base_url": "https://x.example", "annotations-0-key": "size", "annotations-0-value": "3"},
    )
    assert answer.status_code == 303
    assert session.scalars(select(ApiConnection.annotations)).one() == [{"size": 3}]


class TestReferences:
    def test_secrets_of_the_account_are_offered_and_a_missing_one_can_be_created(
        self, signed_in: PageClient, owner: Person
    ) -> None:
        factories.secret(owner, "other_key")
        factories.secret(factories.person(), "foreign_key")
        saved = factories.connection(owner, SQL)
        page = signed_in.page(page_of("sql", saved, "edit"))
        options = [option.text for option in page.one("select", id="login_secret").all("option")]
        assert options == ["None", "other_key", "ships_password (does not exist yet)"]
        (create,) = [link for link in page.all("a") if "name=ships_password" in link["href"]]
        assert create["href"] == "/connections/new?kind=secret&name=ships_password"
        assert create["target"] == "_blank"
        assert create["rel"] == "noopener"

    def test_a_missing_name_stays_when_it_is_not_touched(
        self, signed_in: PageClient, owner: Person, session: Session
    ) -> None:
        saved = factories.connection(owner, SQL)
        assert send(signed_in, page_of("sql", saved, "edit"), {"timeout": "5"}).status_code == 303
        stored = session.get_one(SqlConnection, saved.id)
        assert (stored.password_name, stored.timeout, stored.revision) == ("ships_password", 5, 2)

    def test_a_plugin_that_waited_is_ready_once_connection_and_secret_are_there(
        self, signed_in: PageClient, owner: Person, session: Session
    ) -> None:
        plugin = factories.plugin(owner, factories.sql_values("ships", connection="ships_db"))
        page = signed_in.page(f"/plugins/{plugin.locator}/")
        (create,) = [link for link in page.all("a") if link["href"].startswith("/connections/new")]
        made = send(
            signed_in,
            create["href"],
            {"hostname": "db.example", "database": "ships"},
            "Create SQL connection",
        )
        assert made.status_code == 303
        assert _readiness(session, plugin.id) == "ready"
        secret = factories.secret(owner, "ships_password")
        edit = f"{made.headers['Location']}edit"
        assert send(signed_in, edit, {"login_secret": "ships_password"}).status_code == 303
        assert _readiness(session, plugin.id) == "ready"
        assert session.scalars(select(SqlConnection.password_id)).one() == secret.id


def _readiness(session: Session, plugin_id: int) -> str:
    session.rollback()
    return session.scalars(select(PluginMeta.readiness).where(PluginMeta.id == plugin_id)).one()


class TestEditing:
    def test_the_name_is_shown_and_cannot_be_changed(self, signed_in: PageClient, owner: Person) -> None:
        saved = factories.connection(owner, SQL)
        path = page_of("sql", saved, "edit")
        name = signed_in.page(path).one("input", id="name")
        assert "readonly" in name.attrs
        answer = send(signed_in, path, {"name": "other_db"})
        assert answer.status_code == 422
        assert "The name cannot be changed" in problems(answer)["name"]

    @pytest.mark.parametrize("kind", ["sql", "api", "secret"])
    def test_saving_without_a_change_writes_nothing(
        self, signed_in: PageClient, owner: Person, session: Session, kind: str
    ) -> None:
        saved = (
            factories.secret(owner, "a_key")
            if kind == "secret"
            else factories.connection(owner, SQL if kind == "sql" else API)
        )
        answer = send(signed_in, page_of(kind, saved, "edit"))
        assert answer.status_code == 303
        assert "Nothing was changed" in signed_in.page(answer.headers["Location"]).one("", id="toasts").text
        assert session.scalars(select(Revision.revision)).all() == [1]

    def test_an_empty_value_keeps_the_stored_one_and_another_replaces_it(
        self, signed_in: PageClient, owner: Person, session: Session, vault: Vault
    ) -> None:
        saved = factories.secret(owner, "tides_key", "first value")
        path = page_of("secret", saved, "edit")
        assert send(signed_in, path, {"description": "The key."}).status_code == 303
        assert vault.decrypt(session.get_one(Secret, saved.id).encrypted_value) == "first value"
        assert send(signed_in, path, {"secret_value": "second value"}).status_code == 303
        session.expire_all()
        assert vault.decrypt(session.get_one(Secret, saved.id).encrypted_value) == "second value"

    def test_a_version_button_raises_the_version(self, signed_in: PageClient, owner: Person) -> None:
        saved = factories.connection(owner, SQL)
        path = page_of("sql", saved, "edit")
        answer = signed_in.post(
            path, data={"use_suggestion": "version-minor", "revision": "1", "version": "1.0.0"}
        )
        assert tree(answer).one("input", id="version")["value"] == "1.1.0"

    def test_a_failed_token_shows_the_form_again_but_not_the_value(
        self, signed_in: PageClient, owner: Person, session: Session
    ) -> None:
        saved = factories.secret(owner, "tides_key")
        fields = dict(form_fields(signed_in.page(page_of("secret", saved, "edit")).one("form", **FORM)))
        fields |= {"csrf_token": "forged", "secret_value": "hush hush", "description": "Typed."}
        answer = signed_in.post(page_of("secret", saved, "edit"), csrf=False, data=fields)
        assert answer.status_code == 400
        assert tree(answer).one("textarea", id="description").text == "Typed."
        assert "hush hush" not in answer.text
        assert session.get_one(Secret, saved.id).revision == 1


class TestLostAndDrafts:
    def test_a_record_that_is_gone_keeps_what_was_typed(
        self, signed_in: PageClient, owner: Person, session: Session
    ) -> None:
        saved = factories.connection(owner, replace(SQL, password=None))
        path = page_of("sql", saved, "edit")
        page = signed_in.page(path)
        viewer = factories.viewer_of(owner)
        service.delete_record(viewer, kinds.SQL, saved.id, 1)
        answer = submit(signed_in, page, path, {"description": "Typed before it was gone."})
        assert answer.status_code == 404
        again = tree(answer)
        assert "Typed before it was gone." in again.one("", id="typed").text
        answer = signed_in.submit(
            again, path=path, button="New SQL connection from this", form={"action": NEW_SQL}
        )
        assert tree(answer).one("textarea", id="description").text == "Typed before it was gone."
        assert submit(signed_in, tree(answer), NEW_SQL).status_code == 303

    def test_a_secret_that_is_gone_keeps_all_but_its_value(
        self, signed_in: PageClient, owner: Person
    ) -> None:
        saved = factories.secret(owner, "tides_key")
        path = page_of("secret", saved, "edit")
        page = signed_in.page(path)
        service.delete_record(factories.viewer_of(owner), kinds.SECRET, saved.id, 1)
        answer = submit(signed_in, page, path, {"description": "Typed.", "secret_value": "hush hush"})
        assert answer.status_code == 404
        assert "Typed." in answer.text
        assert "hush hush" not in answer.text

    def test_a_session_that_ended_keeps_the_form_but_never_the_value(
        self, signed_in: PageClient, owner: Person, session: Session
    ) -> None:
        path = NEW_SECRET
        page = signed_in.page(path)
        with transaction() as writing:
            writing.execute(delete(LoginSession))
        answer = submit(signed_in, page, path, {"name": "tides_key", "secret_value": "hush hush"})
        assert answer.status_code == 401
        assert "hush hush" not in answer.text
        back = signed_in.submit(
            tree(answer),
            {"username": owner.username, "password": owner.password},
            path="/login",
            form={"action": "/login"},
        )
        assert back.headers["Location"].startswith("/connections/new?kind=secret&draft=")
        assert "hush hush" not in str(session.scalars(select(Draft.fields)).all())
        page = signed_in.page(back.headers["Location"])
        assert page.one("input", id="name")["value"] == "tides_key"
        assert "Write it once more" in page.text
        assert submit(signed_in, page, path, {"secret_value": "hush hush"}).status_code == 303
        assert session.scalars(select(Draft.id)).all() == []

    def test_a_draft_keeps_the_secret_that_a_connection_names(
        self, signed_in: PageClient, owner: Person, session: Session
    ) -> None:
        factories.secret(owner, "ships_password")
        page = signed_in.page(NEW_SQL)
        with transaction() as writing:
            writing.execute(delete(LoginSession))
        answer = submit(signed_in, page, NEW_SQL, {"name": "ships_db", "login_secret": "ships_password"})
        back = signed_in.submit(
            tree(answer),
            {"username": owner.username, "password": owner.password},
            path="/login",
            form={"action": "/login"},
        )
        options = signed_in.page(back.headers["Location"]).one("select", id="login_secret").all("option")
        assert [option["value"] for option in options if "selected" in option.attrs] == ["ships_password"]


class TestCheckField:
    def check(
        self, client: PageClient, kind: str, field: str, record: str = "", **data: str
    ) -> tuple[int, str]:
        query = {"kind": kind, "field": field} | ({"record": record} if record else {})
        answer = client.post("/connections/check-field", query_string=query, data=data, headers=PARTIAL)
        return answer.status_code, answer.text

    def test_a_field_is_checked_as_a_person_leaves_it(self, signed_in: PageClient, owner: Person) -> None:
        status, text = self.check(signed_in, "sql", "hostname", hostname="https://db.example")
        assert status == 200
        assert "Use db.example" in text
        assert "aria-invalid" in text
        factories.connection(owner, SQL)
        assert "already has" in self.check(signed_in, "sql", "name", name="ships_db")[1]
        assert "already has" not in self.check(signed_in, "api", "name", name="ships_db")[1]

    def test_the_name_of_a_record_is_not_judged_again(self, signed_in: PageClient, owner: Person) -> None:
        locator = locator_of("sql", factories.connection(owner, SQL))
        status, text = self.check(signed_in, "sql", "name", locator, name="ships_db", revision="1")
        assert status == 200
        assert "already" not in text

    @pytest.mark.parametrize(
        ("kind", "field"),
        [
            ("secret", "secret_value"),
            ("secret", "hostname"),
            ("sql", "base_url"),
            ("ftp", "name"),
            ("", ""),
            ("sql", "revision"),
        ],
    )
    def test_no_other_field_is_checked(self, signed_in: PageClient, kind: str, field: str) -> None:
        status, text = self.check(signed_in, kind, field, secret_value="hush hush")
        assert status == 404
        assert "hush hush" not in text

    def test_a_foreign_record_is_not_there(self, signed_in: PageClient) -> None:
        locator = locator_of("sql", factories.connection(factories.person(), SQL))
        assert self.check(signed_in, "sql", "name", locator, name="x")[0] == 404


def test_a_value_that_was_typed_is_never_in_the_answer_of_a_check(signed_in: PageClient) -> None:
    answer = signed_in.post(
        "/connections/check-field?kind=secret&field=name",
        data={"name": "Tides Key", "secret_value": "hush hush"},
        headers=PARTIAL,
    )
    assert answer.status_code == 200
    assert "hush hush" not in answer.text
