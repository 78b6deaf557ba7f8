"""Days and weeks are those of a person's time zone, without a gap."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.overview.periods import DAYS, make_period

ZONES = (
    "UTC",
    "Europe/Amsterdam",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/St_Johns",
    "Australia/Lord_Howe",
)
MOMENTS = st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2035, 1, 1), timezones=st.just(dt.UTC))


@given(st.sampled_from(DAYS), st.sampled_from(ZONES), MOMENTS)
def test_the_spans_cover_the_time_without_a_gap_and_end_today(days: int, zone: str, now: dt.datetime) -> None:
    period = make_period(days, ZoneInfo(zone), now)
    assert period.last == now.astimezone(ZoneInfo(zone)).date()
    assert (period.last - period.first).days + 1 >= days
    for one, other in pairwise(period.spans):
        assert one.until == other.since and one.last + dt.timedelta(days=1) == other.first
    assert period.spans[-1].since <= now < period.spans[-1].until


@given(st.sampled_from((30, 90)), st.sampled_from(ZONES), MOMENTS)
def test_short_times_are_cut_into_days(days: int, zone: str, now: dt.datetime) -> None:
    period = make_period(days, ZoneInfo(zone), now)
    assert len(period.spans) == days and period.is_daily
    assert all(span.first == span.last for span in period.spans)


def test_a_year_is_cut_into_weeks_from_monday_and_the_last_is_not_over() -> None:
    period = make_period(365, dt.UTC, dt.datetime(2026, 11, 26, 8, tzinfo=dt.UTC))
    assert not period.is_daily and len(period.spans) == 53
    assert period.first == dt.date(2025, 11, 24) and {span.first.weekday() for span in period.spans} == {0}
    assert (period.spans[-1].first, period.last) == (dt.date(2026, 11, 23), dt.date(2026, 11, 26))


@pytest.mark.parametrize(
    ("zone", "day"), [("Pacific/Kiritimati", 27), ("UTC", 26), ("Pacific/Pago_Pago", 25)]
)
def test_today_depends_on_where_somebody_is(zone: str, day: int) -> None:
    now = dt.datetime(2026, 11, 26, 10, 30, tzinfo=dt.UTC)
    assert make_period(30, ZoneInfo(zone), now).last.day == day


def test_the_day_on_which_clocks_change_has_its_hour_more() -> None:
    period = make_period(30, ZoneInfo("Europe/Amsterdam"), dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC))
    [changed] = [span for span in period.spans if span.first == dt.date(2026, 10, 25)]
    assert changed.until - changed.since == dt.timedelta(hours=25)
