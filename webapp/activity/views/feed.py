"""The feed of an account: what was done, newest first. The address is its only state."""

from __future__ import annotations

from typing import cast

from flask import Response, current_app, request

from webapp.accounts.queries.names import list_usernames
from webapp.accounts.signin import get_viewer
from webapp.activity.kinds import Kinds
from webapp.activity.queries.acts import whereabouts_of
from webapp.activity.queries.feed import SINGLE, load_feed
from webapp.activity.queries.people import list_people
from webapp.activity.views import bp
from webapp.activity.views.feed_context import clear_url, feed_chips, feed_facets, in_title, shown_entries
from webapp.activity.views.feed_state import (
    feed_spec,
    page_urls,
    parse_feed,
    read_place,
    to_criteria,
    zone_of,
)
from webapp.db.session import current_session
from webapp.web import htmx
from webapp.web.list_parts import page_title
from webapp.web.rendering import render_either


@bp.get("/activity/")
def list_page() -> Response:
    """Show what was done in the accounts that the address asks for."""
    session, viewer, kinds = current_session(), get_viewer(), record_kinds()
    state = parse_feed(feed_spec(kinds), request.args)
    after, before = read_place(state, "after"), read_place(state, "before")
    criteria, person = to_criteria(session, viewer, state)
    feed = load_feed(session, viewer, criteria, after=after, before=before)
    singles = [(entry.record_kind, entry.record_id) for entry in feed.entries if entry.type == SINGLE]
    names = list_usernames(session, [entry.actor_id for entry in feed.entries])
    newer, older = page_urls(state, feed)
    chips = feed_chips(state, kinds, person)
    response = render_either(
        "activity/list.html",
        "activity/_list.html",
        state=state,
        title=page_title(state, map(in_title, chips), "Activity"),
        entries=shown_entries(feed.entries, kinds, names, whereabouts_of(session, viewer, kinds, singles)),
        newer=newer,
        older=older,
        is_first=after is None and before is None,
        chips=chips,
        clear_url=clear_url(state),
        facets=feed_facets(state, viewer, kinds, list_people(session, viewer.account_id)),
        zone=str(zone_of(viewer)),
        has_zone=bool(viewer.settings.time_zone),
    )
    if htmx.wants_fragment():
        htmx.push_url(response, state.url(after=state.after, before=state.before))
    return response


def record_kinds() -> Kinds:
    """Return the kinds of records that history knows, as the composition root registered them."""
    return cast(Kinds, current_app.extensions["history_kinds"])
