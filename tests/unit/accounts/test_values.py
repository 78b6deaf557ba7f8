"""Preferences: what is stored, and what stands in for what is not."""

from __future__ import annotations

import pytest

from webapp.accounts.values import COLUMNS, DEFAULT_COLUMNS, SCOPES, Preferences, ProfileValues
from webapp.plugins.queries import criteria


def test_nothing_stored_gives_the_defaults() -> None:
    assert Preferences.from_stored(None) == Preferences.from_stored({}) == Preferences()
    assert Preferences() == Preferences("system", "comfortable", "", True, "account")


def test_what_is_stored_comes_back() -> None:
    chosen = Preferences("dark", "compact", "Europe/Amsterdam", single_keys=False, scope="mine")
    assert Preferences.from_stored(chosen.to_stored()) == chosen


@pytest.mark.parametrize("value", [None, 3, [], {}, "nonsense", ["dark"]])
def test_what_this_version_does_not_know_falls_back(value: object) -> None:
    names = ("theme", "density", "scope")
    assert Preferences.from_stored(dict.fromkeys(names, value)) == Preferences()
    assert Preferences.from_stored({"single_keys": value, "time_zone": 3}) == Preferences()


def test_the_scopes_are_those_of_the_list() -> None:
    assert set(SCOPES) == set(criteria.SCOPES)
    assert Preferences().scope == criteria.ACCOUNT


def test_a_profile_names_each_value_once() -> None:
    values = ProfileValues("Renske", "r@example.org", Preferences(theme="light"))
    assert values.to_dict() == {
        "display_name": "Renske",
        "email": "r@example.org",
        "theme": "light",
        "density": "comfortable",
        "time_zone": "",
        "single_keys": True,
        "scope": "account",
        "columns": DEFAULT_COLUMNS,
    }


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (["owner", "class", "owner", "nonsense", 3, ["tags"]], ("class", "owner")),
        ([], ()),
        (list(COLUMNS), COLUMNS),
        ("owner", DEFAULT_COLUMNS),
        (None, DEFAULT_COLUMNS),
    ],
)
def test_columns_are_known_ones_in_the_order_of_the_list(stored: object, shown: tuple[str, ...]) -> None:
    chosen = Preferences.from_stored({"columns": stored})
    assert chosen.columns == shown
    assert set(chosen.hidden_columns) == set(COLUMNS) - set(shown)
    assert Preferences.from_stored(chosen.to_stored()) == chosen
