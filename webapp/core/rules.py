"""The rules for fields that the form, the manifest schema and the model share.

A check returns the errors it found, ready to stand beside the field; an empty list means that the value is accepted.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from webapp.core import semver, text
from webapp.core.annotations import ANNOTATION_VALUE_MAX, clean_annotations
from webapp.core.errors import FieldError
from webapp.core.semver import VERSION_MAX
from webapp.core.text import NAME_MAX

__all__ = [
    "ANNOTATION_VALUE_MAX",
    "DESCRIPTION_MAX",
    "LINE_MAX",
    "MAX_TOKENS_MAX",
    "NAME_MAX",
    "REASON_MAX",
    "SEARCH_TERM_MAX",
    "TAG_MAX",
    "VERSION_MAX",
    "check_description",
    "check_line",
    "check_max_tokens",
    "check_name",
    "check_search_term",
    "check_tag",
    "check_temperature",
    "check_text",
    "check_version",
    "clean_annotations",
    "clean_tag",
    "clean_tags",
]

LINE_MAX = 255
TAG_MAX = 64
SEARCH_TERM_MAX = 255
DESCRIPTION_MAX = 10_000
MAX_TOKENS_MAX = 1_000_000
REASON_MAX = 500
"""Characters of why somebody wrote: a sentence or two, in one line."""

_SHOWN_MAX = 24
_ELLIPSIS = "\u2026"
# Control characters, line and paragraph separators, and surrogates, which no database stores.
_UNPRINTABLE = frozenset({"Cc", "Zl", "Zp", "Cs"})
_BLANK = frozenset({"Cf", "Zs", "Zl", "Zp", "Cc"})


def check_name(value: object, *, new: bool) -> list[FieldError]:
    """Return what is wrong with the name of a record; only a `new` name has to start with a letter.

    The first error carries a name that would be accepted, when one can be made from `value`.
    """
    if not isinstance(value, str):
        return [_missing("Give it a name.")] if value is None else [_not_text("name")]
    if not value.strip():
        return [_missing("Give it a name.")]
    found: list[tuple[str, str]] = []
    if not text.is_snake_case(value):
        found.append(("Use lower-case words joined by underscores.", "snake_case"))
    elif new and value[0].isdigit():
        found.append(("Start with a letter.", "letter_first"))
    if len(value) > NAME_MAX:
        found.append((f"Use at most {NAME_MAX} characters.", "too_long"))
    # One button fixes all of it, so only the first error offers it.
    suggestions = (text.suggest_name(value) if index == 0 else None for index in range(len(found)))
    return [FieldError(*error, suggestion) for error, suggestion in zip(found, suggestions, strict=True)]


def check_version(value: object) -> list[FieldError]:
    """Return what is wrong with a version, with the version that was probably meant when there is one."""
    if value is None or value == "":
        return [FieldError("Give it a version, such as 1.0.0.", "required", "1.0.0")]
    if not isinstance(value, str):
        # 0.3 in YAML is a number. Not every int can be printed, and a large one is no version.
        meant = semver.suggest(str(value)) if isinstance(value, int | float) and 0 <= value < 1e6 else None
        return [FieldError('Put the version in quotes, such as "1.0.0".', "not_text", meant)]
    if len(value) > VERSION_MAX:
        return [_too_long(VERSION_MAX)]
    if not semver.is_semver(value):
        return [FieldError("Write three numbers, such as 1.0.0.", "semver", semver.suggest(value))]
    return []


def clean_tag(value: str) -> str:
    """Return the spelling of a tag that is stored: composed (NFC) and without space around it."""
    return unicodedata.normalize("NFC", value).strip()


def check_tag(value: object) -> list[FieldError]:
    """Return what is wrong with a tag, read the way `clean_tag` stores it."""
    if not isinstance(value, str):
        return [_not_text("tag")]
    tag = clean_tag(value)
    if _is_blank(tag):
        return [_missing("Write at least one character.")]
    found = _line_errors(tag, TAG_MAX)
    if "," in tag:
        found.append(FieldError("Leave out commas.", "comma"))
    return found


def clean_tags(values: Iterable[object]) -> tuple[list[str], list[FieldError]]:
    """Return the tags as they are stored and the errors of the others, which name the tag they are about.

    Of tags that differ only in letter case or compatibility forms, the first spelling is kept.
    """
    kept: dict[str, str] = {}
    errors: list[FieldError] = []
    for position, value in enumerate(values, start=1):
        found = check_tag(value)
        if found:
            errors.extend(_about(value, position, error) for error in found)
        elif isinstance(value, str):
            tag = clean_tag(value)
            kept.setdefault(text.fold(tag), tag)
    return list(kept.values()), errors


def check_search_term(value: object) -> list[FieldError]:
    """Return what is wrong with one search term of a selector; space around it does not count."""
    if not isinstance(value, str):
        return [_not_text("search term")]
    term = value.strip()
    if _is_blank(term):
        return [_missing("Write at least one character.")]
    return _line_errors(term, SEARCH_TERM_MAX)


def check_description(value: object) -> list[FieldError]:
    """Return what is wrong with a description; it may be absent, empty or of several lines."""
    return [] if value is None else check_text(value, limit=DESCRIPTION_MAX)


def check_text(value: object, *, limit: int) -> list[FieldError]:
    """Return what is wrong with a text of several lines of at most `limit` characters; empty is accepted."""
    if not isinstance(value, str):
        return [_not_text("text")]
    found = []
    if len(value) > limit:
        found.append(_too_long(limit))
    if not text.is_storable(value):
        found.append(FieldError("Leave out characters that cannot be stored, such as NUL.", "unstorable"))
    return found


def check_line(value: str, limit: int = LINE_MAX, *, required: str = "") -> list[FieldError]:
    """Return what is wrong with a text of one line; `required` is the sentence for an empty one, "" allows it."""
    if required and not value.strip():
        return [_missing(required)]
    return _line_errors(value, limit)


def check_temperature(value: object) -> list[FieldError]:
    """Return what is wrong with the temperature of a prompt: a number from 0 to 1."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return []
    return [FieldError("Use a number from 0 to 1.", "range")]


def check_max_tokens(value: object) -> list[FieldError]:
    """Return what is wrong with the token limit of a prompt: a whole number from 1 to `MAX_TOKENS_MAX`."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_TOKENS_MAX:
        return []
    return [FieldError(f"Use a whole number from 1 to {MAX_TOKENS_MAX:,}.", "range")]


def _line_errors(line: str, limit: int) -> list[FieldError]:
    """Return what is wrong with a text of one line."""
    found = []
    if len(line) > limit:
        found.append(_too_long(limit))
    if any(unicodedata.category(character) in _UNPRINTABLE for character in line):
        found.append(FieldError("Leave out line breaks and control characters.", "control"))
    return found


def _is_blank(value: str) -> bool:
    """Tell whether nothing of `value` shows: two such tags could not be told apart on a page."""
    return all(unicodedata.category(character) in _BLANK for character in value)


def _about(value: object, position: int, error: FieldError) -> FieldError:
    """Return the error of one of several values as a sentence that says which, by its text or by its position."""
    if isinstance(value, str) and not _is_blank(value):
        shown = "".join(
            "\ufffd" if unicodedata.category(character) in _UNPRINTABLE else character for character in value
        )
        which = f"\u201c{shown if len(shown) <= _SHOWN_MAX else shown[:_SHOWN_MAX] + _ELLIPSIS}\u201d"
    else:
        which = str(position)
    return FieldError(f"Tag {which}: {error.message[0].lower()}{error.message[1:]}", error.code)


def _missing(message: str) -> FieldError:
    return FieldError(message, "required")


def _too_long(limit: int) -> FieldError:
    return FieldError(f"Use at most {limit:,} characters.", "too_long")


def _not_text(what: str) -> FieldError:
    return FieldError(f"Write the {what} as text, in quotes.", "not_text")
