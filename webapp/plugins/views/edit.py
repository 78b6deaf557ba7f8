"""Creating and editing a plugin, and the check of a single field while it is being filled in."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.drafts import drop_draft
from webapp.accounts.identity import Viewer
from webapp.accounts.signin import get_viewer, in_background
from webapp.core.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    NotFound,
    PermissionDenied,
    StaleRevision,
    Unavailable,
)
from webapp.db.session import current_session
from webapp.plugins import service
from webapp.plugins.advice import advice_for
from webapp.plugins.queries.record import Record, get_record, is_name_taken
from webapp.plugins.views import bp
from webapp.plugins.views.conflict import save_merge, show_conflict
from webapp.plugins.views.edit_pages import (
    LIVE,
    get_manageable,
    live_attributes,
    read_form,
    show_editor,
    show_opened,
    show_record_opened,
)
from webapp.plugins.views.lost import rescue
from webapp.plugins.views.returning import with_aliases
from webapp.plugins.views.undo_buttons import undo_of
from webapp.web import htmx
from webapp.web.csrf import keeps_input
from webapp.web.editing import explain, fill_in, refused_status
from webapp.web.rendering import render
from webapp.web.toasts import Undo, say


@bp.route("/plugins/new", methods=["GET", "POST"])
@keeps_input
def new() -> BaseResponse:
    """Show the form for a new plugin, or create it."""
    session, viewer = current_session(), get_viewer()
    if request.method != "POST":
        return show_opened(session, viewer, None)
    form, _ = read_form(session, viewer, None)
    if fill_in(form):
        return show_editor(form)
    if not form.validate():
        return show_editor(form, status=refused_status())
    try:
        saved = service.create_plugin(replace(viewer, reason=form.reason.data), form.to_values())
    except (InvalidInput, Conflict, Unavailable) as error:
        return show_editor(form, status=explain(form, error))
    fields: dict[str, str | int] = {"revision": saved.revision, "next": url_for("plugins.list_page")}
    message = with_aliases(f"Created {saved.name}", saved)
    say(message, undo=Undo(url_for("plugins.delete", locator=saved.locator), fields))
    return _saved(viewer, saved)


@bp.route("/plugins/<locator>/edit", methods=["GET", "POST"])
@keeps_input
def edit(locator: str) -> BaseResponse:
    """Show the form of a plugin, or save it; a stale save is answered with the merge page."""
    session, viewer = current_session(), get_viewer()
    try:
        if request.method != "POST":
            return show_record_opened(session, viewer, locator)
        return _change(viewer, get_manageable(session, viewer, locator))
    except (NotFound, PermissionDenied) as error:
        # It was deleted, or the right to change it was taken away, while the form was open.
        return rescue(session, viewer, locator, error)


def _change(viewer: Viewer, record: Record) -> BaseResponse:
    form, base = read_form(current_session(), viewer, record)
    if fill_in(form):
        return show_editor(form, record=record)
    if not form.validate():
        return show_editor(form, record=record, status=refused_status())
    try:
        if "merge_revision" in request.form:
            return save_merge(viewer, record, form, base)
        values = form.to_values()
        writer = replace(viewer, reason=form.reason.data)
        saved = service.update_plugin(writer, record.id, form.based_on, values)
    except StaleRevision:
        return show_conflict(viewer, record.locator, form, base)
    except (InvalidInput, Conflict, Unavailable) as error:
        return show_editor(form, record=record, status=explain(form, error))
    if saved.changed:
        say(with_aliases(f"Saved {values.version}", saved), undo=undo_of(saved))
    else:
        say(with_aliases("Nothing was changed, so nothing was saved", saved))
    return _saved(viewer, saved)


@bp.post("/plugins/check-field")
@in_background
@keeps_input
def check_field() -> Response:
    """Return one field with its errors, for the person who has just left it; nothing is saved."""
    name, locator = request.args.get("field", ""), request.args.get("record", "")
    if name not in LIVE or not htmx.wants_fragment():
        raise NotFound
    session, viewer = current_session(), get_viewer()
    record = get_record(session, viewer, locator) if locator else None
    form, _ = read_form(session, viewer, record)
    if name not in form.untouched and not form.judge(name) and name == "name":
        account_id, own_id = (record.account_id, record.id) if record else (viewer.account_id, None)
        if is_name_taken(session, account_id, form.name.data, own_id):
            form.name.errors = [FieldError("This account already has a plugin of this name.", "unique")]
    if not form[name].errors:
        form.advice = advice_for(form, name)
    answer = render("plugins/_edit_field.html", form=form, name=name, live=live_attributes(record)(name))
    return htmx.vary(answer)


def _saved(viewer: Viewer, saved: service.Saved) -> BaseResponse:
    drop_draft(viewer, request.form.get("draft"))
    return redirect(url_for("plugins.record", locator=saved.locator), 303)
