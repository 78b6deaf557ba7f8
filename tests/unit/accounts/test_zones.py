"""Time zones: which exist, and what somebody may have meant."""

from __future__ import annotations

import pytest

from webapp.accounts import zones
from webapp.accounts.zones import find_zone, suggest_zone, zone_names


def test_the_names_are_places_and_utc() -> None:
    names = zone_names()
    assert names[0] == "UTC"
    assert {"Europe/Amsterdam", "America/Argentina/Buenos_Aires", "Pacific/Chatham"} <= set(names)
    assert not any(name.startswith(("Etc/", "US/", "SystemV/", "posix/")) for name in names)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Europe/Amsterdam", "Europe/Amsterdam"),
        (" europe/amsterdam ", "Europe/Amsterdam"),
        ("america/new york", "America/New_York"),
        ("utc", "UTC"),
    ],
)
def test_any_spelling_of_a_zone_is_found(text: str, name: str) -> None:
    assert find_zone(text) == name


@pytest.mark.parametrize(
    "text", ["", "Amsterdam", "Europe/Atlantis", "../../etc/passwd", "CET", "<b>", "a" * 999]
)
def test_what_is_no_zone_is_not_found(text: str) -> None:
    assert find_zone(text) is None


def test_a_place_alone_suggests_its_zone() -> None:
    assert suggest_zone("amsterdam") == "Europe/Amsterdam"
    assert suggest_zone("new york") == "America/New_York"
    assert suggest_zone("atlantis") is None
    assert suggest_zone("") is None


def test_where_the_system_knows_no_zones_the_shape_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones, "available_timezones", set)
    zone_names.cache_clear()
    try:
        assert zone_names() == ("UTC",)
        assert find_zone("Europe/Amsterdam") == "Europe/Amsterdam"
        assert find_zone("america/new york") is None
        assert find_zone("../passwd") is None
        assert find_zone("Europe/" + "x" * 99) is None
    finally:
        zone_names.cache_clear()
