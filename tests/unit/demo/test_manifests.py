"""The demo manifests: valid, believable, and consistent with each other, save for the gaps left on purpose."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import yaml

from webapp.core.rules import (
    check_max_tokens,
    check_name,
    check_search_term,
    check_temperature,
    check_version,
    clean_annotations,
    clean_tags,
)
from webapp.core.semver import parse
from webapp.core.text import fold
from webapp.demo.files import DemoFile, list_manifest_files
from webapp.demo.people import ACCOUNTS, CONFECTIONERY, FREIGHT
from webapp.plugins.lint.descriptions import SHORT as DESCRIPTION_SHORT
from webapp.plugins.lint.search_terms import SHORT as TERM_SHORT

# Gaps left on purpose, so that the demo shows records that are Not ready.
MISSING_CONNECTIONS = {
    "farm_gate_payments": "farm_ledger_db",
    "berth_windows": "pilot_office_api",
    "carbon_per_shipment": "emissions_warehouse",
}
MISSING_SECRETS = {"customs_api": "customs_broker_key"}
EXPIRED_SECRET = "credit_bureau_key"
# Records that ask for attention: a description that says nothing, or a search term of two letters.
SHORT_DESCRIPTIONS = {"press_and_media_contacts", "tempering_curves"}
SHORT_TERMS = {"press_and_media_contacts", "reefer_set_points"}

CLASSES = {"Plugin": "static", "SqlPlugin": "sql", "ApiPlugin": "api"}
DATA_KEYS = {"Plugin": "data", "SqlPlugin": "sqlData", "ApiPlugin": "apiData"}
SECRET_KEYS = ("password", "apiKey", "proxyPassword")
JSON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)


@dataclass(frozen=True)
class Document:
    """One document of the demo with the file it stands in."""

    file: DemoFile
    content: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.content["kind"])

    @property
    def name(self) -> str:
        return str(self.content["metadata"]["name"])

    @property
    def metadata(self) -> dict[str, Any]:
        return dict(self.content["metadata"])

    @property
    def spec(self) -> dict[str, Any]:
        return dict(self.content["spec"])

    @property
    def data(self) -> dict[str, Any]:
        return dict(self.spec[DATA_KEYS[self.kind]])


@cache
def _documents() -> tuple[Document, ...]:
    return tuple(
        Document(file, content)
        for file in list_manifest_files()
        for content in yaml.safe_load_all(file.path.read_text(encoding="utf-8"))
    )


def _plugins() -> tuple[Document, ...]:
    return tuple(document for document in _documents() if document.kind in CLASSES)


def _connections() -> tuple[Document, ...]:
    return tuple(document for document in _documents() if document.kind.endswith("Connection"))


def _names(account_number: str, *kinds: str) -> set[str]:
    return {
        document.name
        for document in _documents()
        if document.file.account_number == account_number and document.kind in kinds
    }


def _core_tag(text: str) -> str:
    """Return the tag that the core schema of YAML 1.2 gives to a plain scalar."""
    if text in {"", "~", "null", "Null", "NULL"}:
        kind = "null"
    elif text in {"true", "True", "TRUE", "false", "False", "FALSE"}:
        kind = "bool"
    elif _INTEGER.fullmatch(text):
        kind = "int"
    else:
        kind = "float" if _FLOAT.fullmatch(text) else "str"
    return f"tag:yaml.org,2002:{kind}"


def _scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(key)
            yield from _scalars(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item)


@pytest.mark.parametrize("file", list_manifest_files(), ids=lambda file: f"{file.username}/{file.path.stem}")
def test_scalars_mean_the_same_under_yaml_1_1_and_1_2(file: DemoFile) -> None:
    for document in yaml.compose_all(file.path.read_text(encoding="utf-8"), yaml.SafeLoader):
        for scalar in _scalars(document):
            if scalar.style is not None:
                continue
            assert scalar.tag == _core_tag(scalar.value), scalar.start_mark
            # A leading zero is octal in one version and decimal in the other. PyYAML does not know y and n as booleans.
            assert not re.fullmatch(r"[-+]?0[0-9_]+|[yYnN]", scalar.value), scalar.start_mark


def test_every_document_has_the_envelope_of_a_manifest() -> None:
    for document in _documents():
        assert set(document.content) == {"apiVersion", "kind", "metadata", "spec"}
        assert document.content["apiVersion"] == "smarter.sh/v1"
        wanted = {"name", "description", "version", "tags", "annotations"}
        assert set(document.metadata) == wanted | ({"pluginClass"} if document.kind in CLASSES else set())


def test_kind_and_file_agree() -> None:
    for document in _documents():
        assert document.file.holds_plugins == (document.kind in CLASSES)
        if document.kind in CLASSES:
            assert document.metadata["pluginClass"] == CLASSES[document.kind]
        else:
            assert (document.kind == "Secret") == (document.file.path.name == "secrets.yaml")


def test_metadata_keeps_the_rules_of_every_field() -> None:
    for document in _documents():
        assert check_name(document.name, new=True) == []
        assert check_version(document.metadata["version"]) == []
        tags, tag_errors = clean_tags(document.metadata["tags"])
        annotations, annotation_errors = clean_annotations(document.metadata["annotations"])
        assert (tag_errors, annotation_errors) == ([], [])
        assert tags == document.metadata["tags"]
        assert annotations == document.metadata["annotations"]


def test_names_are_unique_in_an_account() -> None:
    for account in ACCOUNTS:
        for group in (tuple(CLASSES), ("SqlConnection", "ApiConnection"), ("Secret",)):
            names = [
                d.name for d in _documents() if d.file.account_number == account.number and d.kind in group
            ]
            assert len(names) == len(set(names))


def test_there_are_enough_plugins_of_all_three_classes() -> None:
    assert len(_plugins()) >= 48
    share = Counter(document.metadata["pluginClass"] for document in _plugins())
    assert share["static"] > share["sql"] > 10
    assert share["api"] > 10
    for account_number in (CONFECTIONERY, FREIGHT):
        found = {d.kind for d in _plugins() if d.file.account_number == account_number}
        assert found == set(CLASSES)


def test_every_named_connection_exists_except_the_gaps_left_on_purpose() -> None:
    missing = {}
    for plugin in _plugins():
        if plugin.kind == "Plugin":
            continue
        kind = "SqlConnection" if plugin.kind == "SqlPlugin" else "ApiConnection"
        if plugin.spec["connection"] not in _names(plugin.file.account_number, kind):
            missing[plugin.name] = plugin.spec["connection"]
    assert missing == MISSING_CONNECTIONS


def test_every_named_secret_exists_except_the_gaps_left_on_purpose() -> None:
    missing = {}
    for connection in _connections():
        settings = connection.spec["connection"]
        for secret in (settings[key] for key in SECRET_KEYS if key in settings):
            if secret not in _names(connection.file.account_number, "Secret"):
                missing[connection.name] = secret
    assert missing == MISSING_SECRETS


def test_every_connection_and_secret_is_used() -> None:
    used = {plugin.spec["connection"] for plugin in _plugins() if plugin.kind != "Plugin"}
    settings = [connection.spec["connection"] for connection in _connections()]
    secrets = {item[key] for item in settings for key in SECRET_KEYS if key in item}
    assert {connection.name for connection in _connections()} <= used
    assert {document.name for document in _documents() if document.kind == "Secret"} <= secrets


def test_one_secret_that_a_plugin_needs_has_expired() -> None:
    now = dt.datetime.now(dt.UTC)
    expired = {
        document.name
        for document in _documents()
        if "expiration_date" in document.spec.get("config", {})
        and dt.datetime.fromisoformat(document.spec["config"]["expiration_date"]) < now
    }
    assert expired == {EXPIRED_SECRET}


def test_secret_values_are_obviously_fake() -> None:
    for secret in (document for document in _documents() if document.kind == "Secret"):
        assert secret.spec["config"]["value"].startswith(("demo-", "not-a-real-password-"))


def test_nothing_points_at_a_real_host() -> None:
    for connection in _connections():
        settings = connection.spec["connection"]
        host = settings.get("hostname") or settings["baseUrl"].removeprefix("https://").partition("/")[0]
        assert host.endswith(".example")
    for file in list_manifest_files():
        text = file.path.read_text(encoding="utf-8")
        for host in re.findall(r"(?:https?://|@)([A-Za-z0-9.-]+)", text):
            assert host.rstrip(".").endswith(".example"), (file.path.name, host)


def test_every_placeholder_is_declared_and_every_parameter_can_be_tried() -> None:
    for plugin in _plugins():
        if plugin.kind == "Plugin":
            continue
        data = plugin.data
        declared = [parameter["name"] for parameter in data["parameters"]]
        template = data["sqlQuery"] if plugin.kind == "SqlPlugin" else data["endpoint"]
        placeholders = set(re.findall(r"{(.*?)}", template))
        assert placeholders <= set(declared), plugin.name
        assert len(declared) == len(set(declared))
        assert [value["name"] for value in data["testValues"]] == declared, plugin.name
        if plugin.kind == "SqlPlugin":
            assert placeholders == set(declared), plugin.name
            assert not re.search(r";|\blimit\b", data["sqlQuery"], re.IGNORECASE), plugin.name


def test_defaults_choices_and_test_values_fit_their_parameter() -> None:
    for plugin in _plugins():
        data = plugin.data
        tried = {value["name"]: value["value"] for value in data.get("testValues", [])}
        for parameter in data.get("parameters", []):
            values = [tried[parameter["name"]]] + ([parameter["default"]] if "default" in parameter else [])
            for value in values:
                assert isinstance(value, JSON_TYPES[parameter["type"]]), (plugin.name, parameter["name"])
                assert isinstance(value, bool) == (parameter["type"] == "boolean")
                assert value in parameter.get("enum", [value]), (plugin.name, parameter["name"])
            assert all(isinstance(choice, str) for choice in parameter.get("enum", []))


def test_endpoints_headers_and_fixed_url_parameters_are_plain_text() -> None:
    for plugin in (document for document in _plugins() if document.kind == "ApiPlugin"):
        data = plugin.data
        assert re.fullmatch(r"/([A-Za-z0-9_{}-]+/)+", data["endpoint"]), plugin.name
        assert data["limit"] > 1
        for pair in [*data.get("headers", []), *data.get("urlParams", [])]:
            assert len(pair) == 2
            assert all(isinstance(value, str) and value for value in pair.values())


def test_selectors_and_prompts_keep_the_rules() -> None:
    directives: Counter[str] = Counter()
    for plugin in _plugins():
        selector, prompt = plugin.spec["selector"], plugin.spec["prompt"]
        directives[selector["directive"]] += 1
        assert ("searchTerms" in selector) == (selector["directive"] == "search_terms")
        for term in selector.get("searchTerms", []):
            assert isinstance(term, str)
            assert check_search_term(term) == []
        assert check_temperature(prompt["temperature"]) == []
        assert check_max_tokens(prompt["maxTokens"]) == []
        assert len(prompt["systemRole"].strip()) > 40
    assert set(directives) == {"search_terms", "always", "llm"}
    assert directives["search_terms"] > 4 * (directives["always"] + directives["llm"])


def test_only_the_chosen_records_need_attention() -> None:
    lengths = {plugin.name: len(plugin.metadata["description"]) for plugin in _plugins()}
    short = {name for name, length in lengths.items() if length < DESCRIPTION_SHORT}
    terms = {
        plugin.name
        for plugin in _plugins()
        if any(len(term) < TERM_SHORT for term in plugin.spec["selector"].get("searchTerms", []))
    }
    assert short == SHORT_DESCRIPTIONS
    assert terms == SHORT_TERMS
    assert all(60 <= length <= 250 for name, length in lengths.items() if name not in SHORT_DESCRIPTIONS)


def test_tags_overlap_and_have_a_tail() -> None:
    for account_number in (CONFECTIONERY, FREIGHT):
        uses = Counter(
            tag
            for plugin in _plugins()
            if plugin.file.account_number == account_number
            for tag in plugin.metadata["tags"]
        )
        assert len([tag for tag, count in uses.items() if count >= 4]) >= 8
        assert len([tag for tag, count in uses.items() if count == 1]) >= 3
        assert any(" " in tag and tag != fold(tag) for tag in uses)


def test_versions_span_a_range_with_pre_releases() -> None:
    versions = [parse(plugin.metadata["version"]) for plugin in _plugins()]
    assert {version.major for version in versions if version} >= {0, 1, 2, 3}
    kinds = {str(version.prerelease[0]) for version in versions if version and version.prerelease}
    assert kinds == {"alpha", "beta", "rc"}
