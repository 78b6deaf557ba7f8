"""The rules for annotations: an ordered list of single-key mappings, as manifests write them.

Import them through `core.rules`, which gathers the rules of every field.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from datetime import date
from typing import NoReturn

from webapp.core.errors import FieldError
from webapp.core.text import is_storable

ANNOTATION_KEY_MAX = 255
ANNOTATION_VALUE_MAX = 2048
ANNOTATION_DEPTH_MAX = 50
ANNOTATION_NODES_MAX = 10_000

ANNOTATION_INDEXED_MAX = 100
"""Longer values are found by a digest; an entry of an index has little room."""

_KEY = re.compile(r"[A-Za-z0-9._/-]+")
_DIGEST = "sha256:"
# Past this an integer exceeds every float, and Python refuses to print it a little later.
_INTEGER_BITS_MAX = 1024

Annotations = list[dict[str, object]]
Located = tuple[str, FieldError]


def clean_annotations(value: object) -> tuple[Annotations, list[Located]]:
    """Return annotations as they are stored, and the errors of the rest, each with its path below the field.

    `value` is a list of mappings or one plain mapping; None is no annotations. An entry of several keys becomes
    several entries. A path reads "[2]", "[2].key", ".key" or "[2].key[0].inner"; "" is the whole field. Values are
    copied, and dates become ISO text.
    """
    cleaner = _Cleaner()
    if isinstance(value, Mapping):
        return cleaner.entries(value, ""), cleaner.errors
    if value is None:
        return [], []
    if not isinstance(value, list | tuple):
        return [], [("", FieldError("Write a list of key and value pairs.", "not_a_list"))]
    entries: Annotations = []
    for index, entry in enumerate(value):
        path = f"[{index}]"
        if isinstance(entry, Mapping):
            entries.extend(cleaner.entries(entry, path))
        else:
            cleaner.refuse(path, 'Write a key and a value, such as "team: growth".', "not_a_mapping")
    return entries, cleaner.errors


def is_annotation_key(text: str) -> bool:
    """Tell whether a text can be the key of an annotation."""
    return len(text) <= ANNOTATION_KEY_MAX and bool(_KEY.fullmatch(text))


def annotation_text(value: object) -> str:
    """Return the text that a filter compares a value by: text as it is but for spaces at its ends, the rest as JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.strip()


def annotation_value_key(text: str) -> str:
    """Return what an index keeps of such a text: itself, or a digest where it is long; no two texts have the same."""
    if len(text) <= ANNOTATION_INDEXED_MAX and not text.startswith(_DIGEST):
        return text
    return _DIGEST + hashlib.sha256(text.encode()).hexdigest()


class _Refused(Exception):
    """Ends the cleaning of one value after its error was noted."""


class _Cleaner:
    """One pass over annotations; collects the errors and counts what it has seen."""

    def __init__(self) -> None:
        self.errors: list[Located] = []
        self._nodes = 0

    def refuse(self, path: str, message: str, code: str) -> None:
        """Note an error at `path`."""
        self.errors.append((path, FieldError(message, code)))

    def entries(self, mapping: Mapping[object, object], path: str) -> Annotations:
        """Return one single-key entry for every key of `mapping` that is accepted with its value."""
        kept: Annotations = []
        for key, value in mapping.items():
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                self.refuse(
                    path, "Use letters, digits, dots, slashes, hyphens and underscores in keys.", "key"
                )
            elif len(key) > ANNOTATION_KEY_MAX:
                self.refuse(path, f"Use at most {ANNOTATION_KEY_MAX} characters in a key.", "too_long")
            elif value is None:
                self.refuse(f"{path}.{key}", "Give the annotation a value.", "required")
            else:
                try:
                    kept.append({key: self._value(value, f"{path}.{key}", 1)})
                except _Refused:
                    continue
        return kept

    def _value(self, value: object, path: str, depth: int) -> object:
        """Return a copy of `value` that JSON can hold; depth and count are bounded because values may be cyclic."""
        self._nodes += 1
        if self._nodes > ANNOTATION_NODES_MAX:
            self._fail(path, f"Use at most {ANNOTATION_NODES_MAX:,} values in all annotations.", "too_many")
        if depth > ANNOTATION_DEPTH_MAX:
            self._fail(path, f"Nest values at most {ANNOTATION_DEPTH_MAX} deep.", "too_deep")
        if isinstance(value, Mapping):
            return {
                self._inner_key(key, path): self._value(inner, f"{path}.{key}", depth + 1)
                for key, inner in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._value(inner, f"{path}[{index}]", depth + 1) for index, inner in enumerate(value)]
        return self._scalar(value, path)

    def _scalar(self, value: object, path: str) -> object:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, int):
            if value.bit_length() > _INTEGER_BITS_MAX:
                self._fail(path, "Put a number as large as this in quotes.", "number")
            return value
        if isinstance(value, float):
            if not math.isfinite(value):
                self._fail(path, "Use a finite number, or put it in quotes.", "number")
            return value
        if isinstance(value, date):
            return value.isoformat()
        return self._fail(path, "Use text, a number, true, false, a list or a map.", "type")

    def _inner_key(self, key: object, path: str) -> str:
        if not isinstance(key, str):
            return self._fail(path, "Write the keys of a map as text, in quotes.", "not_text")
        return self._text(key, path)

    def _text(self, value: str, path: str) -> str:
        if len(value) > ANNOTATION_VALUE_MAX:
            self._fail(path, f"Use at most {ANNOTATION_VALUE_MAX:,} characters.", "too_long")
        if not is_storable(value):
            self._fail(path, "Leave out characters that cannot be stored, such as NUL.", "unstorable")
        return value

    def _fail(self, path: str, message: str, code: str) -> NoReturn:
        self.refuse(path, message, code)
        raise _Refused
