"""What was typed into the form of a record that is gone or not mine to change any more: nothing of it is lost."""

from __future__ import annotations

from flask import Response, redirect, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.identity import Viewer
from webapp.accounts.signin import find_typed
from webapp.core.errors import Conflict, InvalidInput, NameTaken, NotFound, PermissionDenied
from webapp.plugins import service
from webapp.plugins.forms import PluginForm
from webapp.plugins.manifest import export_yaml
from webapp.plugins.queries.bin import BinnedRecord, find_binned_record
from webapp.plugins.queries.record import find_values, get_record
from webapp.plugins.views.edit_pages import connections_of, show_editor
from webapp.plugins.views.returning import plugin_url
from webapp.web.csrf import token_failed
from webapp.web.errors import describe
from webapp.web.highlight import yaml_lines
from webapp.web.rendering import render

RESTORE = "restore"
# What the page for lost text adds to the form, and what belongs to one sending only.
_OWN_FIELDS = frozenset({"csrf_token", "action", "restore_name", "use_suggestion", "add_row", "remove_row"})

Typed = MultiDict[str, str]


def rescue(
    session: Session, viewer: Viewer, locator: str, error: NotFound | PermissionDenied
) -> BaseResponse:
    """Answer a request for the editor of a record that is gone, or not this viewer's to change.

    Raises:
        NotFound: nothing was typed, and there is nothing to restore.
        PermissionDenied: nothing was typed.
    """
    binned = find_binned_record(session, viewer, locator) if isinstance(error, NotFound) else None
    if request.method == "POST":
        if binned and request.form.get("action") == RESTORE and not token_failed():
            return _restore(session, viewer, binned, error)
        return show_lost(request.form, error, binned)
    draft = find_typed()
    if draft is not None:
        return show_lost(draft, error, binned)
    if binned:
        return redirect(plugin_url(locator))
    raise error


def show_lost(
    typed: Typed,
    error: NotFound | PermissionDenied,
    binned: BinnedRecord | None,
    *,
    refusal: str = "",
    free_name: str = "",
) -> Response:
    """Return the page that gives everything back that was typed.

    Args:
        typed: the fields of the form.
        error: why it cannot be saved.
        binned: the record, when the viewer may restore it.
        refusal: why it could not be restored.
        free_name: a name to restore it under.
    """
    problem = describe(error)
    form = PluginForm.read(typed, base=binned.values if binned else None)
    text = export_yaml(form.to_values()) if form.validate() else ""
    return render(
        "plugins/lost.html",
        409 if refusal else problem.status,
        problem=problem,
        lines=yaml_lines(text) if text else [],
        hidden=form.sent_back(),
        typed=[pair for pair in typed.items(multi=True) if pair[0] not in _OWN_FIELDS],
        line=binned.line if binned else None,
        refusal=refusal,
        free_name=free_name,
    )


def _restore(
    session: Session, viewer: Viewer, binned: BinnedRecord, error: NotFound | PermissionDenied
) -> BaseResponse:
    """Restore the record and go on with what was typed, which is not saved yet."""
    line, name = binned.line, request.form.get("restore_name") or None
    try:
        saved = service.restore_plugin(viewer, line.id, line.revision, name)
    except NameTaken as taken:
        refusal = f"Another plugin is called {taken.name} by now. Restore this one as {taken.free_name}."
        return show_lost(request.form, error, binned, refusal=refusal, free_name=taken.free_name)
    except (Conflict, InvalidInput) as refused:
        return show_lost(request.form, error, binned, refusal=refused.message)
    record = get_record(session, viewer, saved.locator)
    typed = request.form.copy()
    base = find_values(session, record, PluginForm.read(typed).based_on)
    if base is not None and set(service.changed_fields(base, record.values)) <= {"name"}:
        # Nothing but the bin came between, so what was typed is based on what is stored now.
        typed["revision"] = str(record.revision)
        if typed.get("name") == base.name:
            typed["name"] = record.values.name
        base = record.values
    form = PluginForm.read(typed, base=base, connections=connections_of(session, record.account_id))
    return show_editor(
        form, record=record, note=f"{saved.name} is restored. What you typed is not saved yet."
    )
