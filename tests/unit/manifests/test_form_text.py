from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.manifests.form_text import (
    Unreadable,
    read_list,
    read_value,
    read_yaml,
    show_list,
    show_value,
    show_yaml,
    split_list,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
SCALARS = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | st.none()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)


@given(VALUES)
def test_a_value_is_read_back_as_it_was_shown(value: Any) -> None:
    # `repr`, because 1, 1.0 and True are equal to Python.
    assert repr(read_value(show_value(value))) == repr(value)


@given(VALUES)
def test_yaml_is_read_back_as_it_was_shown(value: Any) -> None:
    found = read_yaml(show_yaml(value))
    assert found.problems == ()
    assert repr(found.value) == repr(value)


@given(st.lists(TEXT))
def test_a_list_is_read_back_as_it_was_shown(items: list[str]) -> None:
    assert read_list(show_list(items)) == items


@given(st.text())
def test_no_text_breaks_the_readers(text: str) -> None:
    read_yaml(text)
    for read in (read_value, read_list):
        try:
            read(text)
        except Unreadable as unreadable:
            assert unreadable.error.message.endswith(".")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("  ", None),
        ("null", None),
        ("plain text", "plain text"),
        ("12", 12),
        ("-0.5", -0.5),
        ("true", True),
        ('"12"', "12"),
        ("'true'", "true"),
        ("[1, two]", [1, "two"]),
        ('{"a": {b: 1}}', {"a": {"b": 1}}),
        # Spellings that would not come back as they were typed stay text.
        ("1.10", "1.10"),
        ("+5", "+5"),
        ("0x1F", "0x1F"),
        ("010", "010"),
        ("True", "True"),
        ("~", "~"),
        ("no", "no"),
        ("2026-11-23", "2026-11-23"),
        ("1:30", "1:30"),
        (".inf", ".inf"),
        ("9" * 40, "9" * 40),
        # Text that only begins like YAML.
        ("[draft] a plan", "[draft] a plan"),
        ('"so" said she', '"so" said she'),
        ('"a" and "b"', '"a" and "b"'),
        ("{name} is new", "{name} is new"),
        ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
        ("one\r\ntwo", "one\ntwo"),
    ],
)
def test_a_text_means_what_it_looks_like(text: str, value: Any) -> None:
    assert repr(read_value(text)) == repr(value)


@pytest.mark.parametrize("text", ["[a, ]b]", '{"a": [}', "[&x 1, *y]", "[!tag a]"])
def test_a_broken_list_or_map_is_refused_with_the_quoted_text_as_a_fix(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_value(text)
    suggestion = caught.value.error.suggestion
    assert suggestion is not None
    assert read_value(suggestion) == text


def test_a_problem_in_yaml_names_line_and_column() -> None:
    (error,) = read_yaml("a: 1\nb: [1, 2\nc: 3\n").errors
    assert error.message.startswith("Line 3, column 2: ") or error.message.startswith("Line 2, ")


def test_a_key_that_is_written_twice_is_a_problem() -> None:
    (error,) = read_yaml("a: 1\na: 2\n").errors
    assert error.message.startswith("Line 2, column 1: ")


def test_json_is_yaml() -> None:
    assert read_yaml('{"a": [1, 2.5, null, "x"]}').value == {"a": [1, 2.5, None, "x"]}


def test_comments_alone_hold_nothing() -> None:
    assert read_yaml("# nothing\n") == read_yaml("")


def test_a_second_document_is_refused_where_it_begins() -> None:
    (error,) = read_yaml("a: 1\n---\nb: 2\n").errors
    assert error.message.startswith("Line ")
    assert "second document" in error.message


def test_a_list_of_maps_with_kinds_is_one_value_and_not_several_manifests() -> None:
    assert read_yaml("- kind: a\n- kind: b\n").value == [{"kind": "a"}, {"kind": "b"}]


def test_a_list_keeps_what_holds_a_comma_in_quotes() -> None:
    assert read_list('red, "blue, or green", ') == ["red", "blue, or green"]


@pytest.mark.parametrize("text", ['"red, green', '"red" green, blue', '"\\q"'])
def test_an_open_quote_in_a_list_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_list(text)


def test_a_plain_list_is_split_at_any_of_its_separators() -> None:
    assert split_list(" a , b\r\nc,,") == ["a", "b", "c"]
