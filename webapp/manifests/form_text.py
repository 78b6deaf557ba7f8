"""How a form spells typed values, and reads them back.

Values (of annotations, defaults, test values): text stands as it is. What is spelled exactly like a number, `true` or
`false` is one; `[…]`, `{…}` and quoted text are YAML; nothing at all is no value. Text that would be read as something
else is shown in double quotes, so what is shown is always read back as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from webapp.core.errors import FieldError, SmarterValueError
from webapp.core.text import with_line_feeds
from webapp.manifests.emit import double_quoted, dump_json, dump_yaml, scalar
from webapp.manifests.problems import Problem
from webapp.manifests.reader import DocumentReader, OverLimit
from webapp.manifests.scalars import ScalarError, WrittenFloat, WrittenInt, plain, resolve
from webapp.manifests.sources import Limits, decode, split

SOURCE = "the text"
FLOW_MAX = 100
_BRACKETS = {"[": "]", "{": "}"}
_LIMITS = Limits(max_documents=1)


class Unreadable(Exception):
    """A text that is no value; `error` is the sentence beside the field."""

    def __init__(self, error: FieldError) -> None:
        """Keep what to say."""
        super().__init__(error.message)
        self.error = error


@dataclass(frozen=True)
class YamlText:
    """What a text of YAML or JSON holds, and its problems with line and column; a text with problems holds nothing."""

    value: Any
    problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> list[FieldError]:
        """Return the problems as sentences that name line and column."""
        return [FieldError(_sentence(problem), "yaml") for problem in self.problems]


def show_value(value: object) -> str:
    """Return how a form spells a value; None is an empty field."""
    if value is None:
        return ""
    if isinstance(value, str):
        try:
            same = type(found := read_value(value)) is str and found == value
        except Unreadable:
            same = False
        return value if same else double_quoted(value)
    if isinstance(value, dict | list):
        flow = json.dumps(value, ensure_ascii=False)
        return flow if len(flow) <= FLOW_MAX and flow.isprintable() else dump_json(value).rstrip("\n")
    return scalar(value)


def read_value(text: str) -> Any:
    """Return the value that a text spells; the empty text is None.

    Raises:
        Unreadable: it looks like a list or a map and is none.
    """
    text = with_line_feeds(text).strip()
    if not text:
        return None
    first, last = text[0], text[-1]
    if _BRACKETS.get(first) == last:
        found = read_yaml(text)
        if found.problems or not isinstance(found.value, dict | list):
            what = "list" if first == "[" else "map"
            message = f"This is not a {what} that can be read. Put quotes around it to keep it as text."
            raise Unreadable(FieldError(message, "flow", double_quoted(text)))
        return found.value
    if first in "'\"" and first == last and len(text) > 1:
        found = read_yaml(text)
        return found.value if isinstance(found.value, str) and not found.problems else text
    return _plain_scalar(text)


def show_yaml(value: object) -> str:
    """Return a value as YAML for a text area; None is an empty one."""
    if value is None:
        return ""
    try:
        if isinstance(value, dict):
            return dump_yaml(value)
        if isinstance(value, list) and value:
            # The canonical writer takes a map, so the list is written as the only value of one and moved left.
            body = dump_yaml({"x": value}).split("\n", 1)[1]
            return "\n".join(line[2:] for line in body.split("\n"))
        return f"{'[]' if value == [] else scalar(value)}\n"
    except SmarterValueError:
        return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def read_yaml(text: str) -> YamlText:
    """Return what a text of YAML or JSON holds; nothing but comments holds None, and nothing raises."""
    text = decode(with_line_feeds(text))
    chunks, _ = split(text)
    if not chunks:
        return YamlText(None)
    if len(chunks) > 1:
        message = "A second document begins here."
        return _refused(message, "Write one map or list, without ---.", chunks[1].line)
    chunk = chunks[0]
    reader = DocumentReader(1, SOURCE, text[chunk.start : chunk.end], chunk.line, _LIMITS, _LIMITS.max_nodes)
    try:
        data, _ = reader.read()
    except OverLimit:
        return _refused("There are too many values.", "Split the data into several plugins.", chunk.line)
    if reader.problems:
        return YamlText(None, tuple(reader.problems))
    return YamlText(plain(data))


def show_list(items: Iterable[str]) -> str:
    """Return texts as a comma list; those that hold a comma or a quote are quoted."""
    return ", ".join(item if _stands_plain(item) else double_quoted(item) for item in items)


def read_list(text: str) -> list[str]:
    """Return the texts of a comma list; a quoted one may hold commas.

    Raises:
        Unreadable: a quote is opened and not closed before the next comma.
    """
    text = with_line_feeds(text)
    found: list[str] = []
    position = 0
    while position < len(text):
        if text[position] in ", \t\n":
            position += 1
            continue
        if text[position] == '"':
            item, position = _quoted_item(text, position)
        else:
            end = text.find(",", position)
            end = len(text) if end < 0 else end
            item, position = text[position:end].strip(), end
        found.append(item)
    return found


def split_list(text: str, separators: str = ",\n") -> list[str]:
    """Return the parts of a list that cannot hold its separators, without the empty ones."""
    text = with_line_feeds(text)
    for separator in separators[1:]:
        text = text.replace(separator, separators[0])
    return [part.strip() for part in text.split(separators[0]) if part.strip()]


def _plain_scalar(text: str) -> Any:
    try:
        value = resolve(text)
    except ScalarError:
        return text  # A number that cannot be kept is kept as text.
    # Only the spelling that is shown is a number: 1.10, +5 and 0x1F would not come back as they were typed.
    if isinstance(value, WrittenInt | WrittenFloat):
        number = plain(value)
        return number if scalar(number) == text else text
    if value is None or isinstance(value, bool):
        return {"true": True, "false": False, "null": None}.get(text, text)
    return value


def _stands_plain(item: str) -> bool:
    return (
        bool(item)
        and item == item.strip()
        and not any(sign in item for sign in ',"\n\r')
        and item.isprintable()
    )


def _quoted_item(text: str, start: int) -> tuple[str, int]:
    end = start + 1
    while end < len(text) and text[end] != '"':
        end += 2 if text[end] == "\\" else 1
    after = end + 1
    while after < len(text) and text[after] in " \t\n":
        after += 1
    if end >= len(text) or (after < len(text) and text[after] != ","):
        raise Unreadable(FieldError('A quote is not closed. Write "one, two", three.', "quote"))
    found = read_yaml(text[start : end + 1])
    if found.problems or not isinstance(found.value, str):
        raise Unreadable(FieldError('A quoted value cannot be read. Write "one, two", three.', "quote"))
    return found.value, after


def _refused(message: str, hint: str, line: int) -> YamlText:
    return YamlText(None, (Problem(document=1, line=line, column=1, message=message, hint=hint),))


def _sentence(problem: Problem) -> str:
    place = f"Line {problem.line}, column {problem.column}: " if problem.line else ""
    path = f"{problem.shown_path}: " if problem.path and problem.path not in problem.message else ""
    hint = f" {problem.hint}" if problem.hint else ""
    return f"{place}{path}{problem.message}{hint}"
