"""The JSON Schemas for editors: they take what is exported and refuse what the validation refuses, where they can."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.schema_check import find_errors
from tests.unit.plugins import strategies
from webapp.connections import examples as connection_examples
from webapp.connections.manifest import export_mapping as export_connection
from webapp.connections.schema import CONNECTION_MANIFESTS
from webapp.connections.values import ApiConnectionValues, SecretValues, SqlConnectionValues
from webapp.manifests.emit import dump_json
from webapp.manifests.loader import load_sources
from webapp.manifests.publishing import json_schema
from webapp.manifests.scalars import plain
from webapp.manifests.sources import Source
from webapp.manifests.validation import schemas_by_kind, validate
from webapp.plugins import examples
from webapp.plugins.manifest import export_mapping
from webapp.plugins.schema import PLUGIN_MANIFESTS
from webapp.plugins.values import PluginValues

CLASSES = schemas_by_kind([*CONNECTION_MANIFESTS, *PLUGIN_MANIFESTS])
SCHEMAS = {kind: json_schema(schema.kind_name, schema) for kind, schema in CLASSES.items()}
TEXTS = {
    "Plugin": examples.STATIC,
    "SqlPlugin": examples.SQL,
    "ApiPlugin": examples.API,
    "SqlConnection": connection_examples.SQL_CONNECTION,
    "ApiConnection": connection_examples.API_CONNECTION,
    "Secret": connection_examples.SECRET,
}


def read(text: str) -> dict[str, Any]:
    [document] = load_sources([Source("x", text)]).documents
    assert isinstance(document.data, dict)
    return document.data


def errors(data: dict[str, Any]) -> list[str]:
    return list(find_errors(plain(data), SCHEMAS[data["kind"]]))


def refused(data: dict[str, Any]) -> bool:
    loaded = load_sources([Source("x", dump_json(data))])
    return validate(loaded.documents[0], CLASSES)[0] is None


@pytest.mark.parametrize("kind", TEXTS)
def test_every_example_keeps_to_its_schema(kind: str) -> None:
    assert errors(read(TEXTS[kind])) == []


@given(strategies.plugin_values())
def test_every_exported_plugin_keeps_to_its_schema(values: PluginValues) -> None:
    assert errors(export_mapping(values)) == []


@pytest.mark.parametrize(
    "values",
    [
        SqlConnectionValues(
            "db", database="x", port=5432, password="key", tags=("a",), annotations=({"a": 1},)
        ),
        SqlConnectionValues("lite", db_engine="django.db.backends.sqlite3", database="x"),
        ApiConnectionValues("api", base_url="HTTPS://example.com", proxy_port=1, proxy_protocol="socks"),
        SecretValues("key"),
    ],
)
def test_every_exported_connection_keeps_to_its_schema(values: Any) -> None:
    assert errors(export_connection(values)) == []


def set_at(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(plain(data))
    assert isinstance(changed, dict)
    target: Any = changed
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    for part in parents:
        target = target[part]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return changed


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("Plugin", "apiVersion", "v1"), ("Plugin", "apiVersion", ...), ("Plugin", "metadata", ...),
        ("Plugin", "extra", 1), ("Plugin", "metadata/owner", "me"), ("Plugin", "metadata/name", ""),
        ("Plugin", "metadata/name", 5), ("Plugin", "metadata/name", ...), ("Plugin", "metadata/version", 1.1),
        ("Plugin", "metadata/version", "1.1"), ("Plugin", "metadata/version", "01.0.0"),
        ("Plugin", "metadata/pluginClass", "sql"), ("Plugin", "metadata/pluginClass", ...),
        ("Plugin", "metadata/tags", "tea"), ("Plugin", "metadata/tags", [2024]), ("Plugin", "metadata/tags", [""]),
        ("Plugin", "metadata/annotations", ["x"]), ("Plugin", "metadata/description", "x" * 10_001),
        ("Plugin", "spec", None), ("Plugin", "spec/prompt", ...), ("Plugin", "spec/data", "text"),
        ("Plugin", "spec/selector/directive", "Always"), ("Plugin", "spec/selector/searchTerms", [1]),
        ("Plugin", "spec/selector/searchTerms", [""]), ("Plugin", "spec/prompt/systemRole", ...),
        ("Plugin", "spec/prompt/temperature", 1.5), ("Plugin", "spec/prompt/temperature", True),
        ("Plugin", "spec/prompt/maxTokens", 0), ("Plugin", "spec/prompt/maxTokens", 10**7),
        ("Plugin", "spec/prompt/maxTokens", "many"), ("Plugin", "spec/prompt/model", ""),
        ("Plugin", "spec/data/staticData", "text"), ("Plugin", "spec/data/staticData", ...),
        ("SqlPlugin", "spec/connection", ...), ("SqlPlugin", "spec/connection", 5),
        ("SqlPlugin", "spec/sqlData/limit", 0), ("SqlPlugin", "spec/sqlData/sqlQuery", ...),
        ("SqlPlugin", "spec/sqlData/parameters/0/type", "float"), ("SqlPlugin", "spec/sqlData/parameters/0/name", "a b"),
        ("SqlPlugin", "spec/sqlData/parameters/0/required", "yes"), ("SqlPlugin", "spec/sqlData/parameters/0/enum", [[]]),
        ("ApiPlugin", "spec/apiData/method", "HEAD"), ("ApiPlugin", "spec/apiData/endpoint", "/" + "x" * 255),
        ("ApiPlugin", "spec/apiData/headers", [{"name": "a b", "value": "1"}]), ("ApiPlugin", "spec/apiData/body", "x"),
        ("SqlConnection", "spec/connection/dbEngine", "postgres"), ("SqlConnection", "spec/connection/port", 0),
        ("SqlConnection", "spec/connection/port", 70_000), ("SqlConnection", "spec/connection/database", ...),
        ("SqlConnection", "spec/connection/useSsl", "yes"), ("SqlConnection", "spec/connection/authenticationMethod", "x"),
        ("ApiConnection", "spec/connection/baseUrl", "ftp://x"), ("ApiConnection", "spec/connection/authMethod", "magic"),
        ("ApiConnection", "spec/connection/timeout", 0), ("Secret", "spec/config", ...), ("Secret", "spec/config/value", [1]),
    ],
)  # fmt: skip
def test_what_the_validation_refuses_the_schema_refuses_too(kind: str, path: str, value: Any) -> None:
    changed = set_at(read(TEXTS[kind]), path, value)
    assert refused(changed)
    assert errors(changed)


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("Plugin", "metadata/description"), ("Plugin", "metadata/tags"), ("Plugin", "metadata/version"),
        ("Plugin", "spec/prompt/model"), ("Plugin", "spec/prompt"), ("Plugin", "spec/selector"), ("Plugin", "spec/data"),
        ("SqlPlugin", "spec/connection"), ("SqlPlugin", "spec/sqlData/parameters"), ("ApiPlugin", "spec/apiData/method"),
        ("SqlConnection", "spec/connection/timeout"), ("Secret", "spec/config/value"),
    ],
)  # fmt: skip
def test_a_key_without_a_value_is_fine_for_both(kind: str, path: str) -> None:
    data = read(TEXTS[kind])
    if path == "spec/sqlData/parameters":
        data = set_at(data, "spec/sqlData/sqlQuery", "SELECT 1")
        data = (
            set_at(data, "spec/sqlData/testValues", None) if "testValues" in data["spec"]["sqlData"] else data
        )
    changed = set_at(data, path, None)
    assert not refused(changed)
    assert errors(changed) == []


PATHS = [
    (kind, path)
    for kind, paths in {
        "Plugin": (
            "metadata/name", "metadata/tags", "metadata/description", "spec/selector/directive", "spec/prompt/model",
            "spec/prompt/temperature", "spec/prompt/maxTokens", "spec/data/staticData", "spec/data",
        ),
        "SqlPlugin": ("spec/connection", "spec/sqlData/limit", "spec/sqlData/parameters/0/default"),
        "SqlConnection": ("spec/connection/port", "spec/connection/hostname", "spec/connection/useSsl"),
    }.items()
    for path in paths
]  # fmt: skip
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 10**7), st.floats(-2, 2), st.text(max_size=8),
    st.lists(st.text(max_size=3), max_size=2), st.dictionaries(st.sampled_from(["a", "description"]), st.integers(), max_size=2),
)  # fmt: skip


@given(st.sampled_from(PATHS), VALUES)
def test_the_schema_refuses_nothing_that_the_validation_takes(where: tuple[str, str], value: Any) -> None:
    kind, path = where
    changed = set_at(read(TEXTS[kind]), path, value)
    if not refused(changed):
        assert errors(changed) == []


def test_titles_that_say_nothing_are_left_out() -> None:
    assert "title" not in SCHEMAS["Plugin"]["$defs"]["Prompt"]["properties"]["systemRole"]
    assert SCHEMAS["StaticPlugin"]["title"] == "Plugin"
