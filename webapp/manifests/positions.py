"""Where values and keys of a document stand in its source, found again when there is something to show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from yaml import YAMLError
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from webapp.manifests.events import begin_of, end_of, read_events
from webapp.manifests.prepared import Prepared
from webapp.manifests.problems import Path

MASK = "********"


@dataclass(frozen=True)
class Range:
    """A piece of the source, counted from 1; the end is the column after the last character."""

    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def single_line(self) -> bool:
        """Tell whether an edit of one line can replace it."""
        return self.line == self.end_line


@dataclass(frozen=True)
class Span:
    """A value in the source, its key when it stands in a map, and the first key when it is a map itself."""

    value: Range
    key: Range | None
    kind: Literal["scalar", "map", "list", "alias"]
    flow: bool
    raw: str
    first_key: tuple[int, int] | None


@dataclass(slots=True)
class _Level:
    path: Path
    is_map: bool
    wanted: bool
    flow: bool
    start: Range
    key: Range | None
    children: int = 0
    next_key: str | None = None
    next_range: Range | None = None
    first_key: tuple[int, int] | None = None


def locate(text: str, line: int, paths: Iterable[Path]) -> dict[Path, Span]:
    """Return the spans of the paths and of every path that leads to one; `text` begins on `line`.

    Paths that the document does not have are left out, and so is what stands after a syntax error.
    """
    wanted = {path[:length] for path in paths for length in range(len(path) + 1)}
    return _Locator(text, line, wanted).run() if wanted else {}


def scalars_below(text: str, line: int, top: Path) -> Iterator[tuple[str | None, Range]]:
    """Yield every scalar and alias below a path with the key that it stands under, those of repeated keys too.

    What stands after a syntax error is left out. `text` begins on `line`.
    """
    prepared = Prepared(text)
    levels: list[_Place] = []
    try:
        for event in read_events(prepared.text):
            if isinstance(event, MappingEndEvent | SequenceEndEvent):
                levels.pop()
            elif isinstance(event, ScalarEvent | AliasEvent | MappingStartEvent | SequenceStartEvent):
                level = levels[-1] if levels else None
                leaf = isinstance(event, ScalarEvent | AliasEvent)
                if level is not None and level.expects_key:
                    level.key = prepared.restore(event.value) if isinstance(event, ScalarEvent) else None
                    level.expects_key = False
                    if not leaf:
                        levels.append(_Place((*level.path, None), isinstance(event, MappingStartEvent)))
                    continue
                path = level.step() if level is not None else ()
                if not leaf:
                    levels.append(_Place(path, isinstance(event, MappingStartEvent)))
                elif path[: len(top)] == top:
                    last = path[-1] if path else None
                    yield last if isinstance(last, str) else None, range_of(event, line)
    except YAMLError:
        return  # The loader has reported it.


class _Place:
    """A map or list that is being read, and where in it the reading is."""

    def __init__(self, path: tuple[str | int | None, ...], is_map: bool) -> None:
        self.path, self.is_map = path, is_map
        self.expects_key = is_map
        self.key: str | None = None
        self.children = 0

    def step(self) -> tuple[str | int | None, ...]:
        """Return the path of the child that comes now."""
        self.expects_key = self.is_map
        self.children += 1
        return (*self.path, self.key if self.is_map else self.children - 1)


def range_of(event: NodeEvent, line: int) -> Range:
    """Return where an event stands in a text that begins on `line`."""
    start, end = begin_of(event), end_of(event)
    return Range(line + start.line, start.column + 1, line + end.line, end.column + 1)


def nearest(found: dict[Path, Span], path: Path) -> tuple[Path, Span | None]:
    """Return the longest part of `path` that has a span, with the span; None when there is none at all."""
    for length in range(len(path), -1, -1):
        if path[:length] in found:
            return path[:length], found[path[:length]]
    return (), None


class _Locator:
    def __init__(self, text: str, line: int, wanted: set[Path]) -> None:
        self.prepared = Prepared(text)
        self.source = text
        self.line = line
        self.wanted = wanted
        self.found: dict[Path, Span] = {}
        self.levels: list[_Level] = []

    def run(self) -> dict[Path, Span]:
        try:
            for event in read_events(self.prepared.text):
                if isinstance(event, ScalarEvent | AliasEvent):
                    self._leaf(event)
                elif isinstance(event, MappingStartEvent | SequenceStartEvent):
                    self._open(event, isinstance(event, MappingStartEvent))
                elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                    self._close()
                if len(self.found) == len(self.wanted):
                    break
        except YAMLError:
            # The loader has reported it; what was found before it is still true.
            while self.levels:
                self._close()
        return self.found

    def _leaf(self, event: ScalarEvent | AliasEvent) -> None:
        level = self.levels[-1] if self.levels else None
        place = self._range(event)
        if level is not None and level.is_map and level.next_range is None:
            level.next_range = place
            if level.wanted and isinstance(event, ScalarEvent):
                level.next_key = self.prepared.restore(event.value)
            if level.first_key is None:
                level.first_key = (place.line, place.column)
            return
        path, wanted, key = self._place()
        if wanted and path not in self.found:
            scalar = isinstance(event, ScalarEvent)
            raw = self.source[begin_of(event).index : end_of(event).index] if place.single_line else ""
            self.found[path] = Span(place, key, "scalar" if scalar else "alias", False, raw, None)

    def _open(self, event: MappingStartEvent | SequenceStartEvent, is_map: bool) -> None:
        level = self.levels[-1] if self.levels else None
        place = self._range(event)
        if level is not None and level.is_map and level.next_range is None:
            level.next_range = place
            self.levels.append(_Level((), is_map, False, False, place, None, children=-1))
            return
        path, wanted, key = self._place()
        self.levels.append(_Level(path, is_map, wanted, bool(event.flow_style), place, key))

    def _close(self) -> None:
        level = self.levels.pop()
        if level.wanted and level.path not in self.found:
            kind: Literal["map", "list"] = "map" if level.is_map else "list"
            self.found[level.path] = Span(level.start, level.key, kind, level.flow, "", level.first_key)

    def _place(self) -> tuple[Path, bool, Range | None]:
        """Return the path of the value that comes now, whether it is wanted, and where its key stands."""
        if not self.levels:
            return (), () in self.wanted, None
        level = self.levels[-1]
        level.children += 1
        if not level.is_map:
            path: Path = (*level.path, level.children - 1)
            return path, level.wanted and path in self.wanted, None
        key, place = level.next_key, level.next_range
        level.next_key = level.next_range = None
        if key is None or not level.wanted:
            return (), False, place
        path = (*level.path, key)
        return path, path in self.wanted, place

    def _range(self, event: NodeEvent) -> Range:
        return range_of(event, self.line)
