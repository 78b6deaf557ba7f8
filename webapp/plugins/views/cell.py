"""One field of a plugin, edited where it is shown: in a row of the list, on the record, or as a small page."""

from __future__ import annotations

from dataclasses import replace

from flask import redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.identity import Viewer
from webapp.accounts.redirects import with_parameter
from webapp.accounts.signin import find_typed, get_viewer, resumes_at
from webapp.core.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    PermissionDenied,
    StaleRevision,
    Unavailable,
)
from webapp.db.session import current_session
from webapp.plugins import service
from webapp.plugins.cell_form import CELL_FIELDS, CellForm
from webapp.plugins.queries.record import Record, find_values, get_record
from webapp.plugins.service import NO_RIGHT
from webapp.plugins.views import bp
from webapp.plugins.views.cell_pages import (
    Place,
    asked_place,
    sent_place,
    show_cell,
    show_clash,
    show_kept,
    show_lost_cell,
    show_not_undone,
    show_saved,
)
from webapp.web import htmx
from webapp.web.csrf import keeps_input
from webapp.web.editing import explain, refused_status
from webapp.web.record_forms import parse_revision


@bp.route("/plugins/<locator>/cell/<field>", methods=["GET", "POST"])
@resumes_at("plugins.cell")
@keeps_input
def cell(locator: str, field: str) -> BaseResponse:
    """Show one field of a plugin as a form, or save it; what was typed is never lost."""
    if field not in CELL_FIELDS:
        raise NotFound
    viewer = replace(get_viewer(), origin="inline")
    fields: MultiDict[str, str] = request.form
    if request.method != "POST":
        draft = find_typed()
        if draft is None:
            return _open(viewer, locator, field)
        fields = draft
    try:
        record = _manageable(viewer, locator)
        if request.method != "POST":
            return _resume(record, CellForm.read(field, fields), sent_place(fields, locator))
        return _post(viewer, record, field, sent_place(fields, locator))
    except (NotFound, PermissionDenied) as error:
        # It was deleted, or the right to change it was taken away, while the cell was open.
        if "restore" in fields and htmx.wants_fragment():
            return show_not_undone(error.message)
        return show_lost_cell(field, error, fields.get(field, ""), sent_place(fields, locator))


def _manageable(viewer: Viewer, locator: str) -> Record:
    record = get_record(current_session(), viewer, locator)
    if not record.manageable:
        raise PermissionDenied(NO_RIGHT)
    return record


def _open(viewer: Viewer, locator: str, field: str) -> BaseResponse:
    place = asked_place(locator)
    try:
        record = _manageable(viewer, locator)
    except (NotFound, PermissionDenied) as error:
        if not htmx.wants_fragment():
            raise
        return show_lost_cell(field, error, "", place)
    return show_cell(record, CellForm.show(field, record.values, record.revision), place)


def _resume(record: Record, form: CellForm, place: Place) -> BaseResponse:
    """Show what was typed when the session ended, on the page where it was typed."""
    if not form.sent:
        return redirect(place.back)
    draft = request.args["draft"]
    if place.kind != "page" and not htmx.wants_fragment():
        if request.args.get("place") != "page":
            return redirect(with_parameter(place.back, "draft", draft))
        place = Place("page", place.back)
    return show_cell(record, form, place, state="draft", draft=draft)


def _post(viewer: Viewer, record: Record, field: str, place: Place) -> BaseResponse:
    sent = request.form
    if "restore" in sent:
        return _undo(viewer, record, field, place)
    form = CellForm.read(field, sent)
    if sent.get("action") == "theirs":
        return show_kept(viewer, record, field, place)
    if sent.get("use_suggestion"):
        form.use_suggestion()
        return show_cell(record, form, place, state="draft")
    if not form.validate():
        return show_cell(record, form, place, state="refused", status=refused_status())
    wanted = form.value(find_values(current_session(), record, form.based_on))
    try:
        saved = service.update_field(viewer, record.id, form.based_on, field, wanted)
    except StaleRevision:
        return show_clash(viewer, record.locator, form, place)
    except (InvalidInput, Conflict, Unavailable) as error:
        return show_cell(record, form, place, state="refused", status=explain(form, error))
    return show_saved(viewer, saved, field, place, wanted)


def _undo(viewer: Viewer, record: Record, field: str, place: Place) -> BaseResponse:
    """Write back what the field said at an earlier revision."""
    sent = request.form
    before = find_values(current_session(), record, parse_revision(sent["restore"]))
    if before is None:
        return show_not_undone("What it said before is not kept any more.", place)
    wanted = getattr(before, field)
    try:
        saved = service.update_field(viewer, record.id, parse_revision(sent.get("revision")), field, wanted)
    except StaleRevision:
        return show_not_undone(f"Somebody else has changed the {field} since. Nothing was undone.", place)
    except (InvalidInput, Conflict, Unavailable) as error:
        return show_not_undone(error.message, place)
    return show_saved(viewer, saved, field, place, wanted, undone=True)
