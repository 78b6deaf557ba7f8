"""What differs between two records or manifests, by field, and between two texts, by word. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Literal, cast

from webapp.manifests.problems import Path, format_path

Kind = Literal["added", "removed", "changed"]
Operation = Literal["equal", "delete", "insert"]

WORDS_MAX = 4_000

_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs; `before` is None when it was added, `after` when it was removed."""

    path: str
    kind: Kind
    before: object
    after: object
    steps: Path = field(default=(), compare=False, repr=False)


def diff(before: Mapping[str, object], after: Mapping[str, object]) -> list[FieldChange]:
    """Return the fields that differ, in the order of `after`, then those that are gone.

    Maps are compared key by key. Lists of plain values are one field. Lists of maps are compared entry by entry when
    their entries can be told apart: by `name` or `key`, by the only key of each, or by position at equal length.
    A number keeps its value whether it is written 1 or 1.0; true is not 1.
    """
    return list(_maps(before, after, ()))


def same(before: object, after: object) -> bool:
    """Tell whether two plain values are equal, with true apart from 1 and lists apart from maps."""
    return next(_values(before, after, ()), None) is None


def word_diff(before: str, after: str) -> list[tuple[Operation, str]]:
    """Return the pieces of two texts in order: what is in both, what is only before, what is only after.

    The equal and deleted pieces make `before`, the equal and inserted ones `after`. Of very long texts only what
    their beginnings and ends share is compared, so that the work stays small.
    """
    left, right = _TOKEN.findall(before), _TOKEN.findall(after)
    head = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False)))
    rest = min(len(left), len(right)) - head
    tail = 0
    while tail < rest and left[-1 - tail] == right[-1 - tail]:
        tail += 1
    pieces: list[tuple[Operation, str]] = [("equal", "".join(left[:head]))]
    pieces += _middle(left[head : len(left) - tail], right[head : len(right) - tail])
    pieces.append(("equal", "".join(left[len(left) - tail :])))
    return _merged(pieces)


def _change(path: Path, kind: Kind, before: object, after: object) -> FieldChange:
    return FieldChange(format_path(path), kind, before, after, path)


def _maps(before: Mapping[str, object], after: Mapping[str, object], path: Path) -> Iterator[FieldChange]:
    for key, value in after.items():
        yield from _values(before.get(key, _ABSENT), value, (*path, key))
    for key, value in before.items():
        if key not in after:
            yield from _values(value, _ABSENT, (*path, key))


def _values(before: object, after: object, path: Path) -> Iterator[FieldChange]:
    if before is _ABSENT:
        yield _change(path, "added", None, after)
    elif after is _ABSENT:
        yield _change(path, "removed", before, None)
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _maps(before, after, path)
    elif _is_list(before) and _is_list(after):
        yield from _lists(cast("Sequence[object]", before), cast("Sequence[object]", after), path)
    elif not _equal(before, after):
        yield _change(path, "changed", before, after)


def _lists(before: Sequence[object], after: Sequence[object], path: Path) -> Iterator[FieldChange]:
    left, right = _identified(before, _only_key), _identified(after, _only_key)
    if not (left and right):
        left, right = _identified(before, _name), _identified(after, _name)
    if left and right:
        kept = [key for key in left if key in right]
        changes = list(_entries(left, right, before, after, path))
        if kept != [key for key in right if key in left]:
            # The order is part of what is written.
            changes.append(_change(path, "changed", list(before), list(after)))
        yield from changes
    elif len(before) == len(after) and all(isinstance(item, Mapping) for item in (*before, *after)):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _values(old, new, (*path, index))
    elif len(before) != len(after) or any(
        next(_values(old, new, ()), None) for old, new in zip(before, after, strict=True)
    ):
        yield _change(path, "changed", list(before), list(after))


def _entries(
    left: Mapping[str, int],
    right: Mapping[str, int],
    before: Sequence[object],
    after: Sequence[object],
    path: Path,
) -> Iterator[FieldChange]:
    for key, index in right.items():
        old = before[left[key]] if key in left else _ABSENT
        yield from _values(old, after[index], (*path, index))
    for key, index in left.items():
        if key not in right:
            yield from _values(before[index], _ABSENT, (*path, index))


def _only_key(entry: Mapping[str, object]) -> object:
    return next(iter(entry)) if len(entry) == 1 else None


def _name(entry: Mapping[str, object]) -> object:
    return entry.get("name", entry.get("key"))


def _identified(
    entries: Sequence[object], identity: Callable[[Mapping[str, object]], object]
) -> dict[str, int] | None:
    """Return the positions of a list's entries by what names them; None when they cannot be told apart."""
    found: dict[str, int] = {}
    for index, entry in enumerate(entries):
        name = identity(entry) if isinstance(entry, Mapping) else None
        if not isinstance(name, str) or name in found:
            return None
        found[name] = index
    return found


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)


def _equal(before: object, after: object) -> bool:
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    return before == after


def _middle(left: list[str], right: list[str]) -> Iterator[tuple[Operation, str]]:
    if not left or not right or len(left) + len(right) > WORDS_MAX:
        yield "delete", "".join(left)
        yield "insert", "".join(right)
        return
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=len(left) + len(right) > 400)
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        if tag == "equal":
            yield "equal", "".join(left[start:end])
        else:
            yield "delete", "".join(left[start:end])
            yield "insert", "".join(right[other_start:other_end])


def _merged(pieces: Sequence[tuple[Operation, str]]) -> list[tuple[Operation, str]]:
    """Return the pieces without empty ones, neighbours of one kind joined."""
    merged: list[tuple[Operation, str]] = []
    for operation, text in pieces:
        if not text:
            continue
        if merged and merged[-1][0] == operation:
            merged[-1] = (operation, merged[-1][1] + text)
        else:
            merged.append((operation, text))
    return merged
