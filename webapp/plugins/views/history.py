"""The history of a plugin: timeline, comparison, permalinks; going back to a revision, and taking a write back."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.signin import get_viewer
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
from webapp.plugins import service
from webapp.plugins.queries.record import get_record
from webapp.plugins.views import bp
from webapp.plugins.views.history_pages import (
    plugin_id_of,
    show_history,
    show_overlap,
    show_refused_restore,
    show_stale_restore,
)
from webapp.plugins.views.returning import came_from, is_page_of, plugin_url
from webapp.plugins.views.undo_buttons import undo_of
from webapp.web.editing import read_reason, read_revision
from webapp.web.errors import NothingThere
from webapp.web.revisions import brought_back, read_wanted
from webapp.web.toasts import Undo, say


@bp.get("/plugins/<locator>/history")
def history(locator: str) -> Response:
    """Show who wrote a plugin when, and what differs between two of its revisions."""
    session, viewer = current_session(), get_viewer()
    return show_history(session, viewer, get_record(session, viewer, locator))


@bp.post("/plugins/<locator>/history/restore")
def restore_revision(locator: str) -> BaseResponse:
    """Let a plugin say again what it said at a revision, whole or in one field."""
    session, viewer = current_session(), get_viewer()
    record = get_record(session, viewer, locator)
    if not record.manageable:
        raise PermissionDenied(service.NO_RIGHT)
    wanted = read_wanted(url_for("plugins.history", locator=locator))
    part, seen = request.form.get("part", ""), read_revision()
    viewer = replace(viewer, reason=read_reason())
    try:
        saved = service.restore_revision(viewer, record.id, seen, wanted, part)
    except NotFound as error:
        message = f"Revision {wanted:,} of this plugin, or that field of it, is not kept."
        path = url_for("plugins.history", locator=locator)
        raise NothingThere("revision", str(wanted), message, path) from error
    except StaleRevision:
        return show_stale_restore(viewer, record, seen, wanted, part)
    except InvalidInput as error:
        return show_refused_restore(record, wanted, part, error)
    except (Conflict, Unavailable) as error:
        say(f"Nothing was restored. {error.message}", category="warning")
        return redirect(url_for("plugins.history", locator=locator), 303)
    if saved.changed:
        say(brought_back(wanted, part), name=saved.name, undo=undo_of(saved))
    else:
        say("Nothing to restore: the plugin says this already", category="info")
    return redirect(url_for("plugins.history", locator=locator), 303)


@bp.post("/plugins/<locator>/undo")
def undo(locator: str) -> BaseResponse:
    """Take one write of a plugin back; what others did since stays, and where both changed a field, ask."""
    viewer, plugin_id, revision = get_viewer(), plugin_id_of(locator), read_revision()
    here = came_from(plugin_url(locator))
    try:
        saved = service.undo_writes(viewer, plugin_id, revision, revision)
    except Overlap:
        return show_overlap(viewer, locator, revision)
    except (Conflict, InvalidInput, Unavailable) as error:
        say(f"Nothing was undone. {error.message}", category="warning")
        return redirect(here, 303)
    if saved.action == "delete":
        back = Undo(url_for("plugins.restore", locator=locator), {"revision": saved.revision, "next": here})
        say("moved to the bin", name=saved.name, undo=back)
        return redirect(url_for("plugins.list_page") if is_page_of(locator, here) else here, 303)
    if saved.action:
        say("is as it was before", name=saved.name, undo=undo_of(saved, "Redo"))
    else:
        say("Nothing to undo: the plugin says this already", category="info")
    return redirect(here, 303)
