from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.manifests.scalars import ScalarError, WrittenFloat, WrittenInt, plain, resolve, written


@given(st.integers(-(2**63), 2**63 - 1))
def test_whole_numbers_read_back(number: int) -> None:
    assert resolve(str(number)) == number
    assert type(resolve(str(number))) is int


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_decimal_numbers_read_back(number: float) -> None:
    found = resolve(repr(number))
    assert isinstance(found, float)
    assert found == number


@given(st.text(st.sampled_from("0123456789+-.eExoinfaINFA_:~tTrRuUnNlL")))
def test_every_word_is_a_scalar_or_refused(text: str) -> None:
    try:
        found = resolve(text)
    except ScalarError as error:
        assert error.hint
        return
    if isinstance(found, float):
        assert math.isfinite(found)
    if found is not None and not isinstance(found, bool):
        assert written(found) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (True, "true"),
        (5, "5"),
        (2.5, "2.5"),
        (WrittenFloat(500.0, "500.00"), "500.00"),
        (None, None),
        ([], None),
    ],
)
def test_the_text_that_was_written(value: object, text: str | None) -> None:
    assert written(value) == text


def test_plain_data_forgets_spellings_and_shares_nothing() -> None:
    inner = {"n": WrittenInt(31, "0x1F"), "f": WrittenFloat(1.1, "1.10"), "l": [True, None, "x"]}
    copy = plain({"a": inner})
    assert copy == {"a": {"n": 31, "f": 1.1, "l": [True, None, "x"]}}
    assert isinstance(copy, dict)
    assert copy["a"] is not inner
    assert type(copy["a"]["n"]) is int
    assert type(copy["a"]["f"]) is float
