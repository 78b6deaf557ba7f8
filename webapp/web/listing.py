"""Parameters of a list in the address: parsed strictly, written back canonically. Knows no domain.

The address is the only state of a list. Every link of a page is made by `ListState.url`, so no link loses a filter.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from werkzeug.datastructures import MultiDict

from webapp.core.text import is_storable
from webapp.web.errors import BadParameter

QUERY_MAX = 200
CURSOR_MAX = 2_000

T = TypeVar("T")


@dataclass(frozen=True)
class Choice:
    """A parameter with a fixed set of values."""

    values: tuple[str, ...]
    default: str = ""


@dataclass(frozen=True)
class ListSpec:
    """Which parameters a list understands; anything else is a 400 that names it."""

    path: str
    choices: Mapping[str, Choice]
    sorts: tuple[str, ...]
    default_sort: str
    repeated: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    checks: Mapping[str, Callable[[str], str | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class ListState:
    """The parameters of one request, complete with defaults."""

    spec: ListSpec
    q: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    repeated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    free: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    after: str = ""
    before: str = ""

    @property
    def sort_key(self) -> str:
        """Return the column that the list is sorted by."""
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        """Tell whether the list starts at the end."""
        return self.sort.startswith("-")

    def pairs(self) -> list[tuple[str, str]]:
        """Return what differs from the defaults, in canonical order."""
        found = [("q", self.q)] if self.q else []
        for name, values in self.repeated.items():
            found.extend((name, value) for value in values)
        for name, value in self.free.items():
            if value:
                found.append((name, value))
        for name, choice in self.spec.choices.items():
            value = self.choices.get(name, choice.default)
            if value != choice.default:
                found.append((name, value))
        if self.sort != self.spec.default_sort:
            found.append(("sort", self.sort))
        if self.after:
            found.append(("after", self.after))
        if self.before:
            found.append(("before", self.before))
        return found

    def url(self, **changes: Any) -> str:
        """Return the address of this list with changes; a change of anything but the page starts at its beginning.

        Args:
            changes: `q`, `sort`, `after`, `before`, a choice, a free parameter, or a repeated one as a tuple.
        """
        state = self.changed(**changes)
        query = urlencode(state.pairs(), quote_via=quote)
        return f"{self.spec.path}?{query}" if query else self.spec.path

    def changed(self, **changes: Any) -> ListState:
        """Return the state with changes applied."""
        spec, plain = self.spec, {"q": self.q, "sort": self.sort, "after": "", "before": ""}
        choices, repeated, free = self.choices, self.repeated, self.free
        for name, value in changes.items():
            if name in plain:
                plain[name] = value
            elif name in spec.repeated:
                repeated = {**repeated, name: tuple(value)}
            elif name in spec.choices:
                choices = {**choices, name: value or spec.choices[name].default}
            elif name in spec.free:
                free = {**free, name: value}
            else:
                raise KeyError(name)
        return ListState(spec, choices=choices, repeated=repeated, free=free, **plain)


def parse_list(spec: ListSpec, args: MultiDict[str, str]) -> ListState:
    """Return the state that the address asks for.

    Raises:
        BadParameter: a parameter is unknown, repeated though it may not be, or has a value that cannot be used.
    """
    known = {"q", "sort", "after", "before", *spec.choices, *spec.free, *spec.repeated}
    for name, values in args.lists():
        if name not in known:
            raise _bad(spec, args, name, values[0], f"{_shown(name)} is not a filter of this list.")
        if len(values) > 1 and name not in spec.repeated:
            raise _bad(spec, args, name, values[-1], f"{name} is given {len(values)} times; once is enough.")
        if any("\x00" in value for value in values):
            raise _bad(spec, args, name, values[0], f"{name} holds a character that cannot be searched for.")
    choices = {name: _choice(spec, args, name, choice) for name, choice in spec.choices.items()}
    q = " ".join(args.get("q", "").split())
    if len(q) > QUERY_MAX:
        raise _bad(spec, args, "q", q, f"The search is longer than {QUERY_MAX} characters.")
    repeated = {name: _repeated(spec, args, name) for name in spec.repeated}
    free = {name: _checked(spec, args, name, args.get(name, "").strip()) for name in spec.free}
    sort = args.get("sort", "") or spec.default_sort
    if sort.removeprefix("-") not in spec.sorts:
        offered = ", ".join(spec.sorts)
        raise _bad(spec, args, "sort", sort, f"sort={_shown(sort)} is not a column. Use one of {offered}.")
    after, before = args.get("after", ""), args.get("before", "")
    if after and before:
        raise _bad(spec, args, "before", before, "after and before cannot be used together.")
    return ListState(spec, q, choices, repeated, free, sort, after, before)


def _choice(spec: ListSpec, args: MultiDict[str, str], name: str, choice: Choice) -> str:
    value = args.get(name, "")
    if value and value not in choice.values:
        offered = ", ".join(choice.values)
        raise _bad(spec, args, name, value, f"{name}={_shown(value)} is not known. Use one of {offered}.")
    return value or choice.default


def _repeated(spec: ListSpec, args: MultiDict[str, str], name: str) -> tuple[str, ...]:
    values = (_checked(spec, args, name, value.strip()) for value in args.getlist(name))
    return tuple(dict.fromkeys(value for value in values if value))


def _checked(spec: ListSpec, args: MultiDict[str, str], name: str, value: str) -> str:
    check = spec.checks.get(name)
    if value and check and (problem := check(value)):
        raise _bad(spec, args, name, value, problem)
    return value


def _bad(spec: ListSpec, args: MultiDict[str, str], name: str, value: str, message: str) -> BadParameter:
    rest = [(key, item) for key, item in args.items(multi=True) if key != name]
    query = urlencode(rest, quote_via=quote)
    return BadParameter(name, value, message, f"{spec.path}?{query}" if query else spec.path)


def read_place(
    state: ListState, name: str, shapes: Sequence[type], from_mark: Callable[[list[Any]], T | None]
) -> T | None:
    """Return the place that `after` or `before` stands for; None when it is not given.

    Args:
        state: of the list.
        name: of the parameter.
        shapes: the type of each value of a mark.
        from_mark: makes a place of these values; None where no row can stand there.

    Raises:
        BadParameter: it is no page of a list in this order.
    """
    mark = getattr(state, name)
    if not mark:
        return None
    values = decode_cursor(mark, state.sort, shapes)
    place = None if values is None else from_mark(values)
    if place is None:
        message = f"{name} is not a page of this list. Start again from its beginning."
        raise BadParameter(name, mark, message, state.url())
    return place


def page_urls(
    state: ListState, newer: Sequence[str | int] | None, older: Sequence[str | int] | None
) -> tuple[str | None, str | None]:
    """Return the addresses of the newer and the older page by the values of their marks; None where there is none."""
    before = None if newer is None else state.url(before=encode_cursor(state.sort, newer))
    after = None if older is None else state.url(after=encode_cursor(state.sort, older))
    return before, after


def _shown(value: str) -> str:
    return value if len(value) <= 40 else value[:39] + "…"


def encode_cursor(sort: str, values: Sequence[str | int]) -> str:
    """Return an opaque, URL-safe mark of a place in a list sorted by `sort`."""
    text = json.dumps([sort, *values], ensure_ascii=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(mark: str, sort: str, shapes: Sequence[type]) -> list[Any] | None:
    """Return the values of a mark made for the same sort and shape that a database can hold, else None.

    Args:
        mark: the text from the address.
        sort: the sort of this request; a mark of another sort does not fit.
        shapes: the type of each value.
    """
    if len(mark) > CURSOR_MAX:
        return None
    try:
        found = json.loads(base64.b64decode(mark + "=" * (-len(mark) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(found, list) or len(found) != len(shapes) + 1 or found[0] != sort:
        return None
    values = found[1:]
    if any(type(value) is not shape for value, shape in zip(values, shapes, strict=True)):
        return None
    if any(not (is_storable(value) if isinstance(value, str) else 0 < value < 2**63) for value in values):
        return None
    # No text that the database holds is like that, and asking for one would break the question.
    if any(isinstance(value, str) and not is_storable(value) for value in values):
        return None
    return values if encode_cursor(sort, values) == mark else None
