from __future__ import annotations

import json
from typing import Any

import pytest

from webapp.manifests.loader import Source, load_sources
from webapp.manifests.problems import Problem
from webapp.manifests.validation import schemas_by_kind, validate
from webapp.plugins.schema import PLUGIN_MANIFESTS, PluginManifest, to_values
from webapp.plugins.values import ApiData, Header, PluginValues, SqlData, StaticData, UrlParam
from webapp.plugins.values import TestValue as TriedValue

SCHEMAS = schemas_by_kind(PLUGIN_MANIFESTS)

HEAD = """\
apiVersion: smarter.sh/v1
kind: {kind}
metadata:
  name: ferry_times
  pluginClass: {plugin_class}
  version: 2.0.1
spec:
  selector:
    directive: always
  prompt:
    systemRole: >
      You know every ferry.
"""
SQL = (
    HEAD.format(kind="SqlPlugin", plugin_class="sql")
    + """\
  connection: harbour_db
  sqlData:
    description: Crossings of a day.
    sqlQuery: SELECT * FROM crossings WHERE day = {day} AND fare <= {fare}
    parameters:
    - name: day
      type: string
      required: true
      enum: [no, on, 2031-06-15]
    - name: fare
      type: number
      default: 12.50
    testValues:
    - name: day
      value: 2031-06-15
    - name: fare
      value: 10
"""
)
API = (
    HEAD.format(kind="ApiPlugin", plugin_class="api")
    + """\
  connection: harbourApi
  apiData:
    endpoint: /crossings/{port}/
    method: post
    urlParams: null
    headers:
    - name: X-Debug
      value: true
    - name: X-Id
      value: 12345
    - name: X-Price
      value: 500.00
    body:
    - default: x
      name: one
    limit: null
    parameters:
    - name: port
      type: string
      default: 500.00
      enum: null
    testValues:
    - name: port
      value: 500.00
    - name: other
      value: 1.50
"""
)


def check(text: str) -> tuple[PluginManifest | None, list[Problem]]:
    loaded = load_sources([Source("x", text)])
    assert not loaded.problems
    model, problems = validate(loaded.documents[0], SCHEMAS)
    assert model is None or isinstance(model, PluginManifest)
    return model, problems


def values(text: str) -> PluginValues:
    model, problems = check(text)
    assert model is not None, problems
    return to_values(model)


def errors(text: str) -> list[tuple[str, str]]:
    return [(problem.path, problem.message) for problem in check(text)[1] if problem.severity == "error"]


def test_a_static_plugin_keeps_its_description_and_the_shape_of_its_data() -> None:
    text = HEAD.format(kind="Plugin", plugin_class="static") + (
        "  data:\n    description: About ferries.\n    staticData:\n      b: 1.10\n      a: [{phone: +1 555}, {n: +15}]\n"
    )
    found = values(text)
    assert found.data == StaticData("About ferries.", {"b": 1.1, "a": [{"phone": "+1 555"}, {"n": 15}]})
    assert isinstance(found.data, StaticData)
    assert list(found.data.static_data) == ["b", "a"]
    assert type(found.data.static_data["b"]) is float
    assert found.prompt is not None
    assert found.prompt.system_role == "You know every ferry.\n"
    assert (found.prompt.provider, found.prompt.model, found.prompt.temperature) == (
        "openai",
        "gpt-4o-mini",
        0.5,
    )
    assert (found.version, found.plugin_class, found.tags) == ("2.0.1", "static", ())


@pytest.mark.parametrize("data", ["[1, 2]", "{}", "[]", "null"])
def test_static_data_may_be_a_list_or_nothing(data: str) -> None:
    found = values(
        HEAD.format(kind="StaticPlugin", plugin_class="static") + f"  data: {{staticData: {data}}}\n"
    )
    assert isinstance(found.data, StaticData)
    assert json.dumps(found.data.static_data) == data


def test_a_sql_plugin_keeps_words_as_text_and_numbers_as_numbers() -> None:
    data = values(SQL).data
    assert isinstance(data, SqlData)
    assert data.connection == "harbour_db"
    assert data.parameters[0].enum == ("no", "on", "2031-06-15")
    assert data.parameters[1].default == 12.5
    assert type(data.parameters[1].default) is float
    assert data.test_values == (TriedValue("day", "2031-06-15"), TriedValue("fare", 10))
    assert data.limit == 100


def test_an_api_plugin_takes_the_text_that_was_written() -> None:
    model, problems = check(API)
    assert [(item.path, item.severity) for item in problems] == [
        ("spec.connection", "notice"),
        ("spec.apiData.testValues[1].name", "notice"),
    ]
    assert model is not None
    data = to_values(model).data
    assert isinstance(data, ApiData)
    assert data.connection == "harbour_api"
    assert data.method == "POST"
    assert data.headers == (Header("X-Debug", "true"), Header("X-Id", "12345"), Header("X-Price", "500.00"))
    assert data.body == [{"default": "x", "name": "one"}]
    assert data.parameters[0].default == "500.00"
    assert data.test_values == (TriedValue("port", "500.00"), TriedValue("other", 1.5))
    assert data.limit is None
    assert data.url_params == ()


def test_headers_and_url_parameters_may_be_plain_maps() -> None:
    text = API.replace("urlParams: null", "urlParams: {page: 2, q: a b}")
    text = text.replace(
        text[text.index("    headers:") : text.index("    body:")], "    headers: {Accept: x/y}\n"
    )
    data = values(text).data
    assert isinstance(data, ApiData)
    assert data.url_params == (UrlParam("page", "2"), UrlParam("q", "a b"))
    assert data.headers == (Header("Accept", "x/y"),)


@pytest.mark.parametrize(
    ("kind", "written", "default"),
    [
        ("number", '"500.0"', 500.0),
        ("number", "'7'", 7),
        ("integer", "3.0", 3),
        ("integer", "'12'", 12),
        ("boolean", "'True'", True),
        ("boolean", "false", False),
        ("string", "0x1F", "0x1F"),
        ("string", "true", "true"),
        ("array", "[1.10]", [1.1]),
        ("object", "{a: 1}", {"a": 1}),
        ("number", "null", None),
    ],
)
def test_a_default_becomes_what_its_type_says(kind: str, written: str, default: Any) -> None:
    data = values(
        SQL.replace("type: number\n      default: 12.50", f"type: {kind}\n      default: {written}")
    ).data
    assert isinstance(data, SqlData)
    assert data.parameters[1].default == default
    assert type(data.parameters[1].default) is type(default)


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ("default: 12.50", "default: cheap", "spec.sqlData.parameters[1].default", "does not fit the type"),
        ("type: number", "type: float", "spec.sqlData.parameters[1].type", "This is not one of string"),
        (
            "required: true",
            "required: yes",
            "spec.sqlData.parameters[0].required",
            "true or false is expected",
        ),
        (
            "name: fare\n      type",
            "name: day\n      type",
            "spec.sqlData.parameters[1].name",
            "declared twice",
        ),
        (
            "name: fare\n      type",
            "name: a b\n      type",
            "spec.sqlData.parameters[1].name",
            "letters, digits",
        ),
        (
            "default: 12.50",
            "default: 12.50\n      enum: [1, 2]",
            "spec.sqlData.parameters[1].default",
            "not one of the enum",
        ),
        (
            "default: 12.50",
            "enum: [1, many]",
            "spec.sqlData.parameters[1].enum[1]",
            "does not fit the type of the parameter, number",
        ),
        ("{day} AND", "{date} AND", "spec.sqlData.sqlQuery", "The placeholder {date} is not a parameter."),
        ("      value: 10\n", "", "spec.sqlData.testValues[1].value", "value is missing"),
        ("      value: 10\n", "      value: 10\n    limit: 0\n", "spec.sqlData.limit", "from 1 to"),
        ("    sqlQuery", "    sqlquery", "spec.sqlData.sqlquery", "not a field"),
        ("  connection: harbour_db\n", "", "spec.connection", "connection is missing."),
        ("connection: harbour_db", "connection: '?'", "spec.connection", "lower-case words"),
    ],
)
def test_a_mistake_in_sql_data_is_named(old: str, new: str, path: str, words: str) -> None:
    assert old in SQL
    found = errors(SQL.replace(old, new, 1))
    assert path in [where for where, _ in found]
    assert any(words in message for _, message in found)


@pytest.mark.parametrize(
    "endpoint",
    ["//x/", "https://x.example/", "/a b/", "x/", "/a?b=1", "/a#b", "/" + "a" * 255, "/a//b", "/a\\b"],
)
def test_an_endpoint_is_a_path_below_the_connection(endpoint: str) -> None:
    assert [path for path, _ in errors(API.replace("/crossings/{port}/", f"'{endpoint}'"))] == [
        "spec.apiData.endpoint"
    ]


@pytest.mark.parametrize("endpoint", ["/", "/a", "/a/", "/v1.2/a-b_c/{port}", "/users/@me", "''"])
def test_an_endpoint_keeps_the_spelling_it_has(endpoint: str) -> None:
    data = values(API.replace("/crossings/{port}/", endpoint)).data
    assert isinstance(data, ApiData)
    assert data.endpoint == endpoint.strip("'")


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("method: post", "method: FETCH", "spec.apiData.method"),
        ("name: X-Debug", "name: 'X Debug'", "spec.apiData.headers[0].name"),
        ("value: true", 'value: "a\\nb"', "spec.apiData.headers[0].value"),
        ("value: true", 'value: "\u65e5"', "spec.apiData.headers[0].value"),
        ("urlParams: null", "urlParams: [{key: a}]", "spec.apiData.urlParams[0].value"),
        ("    body:\n    - default: x\n      name: one\n", "    body: text\n", "spec.apiData.body"),
    ],
)
def test_a_mistake_in_api_data_is_named(old: str, new: str, path: str) -> None:
    assert old in API
    assert [where for where, _ in errors(API.replace(old, new, 1))] == [path]


def test_several_mistakes_are_reported_together() -> None:
    text = HEAD.format(kind="Plugin", plugin_class="static").replace(
        "systemRole: >\n      You", "systemRole_old: [You"
    )
    text = text.replace("ferry.", "ferry]\n    bad_max_tokens: 5") + '  data: {staticData: "no map"}\n'
    assert [path for path, _ in errors(text)] == [
        "spec.prompt.systemRole_old",
        "spec.prompt.bad_max_tokens",
        "spec.data.staticData",
    ]


def test_tags_are_unique_by_their_folded_spelling() -> None:
    text = HEAD.format(kind="Plugin", plugin_class="static").replace(
        "spec:", "  tags: [Ferry, ferry, ' pier ']\nspec:"
    )
    assert values(text + "  data: null\n").tags == ("Ferry", "pier")


def test_an_unfinished_plugin_is_written_with_null() -> None:
    text = (
        SQL[: SQL.index("  selector:")]
        + "  selector: null\n  prompt: null\n  connection: null\n  sqlData: null\n"
    )
    found = values(text)
    assert (found.selector, found.prompt, found.data) == (None, None, None)


@pytest.mark.parametrize("schema", PLUGIN_MANIFESTS)
def test_every_kind_has_a_json_schema(schema: type[PluginManifest]) -> None:
    found = schema.model_json_schema(by_alias=True)
    assert {"apiVersion", "kind", "metadata", "spec"} <= set(found["required"])
    assert found["additionalProperties"] is False
    json.dumps(found)
