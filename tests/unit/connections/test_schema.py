from __future__ import annotations

import datetime as dt
import json

import pytest

from webapp.connections.schema import (
    CONNECTION_MANIFESTS,
    ApiConnectionManifest,
    SecretManifest,
    SqlConnectionManifest,
    to_columns,
)
from webapp.manifests.envelope import Manifest
from webapp.manifests.loader import Source, load_sources
from webapp.manifests.problems import Problem
from webapp.manifests.validation import schemas_by_kind, validate

SCHEMAS = schemas_by_kind(CONNECTION_MANIFESTS)
HEAD = "apiVersion: smarter.sh/v1\nkind: {}\nmetadata: {{name: harbour, version: 1.0.0}}\n"
SQL = HEAD.format("SqlConnection") + (
    "spec:\n  connection:\n    dbEngine: django.db.backends.postgresql\n    hostname: db.harbour.example\n"
    "    database: crossings\n    username: reader\n    password: harbour_password\n"
)
API = HEAD.format("ApiConnection") + "spec:\n  connection:\n    baseUrl: https://api.harbour.example/v1\n"
SECRET = HEAD.format("Secret") + "spec:\n  config:\n    value: open sesame\n"


def check(text: str) -> tuple[Manifest | None, list[Problem]]:
    loaded = load_sources([Source("x", text)])
    assert not loaded.problems
    return validate(loaded.documents[0], SCHEMAS)


def errors(text: str) -> list[tuple[str, str]]:
    return [(item.path, item.message) for item in check(text)[1] if item.severity == "error"]


def columns(text: str) -> dict[str, object]:
    model, problems = check(text)
    assert isinstance(model, SqlConnectionManifest | ApiConnectionManifest), problems
    return to_columns(model)


def secret(text: str) -> SecretManifest:
    model, problems = check(text)
    assert isinstance(model, SecretManifest), problems
    return model


def test_a_sql_connection_has_the_defaults_of_its_engine() -> None:
    found = columns(SQL)
    assert found["port"] == 5432
    assert found["password_name"] == "harbour_password"
    assert (found["timeout"], found["pool_size"], found["max_overflow"]) == (30, 5, 10)
    assert (found["authentication_method"], found["use_ssl"], found["proxy_password_name"]) == (
        "none",
        False,
        None,
    )
    assert columns(SQL.replace("postgresql", "mysql"))["port"] == 3306
    assert columns(SQL.replace("postgresql", "mysql") + "    port: 3307\n")["port"] == 3307


def test_a_file_database_needs_no_host() -> None:
    found = columns(SQL.replace("postgresql", "sqlite3").replace("    hostname: db.harbour.example\n", ""))
    assert (found["hostname"], found["port"]) == ("", None)


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ("    hostname: db.harbour.example\n", "", "spec.connection", "hostname is missing"),
        ("db.harbour.example", "https://db.example", "spec.connection.hostname", "not a host name"),
        ("    database: crossings\n", "", "spec.connection.database", "database is missing"),
        ("username: reader", "port: 70000", "spec.connection.port", "from 1 to 65,535"),
        ("username: reader", "port: '5432'", "spec.connection.port", "A whole number"),
        ("username: reader", "useSsl: yes", "spec.connection.useSsl", "true or false"),
        ("username: reader", "poolSize: 0", "spec.connection.poolSize", "from 1 to"),
        ("username: reader", "timeout: 0", "spec.connection.timeout", "from 1 to"),
        (
            "username: reader",
            "authenticationMethod: ldap",
            "spec.connection.authenticationMethod",
            "not one of",
        ),
        ("username: reader", "user: reader", "spec.connection.user", "not a field"),
        ("password: harbour_password", "password: '***'", "spec.connection.password", "lower-case words"),
    ],
)
def test_a_mistake_in_a_sql_connection_is_named(old: str, new: str, path: str, words: str) -> None:
    found = errors(SQL.replace(old, new))
    assert [where for where, _ in found] == [path]
    assert words in found[0][1]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("postgres", "postgresql"),
        ("PostgreSQL", "postgresql"),
        ("sqlite", "sqlite3"),
        ("django.db.backends.mysq", "mysql"),
    ],
)
def test_the_engine_that_was_meant_is_offered(written: str, meant: str) -> None:
    problem = check(SQL.replace("django.db.backends.postgresql", written))[1][0]
    assert problem.fix is not None
    assert problem.fix.replacement == f"django.db.backends.{meant}"


def test_the_fields_of_older_api_connections_are_noticed_and_not_refused() -> None:
    text = API + (
        "    headers: {}\n    method: GET\n    parameters: {}\n    useSsl: false\n    port: 8000\n"
        "    authenticationMethod: token\n    maxOverflow: 10\n    poolSize: 5\n"
    )
    model, problems = check(text)
    assert isinstance(model, ApiConnectionManifest)
    assert {item.severity for item in problems} == {"notice"}
    assert len(problems) == 8
    assert to_columns(model)["auth_method"] == "token"


def test_an_old_spelling_is_judged_under_its_own_name() -> None:
    problems = check(API + "    authenticationMethod: bearer\n")[1]
    assert [(item.path, item.severity) for item in problems] == [
        ("spec.connection.authenticationMethod", "notice"),
        ("spec.connection.authenticationMethod", "error"),
    ]


def test_both_spellings_at_once_are_refused() -> None:
    found = errors(API + "    authMethod: none\n    authenticationMethod: token\n")
    assert [path for path, _ in found] == ["spec.connection.authenticationMethod"]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.example",
        "x.example",
        "https://",
        "https://u:p@x.example",
        "https://x.example/?a=1",
        "https://x.example/#a",
        "https://x example",
        "https://x.example:99999",
        "https://[",
        "file:///etc/passwd",
        "https://x.example/" + "a" * 500,
    ],
)
def test_an_address_is_http_and_holds_no_password(url: str) -> None:
    assert [path for path, _ in errors(API.replace("https://api.harbour.example/v1", f"'{url}'"))] == [
        "spec.connection.baseUrl"
    ]


def test_references_to_secrets_are_converted_like_their_names() -> None:
    model, problems = check(API + "    apiKey: harbourKey\n")
    assert isinstance(model, ApiConnectionManifest)
    assert to_columns(model)["api_key_name"] == "harbour_key"
    assert [item.message for item in problems] == ["The reference is stored as harbour_key."]


def test_a_secret_never_shows_its_value() -> None:
    model = secret(SECRET)
    value = model.spec.config.value
    assert value is not None
    assert value.get_secret_value() == "open sesame"
    assert "sesame" not in repr(model)
    assert "sesame" not in str(model.model_dump())


@pytest.mark.parametrize(
    "line",
    ["    value: '********'\n", "    value: '*'\n", "    value: null\n", "    expiration_date: null\n"],
)
def test_an_absent_or_masked_value_means_keep(line: str) -> None:
    assert secret(SECRET.replace("    value: open sesame\n", line)).spec.config.value is None


def test_a_number_as_a_secret_is_the_text_that_was_written() -> None:
    value = secret(SECRET.replace("open sesame", "0012.50")).spec.config.value
    assert value is not None
    assert value.get_secret_value() == "0012.50"


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2031-06-15", dt.datetime(2031, 6, 15, tzinfo=dt.UTC)),
        ("2031-06-15T12:00:00", dt.datetime(2031, 6, 15, 12, tzinfo=dt.UTC)),
        ("2031-06-15T12:00:00+02:00", dt.datetime(2031, 6, 15, 10, tzinfo=dt.UTC)),
        ("'2031-06-15T12:00:00Z'", dt.datetime(2031, 6, 15, 12, tzinfo=dt.UTC)),
    ],
)
@pytest.mark.parametrize("key", ["expiration_date", "expirationDate"])
def test_an_expiry_without_a_zone_is_utc(key: str, written: str, moment: dt.datetime) -> None:
    assert secret(f"{SECRET}    {key}: {written}\n").spec.config.expiration_date == moment


@pytest.mark.parametrize("written", ["soon", "20", "true", "0001-01-01T00:00:00+23:00", "2031-02-30", "[1]"])
def test_what_is_no_date_is_refused(written: str) -> None:
    assert [path for path, _ in errors(f"{SECRET}    expiration_date: {written}\n")] == [
        "spec.config.expiration_date"
    ]


def test_an_empty_or_enormous_secret_is_refused_without_showing_it() -> None:
    assert errors(SECRET.replace("open sesame", '""')) == [("spec.config.value", "A secret cannot be empty.")]
    assert "65,536" in errors(SECRET.replace("open sesame", "x" * 65_537))[0][1]
    assert "x1y2z3" not in str(errors(SECRET.replace("open sesame", "[x1y2z3]")))


@pytest.mark.parametrize("schema", CONNECTION_MANIFESTS)
def test_every_kind_has_a_json_schema(schema: type[Manifest]) -> None:
    json.dumps(schema.model_json_schema(by_alias=True))
