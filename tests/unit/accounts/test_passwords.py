from __future__ import annotations

from collections.abc import Iterator

import pytest

from webapp.accounts import passwords
from webapp.accounts.passwords import CHEAP, PASSWORD_MAX, PASSWORD_MIN, Costs, check_password
from webapp.accounts.weak_passwords import common_passwords, is_common
from webapp.core.errors import InvalidInput


@pytest.fixture(autouse=True)
def _cheap() -> Iterator[None]:
    passwords.use_costs(CHEAP)
    yield
    passwords.use_costs(CHEAP)


def test_a_hash_is_argon2id_salted_and_verified() -> None:
    first, second = (
        passwords.hash_password("blue lamp on the stairs"),
        passwords.hash_password("blue lamp on the stairs"),
    )
    assert first.startswith("$argon2id$")
    assert first != second
    assert passwords.verify("blue lamp on the stairs", first)
    assert not passwords.verify("blue lamp on the stair", first)


def test_the_costs_of_production_are_the_library_s_or_more() -> None:
    costs = Costs()
    assert (costs.time, costs.memory, costs.parallelism) >= (3, 65536, 4)


def test_a_hash_made_with_other_costs_is_made_anew_on_the_right_password_only() -> None:
    old = passwords.hash_password("blue lamp on the stairs")
    passwords.use_costs(Costs(time=2, memory=16, parallelism=1))
    assert passwords.verify_and_update("wrong", old) == (False, None)
    right, new = passwords.verify_and_update("blue lamp on the stairs", old)
    assert right
    assert new is not None
    assert "m=16,t=2,p=1" in new
    assert passwords.verify_and_update("blue lamp on the stairs", new) == (True, None)


@pytest.mark.parametrize("stored", ["", "!", "plain text", "$argon2id$", "pbkdf2:sha256:1$x$y"])
def test_an_unreadable_hash_belongs_to_no_password(stored: str) -> None:
    assert not passwords.verify("", stored)
    assert not passwords.verify(stored, stored)


def test_a_password_beyond_the_limit_is_wrong_without_hashing_it() -> None:
    long = "x" * (PASSWORD_MAX + 1)
    assert not passwords.verify(long, passwords.hash_password(long))


def test_checking_nothing_hashes_with_the_same_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    hasher = passwords._hasher(CHEAP)
    monkeypatch.setattr(hasher, "verify", lambda _password, stored: seen.append(stored))
    passwords.verify_nothing()
    assert len(seen) == 1
    assert f"m={CHEAP.memory},t={CHEAP.time},p={CHEAP.parallelism}" in seen[0]


def test_nobody_s_hash_is_a_real_one_that_no_password_fits() -> None:
    stored = passwords._hash_of_nobody(CHEAP)
    assert passwords._hasher(CHEAP).current_hasher.identify(stored)
    assert not passwords.verify("", stored)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("x" * (PASSWORD_MIN - 1), "short"),
        ("ab cd ef gh " * 22, "long"),
        ("renske-de-wit", "username"),
        ("Renske-De-Wit!", "username"),
        ("renske-de-wit2026", "username"),
        ("passwordpassword", "common"),
        ("Password1234!", "common"),
        ("abcabcabcabc", "common"),
        ("blue\0lamp on the stairs", "character"),
    ],
)
def test_a_weak_password_is_refused_for_its_reason(password: str, code: str) -> None:
    assert [error.code for error in check_password(password, "renske-de-wit")] == [code]


@pytest.mark.parametrize(
    "password",
    ["blue lamp on the stairs", "hk3v-9mzq-w2tc-x7np", "ein großes Päckchen", "の" * 6 + "まるいりす"],
)
def test_a_long_unusual_password_is_accepted_with_any_letters(password: str) -> None:
    assert check_password(password + "!", "renske") == []


def test_a_refusal_stands_under_password() -> None:
    with pytest.raises(InvalidInput) as caught:
        passwords.require_good_password("short", "renske")
    assert set(caught.value.errors) == {"password"}


def test_the_list_of_common_passwords_holds_thousands_of_the_length_that_counts() -> None:
    assert len(common_passwords()) > 3_000
    assert min(map(len, common_passwords())) >= PASSWORD_MIN


@pytest.mark.parametrize(
    "password",
    ["Password2024!", "qwertyuiop123", "123456789012", "iloveyou1234", "aaaaaaaaaaaaa", "LETMEIN12345"],
)
def test_habits_are_on_the_list_in_any_case(password: str) -> None:
    assert is_common(password)


def test_an_empty_text_is_not_on_the_list() -> None:
    assert not is_common("")
