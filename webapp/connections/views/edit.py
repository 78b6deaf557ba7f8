"""Creating and editing a secret or connection, and the check of a single field while it is being filled in."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.drafts import drop_draft
from webapp.accounts.identity import Viewer
from webapp.accounts.signin import find_typed, get_viewer, in_background
from webapp.connections import kinds, service
from webapp.connections.forms import FORMS, DescribedForm
from webapp.connections.kinds import KINDS, Kind
from webapp.connections.queries.pages import RecordView, get_view, is_name_taken
from webapp.connections.service import NO_RIGHT
from webapp.connections.views import bp
from webapp.connections.views.conflict import save_merge, show_conflict, show_lost
from webapp.connections.views.edit_pages import (
    LIVE,
    live_attributes,
    read_form,
    show_editor,
    show_opened,
    vault,
)
from webapp.connections.views.undo_buttons import say_created, say_saved
from webapp.core.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    NotFound,
    PermissionDenied,
    StaleRevision,
    Unavailable,
)
from webapp.core.locators import format_locator
from webapp.db.session import current_session
from webapp.web import htmx
from webapp.web.csrf import keeps_input
from webapp.web.editing import explain, fill_in, refused_status
from webapp.web.errors import BadParameter
from webapp.web.rendering import render
from webapp.web.toasts import say


@bp.route("/connections/new", methods=["GET", "POST"])
@keeps_input
def new() -> BaseResponse:
    """Ask for the kind, show the form for a new record of it, or create it."""
    session, viewer = current_session(), get_viewer()
    if "kind" not in request.args and request.method != "POST":
        return render("connections/choose.html", kinds=KINDS.values(), name=request.args.get("name", ""))
    kind = _asked_kind()
    if request.method != "POST":
        return show_opened(session, viewer, kind, None)
    form, _ = read_form(session, viewer, kind, None)
    if fill_in(form):
        return show_editor(form, kind)
    if not form.validate():
        return show_editor(form, kind, status=refused_status())
    try:
        saved = service.create_record(_with_reason(viewer, form), form.to_values(), vault())
    except (InvalidInput, Conflict, Unavailable) as error:
        return show_editor(form, kind, status=explain(form, error))
    say_created(kind, saved)
    return _saved(viewer, kind, saved)


@bp.route("/connections/<locator>/edit", methods=["GET", "POST"])
@keeps_input
def edit(locator: str) -> BaseResponse:
    """Show the form of a record, or save it; a stale save is answered with the merge page."""
    session, viewer = current_session(), get_viewer()
    try:
        record = get_view(session, viewer, locator)
        if not record.manageable:
            raise PermissionDenied(NO_RIGHT)
        if request.method != "POST":
            return show_opened(session, viewer, record.kind, record)
        return _change(viewer, record)
    except (NotFound, PermissionDenied) as error:
        parts = kinds.split(locator)
        typed = request.form if request.method == "POST" else find_typed()
        if parts is None or typed is None:
            raise
        # It was deleted, or the right to change it was taken away, while the form was open.
        return show_lost(parts[0], FORMS[parts[0].key].read(typed), error)


def _change(viewer: Viewer, record: RecordView) -> BaseResponse:
    kind = record.kind
    form, base = read_form(current_session(), viewer, kind, record)
    if fill_in(form):
        return show_editor(form, kind, record=record)
    if not form.validate():
        return show_editor(form, kind, record=record, status=refused_status())
    try:
        if "merge_revision" in request.form:
            return save_merge(viewer, record, form, base)
        values = form.to_values()
        saved = service.update_record(_with_reason(viewer, form), record.id, form.based_on, values, vault())
    except StaleRevision:
        return show_conflict(viewer, record.locator, form, base)
    except (InvalidInput, Conflict, Unavailable) as error:
        return show_editor(form, kind, record=record, status=explain(form, error))
    if saved.changed:
        say_saved(kind, saved)
    else:
        say("Nothing was changed, so nothing was saved")
    return _saved(viewer, kind, saved)


@bp.post("/connections/check-field")
@in_background
@keeps_input
def check_field() -> Response:
    """Return one field with its errors, for the person who has just left it; nothing is saved."""
    kind = KINDS.get(request.args.get("kind", ""))
    name, locator = request.args.get("field", ""), request.args.get("record", "")
    if kind is None or name not in LIVE & set(dir(FORMS[kind.key])) or not htmx.wants_fragment():
        raise NotFound
    session, viewer = current_session(), get_viewer()
    record = get_view(session, viewer, locator) if locator else None
    form, _ = read_form(session, viewer, kind, record)
    accepted = name in form.untouched or not form.judge(name)
    is_new_name = accepted and name == "name" and record is None
    if is_new_name and is_name_taken(session, kind, viewer.account_id, form.name.data):
        form.name.errors = [FieldError("This account already has a record of this name.", "unique")]
    answer = render(
        "connections/_edit_field.html", form=form, name=name, live=live_attributes(kind, record)(name)
    )
    return htmx.vary(answer)


def _asked_kind() -> Kind:
    asked = request.args.get("kind", "")
    if asked not in KINDS:
        words = f"kind={asked[:40]} is not known." if asked else "kind is missing."
        message = f"{words} Use one of {', '.join(KINDS)}."
        raise BadParameter("kind", asked, message, url_for("connections.new"))
    return KINDS[asked]


def _with_reason(viewer: Viewer, form: DescribedForm) -> Viewer:
    return replace(viewer, reason=form.reason.data)


def _saved(viewer: Viewer, kind: Kind, saved: service.Saved) -> BaseResponse:
    drop_draft(viewer, request.form.get("draft"))
    locator = format_locator(kind.record_kind, saved.id)
    return redirect(url_for("connections.record", locator=locator), 303)
