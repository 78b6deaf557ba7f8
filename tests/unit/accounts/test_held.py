from __future__ import annotations

import json

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from webapp.accounts.held import HELD_MAX_BYTES, hold_fields, read_held
from webapp.connections.crypto import Vault

VAULT = Vault([Fernet.generate_key().decode()])


def seal(fields: object) -> str:
    return VAULT.encrypt(json.dumps(fields)).decode()


names = st.text(max_size=20).filter(lambda name: "password" not in name.lower() and name != "csrf_token")


@given(st.lists(st.tuples(names, st.text(max_size=50)), min_size=1, max_size=10))
def test_what_is_held_comes_back_field_by_field(fields: list[tuple[str, str]]) -> None:
    form: MultiDict[str, str] = MultiDict(fields)
    held = hold_fields(form, VAULT)
    assert held is not None
    assert read_held(held, VAULT) == list(form.items(multi=True))


def test_tokens_and_passwords_are_not_held() -> None:
    form = MultiDict([("csrf_token", "t"), ("new_password", "p"), ("Password", "p"), ("name", "kept")])
    held = hold_fields(form, VAULT)
    assert held is not None
    assert read_held(held, VAULT) == [("name", "kept")]
    sealed = seal([["csrf_token", "t"], ["password", "p"], ["name", "kept"]])
    assert read_held(sealed, VAULT) == [("name", "kept")]


@pytest.mark.parametrize("spelling", ["value: hush", "value:\n  hush", "? value\n: hush", "vlaue: hush"])
def test_what_is_held_cannot_be_read_without_the_key(spelling: str) -> None:
    held = hold_fields(MultiDict([("text", f"kind: Secret\n{spelling}")]), VAULT)
    assert held is not None
    assert "hush" not in held
    assert read_held(held, Vault([Fernet.generate_key().decode()])) == []


def test_nothing_to_hold_differs_from_too_much() -> None:
    assert hold_fields(MultiDict([("csrf_token", "t")]), VAULT) == ""
    assert hold_fields(MultiDict([("name", "ü" * HELD_MAX_BYTES)]), VAULT) is None


def test_half_a_character_does_not_stop_anything() -> None:
    held = hold_fields(MultiDict([("name", "a\ud800")]), VAULT)
    assert held is not None
    assert read_held(held, VAULT) == [("name", "a?")]


@pytest.mark.parametrize("text", ["", "{}", '[["a","b"]]', "ü", "[" * 100_000])
def test_a_text_that_is_not_sealed_holds_nothing(text: str) -> None:
    assert read_held(text, VAULT) == []


@pytest.mark.parametrize("content", [{}, None, [1], [["a"]], [["a", "b"], 3], "a", {"person": "7"}])
def test_what_was_sealed_for_something_else_holds_nothing(content: object) -> None:
    assert read_held(seal(content), VAULT) == []
