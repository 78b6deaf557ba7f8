"""A record within the list that it was opened from: `?in=` holds the address of that list.

The list around a record is a convenience, so one that cannot be read is left out rather than refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from flask import has_request_context, request, url_for
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.redirects import path_of_url, with_parameter
from webapp.core.locators import format_locator
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.listing import to_mark
from webapp.plugins.queries.lists import prepare
from webapp.plugins.queries.record import Record
from webapp.plugins.queries.walking import Neighbour, find_neighbours
from webapp.plugins.views import bp
from webapp.plugins.views.list_state import LIST_SPEC, find_state, read_place, to_criteria
from webapp.web import htmx
from webapp.web.listing import ListState, encode_cursor

_TABS = frozenset(f"plugins.{page}" for page in ("record", "manifest_page", "checks", "used_by", "history"))
_PAGES = _TABS | frozenset(f"plugins.{page}" for page in ("edit", "edit_yaml", "cell"))


@dataclass(frozen=True)
class Step:
    """A record to go on to."""

    name: str
    url: str


@dataclass(frozen=True)
class Walk:
    """The list around a record: the way back to the page that shows it, and on to its neighbours."""

    back_url: str
    previous: Step | None
    following: Step | None


def within(state: ListState) -> str:
    """Return what `in` says in the links of a list's rows."""
    return state.url(after=state.after, before=state.before).partition("?")[2]


@bp.url_defaults
def keep_list(endpoint: str, values: dict[str, Any]) -> None:
    """Let every link between the pages of one record keep the list that it was opened from."""
    if endpoint not in _PAGES or not has_request_context() or "in" in values:
        return
    if values.get("locator") != (request.view_args or {}).get("locator"):
        return
    query = kept_query()
    if query is not None:
        values["in"] = query


def kept_query() -> str | None:
    """Return the list around a record as a query string: the `in` of this address, or of the page that htmx acts on."""
    query = request.args.get("in")
    if query is None and htmx.is_htmx():
        page = path_of_url(htmx.current_url(), request.host) or ""
        query = next(iter(parse_qs(page.partition("?")[2], keep_blank_values=True).get("in", ())), None)
    return query


def find_walk(session: Session, viewer: Viewer, record: Record) -> Walk | None:
    """Return the list that a record was opened from; None when the address names none that can be read."""
    query = kept_query()
    state = None if query is None else find_state(f"{LIST_SPEC.path}?{query}")
    if query is None or state is None:
        return None
    neighbours = find_neighbours(
        session,
        prepare(session, viewer, to_criteria(state)).reading,
        record.id,
        state.sort_key,
        descending=state.descending,
        after=read_place(state, "after"),
        before=read_place(state, "before"),
    )
    page = state.url(after=state.after, before=state.before)
    if not neighbours.is_on_page:
        page = state.url(after=_mark(state, neighbours.previous))
    return Walk(
        back_url=f"{page}#row-{record.id}-open",
        previous=_step(neighbours.previous, query),
        following=_step(neighbours.following, query),
    )


def _mark(state: ListState, neighbour: Neighbour | None) -> str:
    return encode_cursor(state.sort, to_mark(state.sort_key, neighbour.place)) if neighbour else ""


def _step(neighbour: Neighbour | None, query: str) -> Step | None:
    if neighbour is None:
        return None
    # Whoever goes through the checks of many stays with the checks.
    tab = request.endpoint if request.endpoint in _TABS else "plugins.record"
    page = url_for(tab, locator=format_locator(LOCATOR_KIND, neighbour.id))
    return Step(neighbour.name, with_parameter(page, "in", query))
