"""The history of a secret or connection: timeline, comparison, permalinks; going back, and taking a write back."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.redirects import path_of_url, safe_next
from webapp.accounts.signin import get_viewer
from webapp.accounts.timelines import Source, history_context
from webapp.connections import kinds, service
from webapp.connections.history import compare_snapshots, snapshot_yaml
from webapp.connections.labels import labels_of
from webapp.connections.merge import parts_of
from webapp.connections.queries.pages import find_values, get_view
from webapp.connections.queries.uses import list_uses
from webapp.connections.records import VALUES_OF_KIND
from webapp.connections.undoing import undo_writes
from webapp.connections.views import bp
from webapp.connections.views.conflict import show_conflict
from webapp.connections.views.edit_pages import fill_form, vault
from webapp.connections.views.record_context import frame
from webapp.connections.views.undo_buttons import undo_of
from webapp.core.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    PermissionDenied,
    StaleRevision,
    Unavailable,
)
from webapp.db.session import current_session
from webapp.history.undoing import Overlap
from webapp.manifests.comparing import with_part
from webapp.web import htmx
from webapp.web.editing import read_reason, read_revision
from webapp.web.errors import NothingThere
from webapp.web.rendering import render_either
from webapp.web.revisions import brought_back, parse_asked, read_wanted
from webapp.web.toasts import Undo, say

DEEDS = {"delete": "Deleted", "restore": "Brought back"}


@bp.get("/connections/<locator>/history")
def history(locator: str) -> Response:
    """Show who wrote a record when, and what differs between two of its revisions; never the value of a secret."""
    session = current_session()
    record = get_view(session, get_viewer(), locator)
    asked = parse_asked(request.args, url_for("connections.history", locator=locator), record.revision)
    source = Source(
        record.kind.record_kind,
        record.id,
        record.values.to_dict(),
        partial(compare_snapshots, record.kind),
        partial(snapshot_yaml, record.kind),
        DEEDS,
    )
    response = render_either(
        "connections/history.html",
        "records/_history.html",
        **frame(record),
        **history_context(session, source, asked),
        uses=list_uses(session, record.kind, record.id),
        tab="history",
        as_it_was=None,
        restore_url=url_for("connections.restore_revision", locator=locator),
        manifest_url=None,
    )
    return htmx.push_url(response, asked.url()) if htmx.wants_fragment() else response


@bp.post("/connections/<locator>/history/restore")
def restore_revision(locator: str) -> BaseResponse:
    """Let a record say again what it said at a revision, whole or in one field; a secret keeps its value."""
    session = current_session()
    viewer = replace(get_viewer(), reason=read_reason())
    record = get_view(session, viewer, locator)
    if not record.manageable:
        raise PermissionDenied(service.NO_RIGHT)
    here = url_for("connections.history", locator=locator)
    wanted, part, seen = read_wanted(here), request.form.get("part", ""), read_revision()
    then, base = find_values(session, record, wanted), find_values(session, record, seen)
    start = base or record.values
    if then is not None and part:
        parts = parts_of(type(start), labels_of(record.kind.key))
        taken = with_part(parts, start.to_dict(), then.to_dict(), part)
        then = VALUES_OF_KIND[record.kind.key].from_dict(taken) if taken else None
    if then is None:
        message = f"Revision {wanted:,} of this record, or that field of it, is not kept."
        raise NothingThere("revision", str(wanted), message, here)
    try:
        saved = service.update_record(viewer, record.id, seen, then, vault(), restored=wanted)  # type: ignore[arg-type]
    except StaleRevision:
        form = fill_form(session, record, then, base, seen)
        form.reason.data = viewer.reason
        return show_conflict(viewer, locator, form, base)
    except (Conflict, InvalidInput, Unavailable) as error:
        say(f"Nothing was restored. {error.message}", category="warning")
        return redirect(here, 303)
    if saved.changed:
        undo = undo_of(record.kind, saved)
        say(brought_back(wanted, part), name=saved.name, undo=undo)
    else:
        say("Nothing to restore: the record says this already", category="info")
    return redirect(here, 303)


@bp.post("/connections/<locator>/undo")
def undo(locator: str) -> BaseResponse:
    """Take one write back; what others did since stays, and where both changed a field, ask."""
    session, viewer, revision = current_session(), get_viewer(), read_revision()
    parts = kinds.split(locator)
    if parts is None:
        raise NotFound
    kind, record_id = parts
    home = url_for("connections.record", locator=locator)
    here = safe_next(request.form.get("next")) or path_of_url(
        request.headers.get("Referer", ""), request.host
    )
    try:
        saved = undo_writes(viewer, kind, record_id, revision, revision, vault())
    except Overlap:
        record = get_view(session, viewer, locator)
        base, mine = (find_values(session, record, number) for number in (revision, revision - 1))
        return show_conflict(viewer, locator, fill_form(session, record, mine, base, revision), base)
    except (Conflict, InvalidInput, Unavailable) as error:
        say(f"Nothing was undone. {error.message}", category="warning")
        return redirect(here or home, 303)
    if saved.action == "delete":
        back = Undo(url_for("connections.restore", locator=locator), {"revision": saved.revision})
        say("deleted", name=saved.name, undo=None if kind is kinds.SECRET else back)
        return redirect(url_for("connections.list_page"), 303)
    if saved.action:
        say("is as it was before", name=saved.name, undo=undo_of(kind, saved, "Redo"))
    else:
        say("Nothing to undo: the record says this already", category="info")
    return redirect(here or home, 303)
