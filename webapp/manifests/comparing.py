"""Two states of a record, part by part, as history shows them: which parts differ, and in what. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, cast

from webapp.manifests.diff import FieldChange, diff
from webapp.manifests.line_diff import Block, line_blocks
from webapp.manifests.merge import Part, spelled
from webapp.manifests.presenting import DiffLine, DiffRow, diff_row

ROWS_MAX = 60
"""Rows shown of one part; data of which more has changed is easier to read as YAML."""
LINES_SHOWN_MAX = 1_000
"""Lines shown of one side of a stretch that differs; the manifest itself holds the rest."""
AROUND, AROUND_IN_PATCH = 2, 3
_KEY = "part"


@dataclass(frozen=True)
class PartChange:
    """A part of a record that differs: what stands for it in forms, what people call it, and the changes in it."""

    id: str
    label: str
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True)
class ShownPart:
    """A part that differs as the page shows it; `more` counts the rows that are left out."""

    id: str
    label: str
    rows: tuple[DiffRow, ...]
    more: int = 0


def compare(
    parts: Iterable[Part], before: Mapping[str, Any] | None, after: Mapping[str, Any]
) -> list[PartChange]:
    """Return the parts that differ, in the order of the record; a record that was not there before had none."""
    found = []
    for part in parts:
        new = part.read(after)
        old = None if before is None else part.read(before)
        if spelled(old) == spelled(new) or (before is None and new in (None, "", [], {})):
            continue
        found.append(PartChange(part.id, part.label, tuple(_changes(old, new))))
    return found


def with_part(
    parts: Iterable[Part], snapshot: Mapping[str, Any], other: Mapping[str, Any], part_id: str
) -> dict[str, Any] | None:
    """Return a snapshot with one part taken from another; None when the two have no such part."""
    part = next((part for part in parts if part.id == part_id), None)
    if part is None:
        return None
    result = deepcopy(dict(snapshot))
    part.write(result, deepcopy(part.read(other)))
    return result


def shown_parts(found: Iterable[PartChange]) -> list[ShownPart]:
    """Return the parts as the page shows them."""
    return [_shown(part) for part in found]


def labels_of(found: Sequence[PartChange], most: int = 3) -> str:
    """Return what people call the parts: "Search terms, Description and 2 more"."""
    labels = [part.label for part in found]
    more = f" and {len(labels) - most} more" if len(labels) > most else ""
    return f"{', '.join(labels[:most])}{more}"


def yaml_rows(before: str, after: str) -> list[DiffRow]:
    """Return what differs between two texts line by line, each stretch with a few lines around it.

    Of a stretch of more than `LINES_SHOWN_MAX` lines the first ones are shown.
    """
    old, new = before.splitlines(), after.splitlines()
    rows = []
    for group in _groups(line_blocks(old, new), AROUND):
        lines: list[DiffLine] = []
        for tag, start, end, other_start, other_end in group:
            if tag == "equal":
                lines += _plain("same", new[other_start:other_end])
            else:
                lines += _first_of("del", old[start:end])
                lines += _first_of("add", new[other_start:other_end])
        rows.append(DiffRow(f"line {group[0][3] + 1}", lines))
    return rows


def as_patch(before: str, after: str, name: str) -> str:
    """Return the change of a text as a patch that `patch` and `git apply` take."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    lines = [f"--- a/{name}\n", f"+++ b/{name}\n"]
    for group in _groups(line_blocks(old, new), AROUND_IN_PATCH):
        first, last = group[0], group[-1]
        ranges = _patch_range(first[1], last[2]), _patch_range(first[3], last[4])
        lines.append(f"@@ -{ranges[0]} +{ranges[1]} @@\n")
        for tag, start, end, other_start, other_end in group:
            if tag == "equal":
                lines += [f" {line}" for line in old[start:end]]
            else:
                lines += [f"-{line}" for line in old[start:end]]
                lines += [f"+{line}" for line in new[other_start:other_end]]
    return "".join(lines) if len(lines) > 2 else ""


class _Found(difflib.SequenceMatcher[str]):
    """Blocks that were found already: finding them itself would cost difflib the square of the lines."""

    def __init__(self, blocks: list[Block]) -> None:
        super().__init__()
        self._blocks = blocks

    def get_opcodes(self) -> Any:
        return self._blocks


def _groups(blocks: list[Block], around: int) -> Iterator[list[Block]]:
    """Yield the blocks that differ, each with so many lines around it, near ones together."""
    yield from cast("Iterator[list[Block]]", _Found(blocks).get_grouped_opcodes(around))


def _patch_range(start: int, end: int) -> str:
    if end - start == 1:
        return f"{start + 1}"
    return f"{start + 1 if end > start else start},{end - start}"


def _changes(old: Any, new: Any) -> list[FieldChange]:
    if old in (None, "", [], {}):
        return [FieldChange("", "added", None, new)]
    if new in (None, "", [], {}):
        return [FieldChange("", "removed", old, None)]
    found = diff({_KEY: old}, {_KEY: new})
    # What says the same in another spelling (1.0 for 1, keys in another order) was written all the same.
    changes = found or [FieldChange(_KEY, "changed", old, new)]
    return [replace(change, path=change.path.removeprefix(_KEY).removeprefix(".")) for change in changes]


def _shown(part: PartChange) -> ShownPart:
    rows = []
    for change in part.changes[:ROWS_MAX]:
        path = f"{part.label}: {change.path}" if change.path else part.label
        rows.append(_row(replace(change, path=path)))
    return ShownPart(part.id, part.label, tuple(rows), len(part.changes) - len(rows))


def _row(change: FieldChange) -> DiffRow:
    sides = (change.before, change.after)
    if any(_is_words(side) for side in sides) and all(side is None or _is_words(side) for side in sides):
        before, after = (cast("list[str]", side or []) for side in sides)
        return DiffRow(change.path, _word_lines(before, after))
    return diff_row(change)


def _word_lines(before: list[str], after: list[str]) -> list[DiffLine]:
    """Return a list of words one below the other, long stretches that did not change left out."""
    lines: list[DiffLine] = []
    stretches = line_blocks(before, after)
    for number, (tag, start, end, other_start, other_end) in enumerate(stretches):
        if tag != "equal":
            lines += _first_of("del", before[start:end], marked=True)
            lines += _first_of("add", after[other_start:other_end], marked=True)
        elif end - start <= 2 * AROUND + 1:
            lines += _plain("same", before[start:end])
        else:
            lines += _plain("same", before[start : start + AROUND] if number else [])
            lines += _plain("same", ["\u2026"])
            lines += _plain("same", before[end - AROUND : end] if number < len(stretches) - 1 else [])
    return lines


def _first_of(op: str, texts: Sequence[str], *, marked: bool = False) -> list[DiffLine]:
    lines = [DiffLine(op, [(marked, text)]) for text in texts[:LINES_SHOWN_MAX]]
    hidden = len(texts) - len(lines)
    return [*lines, DiffLine(op, [(False, f"\u2026 {hidden:,} more")])] if hidden else lines


def _plain(op: str, texts: Iterable[str]) -> list[DiffLine]:
    return [DiffLine(op, [(False, text)]) for text in texts]


def _is_words(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)
