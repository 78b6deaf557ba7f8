"""The time that the overview looks back on, cut into the days or weeks of a person's time zone. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

DAYS = (30, 90, 365)
DAILY_MAX = 90
"""A longer time is cut into weeks, so that its bars can still be told apart."""
WEEK = 7


@dataclass(frozen=True)
class Span:
    """A day, or a week from Monday: its first and last day, and the half-open time in UTC that they enclose."""

    first: dt.date
    last: dt.date
    since: dt.datetime
    until: dt.datetime


@dataclass(frozen=True)
class Period:
    """The days or weeks up to today, oldest first; today and this week are not over."""

    days: int
    spans: tuple[Span, ...]

    @property
    def is_daily(self) -> bool:
        """Tell whether the spans are days; else they are weeks."""
        return self.days <= DAILY_MAX

    @property
    def first(self) -> dt.date:
        """Return the first day."""
        return self.spans[0].first

    @property
    def last(self) -> dt.date:
        """Return today."""
        return self.spans[-1].last

    @property
    def since(self) -> dt.datetime:
        """Return the moment at which the first day begins."""
        return self.spans[0].since


def make_period(days: int, zone: dt.tzinfo, now: dt.datetime) -> Period:
    """Return the last days up to today, or the weeks that they are in.

    Args:
        days: one of DAYS.
        zone: in which days begin and end.
        now: this moment.
    """
    today = now.astimezone(zone).date()
    first = today - dt.timedelta(days=days - 1)
    step = 1
    if days > DAILY_MAX:
        first -= dt.timedelta(days=first.weekday())
        step = WEEK
    spans = []
    while first <= today:
        following = first + dt.timedelta(days=step)
        last = min(following - dt.timedelta(days=1), today)
        spans.append(Span(first, last, _midnight(first, zone), _midnight(following, zone)))
        first = following
    return Period(days, tuple(spans))


def _midnight(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
