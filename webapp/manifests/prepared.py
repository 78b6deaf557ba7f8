"""A document's text made ready for libyaml, one character for one character, so that positions stay true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from webapp.manifests.sources import FORBIDDEN

# YAML 1.1 (libyaml) takes these for line breaks, YAML 1.2 and JSON for ordinary characters.
_OLD_BREAKS = "\x85\u2028\u2029"
_OLD_BREAK = re.compile(f"[{_OLD_BREAKS}]")
# An escape of any kind is consumed whole, so that the second half of `\\` never starts one.
_ESCAPE = re.compile(r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|.)", re.DOTALL)
_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F]")
_STAND_INS = range(0xE000, 0xF900)


class Prepared:
    """Text for the parser and the way back from what it returns to what was written."""

    def __init__(self, text: str) -> None:
        """Prepare `text`: stand-ins for characters that libyaml misreads, and for escaped pairs of JSON."""
        self._back: dict[int, str | None] = {}
        self.text = text
        free: Iterator[str] | None = None
        if _OLD_BREAK.search(text):
            free = _unused(text)
            forth = {ord(character): next(free) for character in _OLD_BREAKS}
            self._back |= {ord(stand_in): chr(code) for code, stand_in in forth.items()}
            self.text = self.text.translate(forth)
        if FORBIDDEN.search(self.text):
            # They are reported by the caller; with a stand-in the rest of the document is checked as well.
            self.text = FORBIDDEN.sub("\ufffd", self.text)
        if _PAIR.search(text) and _is_json(text):
            filler = next(free or _unused(text))
            self._back[ord(filler)] = None
            self.text = _ESCAPE.sub(lambda match: _joined(match, filler), self.text)

    def restore(self, value: str) -> str:
        """Return a scalar as it was written."""
        return value.translate(self._back) if self._back else value


def _unused(text: str) -> Iterator[str]:
    """Yield private characters that `text` does not hold; there are more of them than any caller needs."""
    return (chr(code) for code in _STAND_INS if chr(code) not in text)


def _is_json(text: str) -> bool:
    """Tell whether the document is JSON, where alone an escaped surrogate pair is one character."""
    if text.lstrip(" \t\r\n")[:1] not in {"{", "["}:
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _joined(match: re.Match[str], filler: str) -> str:
    if match[1] is None:
        return match[0]
    code = 0x10000 + ((int(match[1], 16) - 0xD800) << 10) + int(match[2], 16) - 0xDC00
    return chr(code) + filler * 11
