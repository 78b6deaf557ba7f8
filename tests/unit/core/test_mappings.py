"""Sorted keys, and copies that any JSON writer takes."""

import enum
import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.errors import SmarterValueError
from webapp.core.mappings import DEPTH_MAX, json_safe, sorted_dict

keys = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.tuples(st.text(), st.integers())
)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)
odd = st.recursive(
    plain | st.binary() | st.datetimes() | st.dates() | st.decimals() | st.uuids() | st.sets(st.text()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


class Sweet(enum.Enum):
    GOBSTOPPER = "gobstopper"


def nested(depth: int) -> dict[str, object]:
    made: dict[str, object] = {}
    for _ in range(depth - 1):
        made = {"a": made}
    return made


def test_keys_are_sorted_at_every_level_and_lists_keep_their_order() -> None:
    given = {"b": [{"d": 1, "c": 2}, 0], "a": {"z": ({"y": 1, "x": 2},), "B": None}}
    found = sorted_dict(given)
    assert json.dumps(found) == '{"a": {"B": null, "z": [{"x": 2, "y": 1}]}, "b": [{"c": 2, "d": 1}, 0]}'


def test_keys_of_several_types_are_numbers_then_text_then_the_rest() -> None:
    assert list(sorted_dict({"b": 1, None: 1, 2: 1, "a": 1, 1.5: 1, ("x",): 1, False: 1})) == [
        False,
        1.5,
        2,
        "a",
        "b",
        None,
        ("x",),
    ]


def test_what_was_given_stays_as_it_is() -> None:
    inner = {"z": 1, "a": 2}
    given = {"y": inner, "x": [inner]}
    found = sorted_dict(given)
    found["y"]["new"] = 3
    assert list(given) == ["y", "x"]
    assert list(inner) == ["z", "a"]


@pytest.mark.parametrize("data", [None, [], "a: 1", 5, {1, 2}])
def test_only_a_mapping_is_sorted(data: object) -> None:
    with pytest.raises(SmarterValueError):
        sorted_dict(data)  # type: ignore[arg-type]


@given(st.dictionaries(st.text() | st.integers(), plain))
def test_sorting_loses_nothing_and_is_done_once(data: dict[object, object]) -> None:
    found = sorted_dict(data)
    assert found.keys() == data.keys()
    assert [str(key) for key in sorted_dict(dict(reversed(data.items())))] == [str(key) for key in found]
    assert repr(sorted_dict(found)) == repr(found)


@given(st.dictionaries(keys, plain))
def test_whatever_the_keys_are_they_can_be_sorted(data: dict[object, object]) -> None:
    assert len(sorted_dict(data)) == len(data)


def test_what_nests_too_deep_or_holds_itself_is_refused() -> None:
    assert sorted_dict(nested(DEPTH_MAX))
    assert json_safe(nested(DEPTH_MAX))
    endless: dict[str, object] = {}
    endless["again"] = [endless]
    for data in (nested(DEPTH_MAX + 1), endless):
        with pytest.raises(SmarterValueError):
            sorted_dict(data)
        with pytest.raises(SmarterValueError):
            json_safe(data)


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        (datetime(2026, 11, 23, 12, tzinfo=UTC), "2026-11-23T12:00:00Z"),
        (datetime(2026, 11, 23, 12, 0, 0, 5), "2026-11-23T12:00:00.000005Z"),
        (datetime(2026, 11, 23, 7, tzinfo=timezone(timedelta(hours=-5))), "2026-11-23T12:00:00Z"),
        (date(2026, 11, 23), "2026-11-23"),
        (time(9, 30), "09:30:00"),
        (timedelta(minutes=1), 60.0),
        (Decimal("1.50"), "1.50"),
        (Decimal("NaN"), None),
        (float("inf"), None),
        (float("nan"), None),
        (b"ab", "YWI="),
        ({"b", "a"}, ["a", "b"]),
        (("a", 1), ["a", 1]),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Sweet.GOBSTOPPER, "gobstopper"),
        ({1: "a", None: "b", False: "c"}, {"1": "a", "null": "b", "false": "c"}),
        (
            {1.5: "a", Sweet.GOBSTOPPER: "b", date(2026, 1, 1): "c"},
            {"1.5": "a", "gobstopper": "b", "2026-01-01": "c"},
        ),
    ],
)
def test_values_of_python_become_values_of_json(value: object, safe: object) -> None:
    assert json_safe(value) == safe


@given(odd)
def test_whatever_comes_out_is_strict_json(value: object) -> None:
    safe = json_safe(value)
    assert json.loads(json.dumps(safe, allow_nan=False)) == safe
