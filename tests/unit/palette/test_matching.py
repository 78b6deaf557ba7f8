"""Ranking and marking of what fits to a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.palette.matching import EXACT, OTHER, PART, PREFIX, WORD, fitting, mark, rank, split
from webapp.palette.values import Item


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("store_hours", "store_hours", EXACT),
        ("store_hours", "Store Hours", EXACT),
        ("store_hours", "store", PREFIX),
        ("store_hours", "store ho", PREFIX),
        ("store_hours", "hours", WORD),
        ("store_hours", "ho st", WORD),
        ("store_hours", "our", PART),
        ("store_hours", "tore our", PART),
        ("store_hours", "store price", OTHER),
        ("store_hours", "price", OTHER),
    ],
)
def test_a_name_fits_the_better_the_more_of_its_beginning_was_typed(
    name: str, text: str, expected: int
) -> None:
    assert rank(name, text) == expected


@given(st.from_regex(r"[a-z0-9]{1,8}(_[a-z0-9]{1,8}){0,3}", fullmatch=True), st.data())
def test_a_whole_name_fits_best_and_its_beginning_next(name: str, data: st.DataObject) -> None:
    assert rank(name, name) == EXACT
    beginning = name[: data.draw(st.integers(1, len(name)))]
    assert rank(name, beginning) <= PREFIX


@given(st.text(max_size=60), st.text(max_size=20))
def test_marking_loses_nothing_of_a_label(label: str, text: str) -> None:
    assert "".join(part for part, _ in mark(label, text)) == label


def test_what_was_typed_is_marked_wherever_it_stands() -> None:
    assert mark("store_stock", "STO") == (("sto", True), ("re_", False), ("sto", True), ("ck", False))
    assert mark("a.b", ".") == (("a", False), (".", True), ("b", False))


def test_the_longer_word_is_marked_where_two_begin_alike() -> None:
    assert mark("stores", "s store") == (("store", True), ("s", True))


def test_words_are_folded_and_parted_at_spaces_and_underscores() -> None:
    assert split("  Wholesale_PRICE  list ") == ["wholesale", "price", "list"]


def test_items_are_found_by_the_beginnings_of_their_words_best_first() -> None:
    items = [Item("Bin", "trash", words="deleted plugins"), Item("Plugins", "stack-2"), Item("Help", "help")]
    assert [item.label for item in fitting(items, "plug")] == ["Plugins", "Bin"]
    assert [item.label for item in fitting(items, "del plu")] == ["Bin"]
    assert fitting(items, "lugins") == []


def test_an_item_without_a_match_is_shown_whole() -> None:
    assert Item("Help", "help").shown == (("Help", False),)
