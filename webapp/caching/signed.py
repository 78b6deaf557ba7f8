"""The cache on a server that others may write to: an entry is believed only when this installation has made it.

Entries are pickled, and whoever unpickles what somebody else wrote runs what they like. A signature under the secret
key goes over the entry and the key that it lies at, so one that was forged, or copied to where another person's page
is looked for, is none.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import pickle
from typing import Any, cast

from cachelib.serializers import RedisSerializer
from flask import Flask
from flask_caching.backends.rediscache import RedisCache

_SIGNATURE_BYTES = 32


class _AsItIs(RedisSerializer):
    """Keeps bytes as they are; they are signed and read elsewhere."""

    def dumps(self, value: Any, protocol: int = 0) -> bytes:
        return cast(bytes, value)

    def loads(self, bvalue: Any) -> Any:
        return bvalue


class SignedRedisCache(RedisCache):
    """Values under keys on a Redis or Valkey server, signed."""

    serializer = _AsItIs()
    _secret = b""

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> SignedRedisCache:
        """Return the cache of an application, which signs under its secret key (flask-caching's protocol)."""
        made = cast(SignedRedisCache, super().factory(app, config, args, kwargs))
        made._secret = hashlib.sha256(b"cache " + app.config["SECRET_KEY"].encode()).digest()
        return made

    def get(self, key: str) -> Any:
        """Return what was put at a key; None for nothing, and for what somebody else has put there."""
        held = super().get(key)
        if not isinstance(held, bytes):
            return None
        signature, text = held[:_SIGNATURE_BYTES], held[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(key, text)):
            return None
        return pickle.loads(text)  # noqa: S301  # Our own: see the signature.

    def set(self, key: str, value: Any, timeout: int | dt.timedelta | None = None) -> bool:
        """Put a value at a key."""
        text = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        return bool(super().set(key, self._sign(key, text) + text, timeout))

    def _sign(self, key: str, text: bytes) -> bytes:
        made = hashlib.blake2b(key=self._secret, digest_size=_SIGNATURE_BYTES)
        # No key holds a NUL, so it is told from what comes after it.
        made.update(key.encode() + b"\0")
        made.update(text)
        return made.digest()
