"""A plan as the page shows it."""

from __future__ import annotations

import pytest

from webapp.manifests.diff import diff
from webapp.manifests.loader import load_sources
from webapp.manifests.plan import Plan, PlanItem
from webapp.manifests.presenting import (
    CHANGES_OPEN_MAX,
    DIFFS_MAX,
    ROWS_FIRST,
    VALUE_MAX,
    YAML_MAX,
    DiffRow,
    ShownItem,
    present,
)
from webapp.manifests.problems import Problem
from webapp.manifests.sources import Source

LOADED = load_sources([Source("a.yaml", "a: 1\nb: [\n")])
DOCUMENT = LOADED.documents[0]


def show(**changes: object) -> ShownItem:
    item = PlanItem(DOCUMENT, "Plugin", "x", changes.pop("action", "update"), **changes)  # type: ignore[arg-type]
    return present(Plan((item,), (), LOADED.texts), {"a.yaml": "a: 1\nb: [\n"}).items[0]


def rows(before: object, after: object) -> list[DiffRow]:
    changes = diff({"spec": {"data": before}}, {"spec": {"data": after}})
    return [*show(changes=tuple(changes)).rows]


def side(row: DiffRow, op: str) -> str:
    return "".join(text for line in row.lines if line.op == op for _, text in line.segments)


def test_changed_words_are_marked_on_their_side() -> None:
    [row] = rows("the red light", "the green light")
    assert row.path == "data"
    assert [[(line.op, *segment) for segment in line.segments] for line in row.lines] == [
        [("del", False, "the "), ("del", True, "red"), ("del", False, " light")],
        [("add", False, "the "), ("add", True, "green"), ("add", False, " light")],
    ]


def test_texts_without_a_common_word_have_no_marks() -> None:
    [row] = rows("red", "green")
    assert not any(marked for line in row.lines for marked, _ in line.segments)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (["a", 1, True, None, "no"], "a, 1, true, null, no"),
        ([], "empty"), ({}, "empty"), ("", "empty"), (None, "null"), (0.5, "0.5"),
        ({"a": [1]}, "a:\n  - 1"), ([{"a": 1}, {"b": 2}], "- a: 1\n- b: 2"), ("two\nlines", "two\nlines"),
    ],
)  # fmt: skip
def test_values_are_shown_as_one_reads_them(value: object, shown: str) -> None:
    [row] = rows("before", value)
    assert side(row, "add") == shown


def test_what_is_added_or_gone_has_one_side() -> None:
    added, removed = rows({"old": 1}, {"new": 2})
    assert [line.op for line in added.lines] == ["add"]
    assert [line.op for line in removed.lines] == ["del"]


def test_a_change_deep_inside_a_long_text_is_seen() -> None:
    [row] = rows("word " * 5_000 + "red" + " word" * 5_000, "word " * 5_000 + "green" + " word" * 5_000)
    assert len(side(row, "del")) < 1_000
    assert "red" in side(row, "del")
    assert "green" in side(row, "add")


def test_a_long_value_is_cut() -> None:
    [row] = rows({}, {"new": "x" * 100_000})
    assert len(side(row, "add")) == VALUE_MAX + 3


def test_fields_that_end_alike_are_each_named_and_counted() -> None:
    before = {"metadata": {"description": "a"}, "spec": {"data": {"description": "a"}}}
    after = {"metadata": {"description": "b"}, "spec": {"data": {"description": "b"}}}
    assert show(changes=tuple(diff(before, after))).summary == "2 fields: description, data.description"


def test_a_few_changes_are_open_and_many_are_not() -> None:
    def opened(count: int) -> set[bool]:
        changes = tuple(diff({"a": 1}, {"a": 2}))
        items = tuple(PlanItem(DOCUMENT, "Plugin", "x", "update", changes=changes) for _ in range(count))
        return {shown.is_open for shown in present(Plan(items, (), LOADED.texts), {}).items}

    assert opened(CHANGES_OPEN_MAX) == {True}
    assert opened(CHANGES_OPEN_MAX + 1) == {False}


def test_a_few_fields_come_first_and_the_summary_names_them() -> None:
    changes = tuple(diff({}, {"spec": {"data": {f"k{number}": number for number in range(9)}}}))
    shown = show(
        changes=tuple(diff({"spec": {"data": {}}}, {"spec": {"data": {f"k{n}": n for n in range(9)}}}))
    )
    assert (len(shown.rows), len(shown.more_rows)) == (ROWS_FIRST, 9 - ROWS_FIRST)
    assert shown.summary == "9 fields: k0, k1, k2, k3 and 5 more"
    assert len(changes) == 1


def test_of_very_many_updates_only_the_first_show_their_fields() -> None:
    changes = tuple(diff({"a": 1}, {"a": 2}))
    items = tuple(PlanItem(DOCUMENT, "Plugin", "x", "update", changes=changes) for _ in range(DIFFS_MAX + 5))
    shown = present(Plan(items, (), LOADED.texts), {})
    assert sum(bool(item.rows) for item in shown.items) == DIFFS_MAX
    assert shown.items[-1].summary == "1 field: a"


def test_a_problem_has_its_place_and_an_excerpt() -> None:
    problem = Problem(document=1, line=2, column=4, message="No.", source="a.yaml")
    shown = show(action="refused", problems=(problem,))
    assert shown.is_open
    [found] = shown.problems
    assert found.place == "line 2, column 4"
    assert found.excerpt is not None
    assert (found.excerpt.start, found.excerpt.hits, found.excerpt.carets) == (1, (2,), {2: (4, "here")})
    assert shown.summary == "No."


def test_a_problem_of_the_whole_import_has_no_place() -> None:
    shown = present(Plan((), (Problem(document=0, message="Too large."),)), {})
    assert (shown.problems[0].place, shown.problems[0].excerpt) == ("", None)


def test_texts_that_are_too_long_are_not_compared_line_by_line() -> None:
    short, long = {"a": "x"}, {"a": "x" * YAML_MAX}
    assert (
        show(changes=tuple(diff({"a": "y"}, short)), before=lambda: {"a": "y"}, after=lambda: short).yaml
        is not None
    )
    item = show(changes=tuple(diff(long, short)), before=lambda: long, after=lambda: short)
    assert item.yaml is None
    assert item.yaml_too_long
