"""How the list looks for one person: which columns it shows and how high its rows are."""

from __future__ import annotations

from flask import redirect, request
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.redirects import path_of_url
from webapp.accounts.service.profile import choose_list_looks
from webapp.accounts.signin import get_viewer
from webapp.plugins.views import bp
from webapp.plugins.views.list_state import LIST_SPEC, parse_query
from webapp.web import htmx


@bp.post("/plugins/columns", endpoint="choose_columns")
def choose_columns() -> BaseResponse:
    """Keep what was chosen in the profile, and lead back to the list as it was."""
    sent = request.form
    choose_list_looks(get_viewer(), sent.getlist("column"), sent.get("density", ""))
    state = parse_query(_query_of_page())
    return redirect(state.url(after=state.after, before=state.before), 303)


def _query_of_page() -> str:
    """Return the query string of the list that this was sent from, which may have changed since its menu was made."""
    here = path_of_url(htmx.current_url(), request.host) if htmx.is_htmx() else None
    path, _, query = (here or "").partition("?")
    return query if path == LIST_SPEC.path else request.form.get("query", "")
