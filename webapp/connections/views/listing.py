"""The list of connections and secrets. Its address is its only state."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response, request

from webapp.accounts.signin import get_viewer
from webapp.connections.kinds import KINDS
from webapp.connections.queries.list_pages import (
    SORTS,
    Place,
    from_mark,
    load_page,
    place_shapes,
    to_mark,
)
from webapp.connections.queries.lists import ACCOUNT, SCOPES, Criteria, count
from webapp.connections.views import bp
from webapp.connections.views.list_context import list_context
from webapp.db.session import current_session
from webapp.web import htmx
from webapp.web.listing import Choice, ListSpec, ListState, page_urls, parse_list, read_place
from webapp.web.rendering import render_either

LIST_SPEC = ListSpec(
    path="/connections/",
    choices={"kind": Choice(tuple(KINDS)), "scope": Choice(SCOPES, ACCOUNT)},
    sorts=SORTS,
    default_sort="name",
)
SEARCH_FORM = "form#search"
SORT_SELECT = "select#sort"


@bp.get("/connections/")
def list_page() -> Response:
    """Show the connections and secrets that the address asks for."""
    session, viewer = current_session(), get_viewer()
    state = parse_list(LIST_SPEC, request.args)
    criteria = Criteria(state.choices["scope"], state.choices["kind"], state.q)
    page = load_page(
        session,
        viewer,
        criteria,
        state.sort_key,
        descending=state.descending,
        after=_place(state, "after"),
        before=_place(state, "before"),
    )
    everything = count(session, viewer)
    matching = count(session, viewer, state.q) if state.q else everything
    marks = (place and to_mark(state.sort_key, place) for place in (page.newer, page.older))
    newer, older = page_urls(state, *marks)
    context = list_context(state, criteria, page, matching, everything)
    return _answer(state, newer=newer, older=older, **context)


def _answer(state: ListState, **context: Any) -> Response:
    by_search = htmx.source() == SEARCH_FORM
    response = render_either(
        "connections/list.html",
        "connections/_list.html",
        state=state,
        by_search=by_search,
        by_sort=htmx.source() == SORT_SELECT,
        **context,
    )
    if htmx.wants_fragment():
        # Typing is one act, however many letters it has; following a link is one each.
        (htmx.replace_url if by_search else htmx.push_url)(
            response, state.url(after=state.after, before=state.before)
        )
    return htmx.vary_by_source(response)


def _place(state: ListState, name: str) -> Place:
    """Return the place that `after` or `before` stands for; empty when it is not given."""
    key = state.sort_key
    return read_place(state, name, place_shapes(key), partial(from_mark, key)) or ()
