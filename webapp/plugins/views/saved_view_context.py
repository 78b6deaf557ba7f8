"""What the templates show of saved views: the rail, the menu of the list, the page of all views. No HTML."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import current_app, request, url_for
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.queries.saved_views import View, list_views
from webapp.caching.store import cached
from webapp.db.session import current_session
from webapp.plugins.views.list_context import READY_LABELS, SCOPE_LABELS, SORT_LABELS
from webapp.plugins.views.list_state import LIST_SPEC, parse_query, query_of
from webapp.web.errors import BadParameter
from webapp.web.list_parts import Chip
from webapp.web.listing import ListState

# How many of each kind the rail shows; the page of views shows all.
RAIL_OWN = 12
RAIL_SHARED = 8

_KINDS = {"q": "Search", "ready": "Readiness", "sort": "Order"}
_VALUES = {"ready": READY_LABELS, "scope": SCOPE_LABELS, "sort": SORT_LABELS}


@dataclass(frozen=True)
class ShownView:
    """A view with where it leads and its filters in words; `problem` says why it cannot be opened any more."""

    view: View
    query: str
    filters: tuple[Chip, ...]
    problem: str = ""

    @property
    def url(self) -> str:
        """Return the address of the list that it means."""
        return f"{LIST_SPEC.path}?{self.query}"


@dataclass(frozen=True)
class Views:
    """The views of a page: what the list shows now, and every view with its like.

    `query` is the canonical query string of the list, empty for the whole list. `current` is the view of that state,
    the viewer's own first.
    """

    query: str
    own: tuple[ShownView, ...]
    shared: tuple[ShownView, ...]
    default_id: int | None

    @property
    def current(self) -> ShownView | None:
        """Return the view that the list shows, if it is one."""
        return next((shown for shown in (*self.own, *self.shared) if shown.query == self.query), None)

    @property
    def rail(self) -> tuple[ShownView, ...]:
        """Return the first views of each kind, and the current one wherever it stands."""
        first = (*self.own[:RAIL_OWN], *self.shared[:RAIL_SHARED])
        current = self.current
        return first if current is None or current in first else (*first, current)

    @property
    def has_more(self) -> bool:
        """Tell whether the rail leaves any out."""
        return len(self.own) > RAIL_OWN or len(self.shared) > RAIL_SHARED


def load_views(session: Session, viewer: Viewer, state: ListState | None = None) -> Views:
    """Return the views that the viewer may open, cached by generation: one statement at most.

    Args:
        session: to read with.
        viewer: who looks.
        state: what the list shows; None on a page that is no list.
    """

    def load() -> tuple[ShownView, ...]:
        return tuple(show_view(view) for view in list_views(session, viewer))

    parts = (current_app.config["BUILD"], viewer.profile_id)
    shown = cached("plugins.views", viewer.generations, parts, load)
    return Views(
        "" if state is None else query_of(state),
        tuple(one for one in shown if one.view.is_own),
        tuple(one for one in shown if not one.view.is_own),
        viewer.default_view_id,
    )


def offer_views(error: BadParameter, viewer: Viewer) -> BadParameter:
    """Return the error of an address of the list with a way to the views, where one of them leads to that address."""
    asked = request.query_string.decode("utf-8", "replace")
    views = load_views(current_session(), viewer)
    if any(one.query == asked for one in (*views.own, *views.shared)):
        error.steps = (("Look at your views", url_for("plugins.views_page")),)
    return error


def show_view(view: View) -> ShownView:
    """Return a view as pages show it; its query may have been written by another version of the list."""
    try:
        state = parse_query(view.query)
    except BadParameter as error:
        return ShownView(view, view.query, (), error.message)
    return ShownView(view, query_of(state), tuple(_filters(state)))


def _filters(state: ListState) -> Iterable[Chip]:
    for name, value in state.pairs():
        if name not in ("after", "before"):
            yield Chip(_KINDS.get(name, name.capitalize()), _VALUES.get(name, {}).get(value, value), "")


def filters_of(query: str) -> tuple[Chip, ...]:
    """Return what a query string asks for, in words.

    Raises:
        BadParameter: the list does not understand it.
    """
    return tuple(_filters(parse_query(query)))
