"""Filtering a list by an annotation: the form in the rail, and the keys that it offers."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.signin import get_viewer
from webapp.db.session import current_session
from webapp.plugins.queries.annotated import list_keys
from webapp.plugins.queries.criteria import Annotated
from webapp.plugins.queries.lists import near_accounts
from webapp.plugins.views import bp
from webapp.plugins.views.list_state import parse_state
from webapp.web import htmx


@bp.get("/plugins/annotations")
def add_annotation() -> BaseResponse:
    """Go to the list with the annotation that the form names added to its filter."""
    args = request.args.copy()
    key, value = (args.pop(name, "").strip() for name in ("key", "value"))
    if key:
        args.add("annotation", str(Annotated(key, value or None)))
    return redirect(parse_state(args).url(), 303)


@bp.get("/plugins/annotations/keys")
def annotation_keys() -> BaseResponse:
    """Return the keys in use in the viewer's account and the platform's, as options of the form."""
    viewer = get_viewer()
    keys = list_keys(current_session(), viewer, near_accounts(viewer))
    return htmx.vary(make_response(render_template("plugins/_annotation_keys.html", keys=keys)))
