"""One document from libyaml's events to plain data, with everything in its text that is not allowed.

The events are taken one at a time, so that depth and size are limits of ours and not of Python's stack.
"""

from __future__ import annotations

import copy
import sys
from dataclasses import dataclass

from yaml import YAMLError
from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from webapp.manifests import syntax
from webapp.manifests.events import begin_of, end_of, read_events
from webapp.manifests.fixes import quoted, replace_scalar
from webapp.manifests.prepared import Prepared
from webapp.manifests.problems import Fix, Path, Problem, SourceLines, format_path
from webapp.manifests.scalars import ScalarError, resolve
from webapp.manifests.sources import Limits, forbidden_in, name_character

_CORE = "tag:yaml.org,2002:"
_CORE_SCALARS = frozenset({"str", "int", "float", "bool", "null"})


# What to do about a character that no escape can stand for, by the first word of its name.
_WAY_OUT = {
    "NUL": "Delete it.",
    "half": "Delete it, or write the whole character.",
    "code": "Delete it.",
}


class OverLimit(Exception):
    """The whole import is refused; the argument is the sentence."""


class _Stop(Exception):
    """The rest of a document is not read; its problem is already noted."""


@dataclass(slots=True)
class _Frame:
    """A list or map that is still open."""

    container: list[object] | dict[str, object]
    is_map: bool
    anchor: str | None
    nodes_before: int
    key: str | None = None
    keep: bool = True
    lines: dict[str, int] | None = None


class DocumentReader:
    """One document while its events are read."""

    def __init__(self, number: int, source: str, text: str, line: int, limits: Limits, budget: int) -> None:
        """Take document `number`, which begins on `line` of `source`; `budget` is how many values it may hold."""
        self.number, self.source, self.text, self.line = number, source, text, line
        self.limits, self.budget = limits, budget
        self.problems: list[Problem] = []
        self.flagged: set[Path] = set()
        self.nodes = 0
        self._frames: list[_Frame] = []
        self._anchors: dict[str, tuple[object, int, int]] = {}
        self._open: set[str] = set()
        self._result: object = None
        self._expanded = 0
        self._hidden = 0

    def read(self) -> tuple[object, bool]:
        """Return the data and whether all of it could be read."""
        first, count = forbidden_in(self.text)
        if count:
            self._refuse_character(first, count)
        self._prepared = Prepared(self.text)
        try:
            return self._events(), True
        except _Stop:
            return None, False
        except YAMLError as error:
            self._note(syntax.explain(error, self.text, self.line))
            return None, False
        finally:
            if self._hidden:
                message = f"This document has {self._hidden:,} more problems that are not listed."
                self.problems.append(
                    Problem(document=self.number, line=self.line, source=self.source, message=message)
                )

    def _events(self) -> object:
        frames = self._frames
        for event in read_events(self._prepared.text):
            if isinstance(event, ScalarEvent):
                if frames and frames[-1].key is None and frames[-1].is_map:
                    self._key(frames[-1], event)
                else:
                    self._add(self._scalar(event))
            elif isinstance(event, MappingStartEvent | SequenceStartEvent):
                self._enter(event, isinstance(event, MappingStartEvent))
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                self._leave()
            elif isinstance(event, AliasEvent):
                if frames and frames[-1].key is None and frames[-1].is_map:
                    self._at(event, "An alias cannot be a key.", hint="Write the key out.")
                    frames[-1].key, frames[-1].keep = "", False
                else:
                    self._add(self._alias(event))
        return self._result

    def _add(self, value: object) -> None:
        """Put a finished value where it belongs."""
        if not self._frames:
            self._result = value
            return
        top = self._frames[-1]
        if isinstance(top.container, list):
            top.container.append(value)
        elif top.key is None:
            # A list or map as a key was reported when it began.
            top.key, top.keep = "", False
        else:
            if top.keep:
                top.container[top.key] = value
            top.key = None

    def _leave(self) -> None:
        """Close the innermost list or map."""
        frame = self._frames.pop()
        if frame.anchor is not None:
            self._open.discard(frame.anchor)
            value = frame.container
            self._anchors[frame.anchor] = (value, self.nodes - frame.nodes_before, _depth(value))
        self._add(frame.container)

    def _key(self, frame: _Frame, event: ScalarEvent) -> None:
        self._count(1)
        frame.keep = False
        # The same few keys stand in every document of a large import; each is kept once.
        key = sys.intern(self._prepared.restore(event.value))
        frame.key = key
        if event.anchor is not None:
            self._anchors[event.anchor] = (key, 1, 0)
        if event.implicit[0] and (event.tag is None or event.tag == "!"):
            if key == "<<":
                self._at(
                    event,
                    "Merge keys (<<) are not read, because they can override what is written.",
                    hint="Write the fields out.",
                )
                return
            try:
                textual = isinstance(resolve(key), str)
            except ScalarError:
                textual = False
            if not textual:
                shown = key if key else "(nothing)"
                fix = self._fix(event, quoted(key)) if key else None
                self._at(event, f"The key {shown} is not text.", hint="Put it in quotes.", fix=fix)
                return
        elif event.tag not in (None, "!", f"{_CORE}str"):
            self._refuse_tag(event)
            return
        elif "\0" in key:
            self._at(
                event, "This key holds a NUL character, which cannot be stored.", hint='Delete the "\\0".'
            )
            return
        line = self.line + begin_of(event).line
        lines = frame.lines = {} if frame.lines is None else frame.lines
        if key in lines:
            self._at(
                event,
                f"The key {format_path((key,))} is written twice here; the first is on line {lines[key]}.",
                hint="Keep one of them.",
                path=self._path(),
            )
            return
        lines[key] = line
        frame.keep = True

    def _scalar(self, event: ScalarEvent) -> object:
        self._count(1)
        value = self._scalar_value(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1, 0)
        return value

    def _scalar_value(self, event: ScalarEvent) -> object:
        text = self._prepared.restore(event.value)
        if event.tag is None:
            if not event.implicit[0]:
                if "\0" in text:
                    self._flag(
                        event, "This text holds a NUL character, which cannot be stored.", 'Delete the "\\0".'
                    )
                return text
            return self._resolved(event, text)
        if event.tag == "!":
            return text
        name = event.tag.removeprefix(_CORE)
        if name == event.tag or name not in _CORE_SCALARS:
            self._refuse_tag(event)
            return text
        if name == "str":
            return text
        value = self._resolved(event, text)
        if name == "float" and type(value) is int:
            return float(value)
        expected = {"int": int, "float": float, "bool": bool, "null": type(None)}[name]
        if not isinstance(value, expected) or (name == "int" and isinstance(value, bool)):
            self._flag(event, f"This is not what !!{name} stands for.", f"Delete the !!{name}.")
            return text
        return value

    def _resolved(self, event: ScalarEvent, text: str) -> object:
        try:
            return resolve(text)
        except ScalarError as error:
            self._flag(
                event, error.message, error.hint, self._fix(event, quoted(text)) if len(text) <= 64 else None
            )
            return text

    def _enter(self, event: MappingStartEvent | SequenceStartEvent, is_map: bool) -> None:
        frames = self._frames
        if len(frames) >= self.limits.max_depth:
            self._at(
                event,
                f"Lists and maps are nested more than {self.limits.max_depth} deep here.",
                hint="Flatten the data.",
            )
            raise _Stop
        if frames and frames[-1].is_map and frames[-1].key is None:
            self._at(
                event,
                "A list or a map cannot be a key.",
                hint="Put the key in quotes, or put quotes around the braces.",
            )
        if event.tag not in (None, "!", f"{_CORE}{'map' if is_map else 'seq'}"):
            self._refuse_tag(event)
        self._count(1)
        if event.anchor is not None:
            self._open.add(event.anchor)
        frames.append(_Frame({} if is_map else [], is_map, event.anchor, self.nodes - 1))

    def _alias(self, event: AliasEvent) -> object:
        name = event.anchor
        if name in self._open:
            self._flag(
                event,
                f"*{name} stands inside of what &{name} names, so it would never end.",
                "Write the value out.",
            )
            return None
        if name not in self._anchors:
            self._flag(
                event, f"*{name} has no &{name} before it.", "Put the text in quotes, or define the anchor."
            )
            return None
        value, nodes, depth = self._anchors[name]
        self._expanded += nodes
        if self._expanded > self.limits.max_alias_nodes:
            self._at(
                event,
                f"Aliases expand to more than {self.limits.max_alias_nodes:,} values here.",
                hint="Write the values out.",
            )
            raise _Stop
        if len(self._frames) + depth > self.limits.max_depth:
            self._at(
                event,
                f"Lists and maps are nested more than {self.limits.max_depth} deep here.",
                hint="Flatten the data.",
            )
            raise _Stop
        self._count(nodes)
        # Two places never share a value: whoever changes one would change the other.
        return copy.deepcopy(value) if depth else value

    def _count(self, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > self.budget:
            raise OverLimit(
                f"The import holds more than {self.limits.max_nodes:,} values. Split it into smaller ones."
            )

    def _refuse_character(self, offset: int, count: int) -> None:
        line, column = SourceLines(self.text[: offset + 1]).position(offset)
        more = f" and {count - 1:,} more like it" if count > 1 else ""
        character = name_character(self.text[offset])
        self._note(
            syntax.Finding(
                line + self.line - 1,
                column,
                f"There is a {character} here{more}. Manifests hold text only.",
                _WAY_OUT.get(
                    character.partition(" ")[0],
                    'Delete it, or write it as an escape inside double quotes, such as "\\x07".',
                ),
            )
        )

    def _refuse_tag(self, event: ScalarEvent | MappingStartEvent | SequenceStartEvent) -> None:
        tag = str(event.tag)
        shown = f"!!{tag.removeprefix(_CORE)}" if tag.startswith(_CORE) else tag
        self._flag(
            event,
            f"The tag {shown[:60]} is not allowed: manifests hold plain text, numbers, lists and maps.",
            "Delete the tag.",
        )

    def _flag(self, event: Event, message: str, hint: str, fix: Fix | None = None) -> None:
        """Note a problem of a value, so that the schema does not report the same place again."""
        path = self._path()
        self.flagged.add(path)
        self._at(event, message, hint=hint, fix=fix, path=path)

    def _at(
        self, event: Event, message: str, *, hint: str, fix: Fix | None = None, path: Path | None = None
    ) -> None:
        mark = begin_of(event)
        self._note(
            syntax.Finding(self.line + mark.line, mark.column + 1, message, hint, fix),
            self._path() if path is None else path,
        )

    def _note(self, finding: syntax.Finding, path: Path = ()) -> None:
        if len(self.problems) >= self.limits.max_problems:
            self._hidden += 1
            return
        self.problems.append(
            Problem(
                document=self.number,
                line=finding.line,
                column=finding.column,
                path=format_path(path),
                message=finding.message,
                hint=finding.hint,
                fix=finding.fix,
                source=self.source,
            )
        )

    def _path(self) -> Path:
        path: list[str | int] = []
        for frame in self._frames:
            if not frame.is_map:
                path.append(len(frame.container))
            elif frame.key is not None:
                path.append(frame.key)
        return tuple(path)

    def _fix(self, event: ScalarEvent, replacement: str) -> Fix | None:
        start, end = begin_of(event), end_of(event)
        if start.line != end.line:
            return None
        line = self.line + start.line
        return replace_scalar(line, start.column + 1, end.column + 1, replacement)


def _depth(value: object) -> int:
    """Return how deep lists and maps are nested in `value`; never deeper than the limit of a document."""
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0
