"""What a person may write about accounts and people: rules that forms and commands share."""

from __future__ import annotations

import re
import unicodedata

from webapp.core.errors import FieldError, InvalidInput
from webapp.core.text import fold, is_storable

ACCOUNT_NAME_MAX = 200
USERNAME_MAX = 150
DISPLAY_NAME_MAX = 200
EMAIL_MAX = 254
# The folded form, which is what the database compares, can be longer than what was typed.
USERNAME_KEY_MAX = 200

_ACCOUNT_NUMBER = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}")
_USERNAME = re.compile(r"[\w.@+-]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def tidy(text: str) -> str:
    """Return a name as it is stored: composed, without space around it."""
    return unicodedata.normalize("NFC", text).strip()


def refuse(errors: dict[str, list[FieldError]]) -> None:
    """Raise InvalidInput when any field has an error."""
    if any(errors.values()):
        raise InvalidInput(errors)


def text_errors(value: str, longest: int) -> list[FieldError]:
    """Return what is wrong with a name of one line."""
    if not value:
        return [FieldError("Give a name.", "empty")]
    if len(value) > longest:
        return [FieldError(f"Use at most {longest} characters; this has {len(value)}.", "long")]
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in value):
        return [FieldError("Leave out line breaks and control characters.", "character")]
    return []


def number_errors(number: str) -> list[FieldError]:
    """Return what is wrong with an account number."""
    if not _ACCOUNT_NUMBER.fullmatch(number):
        return [FieldError("An account number is three groups of four digits: 1234-5678-9012.", "number")]
    return []


def username_errors(username: str) -> list[FieldError]:
    """Return what is wrong with a username."""
    if not username:
        return [FieldError("Give a username.", "empty")]
    if len(username) > USERNAME_MAX or len(fold(username)) > USERNAME_KEY_MAX:
        return [FieldError(f"Use at most {USERNAME_MAX} characters.", "long")]
    if not _USERNAME.fullmatch(username) or not _USERNAME.fullmatch(fold(username)):
        return [FieldError("A username is letters, digits and . _ - + @, without spaces.", "character")]
    return []


def email_errors(email: str) -> list[FieldError]:
    """Return what is wrong with an e-mail address."""
    if len(email) > EMAIL_MAX or not _EMAIL.fullmatch(email) or not is_storable(email):
        return [FieldError("This is not an e-mail address, such as name@example.org.", "email")]
    return []
