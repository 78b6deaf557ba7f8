"""The palette: a fragment while somebody types, a page of its own where no script runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from flask import Blueprint, Flask, Response, has_request_context, request
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.redirects import path_of_url
from webapp.accounts.signin import get_viewer
from webapp.db.session import current_session
from webapp.palette import offers
from webapp.palette.matching import fitting
from webapp.palette.queries.finding import (
    Record,
    find_connections,
    find_plugins,
    find_tags,
    is_known,
    list_records,
)
from webapp.palette.recents import init_recents, read_recents
from webapp.palette.values import Answer, Group, Item
from webapp.plugins.views.saved_view_context import load_views
from webapp.web import htmx
from webapp.web.listing import ListSpec, parse_list
from webapp.web.rendering import render_either

PAGES_SHOWN = 5


def _at_problem(value: str) -> str | None:
    return None if is_known(value) else "at is not the locator of a record."


SPEC = ListSpec(
    path="/palette",
    choices={},
    sorts=("best",),
    default_sort="best",
    free=("at",),
    checks={"at": _at_problem},
)

bp = Blueprint("palette", __name__)


def init_palette(app: Flask) -> None:
    """Keep what people open, and let every page tell the palette which record it is about."""
    init_recents(app)
    app.context_processor(lambda: {"palette_at": _current_record()})


def _current_record() -> str:
    locator = (request.view_args or {}).get("locator", "") if has_request_context() else ""
    return locator if is_known(locator) else ""


@bp.get("/palette")
def show() -> Response:
    """Show what fits to a text, or without one what was opened last and everything that can be done."""
    session, viewer = current_session(), get_viewer()
    state = parse_list(SPEC, request.args)
    at = state.free["at"]
    here = next(iter(list_records(session, viewer, [at])), None) if at else None
    groups = _found(session, viewer, state.q, here) if state.q else _start(session, viewer, here)
    answer = Answer(state.q, tuple(group for group in groups if group.items))
    return render_either("palette/page.html", "palette/_results.html", palette=answer, at=at)


def _start(session: Session, viewer: Viewer, here: Record | None) -> list[Group]:
    locators = [locator for locator in read_recents(viewer) if here is None or locator != here.locator]
    recents = list_records(session, viewer, locators)
    return [
        *_about(here),
        _group("recents", "Opened lately", (offers.record_item(viewer, record) for record in recents)),
        _group(
            "views", "Views", itertools.islice(offers.list_views(load_views(session, viewer)), PAGES_SHOWN)
        ),
        _group("actions", "Actions", offers.list_actions(viewer, _current())),
        _group("pages", "Pages", offers.list_pages(viewer)),
    ]


def _found(session: Session, viewer: Viewer, text: str, here: Record | None) -> list[Group]:
    plugins = find_plugins(session, viewer, text)
    connections = find_connections(session, viewer, text)
    tags = find_tags(session, viewer, text)
    views = fitting(offers.list_views(load_views(session, viewer)), text)[:PAGES_SHOWN]
    pages = fitting((*offers.list_pages(viewer), *offers.list_help()), text)[:PAGES_SHOWN]
    actions = fitting(offers.list_actions(viewer, _current()), text)
    about = fitting(offers.list_record_actions(here), text) if here else ()
    found = [
        _group("plugins", "Plugins", (offers.record_item(viewer, item, text) for item in plugins)),
        _group(
            "connections",
            "Connections and secrets",
            (offers.record_item(viewer, item, text) for item in connections),
        ),
        _group("tags", "Tags", (offers.tag_item(viewer, tag, text) for tag in tags)),
        _group("views", "Views", views),
        _group("about", "This record", about),
        _group("pages", "Pages", pages),
        _group("actions", "Actions", actions),
    ]
    title = "Go on with the text" if any(group.items for group in found) else f"Nothing is called “{text}”"
    return [*found, _group("search", title, offers.list_searches(text))]


def _about(here: Record | None) -> Iterable[Group]:
    if here:
        yield _group("about", "This record", offers.list_record_actions(here))


def _group(key: str, title: str, items: Iterable[Item]) -> Group:
    return Group(key, title, tuple(items))


def _current() -> str:
    """Return path and query of the page around the palette; "" when that is no address of ours."""
    return path_of_url(htmx.current_url(), request.host) or ""
