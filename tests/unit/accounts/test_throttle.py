from __future__ import annotations

import pytest

from webapp.accounts.throttle import Throttle, network_of


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_a_household_counts_as_one_place(address: str, place: str) -> None:
    assert network_of(address) == place


def test_what_was_typed_cannot_be_read_from_a_key() -> None:
    keys = Throttle("secret")._keys("my password by mistake", "203.0.113.9")
    assert all("password" not in name and "203" not in name for _, name in keys)
    assert all(len(item.key_for(name)) <= 200 for item, name in keys)


def test_spellings_of_a_username_share_a_counter_and_installations_do_not() -> None:
    first, second = Throttle("secret"), Throttle("another secret")
    assert first._keys("Renske", "203.0.113.9") == first._keys("renske", "203.0.113.9")
    assert first._keys("renske", "203.0.113.9") != first._keys("renske", "203.0.113.10")
    assert first._keys("renske", "203.0.113.9") != second._keys("renske", "203.0.113.9")


def test_any_text_can_be_a_username() -> None:
    Throttle("secret")._keys("\ud800\0 x" * 1000, "\0")
