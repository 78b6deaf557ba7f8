"""Checking data against a JSON Schema, with the words that ours use and no others: a new word is an error here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_TYPES: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None),
    "integer": int, "number": (int, float),
}  # fmt: skip
_SAID = {"title", "description", "default", "examples", "format", "$schema", "$defs", "x-names"}


def find_errors(
    data: Any, schema: dict[str, Any], root: dict[str, Any] | None = None, at: str = ""
) -> Iterator[str]:
    """Yield where the data does not keep to the schema, and which word of it says so."""
    root = schema if root is None else root
    for word, wanted in schema.items():
        if word in _SAID or word == "additionalProperties":
            continue
        yield from _word(word, wanted, data, schema, root, at)


def _word(
    word: str, wanted: Any, data: Any, schema: dict[str, Any], root: dict[str, Any], at: str
) -> Iterator[str]:
    if word == "$ref":
        yield from find_errors(data, root["$defs"][wanted.rpartition("/")[2]], root, at)
    elif word == "anyOf":
        found = [list(find_errors(data, option, root, at)) for option in wanted]
        if all(found):
            yield from min(found, key=len)
    elif word == "properties":
        if isinstance(data, dict):
            for key, value in data.items():
                if key in wanted:
                    yield from find_errors(value, wanted[key], root, f"{at}.{key}")
                elif schema.get("additionalProperties") is False:
                    yield f"{at}.{key}: unknown"
    elif word == "items":
        for index, value in enumerate(data if isinstance(data, list) else ()):
            yield from find_errors(value, wanted, root, f"{at}[{index}]")
    elif word == "required":
        yield from (f"{at}.{key}: missing" for key in wanted if isinstance(data, dict) and key not in data)
    elif not _holds(word, wanted, data):
        yield f"{at}: {word}"


def _holds(word: str, wanted: Any, data: Any) -> bool:
    if word == "type":
        return any(_is(data, name) for name in ([wanted] if isinstance(wanted, str) else wanted))
    if word == "enum":
        return any(data == option and type(data) is type(option) for option in wanted)
    if word in ("minimum", "maximum"):
        if not _is(data, "number"):
            return True
        return bool(data >= wanted if word == "minimum" else data <= wanted)
    if word in ("minLength", "maxLength"):
        if not isinstance(data, str):
            return True
        return len(data) >= wanted if word == "minLength" else len(data) <= wanted
    if word == "pattern":
        return not isinstance(data, str) or re.search(wanted, data, re.ASCII) is not None
    if word.startswith("x-"):
        return True  # Notes for editors.
    raise AssertionError(f"The schema says {word}, which this check does not know.")


def _is(data: Any, name: str) -> bool:
    if isinstance(data, bool):
        return name == "boolean"
    if name == "integer" and isinstance(data, float):
        return data.is_integer()
    return isinstance(data, _TYPES[name])
