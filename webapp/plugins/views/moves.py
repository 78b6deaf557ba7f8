"""Cloning, renaming and handing over a plugin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.drafts import drop_draft
from webapp.accounts.identity import Viewer
from webapp.accounts.signin import get_viewer
from webapp.core.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    PermissionDenied,
    StaleRevision,
    Unavailable,
)
from webapp.db.session import current_session
from webapp.plugins import service
from webapp.plugins.forms import PluginForm
from webapp.plugins.queries.owners import find_owner_named
from webapp.plugins.queries.record import Record, get_record
from webapp.plugins.views import bp
from webapp.plugins.views.move_pages import (
    owner_form,
    refuse_token,
    rename_form,
    show_owner,
    show_rename,
    show_stale,
)
from webapp.plugins.views.returning import came_from, plugin_url
from webapp.web.csrf import keeps_input, token_failed
from webapp.web.editing import explain
from webapp.web.forms import errors_of
from webapp.web.toasts import Link, Undo, say

NO_SUCH_PERSON = "Nobody who can sign in to this account has this username. Choose somebody else."


@bp.post("/plugins/<locator>/clone")
def clone(locator: str) -> BaseResponse:
    """Make a second plugin like this one, owned by the viewer, and go there."""
    viewer, here = get_viewer(), came_from(plugin_url(locator))
    source = get_record(current_session(), viewer, locator)
    saved = service.clone_plugin(viewer, source.id)
    say(
        f"is a copy of {source.values.name}",
        name=saved.name,
        link=Link(url_for("plugins.rename", locator=saved.locator), "Rename"),
        undo=Undo(
            url_for("plugins.delete", locator=saved.locator), {"revision": saved.revision, "next": here}
        ),
    )
    return redirect(plugin_url(saved.locator), 303)


@bp.route("/plugins/<locator>/rename", methods=["GET", "POST"])
@keeps_input
def rename(locator: str) -> BaseResponse:
    """Show the form for another name, or rename the plugin."""
    session, viewer = current_session(), get_viewer()
    record = get_record(session, viewer, locator)
    if not record.manageable:
        raise PermissionDenied(service.NO_RIGHT)
    form = rename_form(session, viewer, record)
    if request.method != "POST":
        return show_rename(record, form)
    if request.form.get("use_suggestion"):
        form.use_suggestion("name")
        return show_rename(record, form)
    if refuse_token(form):
        return show_rename(record, form, 400)
    form.reason.validate(form)
    if (
        "name" not in form.untouched and form.judge("name") and not _may_begin_so(form)
    ) or form.reason.errors:
        return show_rename(record, form, 422)
    form.clear_errors()
    try:
        writer = replace(viewer, reason=form.reason.data)
        saved = service.rename_plugin(writer, record.id, form.based_on, form.name.data)
    except StaleRevision as stale:
        return show_stale(viewer, locator, form, stale, show_rename)
    except InvalidInput as error:
        form.add_errors(error.errors)
        return show_rename(record, form, 422)
    except (Conflict, Unavailable) as error:
        return show_rename(record, form, explain(form, error))
    return _renamed(viewer, record, saved)


def _may_begin_so(form: PluginForm) -> bool:
    """Tell whether the service judges the name: one that begins with a digit may only come back, by Undo."""
    return all(error.code == "letter_first" for error in errors_of(form.name))


def _renamed(viewer: Viewer, record: Record, saved: service.Saved) -> BaseResponse:
    fields: dict[str, str | int] = {"revision": saved.revision, "name": record.values.name}
    message = f"is the new name of {record.values.name}. Links to it stay the same"
    return _done(viewer, saved, "plugins.rename", message, fields)


@bp.route("/plugins/<locator>/owner", methods=["GET", "POST"])
@keeps_input
def owner(locator: str) -> BaseResponse:
    """Show who can own the plugin, or hand it over."""
    session, viewer = current_session(), get_viewer()
    record = get_record(session, viewer, locator)
    form = owner_form(session, viewer, record)
    taking_back = request.method == "POST" and form.owner.data == viewer.username
    if not record.manageable and (not taking_back or token_failed()):
        # Who gave it away a moment ago may take it back: that is for the service to judge.
        raise PermissionDenied(service.NO_RIGHT)
    if request.method != "POST":
        return show_owner(record, form)
    if not form.validate():
        return show_owner(record, form, 400 if token_failed() else 422)
    person = find_owner_named(session, record.account_id, form.owner.data)
    if person is None and not record.manageable:
        raise PermissionDenied(service.NO_RIGHT)
    try:
        if person is None:
            raise InvalidInput({"owner": [FieldError(NO_SUCH_PERSON, "choice")]})
        writer = replace(viewer, reason=form.reason.data or "")
        saved = service.change_owner(writer, record.id, form.based_on, person.profile_id)
    except StaleRevision as stale:
        return show_stale(viewer, locator, form, stale, show_owner)
    except (InvalidInput, Unavailable) as error:
        return show_owner(record, form, explain(form, error))
    fields: dict[str, str | int] = {"revision": saved.revision, "owner": record.owner_username}
    return _done(viewer, saved, "plugins.owner", f"now belongs to {person.name}", fields)


def _done(
    viewer: Viewer, saved: service.Saved, endpoint: str, message: str, fields: Mapping[str, str | int]
) -> BaseResponse:
    drop_draft(viewer, request.form.get("draft"))
    if saved.changed:
        say(message, name=saved.name, undo=Undo(url_for(endpoint, locator=saved.locator), fields))
    else:
        say("Nothing was changed, so nothing was saved", category="info")
    return redirect(plugin_url(saved.locator), 303)
