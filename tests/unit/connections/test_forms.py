"""The forms of secrets and connections: what is typed, what it means, and what is said about it."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields, replace
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from tests import factories
from webapp.accounts.held import hold_fields, read_held
from webapp.connections.crypto import Vault
from webapp.connections.forms import (
    FORM_NAMES,
    FORMS,
    SECRET_FIELDS,
    ApiConnectionForm,
    DescribedForm,
    SecretForm,
    SqlConnectionForm,
    show_moment,
    written_secrets,
)
from webapp.connections.queries.pages import SecretNames
from webapp.connections.values import ApiConnectionValues, SecretValues, SqlConnectionValues
from webapp.core.errors import FieldError
from webapp.web.fields import UnshownField
from webapp.web.record_forms import ABOUT_SAVING

VAULT = Vault([factories.ENCRYPTION_KEY])
SQL = SqlConnectionValues(
    "ships_db",
    description="Ships.\nAll of them.",
    tags=("sea", "Ships"),
    annotations=({"team": "harbour"}, {"size": 3}, {"a": 1, "b": [1, 2]}),
    db_engine="django.db.backends.postgresql",
    authentication_method="tcpip_ssh",
    hostname="db.example",
    port=5433,
    database="ships",
    username="reader",
    password="ships_password",
    timeout=20,
    use_ssl=True,
    ssl_ca="-----BEGIN\r\nX\n",
    proxy_host="proxy.example",
    proxy_port=3128,
    proxy_username="p",
    proxy_password="proxy_password",
    ssh_known_hosts="db ssh-rsa A\n",
    pool_size=2,
    max_overflow=0,
)
API = ApiConnectionValues(
    "tides_api",
    base_url="https://tides.example/v1",
    auth_method="token",
    api_key="tides_key",
    proxy_protocol="socks",
)
SECRET = SecretValues("tides_key", expires_at=dt.datetime(2030, 12, 31, 23, 59, 30, tzinfo=dt.UTC))
ALL = [SQL, API, SECRET, SqlConnectionValues("bare"), ApiConnectionValues("bare"), SecretValues("bare")]
KIND = {SqlConnectionValues: "sql", ApiConnectionValues: "api", SecretValues: "secret"}


def form_of(values: Any) -> type[DescribedForm]:
    return FORMS[KIND[type(values)]]


def sent(values: Any, **changes: str) -> MultiDict[str, str]:
    """Return what a browser sends for a form that shows the values."""
    shown = form_of(values).show(values, base=values, revision=1)
    return MultiDict({**dict(shown.sent_back()), "revision": "1", **changes})


def errors(form: DescribedForm) -> dict[str, list[str]]:
    return {
        field.name: [error.message for error in field.errors if isinstance(error, FieldError)]
        for field in form
        if any(isinstance(error, FieldError) for error in field.errors)
    }


@pytest.mark.parametrize("values", ALL)
def test_what_nobody_touched_stays_exactly_as_it_is(values: Any) -> None:
    form = form_of(values).read(sent(values), base=values)
    assert form.untouched >= {FORM_NAMES.get(item.name, item.name) for item in fields(values)}
    assert form.validate()
    assert form.to_values() == values


@pytest.mark.parametrize("values", [SQL, API, replace(SECRET, annotations=({"a": [1]},), tags=("x",))])
def test_a_new_record_of_the_same_texts_says_the_same(values: Any) -> None:
    typed = replace(values, annotations=({"team": "harbour"},))
    data = sent(typed, secret_value="hush") if values is not SQL and values is not API else sent(typed)
    form = form_of(values).read(data, secrets=SecretNames(("ships_password", "proxy_password", "tides_key")))
    assert form.validate(), form.problems()
    expected = replace(typed, ssl_ca="-----BEGIN\nX\n") if values is SQL else typed
    if isinstance(expected, SecretValues):
        expected = replace(expected, value="hush")
    assert form.to_values() == expected


def test_fields_stand_in_the_order_of_the_values() -> None:
    for kind, form in FORMS.items():
        names = [field.name for field in form() if field.name not in ABOUT_SAVING]
        values = {"sql": SqlConnectionValues, "api": ApiConnectionValues, "secret": SecretValues}[kind]
        assert names == [FORM_NAMES.get(item.name, item.name) for item in fields(values)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "Ships DB"}, {"name": ["Use lower-case words joined by underscores."]}),
        ({"name": ""}, {"name": ["Give it a name."]}),
        ({"version": "1"}, {"version": ["Write three numbers, such as 1.0.0."]}),
        ({"hostname": ""}, {"hostname": ["Write the name of the server."]}),
        ({"database": " "}, {"database": ["Write the name of the database."]}),
        ({"port": "x"}, {"port": ["Use a whole number from 1 to 65,535."]}),
        ({"port": "٣"}, {"port": ["Use a whole number from 1 to 65,535."]}),
        ({"timeout": ""}, {"timeout": ["Use a whole number from 1 to 3,600."]}),
        ({"pool_size": "0"}, {"pool_size": ["Use a whole number from 1 to 1,000."]}),
        ({"tags": "a\x07"}, {"tags": ["Tag “a\ufffd”: leave out line breaks and control characters."]}),
        ({"db_engine": "dbase"}, {"db_engine": None}),
        ({"login_secret": "Not A Name"}, {"login_secret": ["Use lower-case words joined by underscores."]}),
    ],
)
def test_every_error_stands_beside_its_field(changes: dict[str, str], expected: dict[str, Any]) -> None:
    data = MultiDict({**dict(sent(replace(SQL, annotations=()))), **changes})
    form = SqlConnectionForm.read(data)
    assert not form.validate()
    found = errors(form)
    assert set(found) == set(expected)
    for name, messages in expected.items():
        assert messages is None or found[name] == messages


def test_an_unreadable_annotation_does_not_hide_other_errors() -> None:
    data = sent(SQL, port="x")
    data["annotations-0-value"] = "[{]"
    form = SqlConnectionForm.read(data)
    assert not form.validate()
    assert [problem.label for problem in form.problems()] == ["Annotations, row 1, Value", "Port"]


def test_without_a_port_the_engine_has_its_own_as_in_a_manifest() -> None:
    for engine, port in (("postgresql", 5432), ("mysql", 3306), ("sqlite3", None)):
        data = sent(
            replace(SQL, annotations=()), port="", db_engine=f"django.db.backends.{engine}", hostname="h"
        )
        form = SqlConnectionForm.read(data)
        assert form.validate()
        assert form.to_values().port == port


def test_the_errors_of_the_service_find_their_fields() -> None:
    form = SqlConnectionForm.show(SQL)
    form.add_errors({"password": [FieldError("No.", "x")], "name": [FieldError("Taken.", "unique")]})
    assert errors(form) == {"login_secret": ["No."], "name": ["Taken."]}


def test_a_taken_over_suggestion_is_the_name() -> None:
    form = SqlConnectionForm.read(sent(replace(SQL, annotations=()), name="Ships DB"))
    assert form.use_suggestion("name")
    assert form.name.data == "ships_db"


class TestChoices:
    def test_secrets_are_offered_and_a_missing_or_expired_one_says_so(self) -> None:
        secrets = SecretNames(("old_key", "proxy_password"), frozenset({"old_key"}))
        form = SqlConnectionForm.show(SQL, secrets=secrets)
        assert [(choice.value, choice.label) for choice in form.login_secret.choices] == [
            ("", "None"),
            ("old_key", "old_key (expired)"),
            ("proxy_password", "proxy_password"),
            ("ships_password", "ships_password (does not exist yet)"),
        ]
        assert form.is_missing("ships_password")
        assert not form.is_missing("")

    def test_a_word_that_is_no_choice_stays_to_be_seen(self) -> None:
        form = SqlConnectionForm.show(replace(SQL, db_engine="postgresql"))
        assert form.db_engine.choices[-1].value == "postgresql"
        assert form.db_engine.label_of("django.db.backends.mssql") == "Microsoft SQL Server"

    def test_only_names_of_secrets_are_looked_up(self) -> None:
        assert set(written_secrets("sql", sent(SQL))) == {"ships_password", "proxy_password"}
        assert written_secrets("secret", sent(SQL)) == ()


class TestAdvanced:
    def test_rare_fields_are_folded_until_one_says_something(self) -> None:
        bare = SqlConnectionValues("a", hostname="h", database="d", timeout=5, password="x")
        assert not SqlConnectionForm.show(bare).opens_advanced
        assert SqlConnectionForm.show(replace(bare, pool_size=6)).opens_advanced
        assert SqlConnectionForm.show(replace(bare, proxy_password="x")).opens_advanced
        assert not ApiConnectionForm.show(ApiConnectionValues("a")).opens_advanced

    def test_an_error_among_them_opens_them(self) -> None:
        form = SqlConnectionForm.read(sent(replace(SQL, annotations=()), max_overflow="-1"))
        form.validate()
        assert form.opens_advanced


class TestSecrets:
    def test_a_value_is_never_written_into_a_page(self) -> None:
        form = SecretForm.read(MultiDict({"name": "a", "secret_value": "hush", "version": "1.0.0"}))
        assert form.validate()
        assert form.to_values().value == "hush"
        assert form.forgets_value
        assert "hush" not in "".join(str(field()) for field in form if field.name != "annotations")
        assert "hush" not in str(form.sent_back())

    def test_a_value_is_kept_exactly(self) -> None:
        form = SecretForm.read(MultiDict({"secret_value": "  two words "}))
        assert form.to_values().value == "  two words "

    def test_a_new_secret_needs_a_value_and_a_stored_one_keeps_its_own(self) -> None:
        assert errors_of_new(SECRET) == {"secret_value": ["Give the secret a value."]}
        form = SecretForm.read(sent(SECRET, description="Other."), base=SECRET)
        assert form.validate()
        assert form.to_values() == replace(SECRET, description="Other.")

    def test_asterisks_are_no_value(self) -> None:
        form = SecretForm.read(sent(SECRET, secret_value="********"), base=SECRET)
        assert not form.validate()

    @pytest.mark.parametrize("text", ["soon", "2030-13-01", "0001-01-01T00:00+05:00"])
    def test_what_is_no_moment_is_refused(self, text: str) -> None:
        form = SecretForm.read(sent(SECRET, secret_value="x", expires_at=text))
        assert not form.validate()
        assert set(errors(form)) == {"expires_at"}

    def test_a_moment_is_shown_as_its_control_takes_it(self) -> None:
        zone = dt.timezone(dt.timedelta(hours=2))
        assert show_moment(dt.datetime(2030, 1, 1, 1, 30, tzinfo=zone)) == "2029-12-31T23:30"
        assert show_moment(dt.datetime(2030, 1, 1, 1, 30, 5, tzinfo=dt.UTC)) == "2030-01-01T01:30:05"


def errors_of_new(values: Any) -> dict[str, list[str]]:
    form = form_of(values).read(sent(values))
    form.validate()
    return errors(form)


def test_no_draft_ever_holds_a_field_that_pages_do_not_show() -> None:
    for form in FORMS.values():
        unshown = {field.name for field in form() if isinstance(field, UnshownField)}
        held = hold_fields(MultiDict(dict.fromkeys((*unshown, "name"), "hush")), VAULT)
        assert read_held(held or "", VAULT) == [("name", "hush")]


def test_a_draft_holds_the_names_of_secrets_so_that_none_is_lost() -> None:
    held = read_held(hold_fields(MultiDict(dict.fromkeys(SECRET_FIELDS, "some_key")), VAULT) or "", VAULT)
    assert {name for name, _ in held} == SECRET_FIELDS
