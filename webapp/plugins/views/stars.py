"""Starring a plugin, in a row or on its page; and the stars of one person in rows that all viewers share."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from flask import make_response, redirect, render_template, request
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.identity import Viewer
from webapp.accounts.queries import load_viewer
from webapp.accounts.redirects import path_of_url
from webapp.accounts.signin import get_viewer
from webapp.core.errors import Conflict, NotFound, Unavailable
from webapp.db.session import current_session
from webapp.plugins import service
from webapp.plugins.queries.facets import count_starred
from webapp.plugins.queries.lists import prepare
from webapp.plugins.queries.record import Record, get_record
from webapp.plugins.views import bp, list_context
from webapp.plugins.views.list_state import find_state, to_criteria
from webapp.plugins.views.returning import came_from, plugin_url
from webapp.web import htmx
from webapp.web.errors import describe

ROW, RECORD = "row", "record"
# As `plugins/_star.html` writes it into a row; quotes in people's text are escaped, so nothing else looks like it.
_OFF = re.compile(r'name="star" (value="[^"]+" id="row-(\d+)-star") aria-pressed="false"')


def fill_in_stars(rows_html: Markup, starred: Collection[int]) -> Markup:
    """Return the rows of a page, which are kept for everybody, with the stars of one person."""
    if not starred:
        return rows_html

    def fill(found: re.Match[str]) -> str:
        return f'name="unstar" {found[1]} aria-pressed="true"' if int(found[2]) in starred else found[0]

    return Markup(_OFF.sub(fill, rows_html))  # noqa: S704  # Nothing of it comes from people.


def star_button(record: Record, place: str, *, is_on: bool) -> dict[str, Any]:
    """Return what `plugins/_star.html` needs for a record outside of the cached rows."""
    return {
        "id": f"row-{record.id}-star" if place == ROW else "star",
        "css": "star" if place == ROW else "star btn icon",
        "locator": record.locator,
        "name": record.values.name,
        "is_on": is_on,
    }


@bp.post("/plugins/star")
def star() -> BaseResponse:
    """Star the plugin that the form names, or take the star off it; answer with its button."""
    viewer, sent = get_viewer(), request.form
    is_on = "star" in sent
    try:
        record = get_record(current_session(), viewer, sent.get("star" if is_on else "unstar", ""))
        (service.star_plugin if is_on else service.unstar_plugin)(viewer, record.id)
    except (NotFound, Conflict, Unavailable) as error:
        if not htmx.wants_fragment():
            raise
        problem = describe(error)
        text = render_template("plugins/_star_refused.html", message=problem.message)
        return htmx.vary(make_response(text, problem.status))
    button = star_button(record, sent.get("place", RECORD), is_on=is_on)
    if not htmx.wants_fragment():
        return redirect(f"{came_from(plugin_url(record.locator))}#{button['id']}", 303)
    text = render_template("plugins/_starred.html", star=button, link=_filter_link(current_session(), viewer))
    return htmx.vary(htmx.retarget(make_response(text), f"#{button['id']}", "outerHTML"))


def _filter_link(session: Session, viewer: Viewer) -> Any:
    """Return the link of the list around the button that shows starred ones, with its new count; None on a record."""
    state = find_state(path_of_url(htmx.current_url(), request.host) or "")
    if state is None:
        return None
    viewer = load_viewer(session, viewer.get_id()) or viewer
    found = prepare(session, viewer, to_criteria(state))
    return list_context.starred_link(state, count_starred(session, found))
