"""What the templates of the list of connections show: counts in words, chips, facets, heads, empty states. No HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for

from webapp.connections.kinds import API, KINDS, SECRET, SQL
from webapp.connections.queries.list_pages import Page
from webapp.connections.queries.lists import ACCOUNT, ALL, MINE, PLATFORM, SEARCHED_MAX, Counts, Criteria
from webapp.core.clock import utcnow
from webapp.web.filters import plural
from webapp.web.list_parts import (
    Action,
    Chip,
    Column,
    Facet,
    FacetLink,
    choice_link,
    filters_in_words,
    list_sorts,
    make_column,
    no_match_title,
    page_title,
    scope_link,
)
from webapp.web.listing import ListState

SCOPES = {
    ALL: ("All", "stack-2"),
    MINE: ("Mine", "user"),
    ACCOUNT: ("Account", "building"),
    PLATFORM: ("Platform", "box"),
}
KIND_LABELS = {"sql": "SQL connections", "api": "API connections", "secret": "Secrets"}
COLUMNS = (
    ("c-name", "Name", "name", ""),
    ("c-desc", "Description", "", ""),
    ("c-kind", "Kind", "kind", ""),
    ("c-leads", "Leads to", "", ""),
    ("c-used", "Used by", "", ""),
    ("c-ver", "Version", "", ""),
    ("c-own", "Owner", "", ""),
    ("c-upd", "Updated", "updated", "-"),
)
SORT_LABELS = {
    "name": "Name, A to Z",
    "-name": "Name, Z to A",
    "kind": "Kind, A to Z",
    "-kind": "Kind, Z to A",
    "-updated": "Updated, newest first",
    "updated": "Updated, oldest first",
}
EXPLAINED = (
    "A connection says how SQL and API plugins reach a database or a web service. "
    "A secret holds the password or key that a connection names, and its value is never shown again."
)


@dataclass(frozen=True)
class Empty:
    """An empty state; the first action is the one that resolves it."""

    icon: str
    title: str
    text: str
    actions: tuple[Action, ...]


def list_context(
    state: ListState, criteria: Criteria, page: Page, matching: Counts, everything: Counts
) -> dict[str, Any]:
    """Return what the list and its fragment show, but for the links to the pages beside it."""
    chips = _chips(state)
    total = everything.of_scope(criteria.scope)
    return {
        "new_word": KINDS[criteria.kind].word if criteria.kind else "connection or secret",
        "title": page_title(state, chips, "Connections"),
        "rows": page.rows,
        "now": utcnow(),
        "count_text": _count_words(criteria, matching, total),
        "chips": chips,
        "clear_url": state.url(q="", kind="", scope=""),
        "facets": _facets(state, criteria, matching),
        "columns": _columns(state),
        "sorts": list_sorts(state, SORT_LABELS),
        "note": _note(page),
        "empty": None if page.rows else _empty(state, criteria, chips, page, everything),
    }


def _count_words(criteria: Criteria, matching: Counts, total: int) -> str:
    words = plural(total, "record")
    if not criteria.filters:
        return words
    return f"{_shown(matching, matching.of_scope(criteria.scope, criteria.kind))} of {words}"


def _shown(counts: Counts, number: int) -> str:
    return f"{number:,}{'+' if counts.more else ''}"


def _chips(state: ListState) -> tuple[Chip, ...]:
    chips = []
    if kind := state.choices["kind"]:
        chips.append(Chip("Kind", KIND_LABELS[kind], state.url(kind="")))
    scope = state.choices["scope"]
    if scope != state.spec.choices["scope"].default:
        chips.append(Chip("Scope", SCOPES[scope][0], state.url(scope="")))
    return tuple(chips)


def _facets(state: ListState, criteria: Criteria, matching: Counts) -> tuple[Facet, ...]:
    scopes = tuple(
        scope_link(state, scope, label, icon, _shown(matching, matching.of_scope(scope, criteria.kind)))
        for scope, (label, icon) in SCOPES.items()
    )
    kinds: tuple[FacetLink, ...] = tuple(
        choice_link(
            state,
            "kind",
            kind.key,
            KIND_LABELS[kind.key],
            kind.icon,
            _shown(matching, matching.of_scope(criteria.scope, kind.key)),
            css=kind.key,
        )
        for kind in KINDS.values()
    )
    return Facet("Scope", scopes), Facet("Kind", kinds)


def _columns(state: ListState) -> tuple[Column, ...]:
    return tuple(make_column(state, *column) for column in COLUMNS)


def _note(page: Page) -> str:
    if not page.cut:
        return ""
    return f"{SEARCHED_MAX:,} records were searched for this page. Older goes on from there."


def _empty(
    state: ListState, criteria: Criteria, chips: tuple[Chip, ...], page: Page, everything: Counts
) -> Empty:
    if page.cut:
        return Empty("search", "Nothing found so far", "Go on, or write another word.", ())
    if state.after or state.before:
        first = Action("Go to the first page", state.url(), is_list=True)
        text = "The records that were here have moved."
        return Empty("stack-2", "Nothing more in this direction", text, (first,))
    if criteria.filters:
        return _no_match(state, criteria, chips)
    return _nothing_yet(state, criteria, everything)


def _no_match(state: ListState, criteria: Criteria, chips: tuple[Chip, ...]) -> Empty:
    actions = []
    if criteria.filters > 1:
        actions = [
            Action("Drop the search", state.url(q=""), is_list=True),
            Action("Search all kinds", state.url(kind=""), is_list=True),
        ]
    actions.append(Action("Clear filters", state.url(q="", kind="", scope=""), is_list=True))
    words = filters_in_words(state, chips)
    together = " together" if criteria.filters > 1 else ""
    only_search = state.q and criteria.filters == 1
    text = (
        f"“{state.q}” is in no name, description, tag, host or address."
        if only_search
        else f"Nothing has {words}{together}."
    )
    return Empty(
        "search" if state.q else "filter-off",
        no_match_title(criteria.filters, "record"),
        text,
        tuple(actions),
    )


def _nothing_yet(state: ListState, criteria: Criteria, everything: Counts) -> Empty:
    if criteria.scope == PLATFORM:
        back = Action("Show the account’s records", state.url(scope=ACCOUNT), is_list=True)
        return Empty(
            "box", "The platform has no connections", "What it shares would be listed here.", (back,)
        )
    make = tuple(
        Action(f"New {noun}", url_for("connections.new", kind=kind.key))
        for noun, kind in (("SQL connection", SQL), ("API connection", API), ("secret", SECRET))
    )
    if criteria.scope == MINE and everything.of_scope(ACCOUNT):
        show = Action("Show the account’s records", state.url(scope=ACCOUNT), is_list=True)
        return Empty("plug-connected", "You own no connections yet", EXPLAINED, (*make, show))
    return Empty("plug-connected", "There are no connections yet", EXPLAINED, make)
