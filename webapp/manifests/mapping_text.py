"""A mapping from a mapping, or from its text in JSON or YAML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from webapp.core.errors import SmarterValueError
from webapp.manifests.form_text import read_yaml
from webapp.manifests.sources import Limits

_LIMITS = Limits()
# What nests deeper is left to the reader of YAML, which counts; a bracket is a level only outside of text.
_JSON_DEPTH = _LIMITS.max_depth


def read_mapping(data: object) -> dict[Any, Any]:
    """Return `data` as a dictionary of its own: a mapping as it is, a text read as JSON and, when it is none, as YAML.

    YAML is read as manifests are: scalars of YAML 1.2, no tags, no key twice, bounded depth, size and aliases.

    Raises:
        SmarterValueError: it is neither a mapping nor a text of one; the message names line and column.
    """
    if isinstance(data, Mapping):
        return dict(data)
    if not isinstance(data, str):
        raise SmarterValueError(
            f"A {type(data).__name__} cannot be read as a mapping. Give a dictionary or a text."
        )
    if len(data) > _LIMITS.max_bytes:
        raise SmarterValueError("The text is too large. Split it.")
    found = _read_json(data)
    if found is None:
        read = read_yaml(data)
        if read.problems:
            raise SmarterValueError(" ".join(error.message for error in read.errors[:3]))
        found = read.value
    if not isinstance(found, dict):
        raise SmarterValueError("The text holds no mapping. Write keys with values, such as name: value.")
    return found


def _read_json(text: str) -> Any:
    """Return what a text of JSON holds; None for anything else, which YAML may know how to read or why not."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found if _depth_is_within(found, _JSON_DEPTH) else None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands here twice")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _depth_is_within(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit + 1):
        inner = [item for item in level if isinstance(item, dict | list)]
        if not inner:
            return True
        level = [part for item in inner for part in (item.values() if isinstance(item, dict) else item)]
    return False
