"""Deleting: refused with the list of users while in use; a connection can be brought back, a secret's value cannot."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.signin import get_viewer
from webapp.connections import kinds, service
from webapp.connections.queries.pages import RecordView, get_view
from webapp.connections.queries.uses import list_uses
from webapp.connections.service import InUse
from webapp.connections.views import bp
from webapp.connections.views.record import shown_users
from webapp.connections.views.record_context import frame
from webapp.core.errors import Conflict, NotFound, PermissionDenied, StaleRevision
from webapp.core.locators import format_locator
from webapp.db.session import current_session
from webapp.web.editing import read_reason, read_revision
from webapp.web.rendering import render
from webapp.web.toasts import Undo, say

CHANGED = "It was changed since you opened this page. Look at it again before you delete it."


@bp.get("/connections/<locator>/removal")
def removal(locator: str) -> Response:
    """Ask before a record is deleted, or say why it cannot be."""
    found = get_view(current_session(), get_viewer(), locator)
    if not found.manageable:
        raise PermissionDenied
    return _ask(found)


@bp.post("/connections/<locator>/delete")
def delete(locator: str) -> BaseResponse:
    """Delete a record that nothing uses; a secret only after the page that says what that means."""
    viewer = get_viewer()
    found = get_view(current_session(), viewer, locator)
    if found.kind is kinds.SECRET and found.manageable and "confirmed" not in request.form:
        return redirect(url_for("connections.removal", locator=locator), 303)
    try:
        writer = replace(viewer, reason=read_reason())
        deleted = service.delete_record(writer, found.kind, found.id, read_revision("revision"))
    except StaleRevision:
        return _ask(get_view(current_session(), viewer, locator), status=409, error=CHANGED)
    except InUse:
        return _ask(get_view(current_session(), viewer, locator), status=409)
    except Conflict as error:
        return _ask(get_view(current_session(), viewer, locator), status=409, error=error.message)
    undo = None
    if found.kind is not kinds.SECRET:
        undo = Undo(url_for("connections.restore", locator=locator), {"revision": deleted.revision})
    say("deleted", name=deleted.name, undo=undo)
    return redirect(url_for("connections.list_page"), 303)


@bp.post("/connections/<locator>/restore")
def restore(locator: str) -> BaseResponse:
    """Bring a deleted connection back under its old address."""
    parts = kinds.split(locator)
    if parts is None:
        raise NotFound
    kind, record_id = parts
    saved = service.restore_connection(get_viewer(), kind, record_id, read_revision("revision"))
    locator = format_locator(kind.record_kind, saved.id)
    undo = Undo(url_for("connections.delete", locator=locator), {"revision": saved.revision})
    say("is back", name=saved.name, undo=undo)
    return redirect(url_for("connections.record", locator=locator), 303)


def _ask(found: RecordView, *, status: int = 200, error: str = "") -> Response:
    uses = list_uses(current_session(), found.kind, found.id)
    return render(
        "connections/removal.html", status, **frame(found), uses=uses, users=shown_users(uses), error=error
    )
