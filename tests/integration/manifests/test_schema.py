"""The published JSON Schemas: for everybody, one for each kind, and nothing of any account in them."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.pages import PageClient
from webapp.manifests.loader import Source, load_sources

KINDS = ("Plugin", "SqlPlugin", "ApiPlugin", "SqlConnection", "ApiConnection", "Secret")


def _follow(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    for option in (part, *part.get("anyOf", ())):
        if "$ref" in option:
            found: dict[str, Any] = schema["$defs"][option["$ref"].rpartition("/")[2]]
            return found
    return part


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_of_a_kind_is_there_for_everybody(client: PageClient, kind: str) -> None:
    answer = client.get(f"/manifests/schema/{kind}.json")
    assert answer.status_code == 200
    assert answer.mimetype == "application/schema+json"
    assert "public" in answer.headers["Cache-Control"]
    schema = answer.get_json(force=True)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["properties"]["kind"]["enum"][0] == kind
    assert {"apiVersion", "kind", "metadata", "spec"} <= set(schema["properties"])


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_a_kind_has_only_fields_of_its_schema(
    client: PageClient, app: Flask, kind: str
) -> None:
    schema = client.get(f"/manifests/schema/{kind}.json").get_json(force=True)
    [document] = load_sources([Source("x", app.extensions["manifest_kinds"].get(kind).example)]).documents

    def check(data: Any, part: dict[str, Any]) -> None:
        part = _follow(schema, part)
        if isinstance(data, dict) and "properties" in part:
            assert set(part.get("required", ())) <= set(data)
            for key, value in data.items():
                check(value, part["properties"][key])

    check(document.data, schema)


def test_another_name_of_a_kind_finds_it_too(client: PageClient) -> None:
    assert client.get("/manifests/schema/StaticPlugin.json").get_json(force=True)["title"] == "Plugin"


@pytest.mark.parametrize("name", ["Rocket.json", "Plugin", "Plugin.yaml", "%2e%2e%2fPlugin.json"])
def test_an_unknown_kind_is_a_404(client: PageClient, name: str) -> None:
    assert client.get(f"/manifests/schema/{name}").status_code == 404
