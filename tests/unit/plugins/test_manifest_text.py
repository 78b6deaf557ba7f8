"""A plugin as a text that a person edits: what is read, what is refused and where, and what differs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories import plugin_values, sql_values
from webapp.manifests.problems import apply_fix
from webapp.plugins.manifest import export_yaml
from webapp.plugins.manifest_text import TypedManifest, read_manifest
from webapp.plugins.values import PluginValues

RECORD = plugin_values("sweets", version="1.0.0", tags=("candy",))
TEXT = export_yaml(RECORD)


def messages(typed: TypedManifest) -> list[str]:
    return [problem.message for problem in typed.errors]


def test_the_export_of_a_record_says_the_record() -> None:
    typed = read_manifest(TEXT, RECORD)
    assert (typed.values, typed.problems, list(typed.changes(RECORD))) == (RECORD, (), [])


def test_what_differs_is_named() -> None:
    typed = read_manifest(TEXT.replace("version: 1.0.0", "version: 1.0.1"), RECORD)
    assert [change.path for change in typed.changes(RECORD)] == ["metadata.version"]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n"])
def test_an_empty_text_is_refused(text: str) -> None:
    assert messages(read_manifest(text, RECORD)) == ["There is no manifest here."]


def test_a_second_document_is_refused_where_it_begins() -> None:
    typed = read_manifest(f"{TEXT}---\n{TEXT}", RECORD)
    [problem] = typed.errors
    assert problem.message == "This is a second document, and a record is one."
    assert typed.lines.line(problem.line).startswith(("---", "apiVersion"))
    assert typed.values is None


def test_another_name_is_refused_and_the_fix_gives_the_name_back() -> None:
    typed = read_manifest(TEXT.replace("name: sweets", "name: bitters"), RECORD)
    [problem] = typed.errors
    assert problem.message == "This plugin is called sweets. A manifest of another name is another plugin."
    assert problem.path == "metadata.name"
    assert problem.fix is not None
    assert apply_fix(typed.lines.text, problem.fix) == TEXT


def test_the_name_that_the_text_was_opened_with_is_taken() -> None:
    renamed = replace(RECORD, name="sugar")
    typed = read_manifest(TEXT, renamed, names={"sweets", "sugar"})
    assert typed.values == RECORD


@pytest.mark.parametrize("kind", ["Secret", "SqlConnection", "Rocket"])
def test_a_kind_that_is_no_plugin_is_refused(kind: str) -> None:
    typed = read_manifest(TEXT.replace("kind: Plugin", f"kind: {kind}"), RECORD)
    assert typed.values is None
    assert any(problem.path == "kind" for problem in typed.errors)


def test_every_problem_is_said_in_the_order_of_the_text() -> None:
    text = TEXT.replace("version: 1.0.0", "version: 1.10").replace("tags:", "tagz:")
    typed = read_manifest(text, RECORD)
    assert [problem.path for problem in typed.errors] == ["metadata.version", "metadata.tagz"]
    assert typed.values is None
    assert list(typed.changes(RECORD)) == []


def test_a_text_that_is_no_yaml_is_refused_with_its_place() -> None:
    typed = read_manifest("a: [1\nb: 2\n", RECORD)
    assert typed.errors
    assert typed.errors[0].line


def sql(connection: str) -> PluginValues:
    return sql_values("sweets", connection=connection)


def test_another_class_is_a_notice_and_no_refusal() -> None:
    typed = read_manifest(export_yaml(sql("warehouse")), RECORD, connections=(["warehouse"], []))
    assert typed.values == sql("warehouse")
    [notice] = typed.notices
    assert "changes from Plugin to SqlPlugin; its data is replaced" in notice.message


def test_a_connection_that_is_not_there_is_a_notice() -> None:
    record = sql("warehouse")
    assert read_manifest(export_yaml(record), record, connections=(["warehouse"], [])).notices == ()
    [notice] = read_manifest(export_yaml(record), record, connections=([], ["warehouse"])).notices
    assert notice.path == "spec.connection"
    assert "until the connection warehouse exists" in notice.message
