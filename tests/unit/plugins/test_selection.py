"""The text that a form carries its records in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.plugins.selection import SELECTED_MAX, pack, unpack


@given(st.dictionaries(st.integers(1, 2**62), st.integers(1, 2**40), min_size=1, max_size=50))
def test_what_is_packed_is_what_is_read(revisions: dict[int, int]) -> None:
    assert unpack(pack(revisions)) == dict(sorted(revisions.items()))


@given(st.text(max_size=60))
def test_any_other_text_is_none_or_a_selection(text: str) -> None:
    found = unpack(text)
    assert found is None or all(key > 0 and value > 0 for key, value in found.items())


@pytest.mark.parametrize(
    "text", ["", "-", "0", "1.0", "1.", "1..2", "A", "1 2", "z" * 13, "zzzzzzzzzzzz-" * 4000]
)
def test_what_is_no_selection_is_none(text: str) -> None:
    assert unpack(text) is None


def test_there_is_a_limit_and_ten_thousand_are_small() -> None:
    most = {number * 3: 2 for number in range(1, SELECTED_MAX + 1)}
    assert len(pack(most)) < 60_000
    assert unpack(pack(most)) == most
    assert unpack(pack({**most, 1: 1})) is None
