"""The rules of manifests, one row each: what the field takes, what it refuses, and what it converts with a word."""

from __future__ import annotations

import copy
from typing import Any, Literal

import pytest

from webapp.connections.schema import CONNECTION_MANIFESTS
from webapp.manifests.emit import dump_yaml
from webapp.manifests.loader import Source, load_sources
from webapp.manifests.validation import schemas_by_kind, validate
from webapp.plugins.schema import PLUGIN_MANIFESTS

SCHEMAS = schemas_by_kind([*PLUGIN_MANIFESTS, *CONNECTION_MANIFESTS])
Verdict = Literal["taken", "notice", "refused"]
ABSENT: Any = object()
LONG = 10_000

SELECTOR = {"directive": "search_terms", "searchTerms": ["harbour"]}
PROMPT = {"systemRole": "You know every ferry."}
PARAMETER = {"name": "day", "type": "string"}
TESTED = [{"name": "day", "value": "Monday"}]
SPECS: dict[str, dict[str, Any]] = {
    "Plugin": {"selector": SELECTOR, "prompt": PROMPT, "data": {"staticData": {"a": 1}}},
    "SqlPlugin": {
        "selector": SELECTOR,
        "prompt": PROMPT,
        "connection": "harbour_db",
        "sqlData": {"sqlQuery": "SELECT {day}", "parameters": [PARAMETER], "testValues": TESTED},
    },
    "ApiPlugin": {
        "selector": SELECTOR,
        "prompt": PROMPT,
        "connection": "harbour_api",
        "apiData": {"endpoint": "/ferries/{day}/", "parameters": [PARAMETER], "testValues": TESTED},
    },
    "SqlConnection": {
        "connection": {
            "dbEngine": "django.db.backends.postgresql",
            "hostname": "db.example",
            "database": "ferries",
        }
    },
    "ApiConnection": {"connection": {"baseUrl": "https://api.example/v1"}},
    "Secret": {"config": {"value": "open sesame"}},
}
CLASSES = {"Plugin": "static", "SqlPlugin": "sql", "ApiPlugin": "api"}

Row = tuple[str, str, Any, Verdict]

# The name: stored in snake_case, at most 64 characters; an import converts and says so; nothing becomes empty.
NAMES: list[Row] = [
    ("Plugin", "metadata.name", "everlasting_gobstopper", "taken"),
    ("Plugin", "metadata.name", "2025_report", "taken"),
    ("Plugin", "metadata.name", "x" * 64, "taken"),
    ("Plugin", "metadata.name", "x" * 65, "refused"),
    ("Plugin", "metadata.name", "everlastingGobstopper", "notice"),
    ("Plugin", "metadata.name", "HTTPServerName", "notice"),
    ("Plugin", "metadata.name", "Everlasting Gobstopper", "notice"),
    ("Plugin", "metadata.name", "my-plugin", "notice"),
    ("Plugin", "metadata.name", "na\u00efve", "notice"),
    ("Plugin", "metadata.name", "__x__", "notice"),
    ("Plugin", "metadata.name", "\u65e5\u672c\u8a9e", "refused"),
    ("Plugin", "metadata.name", "#", "refused"),
    ("Plugin", "metadata.name", "", "refused"),
    ("Plugin", "metadata.name", "  ", "refused"),
    ("Plugin", "metadata.name", None, "refused"),
    ("Plugin", "metadata.name", ABSENT, "refused"),
    ("Plugin", "metadata.name", 7, "refused"),
    ("SqlConnection", "metadata.name", "harbourDb", "notice"),
    ("ApiConnection", "metadata.name", "#", "refused"),
    ("Secret", "metadata.name", "harbour-key", "notice"),
]
METADATA: list[Row] = [
    ("Plugin", "metadata.description", ABSENT, "taken"),
    ("Plugin", "metadata.description", None, "taken"),
    ("Plugin", "metadata.description", "x" * LONG, "taken"),
    ("Plugin", "metadata.description", "x" * (LONG + 1), "refused"),
    ("Plugin", "metadata.description", 2024, "refused"),
    ("Plugin", "metadata.version", ABSENT, "taken"),
    ("Plugin", "metadata.version", None, "taken"),
    ("Plugin", "metadata.version", "1.0.0-rc.1+exp.sha.5114f85", "taken"),
    ("Plugin", "metadata.version", "99999999999.0.0", "taken"),
    ("Plugin", "metadata.version", "0.1", "refused"),
    ("Plugin", "metadata.version", "v1.0.0", "refused"),
    ("Plugin", "metadata.version", "01.0.0", "refused"),
    ("Plugin", "metadata.version", "1.0.0-01", "refused"),
    ("Plugin", "metadata.version", "1.0.0.0", "refused"),
    ("Plugin", "metadata.version", "1\u0661.0.0", "refused"),
    ("Plugin", "metadata.version", "1.0.0\n", "refused"),
    ("Plugin", "metadata.version", 1.0, "refused"),
    ("Plugin", "metadata.version", f"1.0.{'1' * 125}", "refused"),
    ("Plugin", "metadata.tags", ABSENT, "taken"),
    ("Plugin", "metadata.tags", ["Sea and land", "\u6e2f", "C++", '"quoted"'], "taken"),
    ("Plugin", "metadata.tags", ["x" * 64], "taken"),
    ("Plugin", "metadata.tags", ["x" * 65], "refused"),
    ("Plugin", "metadata.tags", ["a,b"], "refused"),
    ("Plugin", "metadata.tags", ["a\nb"], "refused"),
    ("Plugin", "metadata.tags", [""], "refused"),
    ("Plugin", "metadata.tags", [2024], "refused"),
    ("Plugin", "metadata.tags", "sea", "refused"),
    ("Plugin", "metadata.annotations", [{"a/b.c_d-e": "x"}], "taken"),
    ("Plugin", "metadata.annotations", {"plain": "map"}, "taken"),
    ("Plugin", "metadata.annotations", [{"a": "x" * 2_048}], "taken"),
    ("Plugin", "metadata.annotations", [{"a": "x" * 2_049}], "refused"),
    ("Plugin", "metadata.annotations", [{"a": [1, {"b": True}]}], "taken"),
    ("Plugin", "metadata.annotations", [{"a:b": 1}], "refused"),
    ("Plugin", "metadata.annotations", [{"a b": 1}], "refused"),
    ("Plugin", "metadata.annotations", [{"a": None}], "refused"),
    ("Plugin", "metadata.annotations", ["a"], "refused"),
    ("Plugin", "metadata.pluginClass", ABSENT, "refused"),
    ("Plugin", "metadata.pluginClass", "static", "taken"),
    ("Plugin", "metadata.pluginClass", "sql", "refused"),
    ("SqlPlugin", "metadata.pluginClass", "api", "refused"),
    ("Plugin", "metadata.owner", "me", "refused"),
]
ENVELOPE: list[Row] = [
    ("Plugin", "apiVersion", "smarter.sh/v1", "taken"),
    ("Plugin", "apiVersion", "smarter.sh/v0", "taken"),
    ("Plugin", "apiVersion", "smarter.sh/v2", "refused"),
    ("Plugin", "apiVersion", ABSENT, "refused"),
    ("Plugin", "kind", "StaticPlugin", "taken"),
    ("Plugin", "kind", "plugin", "notice"),
    ("Plugin", "kind", "bogus", "refused"),
    ("Plugin", "kind", ABSENT, "refused"),
    ("Plugin", "metadata", ABSENT, "refused"),
    ("Plugin", "spec", ABSENT, "refused"),
    ("Plugin", "status", {"recordLocator": "x"}, "taken"),
    ("Plugin", "extra", 1, "refused"),
]
SELECTORS: list[Row] = [
    ("Plugin", "spec.selector", ABSENT, "refused"),
    ("Plugin", "spec.selector.directive", ABSENT, "refused"),
    ("Plugin", "spec.selector.directive", "SEARCH_TERMS", "refused"),
    ("Plugin", "spec.selector", {"directive": "always"}, "taken"),
    ("Plugin", "spec.selector", {"directive": "llm"}, "taken"),
    ("Plugin", "spec.selector", {"directive": "always", "searchTerms": None}, "taken"),
    ("Plugin", "spec.selector", {"directive": "always", "searchTerms": ["a"]}, "notice"),
    ("Plugin", "spec.selector.searchTerms", ABSENT, "refused"),
    ("Plugin", "spec.selector.searchTerms", ["two words", "C++", "e-mail"], "taken"),
    ("Plugin", "spec.selector.searchTerms", [""], "refused"),
    ("Plugin", "spec.selector.searchTerms", [7], "refused"),
]
PROMPTS: list[Row] = [
    ("Plugin", "spec.prompt", ABSENT, "refused"),
    ("Plugin", "spec.prompt.systemRole", ABSENT, "refused"),
    ("Plugin", "spec.prompt.systemRole", "x" * 8_192, "taken"),
    ("Plugin", "spec.prompt.provider", "openai", "taken"),
    ("Plugin", "spec.prompt.model", "gpt-4o-mini", "taken"),
    ("Plugin", "spec.prompt.model", "", "refused"),
    ("Plugin", "spec.prompt.temperature", 0, "taken"),
    ("Plugin", "spec.prompt.temperature", 1, "taken"),
    ("Plugin", "spec.prompt.temperature", 1.01, "refused"),
    ("Plugin", "spec.prompt.temperature", -0.01, "refused"),
    ("Plugin", "spec.prompt.temperature", "0.5", "refused"),
    ("Plugin", "spec.prompt.temperature", True, "refused"),
    ("Plugin", "spec.prompt.maxTokens", 1, "taken"),
    ("Plugin", "spec.prompt.maxTokens", 0, "refused"),
    ("Plugin", "spec.prompt.maxTokens", 1.5, "refused"),
    ("Plugin", "spec.prompt.maxTokens", "256", "refused"),
]
DATA: list[Row] = [
    ("Plugin", "spec.data", ABSENT, "refused"),
    ("Plugin", "spec.data.staticData", {"a": [1]}, "taken"),
    ("Plugin", "spec.data.staticData", [1, 2], "taken"),
    ("Plugin", "spec.data.staticData", None, "taken"),
    ("Plugin", "spec.data.staticData", "text", "refused"),
    ("Plugin", "spec.data.description", "Kept.", "taken"),
    ("SqlPlugin", "spec.connection", ABSENT, "refused"),
    ("SqlPlugin", "spec.connection", "harbourDb", "notice"),
    ("SqlPlugin", "spec.connection", "?", "refused"),
    ("SqlPlugin", "spec.sqlData", ABSENT, "refused"),
    ("SqlPlugin", "spec.sqlData.sqlQuery", ABSENT, "refused"),
    ("SqlPlugin", "spec.sqlData.sqlQuery", "SELECT {other}", "refused"),
    ("SqlPlugin", "spec.sqlData.limit", 1, "taken"),
    ("SqlPlugin", "spec.sqlData.limit", None, "taken"),
    ("SqlPlugin", "spec.sqlData.limit", 0, "refused"),
    *[
        ("SqlPlugin", "spec.sqlData.parameters.0.type", kind, "taken")
        for kind in ("string", "number", "integer", "boolean", "object", "array", "null")
    ],
    *[
        ("SqlPlugin", "spec.sqlData.parameters.0.type", kind, "refused")
        for kind in ("float", "bool", "STRING", ABSENT)
    ],
    ("SqlPlugin", "spec.sqlData.parameters.0.name", ABSENT, "refused"),
    ("SqlPlugin", "spec.sqlData.parameters.0.name", "", "refused"),
    ("SqlPlugin", "spec.sqlData.parameters.0.name", "a day", "refused"),
    ("SqlPlugin", "spec.sqlData.parameters.0.required", True, "taken"),
    ("SqlPlugin", "spec.sqlData.parameters.0.required", "yes", "refused"),
    ("SqlPlugin", "spec.sqlData.parameters.0.enum", ["Monday", "Sunday"], "taken"),
    ("SqlPlugin", "spec.sqlData.parameters.0.enum", None, "taken"),
    ("SqlPlugin", "spec.sqlData.parameters.0", {**PARAMETER, "enum": ["a"], "default": "a"}, "taken"),
    ("SqlPlugin", "spec.sqlData.parameters.0", {**PARAMETER, "enum": ["a"], "default": "b"}, "refused"),
    ("SqlPlugin", "spec.sqlData.parameters.0", {**PARAMETER, "type": "number", "default": "many"}, "refused"),
    ("SqlPlugin", "spec.sqlData.parameters", [PARAMETER, PARAMETER], "refused"),
    ("SqlPlugin", "spec.sqlData.testValues.0.value", None, "taken"),
    ("SqlPlugin", "spec.sqlData.testValues.0.value", ABSENT, "refused"),
    ("SqlPlugin", "spec.sqlData.testValues.0.name", "unknown", "notice"),
    ("ApiPlugin", "spec.connection", ABSENT, "refused"),
    ("ApiPlugin", "spec.apiData", ABSENT, "refused"),
    ("ApiPlugin", "spec.apiData.endpoint", ABSENT, "refused"),
    ("ApiPlugin", "spec.apiData.endpoint", "/ferries/{day}", "taken"),
    ("ApiPlugin", "spec.apiData.endpoint", "//{day}/", "refused"),
    ("ApiPlugin", "spec.apiData.endpoint", "/a {day}/", "refused"),
    ("ApiPlugin", "spec.apiData.endpoint", "https://api.example/{day}/", "refused"),
    ("ApiPlugin", "spec.apiData.endpoint", f"/{{day}}/{'a' * 255}", "refused"),
    ("ApiPlugin", "spec.apiData.endpoint", "/{other}/", "refused"),
    *[
        ("ApiPlugin", "spec.apiData.method", method, "taken")
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "post")
    ],
    ("ApiPlugin", "spec.apiData.method", "FETCH", "refused"),
    ("ApiPlugin", "spec.apiData.limit", 1, "taken"),
    ("ApiPlugin", "spec.apiData.limit", 0, "refused"),
    ("ApiPlugin", "spec.apiData.urlParams", [{"key": "q", "value": "a b"}], "taken"),
    ("ApiPlugin", "spec.apiData.urlParams", [{"key": "q"}], "refused"),
    ("ApiPlugin", "spec.apiData.headers", [{"name": "X-Id", "value": 7}], "taken"),
    ("ApiPlugin", "spec.apiData.headers", [{"name": "X Id", "value": "7"}], "refused"),
    ("ApiPlugin", "spec.apiData.headers", [{"name": "X-Id", "value": "7\n"}], "refused"),
    ("ApiPlugin", "spec.apiData.headers", [{"name": "X-Id", "value": "\u65e5"}], "refused"),
    ("ApiPlugin", "spec.apiData.body", {"a": 1}, "taken"),
    ("ApiPlugin", "spec.apiData.body", [1], "taken"),
    ("ApiPlugin", "spec.apiData.body", None, "taken"),
    ("ApiPlugin", "spec.apiData.body", "text", "refused"),
]
CONNECTIONS: list[Row] = [
    ("SqlConnection", "spec.connection", ABSENT, "refused"),
    ("SqlConnection", "spec.connection.dbEngine", ABSENT, "refused"),
    ("SqlConnection", "spec.connection.dbEngine", "django.db.backends.mysql", "taken"),
    ("SqlConnection", "spec.connection.dbEngine", "punch_cards", "refused"),
    ("SqlConnection", "spec.connection.hostname", ABSENT, "refused"),
    ("SqlConnection", "spec.connection.hostname", "not a host", "refused"),
    ("SqlConnection", "spec.connection.database", ABSENT, "refused"),
    ("SqlConnection", "spec.connection.port", 65_535, "taken"),
    ("SqlConnection", "spec.connection.port", 65_536, "refused"),
    ("SqlConnection", "spec.connection.password", "harbour_password", "taken"),
    ("SqlConnection", "spec.connection.password", "***", "refused"),
    ("SqlConnection", "spec.connection.poolSize", 1, "taken"),
    ("SqlConnection", "spec.connection.poolSize", 0, "refused"),
    ("SqlConnection", "spec.connection.maxOverflow", 0, "taken"),
    ("SqlConnection", "spec.connection.maxOverflow", -1, "refused"),
    ("SqlConnection", "spec.connection.useSsl", "yes", "refused"),
    ("SqlConnection", "spec.connection.authenticationMethod", "ldap", "refused"),
    ("ApiConnection", "spec.connection.baseUrl", ABSENT, "refused"),
    ("ApiConnection", "spec.connection.baseUrl", "ftp://api.example", "refused"),
    *[
        ("ApiConnection", "spec.connection.authMethod", method, "taken")
        for method in ("none", "basic", "token", "oauth")
    ],
    ("ApiConnection", "spec.connection.authMethod", "bearer", "refused"),
    ("ApiConnection", "spec.connection.timeout", 1, "taken"),
    ("ApiConnection", "spec.connection.timeout", 0, "refused"),
    ("ApiConnection", "spec.connection.proxyProtocol", "https", "taken"),
    ("ApiConnection", "spec.connection.proxyProtocol", "gopher", "refused"),
    ("ApiConnection", "spec.connection.proxyPort", 0, "refused"),
    ("ApiConnection", "spec.connection.apiKey", "harbourKey", "notice"),
    ("Secret", "spec.config", ABSENT, "refused"),
    ("Secret", "spec.config.value", ABSENT, "taken"),
    ("Secret", "spec.config.value", "********", "taken"),
    ("Secret", "spec.config.value", "", "refused"),
    ("Secret", "spec.config.expiration_date", "2031-06-15T12:00:00Z", "taken"),
    ("Secret", "spec.config.expiration_date", None, "taken"),
    ("Secret", "spec.config.expiration_date", "soon", "refused"),
]
ROWS = [*NAMES, *METADATA, *ENVELOPE, *SELECTORS, *PROMPTS, *DATA, *CONNECTIONS]


def manifest(kind: str, path: str, value: Any) -> dict[str, Any]:
    """Return a good manifest with one field set to a value, or without it."""
    made: dict[str, Any] = {
        "apiVersion": "smarter.sh/v1",
        "kind": kind,
        "metadata": {"name": "ferry_times", "version": "1.0.0"},
        "spec": copy.deepcopy(SPECS[kind]),
    }
    if kind in CLASSES:
        made["metadata"]["pluginClass"] = CLASSES[kind]
    place: Any = made
    *parents, last = (int(step) if step.isdecimal() else step for step in path.split("."))
    for step in parents:
        place = place[step]
    if value is ABSENT:
        place.pop(last, None)
    else:
        place[last] = value
    return made


def verdict(text: str) -> Verdict:
    """Return what the validation says of a manifest: a refusal has a reason for a person to read."""
    loaded = load_sources([Source("x.yaml", text)])
    model, problems = validate(loaded.documents[0], SCHEMAS)
    problems = [*loaded.problems, *problems]
    assert all(problem.message and problem.line > 0 for problem in problems)
    if any(problem.severity == "error" for problem in problems):
        return "refused"
    assert model is not None
    return "notice" if problems else "taken"


@pytest.mark.parametrize("kind", SPECS)
def test_the_manifest_that_the_rows_change_is_good(kind: str) -> None:
    assert verdict(dump_yaml(manifest(kind, "kind", kind))) == "taken"


@pytest.mark.parametrize(("kind", "path", "value", "expected"), ROWS)
def test_a_field_takes_what_its_rule_says(kind: str, path: str, value: Any, expected: Verdict) -> None:
    assert verdict(dump_yaml(manifest(kind, path, value))) == expected
