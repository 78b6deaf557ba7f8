"""What every list shows around its rows: facets, chips, heads of columns. No HTML; knows no domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from webapp.web.listing import ListState

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class FacetLink:
    """One line of a facet."""

    id: str
    label: str
    url: str
    icon: str
    count: str
    is_current: bool
    css: str = ""


@dataclass(frozen=True)
class Facet:
    """A group of filters that exclude each other, or of tags."""

    title: str
    links: tuple[FacetLink, ...]


@dataclass(frozen=True)
class Chip:
    """A filter that can be taken off; `words` is how a sentence says it when that is not "tag candy"."""

    kind: str
    value: str
    url: str
    words: str = ""


@dataclass(frozen=True)
class Column:
    """The head of a column: where a click on it leads, and how the list is sorted by it now."""

    css: str
    label: str
    url: str
    direction: str


@dataclass(frozen=True)
class Action:
    """A button of an empty state; `is_list` says that it leads to another state of the list."""

    label: str
    url: str
    count: str = ""
    is_list: bool = False


def page_title(state: ListState, chips: Iterable[Chip], noun: str) -> str:
    """Return the title of the page, which names the filter."""
    parts = [f"“{state.q}”"] if state.q else []
    parts.extend(chip.value for chip in chips)
    return f"{' + '.join(parts)} · {noun}" if parts else noun


def make_column(state: ListState, css: str, label: str, key: str, first: str) -> Column:
    """Return the head of a column.

    Args:
        state: the list.
        css: the class of its cells.
        label: its name.
        key: what the list is sorted by; "" for a column that sorts nothing.
        first: "-" when the first click sorts from the end.
    """
    if not key:
        return Column(css, label, "", "")
    if state.sort_key != key:
        return Column(css, label, state.url(sort=f"{first}{key}"), "")
    direction = "descending" if state.descending else "ascending"
    return Column(css, label, state.url(sort=key if state.descending else f"-{key}"), direction)


def list_sorts(state: ListState, labels: Mapping[str, str]) -> tuple[tuple[str, str, bool], ...]:
    """Return value, label and whether it is chosen, of each order."""
    return tuple((value, label, value == state.sort) for value, label in labels.items())


def choice_link(
    state: ListState, name: str, value: str, label: str, icon: str, count: str, css: str = ""
) -> FacetLink:
    """Return the link that sets a choice, or takes it back when it is set."""
    chosen = state.choices[name] == value
    url = state.url(**{name: "" if chosen else value})
    return FacetLink(f"f-{name}-{value}", label, url, icon, count, chosen, css)


def scope_link(state: ListState, value: str, label: str, icon: str, count: str) -> FacetLink:
    """Return the link that changes the scope, which is always one of its values."""
    url = state.url(scope=value)
    return FacetLink(f"f-scope-{value}", label, url, icon, count, state.choices["scope"] == value)


def filters_in_words(state: ListState, chips: Iterable[Chip]) -> str:
    """Return the filters as a sentence lists them: "“gob”, tag candy and class static"."""
    parts = [f"“{state.q}”"] if state.q else []
    parts.extend(chip.words or f"{chip.kind.lower()} {chip.value}" for chip in chips if chip.kind != "Scope")
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def no_match_title(filters: int, noun: str) -> str:
    """Return the heading of a list without matches: "No plugin matches both filters"."""
    if filters == 1:
        return f"No {noun} matches this filter"
    if filters == 2:
        return f"No {noun} matches both filters"
    number = NUMBERS[filters] if filters < len(NUMBERS) else str(filters)
    return f"No {noun} matches all {number} filters"
