"""Text case, folding for search and uniqueness, and masking of secrets."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator

from webapp.core.errors import SmarterValueError

NAME_MAX = 64
"""Longest name of a record; also the longest tool name that language model providers accept."""

_SNAKE_CASE = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
# Where a word begins inside another: "HTTP|Server" and "version2|Name". Zero-width, so that long capitals stay linear.
_WORD_START = re.compile(r"(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z0-9])(?=[A-Z])")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_UNDERSCORES = re.compile(r"_+")
_WORD = re.compile(r"[a-z0-9]+")
# Dropped inside a word rather than read as a gap between words: "Wonka's" is one word.
_APOSTROPHES = dict.fromkeys(map(ord, "'\u2018\u2019\u02bc`\u00b4"))
# Latin letters that Unicode does not decompose into a base letter and an accent.
_LATIN = str.maketrans(
    {
        "ß": "ss",
        "ẞ": "SS",
        "æ": "ae",
        "Æ": "Ae",
        "œ": "oe",
        "Œ": "Oe",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "ð": "d",
        "Ð": "D",
        "þ": "th",
        "Þ": "Th",
        "ħ": "h",
        "Ħ": "H",
        "ı": "i",
    }
)


def is_snake_case(value: str) -> bool:
    """Tell whether the whole of `value` is ASCII lower-case words or numbers joined by single underscores."""
    return _SNAKE_CASE.fullmatch(value) is not None


def to_snake_case(value: str) -> str:
    """Return `value` with spaces, hyphens and inner capitals turned into underscores, in lower case.

    Nothing else is dropped, so the result may still be no valid name ("a.b" stays "a.b"); the caller validates it.
    """
    spaced = value.replace(" ", "_").replace("-", "_")
    return _UNDERSCORES.sub("_", _WORD_START.sub("_", spaced).lower())


def suggest_name(value: str) -> str | None:
    """Return a valid name for a new record made from any text, or None when it has no Latin letter and no digit.

    Accents are dropped, anything but letters and digits separates words, numbers in front move to the end
    ("2025 report" gives "report_2025") and what exceeds `NAME_MAX` is cut.
    """
    plain = unicodedata.normalize("NFKD", value.translate(_APOSTROPHES).translate(_LATIN))
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    words = _WORD.findall(_WORD_START.sub("_", plain).lower())
    if not words:
        return None
    first = next((index for index, word in enumerate(words) if word[0].isalpha()), None)
    ordered = ["item", *words] if first is None else words[first:] + words[:first]
    return "_".join(ordered)[:NAME_MAX].rstrip("_")


def numbered_names(name: str, word: str) -> Iterator[str]:
    """Yield names that say where they come from, best first: "orders_copy", "orders_copy_2", …, without an end.

    A name that was made this way is counted on ("orders_copy_2" gives "orders_copy", "orders_copy_2", …). What
    exceeds `NAME_MAX` is cut from the name, so that each is as valid as `name` is.

    Args:
        name: a valid name.
        word: what is put behind it.
    """
    stem = re.sub(rf"_{word}(?:_\d+)?\Z", "", name)
    for number in itertools.count(1):
        ending = f"_{word}" if number == 1 else f"_{word}_{number}"
        yield stem[: NAME_MAX - len(ending)].rstrip("_") + ending


def fold(value: str) -> str:
    """Return the form of `value` under which two spellings count as the same (compatibility forms, letter case).

    The result may be up to 18 times as long as `value`.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())


def is_storable(value: str) -> bool:
    """Tell whether both databases can hold `value`: no NUL and no half of a surrogate pair."""
    return "\0" not in value and not _SURROGATE.search(value)


def storable(value: str) -> str:
    """Return `value` with U+FFFD for each character that the databases cannot hold."""
    return _SURROGATE.sub("\ufffd", value.replace("\0", "\ufffd"))


def mask_string(
    string: object = "", mask_char: str = "*", mask_length: int = 4, string_length: int = 8
) -> str:
    """Return `string` for a log or a page: at most `string_length` characters, of which the last `mask_length` show.

    A secret too short to hide anything beside what shows is masked whole. None gives "", bytes are read as UTF-8.
    Raises SmarterValueError for a negative length or a `mask_char` that is not one character.
    """
    if mask_length < 0 or string_length < 0:
        raise SmarterValueError("Lengths of a mask cannot be negative. Use 0 or more.")
    if len(mask_char) != 1:
        raise SmarterValueError("The mask is not one character. Use one, such as *.")
    if string is None:
        return ""
    text = string.decode("utf-8", "replace") if isinstance(string, bytes) else str(string)
    length = min(string_length, len(text))
    shown = mask_length if mask_length < length else 0
    return mask_char * (length - shown) + text[len(text) - shown :]


def with_line_feeds(value: str) -> str:
    """Return `value` with line feeds, whatever line breaks the browser sent."""
    return value.replace("\r\n", "\n").replace("\r", "\n")
