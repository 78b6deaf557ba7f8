"""Mappings in the order of their keys, and values that JSON can hold."""

from __future__ import annotations

import base64
import enum
import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from webapp.core.clock import as_utc
from webapp.core.errors import SmarterValueError

DEPTH_MAX = 100
"""How deep values may be nested; what nests deeper, or holds itself, is refused."""


def sorted_dict(data: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return a new dictionary with its keys sorted, and those of every mapping in it; `data` stays as it is.

    Numbers come first, in their order, then text by code point, then keys of other types by type and text. Lists and
    tuples keep their order. Raises SmarterValueError for what is no mapping, and for what is nested more than
    `DEPTH_MAX` deep.
    """
    if not isinstance(data, Mapping):
        raise SmarterValueError("Only a mapping can be sorted by its keys. Give a dictionary.")
    return _sorted_mapping(data, 1)


def json_safe(value: object) -> Any:
    """Return a copy of `value` that any JSON writer takes, without NaN and without types of Python's own.

    Moments become ISO text in UTC ("2026-11-23T12:00:00Z"), other dates ISO text, spans seconds, decimals text, sets
    sorted lists, bytes base64, members of enumerations their value, numbers that are not finite None, keys text, and
    anything else its text. Raises SmarterValueError for what is nested more than `DEPTH_MAX` deep.
    """
    return _json_safe(value, 1)


def _sorted_mapping(data: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
    return {key: _sorted_value(data[key], depth + 1) for key in sorted(data, key=_order)}


def _sorted_value(value: object, depth: int) -> object:
    _require_depth(depth)
    if isinstance(value, Mapping):
        return _sorted_mapping(value, depth)
    if isinstance(value, list):
        return [_sorted_value(item, depth + 1) for item in value]
    if type(value) is tuple:
        return tuple(_sorted_value(item, depth + 1) for item in value)
    return value


def _order(key: object) -> tuple[int, float | int, str, str]:
    # True and 1 are one key to Python, so numbers need no second look at their type; NaN has no place among them.
    if isinstance(key, int | float) and not math.isnan(key):
        return 0, key, "", ""
    if isinstance(key, str):
        return 1, 0, "", key
    return 2, 0, type(key).__name__, str(key)


def _json_safe(value: object, depth: int) -> Any:
    _require_depth(depth)
    if isinstance(value, enum.Enum):
        return _json_safe(value.value, depth + 1)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {_json_key(key): _json_safe(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_safe(item, depth + 1) for item in value]
    if isinstance(value, set | frozenset):
        return [_json_safe(item, depth + 1) for item in sorted(value, key=_order)]
    return _json_text(value)


def _json_text(value: object) -> Any:
    if isinstance(value, datetime):
        return as_utc(value).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(value)).decode("ascii")
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else None
    return str(value)


def _json_key(key: object) -> str:
    if isinstance(key, tuple):
        return str(key)
    plain = _json_safe(key, 1)
    if plain is None or isinstance(plain, bool):
        return "null" if plain is None else str(plain).lower()
    return str(plain)


def _require_depth(depth: int) -> None:
    if depth > DEPTH_MAX:
        raise SmarterValueError(
            f"Values may be nested at most {DEPTH_MAX} deep, and may not hold themselves."
        )
