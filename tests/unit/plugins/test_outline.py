from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from tests.unit.plugins.form_values import MAP_OR_LIST
from webapp.plugins.outline import PREVIEW_MAX, ROWS_MAX, outline


def test_each_key_has_its_kind_a_preview_and_its_yaml() -> None:
    found = outline(
        {
            "contact": [{"name": "Willy"}, {"name": "Charlie", "age": 9}],
            "about": "A  factory\nof chocolate",
            "open": True,
            "year": 1964,
            "none": None,
            "places": {"title": "Town", "x": 1},
        }
    )
    assert found.summary.startswith("6 keys, ")
    assert [(row.name, row.kind, row.preview) for row in found.rows] == [
        ("contact", "2 items", "Willy, Charlie"),
        ("about", "23 characters", "A factory of chocolate"),
        ("open", "true or false", "true"),
        ("year", "number", "1964"),
        ("none", "empty", ""),
        ("places", "2 keys", "Town"),
    ]
    assert found.rows[0].text == "- name: Willy\n- name: Charlie\n  age: 9\n"


def test_entries_of_a_list_are_numbered() -> None:
    assert [row.name for row in outline(["a", "b"]).rows] == ["1", "2"]


def test_long_data_is_cut_and_says_how_much_is_left_out() -> None:
    found = outline(list(range(ROWS_MAX + 5)))
    assert (len(found.rows), found.hidden) == (ROWS_MAX, 5)
    assert len(outline({"a": "x" * 5_000}).rows[0].preview) == PREVIEW_MAX


@pytest.mark.parametrize("data", ["text", 5, True])
def test_what_is_neither_map_nor_list_is_one_row(data: Any) -> None:
    assert [row.name for row in outline(data).rows] == ["value"]


@given(MAP_OR_LIST.filter(lambda data: data is not None))
def test_any_data_has_an_outline(data: Any) -> None:
    assert len(outline(data).rows) == len(data)
