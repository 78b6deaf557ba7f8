"""Record locators: short texts that stand for the id of a record in links, and never change.

A hashed id is "r" + base64url(str(id + HASH_FLOOR)) + "x". That hides the sequence from a reader, not from an attacker:
a locator is no permission.
"""

from __future__ import annotations

import base64
import binascii
import re

from webapp.core.errors import SmarterValueError

HASH_FLOOR = 1_000_000
HASH_PREFIX = "r"
HASH_SUFFIX = "x"
ID_MAX = 2**63 - 1
"""The largest id that a BigInteger column holds."""

# The base64 of digits has neither "-" nor "_", so a hyphen ends a hashed id as it ends a word.
_HASH = re.compile(rf"(?<!\w){HASH_PREFIX}[A-Za-z0-9]+{HASH_SUFFIX}(?!\w)")
_KIND = re.compile(r"[a-z][a-z0-9]*")
_DIGITS = re.compile(rb"[1-9][0-9]*")
_HASH_LENGTH_MAX = 28


def encode_id(id: int) -> str:
    """Return the hashed id of a saved record: 123 gives "rMTAwMDEyMwx".

    Raises SmarterValueError when `id` is not between 1 and `ID_MAX`.
    """
    if not 1 <= id <= ID_MAX:
        raise SmarterValueError("This is not the id of a saved record. Save the record first.")
    payload = base64.urlsafe_b64encode(str(id + HASH_FLOOR).encode("ascii")).decode("ascii")
    return f"{HASH_PREFIX}{payload.rstrip('=')}{HASH_SUFFIX}"


def decode_hashed_id(value: str) -> int | None:
    """Return the id that encodes to exactly `value`, or None: every id has one spelling."""
    if len(value) > _HASH_LENGTH_MAX or not _HASH.fullmatch(value):
        return None
    payload = value[len(HASH_PREFIX) : -len(HASH_SUFFIX)]
    try:
        digits = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    except binascii.Error:
        return None
    # int() would also read signs, spaces, underscores and the digits of other scripts.
    if not _DIGITS.fullmatch(digits):
        return None
    id = int(digits) - HASH_FLOOR
    return id if 1 <= id <= ID_MAX and encode_id(id) == value else None


def hash_regex() -> re.Pattern[str]:
    """Return the pattern of a hashed id standing as a word in a text; what it matches need not decode."""
    return _HASH


def find_hash(text: str) -> str | None:
    """Return the first word of `text`, such as an address, that decodes to an id, or None."""
    return next((word for word in _HASH.findall(text) if decode_hashed_id(word) is not None), None)


def format_locator(kind: str, id: int) -> str:
    """Return the locator of a saved record of `kind`: ("pluginmeta", 123) gives "pluginmeta-rMTAwMDEyMwx".

    Raises SmarterValueError when `kind` is not lower-case letters and digits or `id` is not that of a saved record.
    """
    if not _KIND.fullmatch(kind):
        raise SmarterValueError("This is not a kind of record. Use its lower-case name, such as pluginmeta.")
    return f"{kind}-{encode_id(id)}"


def split_locator(value: str) -> tuple[str, int] | None:
    """Return the kind and the id of a locator of any kind, or None when it is not spelled exactly as we write it."""
    kind, separator, hashed_id = value.partition("-")
    if not separator or not _KIND.fullmatch(kind):
        return None
    id = decode_hashed_id(hashed_id)
    return None if id is None else (kind, id)


def parse_locator(value: str, kind: str) -> int | None:
    """Return the id of a locator of `kind`, or None for any other text."""
    found = split_locator(value)
    return found[1] if found is not None and found[0] == kind else None
