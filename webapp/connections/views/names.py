"""The names of connections and secrets, for an editor that completes them."""

from __future__ import annotations

from flask import Response, jsonify, request

from webapp.accounts.signin import get_viewer
from webapp.connections.queries.lists import list_names
from webapp.connections.views import bp
from webapp.db.session import current_session


@bp.get("/connections/names.json")
def names() -> Response:
    """Return the names of the account's records of a manifest kind, `?kind=SqlConnection`; none of another kind."""
    found = list_names(current_session(), get_viewer(), request.args.get("kind", "").casefold())
    return jsonify(names=found)
