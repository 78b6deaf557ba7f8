"""The bin: moving a plugin there, what lies in it, and taking a plugin out of it."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.identity import Viewer
from webapp.accounts.signin import get_viewer
from webapp.core.errors import InvalidInput, NameTaken, NotFound, PermissionDenied, StaleRevision
from webapp.core.locators import parse_locator
from webapp.db.session import current_session
from webapp.plugins import service
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.move_forms import RestoreForm
from webapp.plugins.queries.bin import load_bin
from webapp.plugins.queries.record import get_record
from webapp.plugins.views import bp
from webapp.plugins.views.bin_pages import (
    get_binned_record,
    here_in_bin,
    page_url,
    read_place,
    show_binned,
    show_name_taken,
    show_stale_deletion,
)
from webapp.plugins.views.record_context import links_words
from webapp.plugins.views.returning import came_from, is_page_of, plugin_url
from webapp.web.editing import read_reason, read_revision
from webapp.web.rendering import render
from webapp.web.toasts import Link, Undo, say


@bp.get("/plugins/bin")
def bin_page() -> Response:
    """Show what the viewer may restore, newest first."""
    after, before = read_place(request.args)
    viewer = get_viewer()
    page = load_bin(current_session(), viewer, after=after, before=before)
    return render(
        "plugins/bin.html",
        lines=page.lines,
        newer=page_url("before", page.lines[0].mark) if page.newer and page.lines else None,
        older=page_url("after", page.lines[-1].mark) if page.older and page.lines else None,
        is_first=after is None and before is None,
        here=here_in_bin(),
    )


@bp.get("/plugins/<locator>/removal")
def removal(locator: str) -> Response:
    """Ask why a plugin is deleted, for whoever wants to say; the menu deletes at once."""
    viewer = get_viewer()
    record = get_record(current_session(), viewer, locator)
    if not record.manageable:
        raise PermissionDenied(service.NO_RIGHT)
    return render(
        "plugins/delete.html",
        record=record,
        here=came_from(plugin_url(locator)),
        links_text=links_words(viewer, record),
        stale=False,
    )


@bp.post("/plugins/<locator>/delete")
def delete(locator: str) -> BaseResponse:
    """Move a plugin to the bin; one that was changed meanwhile only after another question."""
    session, viewer = current_session(), get_viewer()
    here = came_from(plugin_url(locator))
    try:
        writer = replace(viewer, reason=read_reason())
        saved = service.delete_plugin(writer, _id_of(locator), read_revision())
    except StaleRevision:
        return show_stale_deletion(session, viewer, locator, here)
    undo = Undo(url_for("plugins.restore", locator=saved.locator), {"revision": saved.revision, "next": here})
    say("moved to the bin", name=saved.name, undo=undo)
    return redirect(url_for("plugins.list_page") if is_page_of(locator, here) else here, 303)


@bp.post("/plugins/<locator>/restore")
def restore(locator: str) -> BaseResponse:
    """Take a plugin out of the bin; when its name is taken, ask for another one."""
    session, viewer = current_session(), get_viewer()
    here = came_from(plugin_url(locator))
    if "name" in request.form:
        return _restore_as(viewer, locator, here)
    try:
        writer = replace(viewer, reason=read_reason())
        saved = service.restore_plugin(writer, _id_of(locator), read_revision())
    except StaleRevision:
        return show_binned(session, viewer, locator, again=True)
    except NameTaken as error:
        form = RestoreForm(formdata=None, data={"name": error.free_name, "reason": writer.reason})
        return show_name_taken(get_binned_record(session, viewer, locator), form, 409, here, error.name)
    return _restored(saved, here)


def _restore_as(viewer: Viewer, locator: str, here: str) -> BaseResponse:
    session, form = current_session(), RestoreForm(formdata=request.form)
    if request.form.get("use_suggestion"):
        form.use_suggestion()
        return show_name_taken(get_binned_record(session, viewer, locator), form, 200, here, "")
    status = 422
    if form.validate():
        try:
            writer = replace(viewer, reason=form.reason.data or "")
            saved = service.restore_plugin(writer, _id_of(locator), read_revision(), form.name.data)
            return _restored(saved, here)
        except StaleRevision:
            return show_binned(session, viewer, locator, again=True)
        except InvalidInput as error:
            form.add_errors(error.errors)
        except NameTaken as error:
            form.add_errors({"name": [error.as_field_error()]})
            status = 409
    return show_name_taken(get_binned_record(session, viewer, locator), form, status, here, "")


def _restored(saved: service.Saved, here: str) -> BaseResponse:
    elsewhere = not is_page_of(saved.locator, here)
    undo = Undo(url_for("plugins.delete", locator=saved.locator), {"revision": saved.revision, "next": here})
    link = Link(plugin_url(saved.locator), "Open") if elsewhere else None
    say("is restored", name=saved.name, link=link, undo=undo if saved.action else None)
    return redirect(here, 303)


def _id_of(locator: str) -> int:
    plugin_id = parse_locator(locator, LOCATOR_KIND)
    if plugin_id is None:
        raise NotFound
    return plugin_id
