"""Each rule finds what it is about, and nothing else; each says where in the editor it is put right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from webapp.plugins.lint import RULES, WEIGHTY, lint
from webapp.plugins.lint.data import TOKENS_HUGE, TOKENS_LARGE, estimate_tokens
from webapp.plugins.values import (
    ApiData,
    Parameter,
    PluginValues,
    PromptValues,
    SelectorValues,
    SqlData,
    StaticData,
)

GOOD = PluginValues(
    name="opening_hours",
    plugin_class="static",
    description="When the reading room of the library is open.",
    selector=SelectorValues("search_terms", ("opening hours", "reading room")),
    prompt=PromptValues(system_role="You help visitors."),
    data=StaticData("Hours.", {"monday": "09:00"}),
)
COLOUR = Parameter("colour", description="The colour of the sweet, such as red.")
SQL = replace(
    GOOD,
    plugin_class="sql",
    data=SqlData("catalogue", "SELECT title FROM book WHERE colour = {colour}", parameters=(COLOUR,)),
)


def described(text: str) -> PluginValues:
    return replace(GOOD, description=text)


def searched(*terms: str, directive: str = "search_terms") -> PluginValues:
    return replace(GOOD, selector=SelectorValues(directive, terms))


def queried(query: str, limit: int | None = 10) -> PluginValues:
    return replace(SQL, data=SqlData("catalogue", query, limit=limit))


def asking(**parts: object) -> PluginValues:
    parameter = replace(COLOUR, **parts)  # type: ignore[arg-type]  # Callers name fields with their types.
    query = f"SELECT title FROM book WHERE colour = {{{parameter.name}}}"
    return replace(SQL, data=SqlData("catalogue", query, parameters=(parameter,)))


def found(values: PluginValues) -> list[str]:
    return [finding.rule.id for finding in lint(values)]


def texts(values: PluginValues) -> list[str]:
    return [finding.text for finding in lint(values)]


CASES = [
    ("name-openai", replace(GOOD, name="n" * 65)),
    ("name-anthropic", replace(GOOD, name="n.m")),
    ("name-mcp", replace(GOOD, name="two words")),
    ("name-gemini", replace(GOOD, name="3d_models")),
    ("description-missing", described(" \n")),
    ("description-short", described("Opening hours of it")),
    ("description-long", described("When it is open. " * 61)),
    ("description-generic", described("This plugin provides data for the user.")),
    (
        "description-repeats-name",
        replace(GOOD, name="library_opening_hours", description="The library’s opening hours."),
    ),
    ("description-no-occasion", described("Reading room, first floor, library.")),
    ("description-registry", described("When the reading room is open. " * 4)),
    ("term-short", searched("is", "opening hours")),
    ("term-common", searched("What")),
    ("term-empty", searched("???")),
    ("term-duplicate", searched("Reading  Room", "reading room")),
    ("term-contained", searched("gobstopper", "Gobstoppers")),
    ("temperature-high", replace(GOOD, prompt=PromptValues(system_role="You help.", temperature=1.0))),
    ("tokens-few", replace(GOOD, prompt=PromptValues(system_role="You help.", max_tokens=10))),
    ("tokens-many", replace(GOOD, prompt=PromptValues(system_role="You help.", max_tokens=100_000))),
    ("static-large", replace(GOOD, data=StaticData("", ["x" * 4 * TOKENS_LARGE]))),
    ("static-huge", replace(GOOD, data=StaticData("", ["x" * 4 * TOKENS_HUGE]))),
    ("sql-writes", queried("DELETE FROM book WHERE id = 1")),
    ("sql-no-limit", queried("SELECT title FROM book", None)),
    ("parameter-name", asking(name="p" * 65)),
    ("parameter-name-gemini", asking(name="colour.name")),
    ("parameter-description", asking(description=" ")),
    ("parameter-unused", replace(SQL, data=SqlData("catalogue", "SELECT 1", parameters=(COLOUR,)))),
]


def test_a_good_plugin_of_each_class_is_left_alone() -> None:
    api = replace(GOOD, plugin_class="api", data=ApiData("prices", "/v1/{colour}/", parameters=(COLOUR,)))
    assert [found(values) for values in (GOOD, SQL, api)] == [[], [], []]


@pytest.mark.parametrize(("rule", "values"), CASES, ids=[rule for rule, _ in CASES])
def test_a_rule_finds_what_it_is_about(rule: str, values: PluginValues) -> None:
    others = {"name-openai", "name-anthropic", "name-mcp", "name-gemini", "parameter-name-gemini"}
    assert rule in found(values)
    # What no family of clients takes is found by several of them; apart from that each thing is said once.
    assert {id_ for id_ in found(values) if id_ != rule} <= (others if "name" in rule else set())


def test_every_rule_has_a_case() -> None:
    assert sorted(rule for rule, _ in CASES) == sorted(rule.id for rule in RULES)


def test_ids_are_unique_and_texts_are_sentences() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.why.endswith("."), rule.id
        assert rule.fix.endswith("."), rule.id
        assert not rule.about.endswith("."), rule.id


def test_only_hints_weigh_nothing() -> None:
    assert set(RULES) - set(WEIGHTY) == {rule for rule in RULES if rule.severity == "hint"}
    assert list(lint(searched("gobstopper", "gobstoppers"), WEIGHTY)) == []


def test_what_is_empty_has_nothing_to_find_but_the_description() -> None:
    assert found(PluginValues("bare", "static")) == ["description-missing"]


def test_terms_are_named_the_first_few_of_them() -> None:
    (text,) = texts(searched(*"abcdefgh"))
    assert text == (
        "The search terms “a”, “b”, “c”, “d”, “e” and 3 more are so short that they match almost everything"
    )
    assert texts(searched("a", "books")) == [
        "The search term “a” is so short that it matches almost everything"
    ]


def test_terms_of_another_directive_are_not_judged() -> None:
    assert found(searched("a", "?", directive="always")) == []


@pytest.mark.parametrize("term", ["图书", "時間", "시간"])
def test_two_signs_of_a_dense_script_are_a_word(term: str) -> None:
    assert found(searched(term)) == []
    assert found(searched(term[0])) == ["term-short"]


@pytest.mark.parametrize(
    "query",
    [
        "WITH old AS (DELETE FROM book RETURNING id) SELECT id FROM old LIMIT 3",
        "SELECT 1; drop table book",
        "/* read only */ Insert into book values (1)",
    ],
)
def test_a_query_that_writes_in_any_place_is_found(query: str) -> None:
    assert "sql-writes" in found(queried(query))


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 'DELETE FROM book' AS text FROM book",
        "SELECT id -- ; DROP TABLE book\nFROM book",
        'SELECT "update" FROM book FOR UPDATE',
        "SELECT replace(title, 'a', 'b') FROM book",
        "SELECT updated_at, created FROM book WHERE deleted",
    ],
)
def test_a_query_that_reads_is_no_writer(query: str) -> None:
    assert "sql-writes" not in found(queried(query))


@pytest.mark.parametrize(
    "query", ["SELECT 1 LIMIT 5", "select top 3 id from book", "SELECT 1 FETCH FIRST 3 ROWS ONLY"]
)
def test_a_limit_inside_the_query_counts(query: str) -> None:
    assert found(queried(query, None)) == []


def test_findings_lead_to_the_row_of_the_editor() -> None:
    data = SqlData(
        "catalogue",
        "SELECT {colour}, {size}",
        parameters=(COLOUR, Parameter("size", description=""), Parameter("other", description="Not used.")),
    )
    assert [(item.rule.id, item.field) for item in lint(replace(SQL, data=data))] == [
        ("parameter-description", "parameters-1-description"),
        ("parameter-unused", "parameters-2-name"),
    ]


def test_tokens_are_estimated_by_characters() -> None:
    assert estimate_tokens({"a": "x" * 392}) == 100
    assert estimate_tokens(None) == 1
