"""The vault: the first key encrypts, every key decrypts, nothing leaks."""

from __future__ import annotations

import traceback

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from webapp.connections.crypto import Vault, WrongEncryptionKey

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@given(st.text())
def test_what_is_encrypted_is_decrypted(value: str) -> None:
    encodable = value.encode("utf-8", "replace").decode()
    token = Vault([NEW]).encrypt(encodable)
    assert len(encodable) < 8 or encodable.encode() not in token
    assert Vault([NEW]).decrypt(token) == encodable


def test_the_first_key_encrypts_and_all_decrypt() -> None:
    old_token = Vault([OLD]).encrypt("tide")
    rotated = Vault([NEW, OLD])
    assert rotated.decrypt(old_token) == "tide"
    assert Vault([NEW]).decrypt(rotated.encrypt("ebb")) == "ebb"
    with pytest.raises(WrongEncryptionKey):
        Vault([OLD]).decrypt(rotated.encrypt("ebb"))


def test_a_wrong_key_is_named_without_the_token() -> None:
    token = Vault([OLD]).encrypt("tide")
    with pytest.raises(WrongEncryptionKey, match="PLUGDECK_ENCRYPTION_KEYS") as caught:
        Vault([NEW]).decrypt(token)
    shown = "".join(traceback.format_exception(caught.value))
    assert token.decode() not in shown.replace(str(token), "")
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("token", [b"", b"no token", b"\xff\x00"])
def test_a_damaged_token_is_the_same_error(token: bytes) -> None:
    with pytest.raises(WrongEncryptionKey):
        Vault([NEW]).decrypt(token)


def test_two_encryptions_of_one_value_differ_and_are_recognised() -> None:
    vault = Vault([NEW])
    one, other = vault.encrypt("tide"), vault.encrypt("tide")
    assert one != other
    assert vault.holds(one, "tide")
    assert not vault.holds(one, "Tide")


def test_what_no_key_fits_holds_nothing() -> None:
    assert not Vault([NEW]).holds(Vault([OLD]).encrypt("tide"), "tide")


def test_the_text_of_a_vault_holds_no_key() -> None:
    assert NEW not in repr(Vault([NEW]))
