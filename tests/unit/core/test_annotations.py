"""Annotations: an ordered list of single-key mappings that JSON can hold."""

import json
from datetime import UTC, date, datetime
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.annotations import (
    ANNOTATION_DEPTH_MAX,
    ANNOTATION_INDEXED_MAX,
    ANNOTATION_KEY_MAX,
    ANNOTATION_NODES_MAX,
    annotation_text,
    annotation_value_key,
)
from webapp.core.rules import ANNOTATION_VALUE_MAX, clean_annotations

keys = st.text(alphabet="abcXYZ09._/-", min_size=1, max_size=12)
# A small alphabet: drawing from all of Unicode inside nested values is slow, and other tests do it.
storable = st.text(alphabet='aZ0 \n\t"\\,:é日\u2028\U0001f36c', max_size=20)
scalars = st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | storable
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(storable, inner, max_size=3)
)
wild = st.text(alphabet="a \0\ud800\udc80é", max_size=4)
anything = st.recursive(
    st.none() | st.floats() | wild | st.binary(max_size=3) | st.dates() | scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(wild | keys | st.integers(), inner, max_size=3)
    ),
)


def refused(value: object) -> list[tuple[str, str]]:
    """Return the paths and codes of the errors of `value`."""
    return [(path, error.code) for path, error in clean_annotations(value)[1]]


@pytest.mark.parametrize("nothing", [None, [], {}, [{}], ()])
def test_no_annotations_are_an_empty_list(nothing: object) -> None:
    assert clean_annotations(nothing) == ([], [])


def test_a_plain_mapping_and_entries_of_several_keys_become_single_keys_in_order() -> None:
    single = [{"b": 1}, {"a": "x"}]
    assert clean_annotations(single) == (single, [])
    assert clean_annotations({"b": 1, "a": "x"}) == (single, [])
    assert clean_annotations([{"b": 1, "a": "x"}]) == (single, [])
    assert clean_annotations(MappingProxyType({"b": 1, "a": "x"})) == (single, [])


def test_a_key_may_be_written_twice() -> None:
    twice = [{"owner": "anna"}, {"owner": "ben"}]
    assert clean_annotations(twice) == (twice, [])


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x" * ANNOTATION_VALUE_MAX,
        "two\nlines",
        0,
        -1,
        1.5,
        True,
        False,
        [],
        {},
        [1, [2]],
        {"any key": [None]},
    ],
)
def test_scalars_lists_and_maps_are_values(value: object) -> None:
    cleaned, errors = clean_annotations([{"smarter.sh/everlasting-gobstopper/plugin_purpose": value}])
    assert not errors
    assert cleaned == [{"smarter.sh/everlasting-gobstopper/plugin_purpose": value}]
    assert type(next(iter(cleaned[0].values()))) is type(value)


def test_dates_become_text() -> None:
    moment = datetime(2024, 6, 15, 1, 2, 3, tzinfo=UTC)
    assert clean_annotations({"day": date(2024, 6, 15), "moment": moment}) == (
        [{"day": "2024-06-15"}, {"moment": "2024-06-15T01:02:03+00:00"}],
        [],
    )


def test_what_is_kept_is_a_copy() -> None:
    inner = ["a"]
    cleaned, _ = clean_annotations([{"k": inner}])
    inner.append("b")
    assert cleaned == [{"k": ["a"]}]


@pytest.mark.parametrize("value", ["text", 5, True, b"x", {1, 2}])
def test_what_is_no_list_and_no_mapping_is_refused(value: object) -> None:
    assert refused(value) == [("", "not_a_list")]


@pytest.mark.parametrize("key", ["", "a b", "a:b", "é", "a\n", 5, None, True, "\0"])
def test_a_key_out_of_other_characters_is_refused(key: object) -> None:
    assert refused([{"ok": 1}, {key: 1}]) == [("[1]", "key")]


def test_a_long_key_is_refused() -> None:
    assert refused({"k" * ANNOTATION_KEY_MAX: 1}) == []
    assert refused({"k" * (ANNOTATION_KEY_MAX + 1): 1}) == [("", "too_long")]


@pytest.mark.parametrize(
    ("value", "path", "code"),
    [
        (None, "", "required"),
        ("x" * 2049, "", "too_long"),
        ("a\0", "", "unstorable"),
        ("\ud800", "", "unstorable"),
        (float("nan"), "", "number"),
        (float("-inf"), "", "number"),
        pytest.param(10**6000, "", "number", id="6000 digits"),
        (b"bytes", "", "type"),
        ({1, 2}, "", "type"),
        (object(), "", "type"),
        ([0, "x" * 2049], "[1]", "too_long"),
        ({"a": [{"b": float("inf")}]}, ".a[0].b", "number"),
        ({5: 1}, "", "not_text"),
        ({"a\0": 1}, "", "unstorable"),
    ],
)
def test_a_bad_value_is_refused_where_it_stands(value: object, path: str, code: str) -> None:
    assert refused([{"ok": 1, "key": value}]) == [(f"[0].key{path}", code)]
    assert refused({"key": value}) == [(f".key{path}", code)]


def test_the_good_entries_are_kept_and_every_bad_one_is_reported() -> None:
    cleaned, errors = clean_annotations([{"a": 1, "b": None}, {"c d": 1}, "text", {"e": "f"}])
    assert cleaned == [{"a": 1}, {"e": "f"}]
    assert [(path, error.code) for path, error in errors] == [
        ("[0].b", "required"),
        ("[1]", "key"),
        ("[2]", "not_a_mapping"),
    ]


def nested(depth: int) -> object:
    """Return lists inside each other, `depth` values deep."""
    value: object = "x"
    for _ in range(depth - 1):
        value = [value]
    return value


def test_values_are_nested_to_a_limit() -> None:
    assert refused({"k": nested(ANNOTATION_DEPTH_MAX)}) == []
    assert [code for _, code in refused({"k": nested(ANNOTATION_DEPTH_MAX + 1)})] == ["too_deep"]


def test_values_are_counted_to_a_limit() -> None:
    assert refused({"k": [1] * (ANNOTATION_NODES_MAX - 1)}) == []
    assert refused({"k": [1] * ANNOTATION_NODES_MAX}) == [(f".k[{ANNOTATION_NODES_MAX - 1}]", "too_many")]


def test_a_value_that_holds_itself_or_expands_without_end_is_refused() -> None:
    cycle: list[object] = []
    cycle.append(cycle)
    assert [code for _, code in refused({"k": cycle})] == ["too_deep"]
    laughs: object = ["ha"]
    for _ in range(40):
        laughs = [laughs] * 10
    assert [code for _, code in refused({"k": laughs})] == ["too_many"]


@given(st.lists(st.dictionaries(keys, values, max_size=3), max_size=4))
def test_valid_annotations_are_kept_whole_and_cleaned_once(annotations: list[dict[str, object]]) -> None:
    cleaned, errors = clean_annotations(annotations)
    assert not errors
    assert cleaned == [{key: value} for entry in annotations for key, value in entry.items()]
    assert clean_annotations(cleaned) == (cleaned, [])


@given(anything)
def test_whatever_is_kept_is_valid_and_json_can_hold_it(value: object) -> None:
    cleaned, _ = clean_annotations(value)
    assert all(len(entry) == 1 for entry in cleaned)
    assert json.loads(json.dumps(cleaned, allow_nan=False)) == cleaned
    assert "\\u0000" not in json.dumps(cleaned).replace("\\\\", "")
    assert clean_annotations(cleaned) == (cleaned, [])


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_two_texts_have_the_same_key_in_the_index(one: str, other: str) -> None:
    keys = [annotation_value_key(text) for text in (one, other, annotation_value_key("x" * 300))]
    assert all(len(key) <= ANNOTATION_INDEXED_MAX for key in keys)
    assert (keys[0] == keys[1]) == (one == other)
    assert keys[2] != annotation_value_key("x" * 300), "a text that looks like a digest is one of its own"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" a b ", "a b"),
        (True, "true"),
        (1.50, "1.5"),
        (["é", 1], '["é", 1]'),
        ({"a": None}, '{"a": null}'),
        ("", ""),
    ],
)
def test_a_value_is_compared_by_its_text(value: object, text: str) -> None:
    assert annotation_text(value) == text
