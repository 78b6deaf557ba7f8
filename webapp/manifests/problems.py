"""What is wrong with a manifest, where it stands in the text, and the edit that puts it right."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from webapp.core.errors import SmarterValueError

Severity = Literal["error", "notice"]
Path = tuple[str | int, ...]

PATH_SHOWN_MAX = 80
EXCERPT_CONTEXT = 2
EXCERPT_WIDTH = 200

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")

# One visible character for each invisible one, so that columns stay true. Direction marks would let a line
# show something else than it says.
_VISIBLE: dict[int, str] = {code: chr(0x2400 + code) for code in range(0x20)}
_VISIBLE |= dict.fromkeys([*range(0x80, 0xA0), 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF], "\ufffd")
_VISIBLE |= dict.fromkeys([0x200E, 0x200F, 0x061C, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\ufffd")
_VISIBLE |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_VISIBLE |= {0x09: "\u2192", 0x7F: "\u2421"}


@dataclass(frozen=True)
class Fix:
    """An edit of the source: what stands from one position up to another is replaced; both are 1-based."""

    label: str
    line: int
    column: int
    end_line: int
    end_column: int
    replacement: str


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing to know about a manifest: an error refuses the document, a notice does not.

    `document` counts from 1 over everything that was given, 0 is the import as a whole; `line` and `column` count
    from 1, 0 is unknown.
    """

    document: int
    line: int = 0
    column: int = 0
    path: str = ""
    message: str
    hint: str | None = None
    fix: Fix | None = None
    source: str = ""
    severity: Severity = "error"

    @property
    def shown_path(self) -> str:
        """Return the path for people: of one that is very deep, its beginning and its end."""
        if len(self.path) <= PATH_SHOWN_MAX:
            return self.path
        half = PATH_SHOWN_MAX // 2
        return f"{self.path[:half]}\u2026{self.path[-half:]}"

    @property
    def after_path(self) -> str:
        """Return the message as it reads after `shown_path`, which ends in the name that many messages begin with."""
        name = self.shown_path.rpartition(".")[2]
        return self.message.removeprefix(f"{name} ") if name else self.message


@dataclass(frozen=True)
class ExcerptLine:
    """A line of the source to show beside a problem; `caret` is the 1-based column in `text` to point at."""

    number: int
    text: str
    hit: bool
    caret: int | None


class SourceLines:
    """A text with its line starts, found once: LF, CRLF and CR end a line, as in YAML."""

    def __init__(self, text: str) -> None:
        """Keep `text`; the lines are found when they are first asked for."""
        self.text = text

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_BREAK.finditer(self.text))]

    def __len__(self) -> int:
        """Return the number of lines; text that ends with a line break has an empty last one."""
        return len(self._starts)

    def line(self, number: int) -> str:
        """Return a line by its 1-based number, without its line break; "" when there is none."""
        if not 1 <= number <= len(self._starts):
            return ""
        return self.text[self._starts[number - 1] : self._end(number)]

    def _end(self, number: int) -> int:
        """Return the index of the line break that ends a line; nothing is copied, however long the line is."""
        if number >= len(self._starts):
            return len(self.text)
        end = self._starts[number] - 1
        return end - 1 if self.text[end] == "\n" and self.text[end - 1 : end] == "\r" else end

    def offset(self, line: int, column: int) -> int:
        """Return the index of a 1-based position; raises SmarterValueError outside of the text."""
        if 1 <= line <= len(self._starts):
            found = self._starts[line - 1] + column - 1
            if column >= 1 and found <= self._end(line):
                return found
        raise SmarterValueError("The text has changed since it was checked. Check it again.")

    def position(self, offset: int) -> tuple[int, int]:
        """Return the 1-based line and column of an index into the text."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def apply_fix(text: str, fix: Fix) -> str:
    """Return `text` with the edit made; raises SmarterValueError when the text has no such position."""
    lines = SourceLines(text)
    start, end = lines.offset(fix.line, fix.column), lines.offset(fix.end_line, fix.end_column)
    if end < start:
        raise SmarterValueError("The text has changed since it was checked. Check it again.")
    return text[:start] + fix.replacement + text[end:]


def excerpt(text: str | SourceLines, problem: Problem) -> list[ExcerptLine]:
    """Return the lines around a problem, the invisible made visible and long lines cut to a window."""
    lines = text if isinstance(text, SourceLines) else SourceLines(text)
    if not 1 <= problem.line <= len(lines):
        return []
    shown = []
    first, last = max(1, problem.line - EXCERPT_CONTEXT), min(len(lines), problem.line + EXCERPT_CONTEXT)
    for number in range(first, last + 1):
        hit = number == problem.line
        line, caret = _window(lines.line(number), problem.column if hit else 0)
        shown.append(ExcerptLine(number, visible(line), hit, caret))
    # The text after the last line break is no line that a person sees.
    return shown[:-1] if shown[-1].text == "" and not shown[-1].hit and last == len(lines) else shown


def visible(text: str) -> str:
    """Return `text` with control characters, direction marks and surrogates replaced by one sign each."""
    return text.translate(_VISIBLE)


def format_path(path: Iterable[str | int]) -> str:
    """Return a path as people write it: `spec.selector.searchTerms[2]`, `annotations[0]["a.b/c"]`."""
    parts: list[str] = []
    for part in path:
        if isinstance(part, int):
            parts.append(f"[{part}]")
        elif _PLAIN_KEY.fullmatch(part):
            parts.append(f".{part}" if parts else part)
        else:
            shown = (
                visible(part if len(part) <= 80 else f"{part[:79]}\u2026")
                .replace("\\", "\\\\")
                .replace('"', '\\"')
            )
            parts.append(f'["{shown}"]')
    return "".join(parts)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems in the order of the text, errors before notices at the same place."""
    return sorted(problems, key=lambda item: (item.document, item.line, item.column, item.severity))


def has_errors(problems: Sequence[Problem]) -> bool:
    """Tell whether any of the problems refuses its document."""
    return any(problem.severity == "error" for problem in problems)


def _window(line: str, column: int) -> tuple[str, int | None]:
    """Return the part of a line to show and the column of the caret in it."""
    caret = min(column, len(line) + 1) if column else None
    if len(line) <= EXCERPT_WIDTH:
        return line, caret
    start = max(0, min((caret or 1) - 1 - EXCERPT_WIDTH // 2, len(line) - EXCERPT_WIDTH))
    part = line[start : start + EXCERPT_WIDTH]
    if start:
        part = f"\u2026{part[1:]}"
    if start + EXCERPT_WIDTH < len(line):
        part = f"{part[:-1]}\u2026"
    return part, None if caret is None else caret - start
