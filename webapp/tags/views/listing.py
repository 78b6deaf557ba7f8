"""The list of tags, as a table or a cloud, and the groups of those that look alike. Its address is its only state."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response, request

from webapp.accounts.frame import page_etag
from webapp.accounts.reading import reading_session
from webapp.accounts.signin import get_viewer
from webapp.core.text import fold
from webapp.tags.queries.listing import (
    ALIKE,
    CLOUD_SIZE,
    PAGE_SIZE,
    SHOWN,
    SORTS,
    Criteria,
    Place,
    count_matching,
    count_tags,
    from_mark,
    load_alike,
    load_page,
    place_shapes,
    to_mark,
)
from webapp.tags.views import bp
from webapp.tags.views.list_context import (
    ACCOUNT,
    CLOUD,
    SCOPES,
    TABLE,
    VIEWS,
    groups_context,
    list_context,
)
from webapp.web import htmx
from webapp.web.listing import Choice, ListSpec, ListState, page_urls, parse_list, read_place
from webapp.web.rendering import is_unchanged, not_modified, render_either, revalidated

LIST_SPEC = ListSpec(
    path="/tags/",
    choices={
        "show": Choice(SHOWN),
        "scope": Choice(tuple(SCOPES), ACCOUNT),
        "view": Choice(VIEWS, TABLE),
    },
    sorts=SORTS,
    default_sort="name",
)
SEARCH_FORM = "form#search"
SORT_SELECT = "select#sort"


@bp.get("/tags/")
def list_page() -> Response:
    """Show the tags that the address asks for."""
    viewer = get_viewer()
    state = parse_list(LIST_SPEC, request.args)
    tag = page_etag(viewer)
    if tag and is_unchanged(tag):
        return htmx.vary_by_source(not_modified(tag))
    session = reading_session(viewer)
    account_id = viewer.account_id
    if state.choices["scope"] != ACCOUNT:
        account_id = viewer.platform_account_id or 0
    counts = count_tags(session, viewer, account_id)
    groups = load_alike(session, viewer, account_id)
    if state.choices["show"] == ALIKE:
        text = fold(state.q).strip()
        shown = [group for group in groups if any(text in word.key for word in group.words)]
        context = groups_context(viewer, state, counts, groups, shown)
    else:
        criteria = Criteria(account_id, state.q, state.choices["show"])
        page = load_page(
            session,
            criteria,
            state.sort_key,
            descending=state.descending,
            after=_place(state, "after"),
            before=_place(state, "before"),
            size=CLOUD_SIZE if state.choices["view"] == CLOUD else PAGE_SIZE,
        )
        matching = count_matching(session, criteria) if state.q else counts.of(criteria.show) or 0
        marks = (place and to_mark(state.sort_key, place) for place in (page.newer, page.older))
        newer, older = page_urls(state, *marks)
        context = list_context(viewer, state, counts, groups, page, matching)
        context |= {"newer": newer, "older": older}
    response = _answer(state, **context)
    return revalidated(response, tag) if tag else response


def _answer(state: ListState, **context: Any) -> Response:
    by_search = htmx.source() == SEARCH_FORM
    response = render_either(
        "tags/list.html",
        "tags/_list.html",
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
