"""YAML 1.2 core scalars: what a plain word in a manifest means.

`no`, `on`, `yes`, dates and `1:30` are text, and so is a number with a leading zero (`010`, a postal code):
YAML 1.1 reads it as 8 and 1.2 as 10, so only its spelling is certain. A number remembers its spelling when Python
would write it differently, because a field that holds text has to keep what the person wrote (`500.00`).
"""

from __future__ import annotations

import math
import re
from typing import cast

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_STARTS = frozenset("-+.0123456789tTfFnN~")

INTEGER_MIN, INTEGER_MAX = -(2**63), 2**63 - 1


class WrittenInt(int):
    """An integer that was spelled in a way of its own (`+5`, `0x1F`)."""

    text: str

    def __new__(cls, value: int, text: str) -> WrittenInt:
        """Return `value` with the text it was written as."""
        made = super().__new__(cls, value)
        made.text = text
        return made


class WrittenFloat(float):
    """A decimal number that was spelled in a way of its own (`1.10`, `500.00`)."""

    text: str

    def __new__(cls, value: float, text: str) -> WrittenFloat:
        """Return `value` with the text it was written as."""
        made = super().__new__(cls, value)
        made.text = text
        return made


class ScalarError(ValueError):
    """A plain word that is a number which no record can keep; `quotable` when quoting it is the way out."""

    def __init__(self, message: str, hint: str) -> None:
        """Keep the sentence and the next step."""
        super().__init__(message)
        self.message, self.hint = message, hint


def resolve(text: str) -> str | int | float | bool | None:
    """Return what a plain scalar means; raises ScalarError for numbers that cannot be kept."""
    if text and text[0] not in _STARTS:
        return text
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _INT.fullmatch(text):
        return _integer(text, 10)
    if _BASED.fullmatch(text):
        return _integer(text, 8 if text[1] == "o" else 16)
    if _FLOAT.fullmatch(text):
        return _float(text)
    if _NOT_FINITE.fullmatch(text):
        raise ScalarError(
            f"{text} is not a number that can be stored.", "Write a finite number, or put it in quotes."
        )
    return text


def written(value: object) -> str | None:
    """Return the text that a scalar was written as; None for null, lists and maps."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, WrittenInt | WrittenFloat):
        return value.text
    return str(value) if isinstance(value, int | float) else None


def plain(value: object) -> object:
    """Return a deep copy of loaded data in which numbers are ordinary again and forget their spelling."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in cast("dict[str, object]", value).items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, WrittenInt):
        return int(value)
    return float(value) if isinstance(value, WrittenFloat) else value


def _integer(text: str, base: int) -> int:
    # The length is checked first: Python refuses to read thousands of digits, and reading them is slow.
    value = int(text, base) if len(text) <= 32 else None
    if value is None or not INTEGER_MIN <= value <= INTEGER_MAX:
        raise ScalarError(
            "This whole number has more digits than can be stored.", "Put it in quotes to keep it as text."
        )
    return value if str(value) == text else WrittenInt(value, text)


def _float(text: str) -> float:
    value = float(text) if len(text) <= 1024 else math.inf
    if not math.isfinite(value):
        raise ScalarError("This number is too large to be stored.", "Put it in quotes to keep it as text.")
    return value if repr(value) == text else WrittenFloat(value, text)
