"""The page of the overview. The address is its only state."""

from __future__ import annotations

from flask import Response, request

from webapp.accounts.reading import reading_session
from webapp.accounts.signin import get_viewer
from webapp.activity.views.feed import record_kinds
from webapp.activity.views.feed_state import zone_of
from webapp.core.clock import utcnow
from webapp.overview.periods import make_period
from webapp.overview.queries.overview import count_own_plugins, load_overview
from webapp.overview.queries.uses import find_last_use
from webapp.overview.views import bp
from webapp.overview.views.context import overview_context
from webapp.overview.views.state import Addresses, overview_etag, parse_overview
from webapp.plugins.queries.criteria import PLATFORM
from webapp.plugins.views.first_steps import first_steps
from webapp.web.rendering import is_unchanged, not_modified, render, revalidated


@bp.get("/overview/")
def overview() -> Response:
    """Show the numbers of the account, of one's own plugins, or of the platform."""
    viewer = get_viewer()
    session = reading_session(viewer)
    state = parse_overview(request.args)
    zone = zone_of(viewer)
    period = make_period(int(state.choices["days"]), zone, utcnow())
    last_use = find_last_use(session, viewer)
    tag = overview_etag(viewer, period, last_use)
    if tag and is_unchanged(tag):
        return not_modified(tag)
    scope = state.choices["scope"]
    begins = scope != PLATFORM and not count_own_plugins(session, viewer)
    numbers = load_overview(session, viewer, scope, period, last_use)
    addresses = Addresses.of(viewer, state, period, record_kinds())
    response = render(
        "overview/page.html",
        **overview_context(viewer, state, numbers, addresses),
        zone=str(zone),
        first=first_steps() if begins else None,
    )
    return revalidated(response, tag) if tag else response
