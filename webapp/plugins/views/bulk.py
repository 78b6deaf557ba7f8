"""Acts on many plugins: the form with its preview, the act, and a report when it was not done to all of them."""

from __future__ import annotations

from dataclasses import replace

from flask import request
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.identity import Viewer
from webapp.accounts.signin import get_viewer
from webapp.core.errors import Conflict, NotFound, Unavailable
from webapp.db.session import current_session
from webapp.plugins.bulk_forms import FORMS, BulkForm
from webapp.plugins.views import bp
from webapp.plugins.views.bulk_pages import bulk_form, show_done, show_form, show_preview
from webapp.plugins.views.bulk_selection import Selection, Unselected, read_selection
from webapp.web import htmx
from webapp.web.csrf import keeps_input
from webapp.web.editing import explain, refused_status
from webapp.web.problems import problem_response

PREVIEW = "div#bulk-preview"


@bp.route("/plugins/bulk/<act>", methods=["GET", "POST"])
@keeps_input
def bulk(act: str) -> BaseResponse:
    """Show the form of an act on the selected plugins, what it would do, or do it."""
    if act not in FORMS:
        raise NotFound
    session, viewer = current_session(), get_viewer()
    try:
        chosen = read_selection(session, viewer, act)
    except Unselected as error:
        return problem_response(error.problem)
    sent = request.form if request.method == "POST" and "chosen" in request.form else None
    form = bulk_form(session, viewer, act, sent)
    if sent is None:
        return show_form(session, viewer, act, form, chosen)
    return _sent(viewer, act, form, chosen)


def _sent(viewer: Viewer, act: str, form: BulkForm, chosen: Selection) -> BaseResponse:
    session = current_session()
    valid = form.validate()
    if request.form.get("action") == "preview":
        if htmx.source() == PREVIEW:
            return show_preview(session, viewer, form, chosen, valid=valid)
        return show_form(
            session, viewer, act, form, chosen, 200 if valid else refused_status(), previewed=valid
        )
    if not valid:
        return show_form(session, viewer, act, form, chosen, refused_status())
    try:
        outcome = form.perform(replace(viewer, reason=form.reason.data or ""), chosen.revisions)
    except (Conflict, Unavailable) as error:
        return show_form(session, viewer, act, form, chosen, explain(form, error))
    return show_done(form, chosen, outcome)
