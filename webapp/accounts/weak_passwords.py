"""Passwords that are tried first, of the length that ours may have.

The list is generated here from the habits that published rankings keep showing (a word doubled, a word with a year or
a row of digits behind it, a walk over the keyboard); it is not copied from any leaked collection.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from webapp.core.text import fold

_WORDS = """
password passw0rd p@ssword p@ssw0rd pass admin administrator root user guest login welcome letmein changeme secret
default master super test testing temp qwerty qwertz azerty asdf abc abcd monkey dragon football baseball basketball
soccer hockey princess sunshine shadow superman batman iloveyou loveyou trustno1 starwars whatever freedom summer
winter spring autumn january february march april june july august september october november december monday friday
hello computer internet server database company business flower chocolate cookie pokemon michael jennifer jordan
charlie thomas daniel matrix mustang ferrari killer liverpool chelsea arsenal barcelona samsung google facebook
plugdeck
"""
_ROWS = """
1234567890 0987654321 qwertyuiop asdfghjkl zxcvbnm qazwsxedc 1qaz2wsx3edc abcdefghijkl
"""
_ENDINGS = """
1 12 123 1234 12345 123456 1234567 12345678 123456789 1234567890 0 00 000 0000 01 007 321 4321 54321 987654321
111 1111 11111111 69 77 777 88 99 999 abc abcd qwerty 1q2w3e 1q2w3e4r qwe asd me you now again
! !! !!! @ # $ . * 1! 12! 123! 1234! 12345! @1 @12 @123 @1234 #1 #123 _123 _1234 -123
"""
SHORTEST = 12
LONGEST = 32


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    """Return the list, folded, without those that are too short to be accepted anyway."""
    return frozenset(text for text in _patterns() if SHORTEST <= len(text) <= LONGEST)


def is_common(password: str) -> bool:
    """Tell whether a password is on the list, whatever its case, or is one short piece over and over."""
    folded = fold(password)
    return folded in common_passwords() or _is_repetition(folded)


def _patterns() -> Iterator[str]:
    words, rows = _WORDS.split(), _ROWS.split()
    endings = ["", *_ENDINGS.split(), *(f"{year}{end}" for year in range(1980, 2031) for end in ("", "!"))]
    for word in words:
        for ending in endings:
            yield word + ending
            yield ending + word
            yield word + word + ending
        for other in words:
            yield word + other
    for row in rows:
        for ending in endings:
            yield row + ending
        for other in rows:
            yield row + other
        yield row + row[::-1]


def _is_repetition(text: str) -> bool:
    """Tell whether the text is at most four characters repeated to its end ("aaaaaaaaaaaa", "abcabcabcabc")."""
    return any(
        text == (text[:size] * (len(text) // size + 1))[: len(text)]
        for size in range(1, min(4, len(text)) + 1)
    )
