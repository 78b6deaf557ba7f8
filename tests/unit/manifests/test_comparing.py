from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.manifests.comparing import (
    AROUND,
    LINES_SHOWN_MAX,
    ShownPart,
    as_patch,
    compare,
    labels_of,
    shown_parts,
    with_part,
    yaml_rows,
)
from webapp.manifests.merge import Part

PARTS = (
    Part((("description",),), "Description"),
    Part((("tags",),), "Tags"),
    Part((("data", "tree"),), "Tree"),
)


def record(description: str = "", tags: tuple[str, ...] = (), tree: Any = None) -> dict[str, Any]:
    return {"description": description, "tags": list(tags), "data": {"tree": tree}}


def lines(part: ShownPart) -> list[tuple[str, str]]:
    return [(line.op, "".join(text for _, text in line.segments)) for row in part.rows for line in row.lines]


def shown(before: dict[str, Any] | None, after: dict[str, Any]) -> dict[str, ShownPart]:
    return {part.id: part for part in shown_parts(compare(PARTS, before, after))}


def test_only_parts_that_differ_are_shown() -> None:
    found = shown(record("old text", ("a",)), record("new text", ("a",)))
    assert lines(found["description"]) == [("del", "old text"), ("add", "new text")]
    assert found["description"].rows[0].lines[0].segments == [(True, "old"), (False, " text")]
    assert list(found) == ["description"]


def test_a_record_that_was_not_there_has_everything_that_it_says() -> None:
    found = shown(None, record("text", ("a", "b")))
    assert lines(found["description"]) == [("add", "text")]
    assert lines(found["tags"]) == [("add", "a"), ("add", "b")]
    assert list(found) == ["description", "tags"]


def test_words_of_a_list_stand_one_below_the_other() -> None:
    found = shown(
        record(tags=("a", "b", "c", "d", "e", "f", "g")), record(tags=("b", "c", "d", "e", "f", "g", "h"))
    )
    assert lines(found["tags"]) == [
        ("del", "a"),
        ("same", "b"),
        ("same", "c"),
        ("same", "\u2026"),
        ("same", "f"),
        ("same", "g"),
        ("add", "h"),
    ]


def test_deep_changes_name_their_place() -> None:
    found = shown(record(tree={"x": {"y": 1}, "z": 1}), record(tree={"x": {"y": 2}, "z": 1}))
    assert [row.path for row in found["data.tree"].rows] == ["Tree: x.y"]


def test_another_spelling_of_the_same_is_shown() -> None:
    found = shown(record(tree={"a": 1, "b": 2}), record(tree={"b": 2, "a": 1}))
    assert [row.path for row in found["data.tree"].rows] == ["Tree"]


def test_many_changes_are_counted() -> None:
    before, after = ({f"k{n}": n + more for n in range(100)} for more in (0, 1))
    found = shown(record(tree=before), record(tree=after))["data.tree"]
    assert (len(found.rows), found.more) == (60, 40)


def test_one_part_is_taken_and_the_rest_stays() -> None:
    now, then = record("now", ("now",), {"a": 1}), record("then", ("then",), {"b": 2})
    assert with_part(PARTS, now, then, "data.tree") == record("now", ("now",), {"b": 2})
    assert with_part(PARTS, now, then, "tags") == record("now", ("then",), {"a": 1})
    assert with_part(PARTS, now, then, "secret") is None
    assert now == record("now", ("now",), {"a": 1})


@pytest.mark.parametrize(("most", "words"), [(3, "Description, Tags, Tree"), (1, "Description and 2 more")])
def test_many_labels_are_counted(most: int, words: str) -> None:
    found = compare(PARTS, record("a", ("a",), 1), record("b", ("b",), 2))
    assert labels_of(found, most) == words


def test_a_patch_holds_what_differs_between_two_manifests() -> None:
    before, after = "a: 1\nb: 2\n", "a: 1\nb: 3\n"
    assert as_patch(before, after, "x.yaml").splitlines() == [
        "--- a/x.yaml",
        "+++ b/x.yaml",
        "@@ -1,2 +1,2 @@",
        " a: 1",
        "-b: 2",
        "+b: 3",
    ]
    assert [line.op for row in yaml_rows(before, after) for line in row.lines] == ["same", "del", "add"]
    assert yaml_rows(before, before) == []


def test_long_texts_are_compared_at_a_cost_that_does_not_grow_with_the_square() -> None:
    generator = random.Random(7)
    # Two kinds of lines, each of them thousands of times: the worst there is for difflib.
    before, after = ("".join(generator.choice(("a\n", "b\n")) for _ in range(50_000)) for _ in range(2))
    rows = yaml_rows(f"head\n{before}tail\n", f"head\n{after}tail\n")
    assert sum(len(row.lines) for row in rows) <= 2 * (LINES_SHOWN_MAX + 1) + 2 * AROUND
    assert any(line.segments[0][1].endswith(" more") for line in rows[0].lines)
    assert as_patch(before, after, "x.yaml").count("\n+") > 10_000
    words = [before.split(), after.split()]
    (part,) = shown_parts(compare(PARTS, record("a", words[0], 1), record("a", words[1], 1)))
    assert len(part.rows[0].lines) <= 2 * (LINES_SHOWN_MAX + 1) + 4 * AROUND


@given(st.text("ab\n", max_size=40), st.text("ab\n", max_size=40))
def test_a_patch_is_what_difflib_makes_of_short_texts(before: str, after: str) -> None:
    old, new = (text.splitlines(keepends=True) for text in (before + "\n", after + "\n"))
    made = as_patch("".join(old), "".join(new), "x").splitlines(keepends=True)
    taken, at = [], 0
    for line in made[2:]:
        if line.startswith("@@"):
            start, _, count = line.split()[1].removeprefix("-").partition(",")
            begin = int(start) - (count != "0")
            taken += old[at:begin]
            at = begin
            continue
        if line[0] in " -":
            assert old[at] == line[1:]
            at += 1
        taken += [line[1:]] if line[0] in " +" else []
    assert "".join(taken + old[at:]) == "".join(new)
