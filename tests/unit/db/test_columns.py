"""Column types that must mean the same on both databases."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from webapp.db.columns import UtcDateTime, binary_text

DIALECTS = [sqlite.dialect(), postgresql.dialect()]
ZONES = st.timezones() | st.none()
EARLIEST, LATEST = dt.datetime.fromisoformat("1900-01-01"), dt.datetime.fromisoformat("2999-01-01")


@pytest.mark.parametrize("dialect", DIALECTS, ids=["sqlite", "postgresql"])
@example(moment=dt.datetime(2036, 10, 26, 3, tzinfo=ZoneInfo("Europe/Sofia")))  # This hour is there twice.
@given(moment=st.datetimes(EARLIEST, LATEST, timezones=ZONES, allow_imaginary=False))
def test_a_moment_comes_back_as_the_same_moment_in_utc(dialect: object, moment: dt.datetime) -> None:
    column = UtcDateTime()
    stored = column.process_bind_param(moment, dialect)  # type: ignore[arg-type]
    back = column.process_result_value(stored, dialect)  # type: ignore[arg-type]
    assert back is not None
    assert back.tzinfo is dt.UTC
    # In one zone: between zones Python calls a moment in a repeated hour unequal to every other (PEP 495).
    assert back == (moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC))


def test_sqlite_gets_text_that_sorts_by_time() -> None:
    early = dt.datetime(2026, 1, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=5)))
    stored = UtcDateTime().process_bind_param(early, DIALECTS[0])  # type: ignore[arg-type]
    assert stored == dt.datetime.fromisoformat("2026-01-01T07:00")
    assert stored.tzinfo is None


def test_nothing_stays_nothing() -> None:
    for dialect in DIALECTS:
        assert UtcDateTime().process_bind_param(None, dialect) is None  # type: ignore[arg-type]
        assert UtcDateTime().process_result_value(None, dialect) is None  # type: ignore[arg-type]


def test_keys_are_compared_by_byte_on_postgresql() -> None:
    assert 'COLLATE "C"' in binary_text(10).compile(dialect=postgresql.dialect())
    assert "COLLATE" not in binary_text(10).compile(dialect=sqlite.dialect())
