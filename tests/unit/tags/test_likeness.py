"""Tags that look alike: what counts as likeness, who stays, and that thousands of tags take a moment."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.text import fold
from webapp.tags.likeness import Word, group_alike, tell_likeness


def words(*names: str, uses: int = 1) -> list[Word]:
    return [Word(number, fold(name), name, uses) for number, name in enumerate(names, start=1)]


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ("return", "returns", "plural"),
        ("policy", "policies", "plural"),
        ("box", "boxes", "plural"),
        ("gift card", "gift-cards", "plural"),
        ("food safety", "food-safety", "spaces and hyphens"),
        ("e-mail", "email", "spaces and hyphens"),
        ("node.js", "nodejs", "spaces and hyphens"),
        ("café", "cafe", "accent"),
        ("customer service", "service-customers", "order of words"),
        ("allergens", "alergens", "one letter"),
        ("receipts", "reciepts", "one letter"),
        ("logistics", "logistiks", "one letter"),
    ],
)
def test_these_look_alike(first: str, second: str, why: str) -> None:
    assert tell_likeness(first, second) == why
    assert tell_likeness(second, first) == why
    assert len(group_alike(words(first, second))) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("new", "news"),
        ("status", "statu"),
        ("team 1", "team 2"),
        ("version1", "version2"),
        ("billing", "filling"),
        ("sale", "sales"),
        ("cat", "cut"),
        ("import", "export"),
        ("-", "."),
        ("bus", "bu"),
    ],
)
def test_these_do_not(first: str, second: str) -> None:
    assert tell_likeness(first, second) == ""
    assert group_alike(words(first, second)) == []


def test_the_most_used_one_stays_and_the_shortest_of_equals() -> None:
    [group] = group_alike(
        [Word(1, "returns", "Returns", 4), Word(2, "return", "return", 9), Word(3, "re-turn", "re-turn", 0)]
    )
    assert group.keep.name == "return"
    assert [(item.word.name, item.why) for item in group.others] == [
        ("Returns", "plural"),
        ("re-turn", "spaces and hyphens"),
    ]
    [group] = group_alike(words("returns", "return"))
    assert group.keep.name == "return"


def test_groups_come_by_how_much_they_are_used() -> None:
    found = group_alike(
        [
            *words("gift", "gifts"),
            Word(10, "café", "Café", 5),
            Word(11, "cafe", "Cafe", 1),
            Word(12, "x", "x", 99),
        ]
    )
    assert [group.keep.name for group in found] == ["Café", "gift"]


names = st.text(alphabet=string.ascii_lowercase + " -_.é1", min_size=1, max_size=16).map(fold)


@given(names, names)
def test_likeness_has_no_direction_and_nothing_is_like_itself(first: str, second: str) -> None:
    assert tell_likeness(first, first) == ""
    assert tell_likeness(first, second) == tell_likeness(second, first)


@given(st.lists(names, unique=True, max_size=30))
def test_pairs_that_look_alike_are_in_one_group(keys: list[str]) -> None:
    places = {
        word.key: number for number, group in enumerate(group_alike(words(*keys))) for word in group.words
    }
    for first in keys:
        for second in keys:
            if tell_likeness(first, second):
                assert places[first] == places[second]
    grouped = [word.key for group in group_alike(words(*keys)) for word in group.words]
    assert len(grouped) == len(set(grouped))


def test_thousands_of_tags_that_share_their_beginning_are_not_compared_one_by_one() -> None:
    many = [Word(number, f"product line {number:05}", "", 1) for number in range(5_000)]
    assert group_alike(many) == []
