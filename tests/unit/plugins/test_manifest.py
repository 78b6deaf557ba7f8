"""The canonical export of plugins: the same bytes, and the way back."""

from __future__ import annotations

import json

from hypothesis import given

from tests.unit.plugins import strategies
from webapp.manifests.loader import Source, load_sources
from webapp.manifests.validation import schemas_by_kind, validate
from webapp.plugins.examples import API, SQL, STATIC
from webapp.plugins.manifest import export_json, export_mapping, export_yaml
from webapp.plugins.schema import PLUGIN_MANIFESTS, PluginManifest, to_values
from webapp.plugins.values import PluginValues, PromptValues, SelectorValues, SqlData, StaticData

SCHEMAS = schemas_by_kind(PLUGIN_MANIFESTS)


def read(text: str) -> PluginValues:
    loaded = load_sources([Source("exported", text)])
    assert loaded.problems == []
    assert len(loaded.documents) == 1
    model, problems = validate(loaded.documents[0], SCHEMAS)
    assert isinstance(model, PluginManifest), problems
    return to_values(model)


def text_of(values: PluginValues) -> str:
    """Return the values as text, in which 1, 1.0 and true differ."""
    return json.dumps(values.to_dict())


@given(strategies.plugin_values())
def test_an_export_reads_back_as_the_same_values(values: PluginValues) -> None:
    for export in (export_yaml, export_json):
        again = read(export(values))
        assert text_of(again) == text_of(values)
        assert export(again) == export(values)


@given(strategies.plugin_values())
def test_the_same_values_give_the_same_bytes(values: PluginValues) -> None:
    assert export_yaml(values) == export_yaml(PluginValues.from_dict(json.loads(text_of(values))))


def test_what_is_empty_is_left_out_and_missing_parts_are_null() -> None:
    assert export_mapping(PluginValues("bare", "static")) == {
        "apiVersion": "smarter.sh/v1",
        "kind": "Plugin",
        "metadata": {"name": "bare", "pluginClass": "static", "description": "", "version": "1.0.0"},
        "spec": {"selector": None, "prompt": None, "data": None},
    }


def test_the_export_is_the_one_that_is_documented() -> None:
    values = PluginValues(
        name="ships_by_port",
        plugin_class="sql",
        description="Ships.",
        tags=("sea", "no"),
        annotations=({"team": "harbour"},),
        selector=SelectorValues("always"),
        prompt=PromptValues(system_role="One sentence.\nNo more.\n"),
        data=SqlData("ships_db", "SELECT 1\nFROM ships", limit=None),
    )
    assert export_yaml(values) == (
        "apiVersion: smarter.sh/v1\n"
        "kind: SqlPlugin\n"
        "metadata:\n"
        "  name: ships_by_port\n"
        "  pluginClass: sql\n"
        "  description: Ships.\n"
        "  version: 1.0.0\n"
        "  tags:\n"
        "    - sea\n"
        '    - "no"\n'
        "  annotations:\n"
        "    - team: harbour\n"
        "spec:\n"
        "  selector:\n"
        "    directive: always\n"
        "  prompt:\n"
        "    provider: openai\n"
        "    systemRole: |\n"
        "      One sentence.\n"
        "      No more.\n"
        "    model: gpt-4o-mini\n"
        "    temperature: 0.5\n"
        "    maxTokens: 2048\n"
        "  connection: ships_db\n"
        "  sqlData:\n"
        "    sqlQuery: |-\n"
        "      SELECT 1\n"
        "      FROM ships\n"
        "    limit: null\n"
    )


def test_terms_without_a_search_directive_are_kept() -> None:
    values = PluginValues("a", "static", selector=SelectorValues("llm", ("sea",)), data=StaticData("", {}))
    assert read(export_yaml(values)).selector == SelectorValues("llm", ("sea",))


def test_the_examples_are_valid() -> None:
    assert [read(text).plugin_class for text in (STATIC, SQL, API)] == ["static", "sql", "api"]
