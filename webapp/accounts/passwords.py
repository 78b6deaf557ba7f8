"""Passwords: argon2 through pwdlib, a check that costs the same when there is nothing to check, and the rules."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from secrets import token_bytes

from argon2 import DEFAULT_MEMORY_COST, DEFAULT_PARALLELISM, DEFAULT_TIME_COST
from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from webapp.accounts.weak_passwords import is_common
from webapp.core.errors import FieldError, InvalidInput
from webapp.core.text import fold, is_storable

PASSWORD_MIN = 12
PASSWORD_MAX = 256
HINT = f"At least {PASSWORD_MIN} characters. A sentence of a few words is easier to keep than a short riddle."


@dataclass(frozen=True)
class Costs:
    """The parameters of argon2; they stand in every hash, so old hashes stay readable when they change."""

    time: int = DEFAULT_TIME_COST
    memory: int = DEFAULT_MEMORY_COST
    parallelism: int = DEFAULT_PARALLELISM


CHEAP = Costs(time=1, memory=8, parallelism=1)
"""For the tests, which make hundreds of people."""


class _Chosen:
    """The parameters of this process, chosen once from its settings."""

    costs = Costs()


def use_costs(costs: Costs) -> None:
    """Hash with these parameters from now on, in this process."""
    _Chosen.costs = costs


def hash_password(password: str) -> str:
    """Return a salted hash of a password, for storing."""
    return _hasher(_Chosen.costs).hash(password)


def verify(password: str, password_hash: str) -> bool:
    """Tell whether the password belongs to the hash; an unreadable hash belongs to none."""
    return verify_and_update(password, password_hash)[0]


def verify_and_update(password: str, password_hash: str) -> tuple[bool, str | None]:
    """Tell whether the password belongs to the hash, and return a new hash when the parameters have changed."""
    if len(password) > PASSWORD_MAX:
        verify_nothing()
        return False, None
    try:
        return _hasher(_Chosen.costs).verify_and_update(password, password_hash)
    except UnknownHashError:
        verify_nothing()
        return False, None


def verify_nothing() -> None:
    """Take the time that checking a password takes, so that the clock does not tell who exists."""
    _hasher(_Chosen.costs).verify("", _hash_of_nobody(_Chosen.costs))


def check_password(password: str, username: str) -> list[FieldError]:
    """Return what is wrong with a new password of this person; an empty list means that it may be used."""
    if not is_storable(password):
        return [
            FieldError(
                "The password holds a character that cannot be typed again. Leave it out.", "character"
            )
        ]
    if len(password) < PASSWORD_MIN:
        return [FieldError(f"Use at least {PASSWORD_MIN} characters; this one has {len(password)}.", "short")]
    if len(password) > PASSWORD_MAX:
        return [FieldError(f"Use at most {PASSWORD_MAX} characters; this one has {len(password)}.", "long")]
    if fold(username) and not fold(password).replace(fold(username), "").strip(" .-_0123456789!"):
        return [FieldError("The password is made of the username. Choose another.", "username")]
    if is_common(password):
        return [FieldError("This password is one of those that are tried first. Choose another.", "common")]
    return []


def require_good_password(password: str, username: str) -> None:
    """Refuse a new password that breaks a rule.

    Raises:
        InvalidInput: with the errors under "password".
    """
    if errors := check_password(password, username):
        raise InvalidInput({"password": errors})


@lru_cache(maxsize=4)
def _hasher(costs: Costs) -> PasswordHash:
    return PasswordHash(
        (Argon2Hasher(time_cost=costs.time, memory_cost=costs.memory, parallelism=costs.parallelism),)
    )


@lru_cache(maxsize=4)
def _hash_of_nobody(costs: Costs) -> str:
    # A random digest: made at once, and no password belongs to it.
    salt, digest = (b64encode(token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={costs.memory},t={costs.time},p={costs.parallelism}${salt}${digest}"
