"""What an editor is told: where a problem ends, what is counted, and what is not told."""

from __future__ import annotations

import pytest

from webapp.connections.schema import CONNECTION_MANIFESTS
from webapp.manifests.checks import SHOWN_MAX, end_of, shape, summary
from webapp.manifests.diff import FieldChange
from webapp.manifests.loader import LoadedDocument
from webapp.manifests.plan import Action, Plan, PlanItem
from webapp.manifests.problems import Fix, Problem, SourceLines
from webapp.manifests.validation import schemas_by_kind
from webapp.plugins.schema import PLUGIN_MANIFESTS


@pytest.mark.parametrize(
    ("line", "column", "marked"),
    [
        ("  version: 1.10", 12, "1.10"),
        ("  version: 1.10   # the next one", 12, "1.10"),
        ("  tagz:", 3, "tagz"),
        ("  tagz: [a]", 3, "tagz"),
        ("  name: two words", 9, "two words"),
        ("  name: 'it''s: one' # x", 9, "'it''s: one'"),
        ('  name: "a \\" b": c', 9, '"a \\" b"'),
        ("{name: two words, b: 1}", 8, "two words"),
        ("  - [one, two]", 6, "one"),
        ("  url: http://a.b/c#d", 8, "http://a.b/c#d"),
        ("  a: [", 6, "["),
        ("\t- a", 1, "\t"),
        ("  \U0001f36b: x", 3, "\U0001f36b"),
    ],
)
def test_a_problem_ends_where_its_key_or_value_ends(line: str, column: int, marked: str) -> None:
    assert line[column - 1 : end_of(line, column) - 1] == marked


@pytest.mark.parametrize(("line", "column"), [("", 1), ("abc", 4), ("abc", 99), ("abc", 0)])
def test_a_place_outside_of_the_line_has_no_length(line: str, column: int) -> None:
    assert end_of(line, column) == column


def test_a_problem_names_its_source_by_place_and_its_fix_whole() -> None:
    fix = Fix('Write "1.1.0"', 1, 10, 1, 13, '"1.1.0"')
    problem = Problem(
        document=2,
        line=1,
        column=10,
        path="metadata.version",
        message="No.",
        hint="Quote it.",
        fix=fix,
        source="b",
    )
    told = shape([problem], {"b": SourceLines("version: 1.1\n")}, ["a", "b"], "unused")
    assert told == {
        "errors": 1,
        "notices": 0,
        "summary": "",
        "problems": [
            {
                "source": 1,
                "document": 2,
                "line": 1,
                "column": 10,
                "end": 13,
                "severity": "error",
                "path": "metadata.version",
                "message": "No.",
                "hint": "Quote it.",
                "fix": {
                    "label": 'Write "1.1.0"',
                    "line": 1,
                    "column": 10,
                    "endLine": 1,
                    "endColumn": 13,
                    "text": '"1.1.0"',
                },
            }
        ],
    }


def test_what_concerns_the_whole_import_has_no_source() -> None:
    [told] = shape([Problem(document=0, message="Too large.")], {}, ["a"], "")["problems"]
    assert (told["source"], told["line"]) == (None, 0)


def test_all_problems_are_counted_and_the_first_ones_listed() -> None:
    problems = [Problem(document=1, line=n, column=1, message="No.") for n in range(1, SHOWN_MAX + 8)]
    told = shape([*problems, Problem(document=1, message="Hm.", severity="notice")], {}, [], "")
    assert (told["errors"], told["notices"], len(told["problems"])) == (SHOWN_MAX + 7, 1, SHOWN_MAX)


def test_notices_alone_leave_the_summary() -> None:
    told = shape([Problem(document=1, message="Hm.", severity="notice")], {}, [], "Plugin a: create")
    assert told["summary"] == "Plugin a: create"


def item(action: Action, *changed: str) -> PlanItem:
    changes = tuple(FieldChange(path, "changed", 1, 2) for path in changed)
    return PlanItem(LoadedDocument(1, "a", 1, "", 0, 0), "Plugin", "sales", action, changes=changes)


def test_one_document_is_named_with_what_happens_to_it() -> None:
    assert summary(Plan((item("create"),))) == "Plugin sales: create"
    assert summary(Plan((item("update", "metadata.version"),))) == "Plugin sales: update, 1 field: version"
    assert summary(Plan((item("update", "metadata.version", "spec.prompt.model"),))).endswith(
        "2 fields: version, model"
    )


def test_several_documents_are_counted() -> None:
    plan = Plan((item("create"), item("create"), item("unchanged")))
    assert summary(plan) == "3 documents: 2 create, 1 unchanged"


def test_every_field_of_every_kind_says_what_it_is() -> None:
    """The editor shows it beside the field that it offers; `kind`, `metadata` and `spec` are said by their parts."""
    silent = [
        f"{kind}: {part}.{field}"
        for kind, schema in schemas_by_kind([*PLUGIN_MANIFESTS, *CONNECTION_MANIFESTS]).items()
        for part, found in schema.model_json_schema()["$defs"].items()
        for field, rule in found.get("properties", {}).items()
        if not rule.get("description")
    ]
    assert silent == []


def test_choices_are_listed_in_the_schema() -> None:
    defs = schemas_by_kind(PLUGIN_MANIFESTS)["ApiPlugin"].model_json_schema()["$defs"]
    assert defs["Selector"]["properties"]["directive"]["enum"] == ["search_terms", "always", "llm"]
    assert "POST" in defs["ApiDataSpec"]["properties"]["method"]["enum"]
    assert defs["ApiPluginSpec"]["properties"]["connection"]["x-names"] == "ApiConnection"
