"""Keeping what somebody types into a long form while they type it, and throwing it away (ADR 0020)."""

from __future__ import annotations

from flask import Response, current_app, make_response, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from webapp.accounts.drafts import drop_draft, find_draft_path, save_draft
from webapp.accounts.held import hold_fields
from webapp.accounts.redirects import safe_next
from webapp.accounts.signin import get_viewer
from webapp.accounts.views import bp
from webapp.accounts.views.answers import go_home, see_other
from webapp.db.session import current_session
from webapp.web.errors import BadParameter
from webapp.web.toasts import say

TOO_LONG = "This is too long to be kept as a draft."


@bp.post("/account/drafts", endpoint="save_draft")
def save() -> Response:
    """Keep the fields of the form at `?form=`; only a script asks for it."""
    viewer, form = get_viewer(), _form_address()
    fields = MultiDict((name, value) for name, value in request.form.items(multi=True) if name != "draft")
    held = hold_fields(fields, current_app.extensions["vault"])
    if held is None:
        return make_response(TOO_LONG, 413, {"Content-Type": "text/plain; charset=utf-8"})
    save_draft(viewer, request.form.get("draft", ""), form, held)
    return make_response("", 204)


@bp.post("/account/drafts/discard")
def discard_draft() -> Response:
    """Throw a draft away and show its form again, as it is without it; one that is gone already is fine."""
    viewer, token = get_viewer(), request.form.get("draft", "")
    form = find_draft_path(current_session(), viewer, token)
    if form is None:
        return go_home()
    drop_draft(viewer, token)
    say("Draft discarded")
    return see_other(form)


def _form_address() -> str:
    """Return the address of a form of this application whose input is kept.

    Raises:
        BadParameter: it is not one.
    """
    asked = request.args.get("form", "")
    address = safe_next(asked)
    if address is not None:
        try:
            endpoint, _ = current_app.url_map.bind("").match(address.partition("?")[0], method="POST")
        except HTTPException:  # No such page, or none that takes a form.
            endpoint = ""
        view = current_app.view_functions.get(endpoint)
        if getattr(view, "_keeps_input", False) and not getattr(view, "_is_public", False):
            return address
    raise BadParameter("form", asked, "There is no form to keep a draft of at this address.", "/")
