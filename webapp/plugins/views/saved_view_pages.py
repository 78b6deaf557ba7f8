"""What the acts on saved views answer with: the menu of the list for htmx, else the page they were sent from."""

from __future__ import annotations

from flask import Response, make_response, redirect, render_template, request, url_for

from webapp.accounts.queries.saved_views import view_key
from webapp.accounts.queries.viewers import load_viewer
from webapp.accounts.signin import get_viewer
from webapp.db.session import current_session
from webapp.plugins.view_forms import SavedViewForm
from webapp.plugins.views.list_state import parse_query
from webapp.plugins.views.saved_view_context import filters_of, load_views
from webapp.web import htmx
from webapp.web.rendering import render
from webapp.web.toasts import Undo, say, toast_value

# What a form says that was sent from the page of views, and wants to go back there.
FROM_PAGE = "page"


def answer(message: str, *, undo: Undo | None = None) -> Response:
    """Say what was done, where it was done."""
    query = request.form.get("here", "")
    if undo is not None:
        undo = Undo(undo.url, {**undo.fields, **_where()})
    if not htmx.wants_fragment():
        say(message, undo=undo)
        place = url_for("plugins.views_page") if _is_from_page() else parse_query(query).url()
        return make_response(redirect(place, 303))
    # Who asks has changed with the write: the generation of the account, the default.
    viewer = load_viewer(current_session(), get_viewer().token) or get_viewer()
    views = load_views(current_session(), viewer, parse_query(query))
    toast = toast_value(message, undo=undo)
    body = render_template(
        "plugins/_views_changed.html", views=views, view_form=None, fresh=True, toast=toast
    )
    return htmx.keep_address(htmx.vary(make_response(body)))


def refuse_saving(form: SavedViewForm, query: str, status: int) -> Response:
    """Show the form of a new view again, with what is wrong beside its fields."""
    if not htmx.wants_fragment():
        return render("plugins/saved_view.html", status, form=form, view=None, filters=filters_of(query))
    views = load_views(current_session(), get_viewer(), parse_query(query))
    body = render_template("plugins/_view_menu.html", views=views, view_form=form, fresh=False)
    return htmx.keep_address(htmx.vary(make_response(body, status)))


def undo_default(view_id: int | None) -> Undo:
    """Return how the list begins again as it did."""
    fields = {"view": "" if view_id is None else view_key(view_id)}
    return Undo(url_for("plugins.choose_default_view"), fields)


def _is_from_page() -> bool:
    return request.form.get("from") == FROM_PAGE


def _where() -> dict[str, str]:
    """Return the fields by which the next form goes back to the same place."""
    return {"from": FROM_PAGE} if _is_from_page() else {"here": request.form.get("here", "")}
