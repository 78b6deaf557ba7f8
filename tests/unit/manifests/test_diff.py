from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.manifests.diff import FieldChange, diff, same, word_diff
from webapp.manifests.problems import Path


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
    return [(change.path, change.kind) for change in diff(before, after)]


def test_fields_are_compared_below_their_maps() -> None:
    before = {"metadata": {"name": "a", "version": "1.0.0", "gone": 1}, "spec": {"x": {"y": 1}}}
    after = {"metadata": {"name": "a", "version": "1.1.0", "new": 2}, "spec": {"x": {"y": 1}}}
    assert diff(before, after) == [
        FieldChange("metadata.version", "changed", "1.0.0", "1.1.0"),
        FieldChange("metadata.new", "added", None, 2),
        FieldChange("metadata.gone", "removed", 1, None),
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (["a", "b"], ["a", "b"], []),
        (["a", "b"], ["b", "a"], [("l", "changed")]),
        (["a"], ["a", "b"], [("l", "changed")]),
        (
            [{"name": "x", "v": 1}],
            [{"name": "y", "v": 2}, {"name": "x", "v": 9}],
            [("l[0]", "added"), ("l[1].v", "changed")],
        ),
        ([{"name": "x"}, {"name": "y"}], [{"name": "y"}, {"name": "x"}], [("l", "changed")]),
        ([{"a/b": 1}, {"c": 2}], [{"a/b": 3}, {"c": 2}], [('l[0]["a/b"]', "changed")]),
        ([{"a": 1}, {"b": 2}], [{"b": 2}], [("l[0]", "removed")]),
        (
            [{"name": "x", "v": 1}, {"name": "x", "v": 2}],
            [{"name": "x", "v": 1}, {"name": "x", "v": 3}],
            [("l[1].v", "changed")],
        ),
        ([[1, [2]]], [[1, [3]]], [("l", "changed")]),
        ([{"q": 1, "r": 2}], [], [("l", "changed")]),
        ([], {}, [("l", "changed")]),
        ({}, None, [("l", "changed")]),
        (1, True, [("l", "changed")]),
        (1, 1.0, []),
        (("a",), ["a"], []),
        ("", None, [("l", "changed")]),
    ],
)
def test_lists_and_values_are_compared_as_people_expect(
    before: object, after: object, expected: list[tuple[str, str]]
) -> None:
    assert changes({"l": before}, {"l": after}) == expected
    assert same(before, after) == (not expected)


leaves = st.one_of(st.none(), st.booleans(), st.integers(0, 3), st.sampled_from(["a", "b", ""]))
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["name", "key", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(trees, trees)
def test_two_values_differ_one_way_as_the_other(before: object, after: object) -> None:
    assert same(before, after) == same(after, before)
    assert same(before, before)


@given(st.dictionaries(st.sampled_from("abc"), trees), st.dictionaries(st.sampled_from("abc"), trees))
def test_what_has_no_changes_is_equal(before: dict[str, object], after: dict[str, object]) -> None:
    if not diff(before, after):
        assert before == after


records = st.dictionaries(st.sampled_from("abc"), trees)
# Lists whose entries are told apart by their name are compared entry by entry: the hardest to put together again.
named = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abcdef"), "v": leaves}),
    max_size=5,
    unique_by=lambda item: item["name"],
)


@given(records, records)
def test_what_differs_applied_to_the_one_gives_the_other(
    before: dict[str, object], after: dict[str, object]
) -> None:
    assert same(apply_diff(before, diff(before, after)), after)


@given(named, named)
def test_entries_that_came_went_and_changed_are_put_together_again(
    before: list[dict[str, object]], after: list[dict[str, object]]
) -> None:
    kept = {"l": before}
    assert same(apply_diff(kept, diff(kept, {"l": after})), {"l": after})
    assert kept == {"l": before}


def test_words_are_compared() -> None:
    assert word_diff("0.2.0", "0.1.0") == [("equal", "0."), ("delete", "2"), ("insert", "1"), ("equal", ".0")]
    assert word_diff("", "new text") == [("insert", "new text")]
    assert word_diff("same", "same") == [("equal", "same")]
    assert word_diff("", "") == []


words = st.lists(st.sampled_from(["one", "two", " ", "\n", ".", "\u00e9t\u00e9"]), max_size=30).map("".join)


@given(words, words)
def test_the_pieces_make_both_texts(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    assert "".join(text for operation, text in pieces if operation != "insert") == before
    assert "".join(text for operation, text in pieces if operation != "delete") == after
    assert all(text for _, text in pieces)


def test_long_texts_stay_quick() -> None:
    before, after = "word " * 100_000 + "end", "other " * 100_000 + "end"
    started = time.process_time()
    pieces = word_diff(before, after)
    assert time.process_time() - started < 20  # Some hundredths; minutes if all words were compared.
    assert [operation for operation, _ in pieces] == ["delete", "insert", "equal"]


def apply_diff(before: Mapping[str, object], changes: Sequence[FieldChange]) -> dict[str, object]:
    """Return what the changes make of `before`: `apply_diff(a, diff(a, b))` is the same as `b`."""
    return cast("dict[str, object]", _applied(before, [(change.steps, change) for change in changes]))


def _applied(value: object, changes: Sequence[tuple[Path, FieldChange]]) -> object:
    whole = next((change for steps, change in changes if not steps), None)
    if whole is not None:
        return deepcopy(whole.after)
    ended: dict[str, dict[object, FieldChange]] = {"added": {}, "removed": {}}
    deeper: dict[object, list[tuple[Path, FieldChange]]] = {}
    for steps, change in changes:
        if len(steps) == 1 and change.kind != "changed":
            ended[change.kind][steps[0]] = change
        else:
            deeper.setdefault(steps[0], []).append((steps[1:], change))
    # Entries are removed by where they stood before, everything else is written where it stands after.
    result: Any
    if isinstance(value, Mapping):
        result = {key: item for key, item in value.items() if key not in ended["removed"]}
        result |= {key: deepcopy(change.after) for key, change in ended["added"].items()}
    else:
        entries = cast("Sequence[object]", value)
        result = [item for index, item in enumerate(entries) if index not in ended["removed"]]
        for index in sorted(cast("Iterable[int]", ended["added"])):
            result.insert(index, deepcopy(ended["added"][index].after))
    for step, inside in deeper.items():
        result[step] = _applied(result[step], inside)
    return result
