"""Editing a plugin as the text of its manifest, and the check of that text while it is being typed."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, jsonify, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.drafts import drop_draft
from webapp.accounts.identity import Viewer
from webapp.accounts.signin import find_typed, get_viewer, in_background
from webapp.core.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    PermissionDenied,
    StaleRevision,
    Unavailable,
)
from webapp.db.session import current_session
from webapp.manifests.edits import MOVED, problem_key
from webapp.manifests.problems import apply_fix
from webapp.plugins import service
from webapp.plugins.forms import PluginForm
from webapp.plugins.manifest import export_yaml
from webapp.plugins.manifest_text import TypedManifest
from webapp.plugins.queries.record import Record, find_values, get_record
from webapp.plugins.values import PluginValues
from webapp.plugins.views import bp
from webapp.plugins.views.conflict import show_conflict
from webapp.plugins.views.edit_pages import connections_of
from webapp.plugins.views.edit_yaml_pages import (
    find_offer,
    read_typed,
    show_lost_text,
    show_yaml,
    told_about,
    unix,
)
from webapp.plugins.views.returning import with_aliases
from webapp.plugins.views.undo_buttons import undo_of
from webapp.web.csrf import TOKEN_MESSAGE, keeps_input, token_failed
from webapp.web.editing import DRAFT_NOTE, read_reason, read_revision
from webapp.web.errors import describe
from webapp.web.record_forms import parse_revision
from webapp.web.toasts import say

EDITED = "Edited. It is not saved yet."


@bp.route("/plugins/<locator>/edit/yaml", methods=["GET", "POST"])
@keeps_input
def edit_yaml(locator: str) -> BaseResponse:
    """Show the manifest of a plugin as a text to edit, or save it; a stale save is answered with the merge page."""
    session, viewer = current_session(), get_viewer()
    try:
        record = _get(session, viewer, locator)
        return _change(session, viewer, record) if request.method == "POST" else _open(session, record)
    except (NotFound, PermissionDenied) as error:
        # It was deleted, or the right to change it was taken away, while the text was open.
        return show_lost_text(session, viewer, locator, error)


@bp.post("/plugins/<locator>/edit/yaml/check")
@in_background
def check_yaml(locator: str) -> Response:
    """Say what is wrong with the text while it is being typed, and what saving it would change; nothing is saved."""
    session = current_session()
    record = _get(session, get_viewer(), locator)
    base = find_values(session, record, read_revision())
    return jsonify(told_about(record, read_typed(session, record, unix(request.form.get("text", "")), base)))


def _get(session: Session, viewer: Viewer, locator: str) -> Record:
    record = get_record(session, viewer, locator)
    if not record.manageable:
        raise PermissionDenied(service.NO_RIGHT)
    return record


def _open(session: Session, record: Record) -> Response:
    draft = find_typed()
    if draft is None:
        text = export_yaml(record.values)
        return show_yaml(record, text, record.revision, offered=find_offer(session, record, text))
    revision = parse_revision(draft.get("revision"))
    return show_yaml(record, unix(draft.get("text", "")), revision, note=DRAFT_NOTE, dirty=True, sent=draft)


def _change(session: Session, viewer: Viewer, record: Record) -> BaseResponse:
    text, revision = unix(request.form.get("text", "")), read_revision()
    base = find_values(session, record, revision)
    typed = read_typed(session, record, text, base)
    if token_failed():
        return show_yaml(record, text, revision, typed, status=400, note=TOKEN_MESSAGE, dirty=True)
    if wanted := request.form.get("fix"):
        return _fix(session, record, revision, base, typed, wanted)
    if typed.values is None:
        return show_yaml(record, text, revision, typed, status=422, dirty=True)
    if request.form.get("action") == "preview":
        return show_yaml(record, text, revision, typed, preview=True, dirty=True)
    try:
        return _save(viewer, record, revision, base, typed.values)
    except InvalidInput as error:
        return show_yaml(record, text, revision, typed, status=422, note=error.message, dirty=True)
    except (Conflict, Unavailable) as error:
        return show_yaml(
            record, text, revision, typed, status=describe(error).status, note=error.message, dirty=True
        )


def _save(
    viewer: Viewer, record: Record, revision: int, base: PluginValues | None, values: PluginValues
) -> BaseResponse:
    reason = read_reason()
    try:
        writer = replace(viewer, origin="manifest", reason=reason)
        saved = service.update_plugin(writer, record.id, revision, values)
    except StaleRevision:
        connections = connections_of(current_session(), record.account_id)
        form = PluginForm.show(values, base=base, revision=revision, connections=connections)
        form.reason.data = reason
        return show_conflict(viewer, record.locator, form, base)
    drop_draft(viewer, request.form.get("draft"))
    if saved.changed:
        say(with_aliases(f"Saved {values.version}", saved), undo=undo_of(saved))
    else:
        say(with_aliases("Nothing was changed, so nothing was saved", saved))
    return redirect(url_for("plugins.manifest_page", locator=saved.locator), 303)


def _fix(
    session: Session,
    record: Record,
    revision: int,
    base: PluginValues | None,
    typed: TypedManifest,
    wanted: str,
) -> Response:
    """Make the edit of a button and show the text with it, which is not saved."""
    text = typed.lines.text
    for problem in typed.problems:
        if problem.fix is not None and problem_key(problem) == wanted:
            edited = apply_fix(text, problem.fix)
            again = read_typed(session, record, edited, base)
            return show_yaml(
                record, edited, revision, again, status=422 if again.errors else 200, note=EDITED, dirty=True
            )
    return show_yaml(record, text, revision, typed, status=422, note=MOVED, dirty=True)
