"""What a page of the list asks while somebody looks at it: whether others have made something since."""

from __future__ import annotations

import datetime as dt

from flask import Response, jsonify, request

from webapp.accounts.identity import Viewer
from webapp.accounts.signin import get_viewer, unattended
from webapp.db.session import current_session
from webapp.plugins.queries.lists import covers_everything, prepare
from webapp.plugins.queries.newer import count_newer
from webapp.plugins.views import bp
from webapp.plugins.views.list_context import shown_count
from webapp.plugins.views.list_state import parse_state, to_criteria
from webapp.web.errors import BadParameter
from webapp.web.listing import ListState

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MOMENT = dt.timedelta(microseconds=1)
_DIGITS_MAX = 16


def newer_url(viewer: Viewer, state: ListState, asked_at: dt.datetime) -> str:
    """Return the address by which a page that was asked for at a moment learns later what is new."""
    url = state.url().replace(state.spec.path, "/plugins/newer", 1)
    mark = f"since={(asked_at - _EPOCH) // _MOMENT}&seen={_seen(viewer)}"
    return f"{url}{'&' if '?' in url else '?'}{mark}"


@bp.get("/plugins/newer")
@unattended
def newer() -> Response:
    """Say how many records of a list others have made since a page was opened; 204 when there is nothing to say."""
    viewer, args = get_viewer(), request.args.copy()
    seen, since = args.pop("seen", ""), _read_moment(args.pop("since", ""))
    state = parse_state(args)
    # Nothing was written since, so there is nothing to ask the database.
    if seen == _seen(viewer) and not covers_everything(viewer, state.choices["scope"]):
        return Response(status=204)
    session = current_session()
    count = count_newer(session, prepare(session, viewer, to_criteria(state)), since)
    if not count.number:
        return Response(status=204)
    return jsonify({"text": f"{shown_count(count)} new since you opened this"})


def _seen(viewer: Viewer) -> str:
    return ".".join(str(generation) for _, generation in viewer.generations.accounts)


def _read_moment(text: str) -> dt.datetime:
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX):
        raise BadParameter("since", text, "since is not a moment. Load the list again.", "/plugins/")
    return _EPOCH + int(text) * _MOMENT
