"""What a pydantic error means, in plain words with the value to write instead where one is certain."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

from pydantic_core import ErrorDetails

from webapp.core.errors import FieldError
from webapp.manifests.fields import REFUSED, Finding
from webapp.manifests.problems import Path
from webapp.manifests.scalars import written

_INDEX = re.compile(r"\[(\d+)\]")
_TRUE = frozenset({"yes", "on", "y", "true", "1"})
_FALSE = frozenset({"no", "off", "n", "false", "0"})


def findings_for(error: ErrorDetails) -> list[Finding]:
    """Return what one pydantic error says; rules over several places say several things."""
    path = tuple(error["loc"])
    kind = error["type"]
    context = error.get("ctx", {})
    if kind == REFUSED:
        return _own(path, context, error["input"])
    value = error["input"]
    if kind == "string_type":
        return [_not_text(path, value)]
    if kind in {"int_type", "int_from_float", "int_parsing"}:
        return [Finding(path, "A whole number is expected here.", _seen(value), _integer(value))]
    if kind in {"float_type", "finite_number"}:
        return [Finding(path, "A number is expected here.", _seen(value), _number(value))]
    if kind == "bool_type":
        word = (written(value) or "").lower()
        meant = True if word in _TRUE else False if word in _FALSE else None
        return [Finding(path, "true or false is expected here.", _seen(value), meant)]
    if kind == "list_type":
        return [Finding(path, "A list is expected here.", "Write each entry on its own line after a hyphen.")]
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        return [
            Finding(path, "A map of fields is expected here.", _seen(value) or "Indent the fields below it.")
        ]
    return [Finding(path, "This value is not allowed here.", _seen(value))]


def _own(path: Path, context: Mapping[str, object], value: object) -> list[Finding]:
    below = context.get("below")
    if below is not None:
        located = cast("Sequence[tuple[str, FieldError]]", below)
        return [Finding((*path, *_parsed(where, value)), error.message) for where, error in located]
    return [
        Finding(
            path,
            str(context["message"]),
            cast("str | None", context["hint"]),
            cast("str | None", context["suggestion"]),
        )
    ]


def _not_text(path: Path, value: object) -> Finding:
    shown = written(value)
    if shown is not None:
        what = "true or false" if isinstance(value, bool) else f"the number {value!r}"
        suggestion = shown if len(shown) <= 64 else None
        return Finding(
            path, f"Text is expected here, and this is read as {what}.", "Put it in quotes.", suggestion
        )
    if value is None:
        return Finding(path, "This is empty; text is expected here.", "Write a value.")
    return Finding(
        path, f"Text is expected here, not a {'map' if isinstance(value, dict) else 'list'}.", None
    )


def _seen(value: object) -> str | None:
    """Return what stands there instead, without showing text that may be confidential."""
    if value is None:
        return "Nothing stands here."
    if isinstance(value, str):
        return "This is text." if value else "This is empty text."
    if isinstance(value, bool):
        return "This is true or false."
    if isinstance(value, int | float):
        return f"This is the number {value!r}."
    return (
        "This is a map."
        if isinstance(value, dict)
        else "This is a list."
        if isinstance(value, list)
        else None
    )


def _integer(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number == int(number) else None


def _number(value: object) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str) and not (len(value) <= 18 and value.isascii() and value.strip("+-. ")):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    if number != number or abs(number) > 1e15:  # noqa: PLR0124  # only NaN differs from itself
        return None
    return int(number) if number == int(number) and "." not in str(value) else number


def _parsed(where: str, value: object) -> Path:
    """Return a path below a value that `clean_annotations` writes: "[2].key", ".key".

    Keys hold dots themselves (`example.org/team`), so the value says where one ends.
    """
    parts: list[str | int] = []
    while where:
        if isinstance(value, list) and (index := _INDEX.match(where)) and int(index[1]) < len(value):
            part: str | int = int(index[1])
            value, where = value[int(index[1])], where[index.end() :]
        elif isinstance(value, dict) and (key := _key_at(where, value)) is not None:
            part, value, where = key, value[key], where[len(key) + 1 :]
        else:
            break
        parts.append(part)
    return tuple(parts)


def _key_at(where: str, mapping: Mapping[str, object]) -> str | None:
    """Return the longest key of a map that a path goes on with."""
    keys = (
        key for key in mapping if where.startswith(f".{key}") and where[len(key) + 1 :][:1] in {"", ".", "["}
    )
    return max(keys, key=len, default=None)
