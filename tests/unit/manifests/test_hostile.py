"""The corpus of hostile YAML: one clear answer for each text, with line and column, for a bounded amount of work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile_yaml import LAUGHS, NO_MANIFEST, NOTICED, ODD_BUT_READ, REFUSED, Hostile
from webapp.manifests import reader
from webapp.manifests.envelope import Manifest
from webapp.manifests.loader import load_sources
from webapp.manifests.problems import Problem, apply_fix
from webapp.manifests.sources import Limits, Source
from webapp.manifests.validation import schemas_by_kind, validate
from webapp.plugins import examples
from webapp.plugins.schema import PLUGIN_MANIFESTS

SCHEMAS = schemas_by_kind(PLUGIN_MANIFESTS)


def check(content: str | bytes) -> tuple[list[Manifest | None], list[Problem]]:
    loaded = load_sources([Source("x.yaml", content)])
    found = [validate(document, SCHEMAS) for document in loaded.documents]
    return [model for model, _ in found], [*loaded.problems, *(item for _, items in found for item in items)]


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_hostile_text_has_its_answer(case: Hostile) -> None:
    loaded = load_sources([Source("x.yaml", case.content)])
    [problem] = loaded.problems
    assert (problem.line, problem.column, problem.message) == (case.line, case.column, case.message)
    assert problem.severity == "error"
    assert problem.hint
    assert problem.source == ("x.yaml" if case.line else "")


@pytest.mark.parametrize("case", NOTICED, ids=str)
def test_what_means_nothing_here_is_said_and_refuses_nothing(case: Hostile) -> None:
    loaded = load_sources([Source("x.yaml", case.content)])
    [problem] = loaded.problems
    assert (problem.line, problem.column, problem.message) == (case.line, case.column, case.message)
    assert (problem.severity, problem.document) == ("notice", 1)


@pytest.mark.parametrize(("name", "content", "value"), ODD_BUT_READ, ids=[case[0] for case in ODD_BUT_READ])
def test_what_only_looks_wrong_is_read_as_it_is_written(
    name: str, content: str | bytes, value: object
) -> None:
    loaded = load_sources([Source("x.yaml", content)])
    assert loaded.problems == []
    assert [document.data for document in loaded.documents] == [value]


@pytest.mark.parametrize(("name", "content"), NO_MANIFEST, ids=[case[0] for case in NO_MANIFEST])
def test_what_is_no_manifest_is_called_that(name: str, content: str) -> None:
    models, [problem] = check(content)
    assert models == [None]
    assert "not a manifest" in problem.message
    assert "apiVersion, kind, metadata and spec" in (problem.hint or "")


def test_a_directive_belongs_to_the_document_after_it() -> None:
    loaded = load_sources([Source("x", "a: 1\n---\nb: 1\n...\n%TAG ! x\n---\nc: 1\n...\n%YAML 1.1\n")])
    assert [(item.document, item.line, item.severity) for item in loaded.problems] == [(3, 5, "error")]


@pytest.mark.parametrize(
    ("text", "events"),
    [
        (LAUGHS, 120),
        ("a: &a [" + "x, " * 400 + "]\nb: [*a, *a, *a" + ", *a" * 100_000 + "]\n", 420),
        ("[" * 100_000, 60),
        ("- " * 100_000, 60),
        ("? " * 100_000, 60),
        ("k: 1\n" * 50_000, 100_010),
    ],
    ids=["laughs", "quadratic", "brackets", "lists", "keys", "repeated"],
)
def test_the_work_for_a_bomb_is_bounded(text: str, events: int, monkeypatch: pytest.MonkeyPatch) -> None:
    read, original = 0, reader.read_events

    def counting(source: str) -> Iterator[Any]:
        nonlocal read
        for event in original(source):
            read += 1
            yield event

    monkeypatch.setattr(reader, "read_events", counting)
    loaded = load_sources([Source("x", text)])
    assert read <= events
    assert loaded.problems
    assert len(loaded.problems) <= Limits().max_problems + 1


@pytest.mark.parametrize(
    ("change", "label", "line"),
    [
        (('version: "1.0.0"', "version: 1.1"), 'Write "1.1.0"', '  version: "1.1.0"'),
        (('version: "1.0.0"', "version: 2"), 'Write "2.0.0"', '  version: "2.0.0"'),
        (("name: ", "name: everlastingGobstopper #"), "Write everlasting_gobstopper", "  name: everlasting_gobstopper"),
        (("pluginClass: sql", "pluginClass: Sql"), "Write sql", "  pluginClass: sql"),
        (("  description:", "  descripton:"), "Rename to description", "  description:"),
        (("systemRole:", "system_role:"), "Rename to systemRole", "    systemRole:"),
        (("kind: SqlPlugin", "kind: sqlplugin"), "Write SqlPlugin", "kind: SqlPlugin"),
        (("kind: SqlPlugin", "kind: SQLPlugni"), "Write SqlPlugin", "kind: SqlPlugin"),
    ],
    ids=["version", "whole version", "camelCase", "class", "key", "snake_case key", "kind", "nearly a kind"],
)  # fmt: skip
def test_a_certain_mistake_is_put_right_by_one_press(change: tuple[str, str], label: str, line: str) -> None:
    old, new = change
    base = _with_version(examples.SQL)
    assert old in base
    text = base.replace(old, new, 1)
    fixes = [problem.fix for problem in check(text)[1] if problem.fix is not None]
    assert [fix.label for fix in fixes] == [label]
    fixed = apply_fix(text, fixes[0])
    assert any(found.startswith(line) for found in fixed.split("\n"))
    models, problems = check(fixed)
    assert models != [None]
    assert not [problem for problem in problems if problem.fix]


def test_no_press_is_offered_where_two_things_may_be_meant() -> None:
    text = _with_version(examples.SQL).replace("  description:", "  zzz:", 1)
    assert not [problem.fix for problem in check(text)[1] if problem.fix]


def test_the_line_for_editors_is_a_comment() -> None:
    text = "# yaml-language-server: $schema=https://plugdeck.example.com/manifests/schema/SqlPlugin.json\n"
    assert check(text + examples.SQL)[1] == check(examples.SQL)[1]


@given(
    st.lists(
        st.sampled_from([*(case.content for case in REFUSED if isinstance(case.content, str) and len(case.content) < 200)]),
        min_size=2,
        max_size=4,
    )
)  # fmt: skip
def test_hostile_documents_beside_each_other_each_have_their_answer(texts: list[str]) -> None:
    good = "---\nfine: yes\n"
    loaded = load_sources([Source(f"{number}", text) for number, text in enumerate([*texts, good])])
    assert loaded.documents[-1].data == {"fine": "yes"}
    sources = {problem.source for problem in loaded.problems}
    assert sources >= {str(number) for number, text in enumerate(texts) if text.strip("# \nab-.")}


def _with_version(text: str) -> str:
    lines = ['  version: "1.0.0"' if line.startswith("  version:") else line for line in text.split("\n")]
    return "\n".join(lines)
