"""What differs between two YAML texts, line by line with context, and by word inside a line that changed. Pure.

The work is bounded: of texts with more lines than `LINES_MAX` only what their beginnings and ends share is compared,
and of many changes the first `SHOWN_MAX` lines are shown.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from webapp.manifests.diff import word_diff

Op = Literal["same", "del", "add", "gap"]

CONTEXT = 3
LINES_MAX = 2_000
SHOWN_MAX = 400
LINE_MAX = 1_000
WORDS_IN_ALL = 40_000
"""Characters of changed lines that are compared by word; the lines after that are shown without marks."""


@dataclass(frozen=True)
class DiffTextLine:
    """A line of the diff: `gap` stands for lines that are the same; segments are (changed, text)."""

    op: Op
    segments: tuple[tuple[bool, str], ...]


@dataclass(frozen=True)
class TextDiff:
    """The diff of two texts; `added` and `removed` count all lines, `hidden` those that are not shown."""

    lines: tuple[DiffTextLine, ...]
    added: int
    removed: int
    hidden: int = 0


def line_diff(before: str, after: str, context: int = CONTEXT) -> TextDiff:
    """Return the lines that differ, with `context` lines around them."""
    left, right = (text.removesuffix("\n").split("\n") for text in (before, after))
    blocks = line_blocks(left, right)
    removed = sum(end - start for tag, start, end, _, _ in blocks if tag != "equal")
    added = sum(end - start for tag, _, _, start, end in blocks if tag != "equal")
    lines = list(_lines(left, right, blocks, context))
    hidden = max(0, len(lines) - SHOWN_MAX)
    return TextDiff(tuple(lines[:SHOWN_MAX]), added, removed, hidden)


Block = tuple[str, int, int, int, int]


def line_blocks(left: Sequence[str], right: Sequence[str]) -> list[Block]:
    """Return what is equal and what is replaced, as difflib does, at a cost that does not grow with the square."""
    head = 0
    while head < min(len(left), len(right)) and left[head] == right[head]:
        head += 1
    tail = 0
    while tail < min(len(left), len(right)) - head and left[-1 - tail] == right[-1 - tail]:
        tail += 1
    return list(_blocks(left, right, head, tail))


def _blocks(left: Sequence[str], right: Sequence[str], head: int, tail: int) -> Iterator[Block]:
    """Yield what is equal and what is replaced, as difflib does, whatever the size."""
    ends = len(left) - tail, len(right) - tail
    if head:
        yield "equal", 0, head, 0, head
    old, new = left[head : ends[0]], right[head : ends[1]]
    if len(old) + len(new) > LINES_MAX:
        yield "replace", head, ends[0], head, ends[1]
    elif old or new:
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=len(old) + len(new) > 400)
        for tag, start, end, other_start, other_end in matcher.get_opcodes():
            yield tag, start + head, end + head, other_start + head, other_end + head
    if tail:
        yield "equal", ends[0], len(left), ends[1], len(right)


def _lines(
    left: Sequence[str], right: Sequence[str], blocks: Sequence[Block], context: int
) -> Iterator[DiffTextLine]:
    budget = WORDS_IN_ALL
    for index, (tag, start, end, other_start, other_end) in enumerate(blocks):
        if tag == "equal":
            yield from _context(left[start:end], context, first=not index, last=index == len(blocks) - 1)
            continue
        old, new = left[start:end], right[other_start:other_end]
        size = sum(map(len, old)) + sum(map(len, new))
        # Lines that stand across from each other are compared by word; others have nothing to be compared with.
        paired = len(old) == len(new) and size <= budget
        budget -= size if paired else 0
        pieces = [word_diff(a, b) for a, b in zip(old, new, strict=True)] if paired else []
        yield from _side(old, "del", "delete", pieces)
        yield from _side(new, "add", "insert", pieces)


def _side(
    texts: Sequence[str], op: Op, side: str, pieces: Sequence[Sequence[tuple[str, str]]]
) -> Iterator[DiffTextLine]:
    for number, text in enumerate(texts):
        piece = pieces[number] if pieces else ()
        if any(kind == "equal" and part.strip() for kind, part in piece):
            kept = [(kind == side, _cut(part)) for kind, part in piece if kind in ("equal", side)]
            yield DiffTextLine(op, tuple(kept))
        else:
            yield DiffTextLine(op, ((False, _cut(text)),))


def _context(lines: Sequence[str], context: int, *, first: bool, last: bool) -> Iterator[DiffTextLine]:
    """Yield the lines around a change, and what stands for those between two changes."""
    after = 0 if first else context
    before = 0 if last else context
    rest = len(lines) - after - before
    # To say that one line is left out takes a line itself.
    if rest <= (0 if first or last else 1):
        yield from map(_same, lines)
        return
    yield from map(_same, lines[:after])
    yield _gap(rest)
    yield from map(_same, lines[len(lines) - before :])


def _same(text: str) -> DiffTextLine:
    return DiffTextLine("same", ((False, _cut(text)),))


def _gap(count: int) -> DiffTextLine:
    return DiffTextLine("gap", ((False, f"{count:,} {'line' if count == 1 else 'lines'}"),))


def _cut(text: str) -> str:
    return text if len(text) <= LINE_MAX else f"{text[: LINE_MAX - 1]}…"
