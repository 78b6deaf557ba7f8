"""Moments in UTC and the seconds between them."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.clock import as_utc, elapsed_seconds, utcnow

NOON = datetime(2025, 12, 1, 12, 0, tzinfo=UTC)


def test_now_is_aware_and_in_utc() -> None:
    before = datetime.now(UTC)
    now = utcnow()
    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)


def test_a_naive_moment_means_utc() -> None:
    assert as_utc(datetime(2025, 12, 1, 12, 0)) == NOON


def test_a_moment_elsewhere_is_moved_to_utc() -> None:
    moved = as_utc(datetime(2025, 12, 1, 7, 0, tzinfo=timezone(timedelta(hours=-5))))
    assert moved == NOON
    assert moved.tzinfo is UTC


@pytest.mark.parametrize("other", [None, "2025-12-01", 0, 1.5, date(2025, 12, 1), timedelta(1)])
def test_what_is_not_a_datetime_is_a_type_error(other: object) -> None:
    with pytest.raises(TypeError, match="datetime"):
        as_utc(other)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="datetime"):
        elapsed_seconds(other, NOON)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="datetime"):
        elapsed_seconds(NOON, other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "elapsed"), [(0, 0), (0.999, 0), (12.9, 12), (-12.9, 12), (86_400, 86_400)]
)
def test_whole_seconds_elapse_in_either_direction(seconds: float, elapsed: int) -> None:
    assert elapsed_seconds(NOON + timedelta(seconds=seconds), NOON) == elapsed


def test_naive_and_aware_moments_can_be_compared() -> None:
    assert elapsed_seconds(datetime(2025, 12, 1, 12, 0, 30), NOON) == 30
    assert elapsed_seconds(datetime(2025, 12, 1, 7, 0, tzinfo=timezone(timedelta(hours=-5))), NOON) == 0


moments = st.datetimes() | st.datetimes(timezones=st.just(timezone(timedelta(hours=14))))


@given(moments, moments)
def test_elapsed_time_is_symmetric_and_never_negative(one: datetime, other: datetime) -> None:
    assert elapsed_seconds(one, other) == elapsed_seconds(other, one) >= 0
