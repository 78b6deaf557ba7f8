from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.plugins.queries.listing import from_mark, place_shapes, to_mark
from webapp.plugins.queries.reading import SORTS
from webapp.web.listing import decode_cursor, encode_cursor

ids = st.integers(1, 2**63 - 1)
moments = st.integers(10**15, 10**17).map(
    lambda value: datetime.fromtimestamp(0, UTC) + timedelta(microseconds=value)
)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=64)


@given(moments, ids)
def test_a_moment_keeps_its_microseconds(moment: datetime, plugin_id: int) -> None:
    mark = to_mark("updated", (moment, plugin_id))
    assert from_mark("updated", mark) == (moment, plugin_id)


@given(words, words, ids)
def test_a_place_survives_the_address(owner: str, name: str, plugin_id: int) -> None:
    text = encode_cursor("owner", to_mark("owner", (owner, name, plugin_id)))
    values = decode_cursor(text, "owner", place_shapes("owner"))
    assert values is not None
    assert from_mark("owner", values) == (owner, name, plugin_id)


@pytest.mark.parametrize(
    ("sort", "values"),
    [("updated", [2**63 - 1, 5]), ("name", ["\0", 5]), ("name", ["\ud800", 5]), ("owner", ["x", "a\0", 5])],
)
def test_a_place_where_no_record_can_stand_is_refused(sort: str, values: list[str | int]) -> None:
    assert from_mark(sort, values) is None


def test_every_sort_ends_with_the_id() -> None:
    for sort, columns in SORTS.items():
        assert place_shapes(sort)[-1] is int
        assert len(place_shapes(sort)) == len(columns) + 1
