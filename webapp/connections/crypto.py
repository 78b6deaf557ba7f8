"""Encrypting the values of secrets: the first key encrypts, every key decrypts, nothing is ever logged."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from webapp.core.errors import PlugdeckError


class WrongEncryptionKey(PlugdeckError):
    """A stored secret was encrypted with a key that is not configured any more."""

    default_message = (
        "A stored secret cannot be decrypted with the configured keys. "
        "Add the key it was encrypted with to PLUGDECK_ENCRYPTION_KEYS, or set the secret anew."
    )


class Vault:
    """Encrypts and decrypts with the keys of this installation."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take Fernet keys: the first encrypts, all decrypt."""
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def __repr__(self) -> str:
        """Return a text that holds no key."""
        return "Vault()"

    def encrypt(self, value: str) -> bytes:
        """Return the token to store for a clear text."""
        return self._fernet.encrypt(value.encode("utf-8"))

    def decrypt(self, token: bytes) -> str:
        """Return the clear text of a stored token.

        Raises:
            WrongEncryptionKey: no configured key fits, or the token is damaged.
        """
        try:
            return self._fernet.decrypt(token).decode("utf-8")
        except InvalidToken:
            # The cause would carry the token into a traceback.
            raise WrongEncryptionKey from None

    def can_decrypt(self, token: bytes) -> bool:
        """Tell whether a configured key fits a stored token."""
        try:
            self.decrypt(token)
        except WrongEncryptionKey:
            return False
        return True

    def rotate(self, token: bytes) -> bytes:
        """Return a stored token encrypted anew with the first key.

        Raises:
            WrongEncryptionKey: no configured key fits, or the token is damaged.
        """
        try:
            return self._fernet.rotate(token)
        except InvalidToken:
            raise WrongEncryptionKey from None

    def holds(self, token: bytes, value: str) -> bool:
        """Tell whether the stored token decrypts to `value`; one that no key fits holds nothing."""
        try:
            stored = self.decrypt(token)
        except WrongEncryptionKey:
            return False
        return hmac.compare_digest(stored.encode("utf-8"), value.encode("utf-8"))
