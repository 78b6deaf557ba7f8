"""Numbers, times and sizes as people read them."""

from __future__ import annotations

import datetime as dt

import pytest

from webapp.web import filters

MOMENT = dt.datetime(2026, 6, 5, 14, 2, 59, tzinfo=dt.timezone(dt.timedelta(hours=2)))


def test_numbers_have_separators_and_their_words_a_plural() -> None:
    assert filters.number(3214) == "3,214"
    assert [filters.plural(count, "plugin") for count in (0, 1, 3214)] == [
        "0 plugins",
        "1 plugin",
        "3,214 plugins",
    ]
    assert filters.plural(2, "entry", "entries") == "2 entries"


def test_times_are_utc_whatever_zone_they_carry() -> None:
    assert filters.utc(MOMENT) == "2026-06-05 12:02 UTC"
    assert filters.iso(MOMENT) == "2026-06-05T12:02:59Z"
    assert filters.day(MOMENT) == "5 June 2026"


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (1, "1 byte"), (1023, "1,023 bytes"), (3175, "3.1 KB"), (5 * 1024**2, "5.0 MB")],
)
def test_sizes_have_units(size: int, text: str) -> None:
    assert filters.filesize(size) == text


def test_a_person_has_one_colour_of_a_few() -> None:
    colours = {filters.avatar_colour(f"person{number}") for number in range(200)}
    assert colours == set(range(filters.AVATAR_COLOURS))
    assert filters.avatar_colour("ann") == filters.avatar_colour("ann")
