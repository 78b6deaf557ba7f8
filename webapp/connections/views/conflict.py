"""A stale save: what both sides changed differently is decided field by field, the rest is merged, nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.drafts import drop_draft
from webapp.accounts.identity import Viewer
from webapp.connections import service
from webapp.connections.forms import FORM_NAMES, DescribedForm, SecretForm
from webapp.connections.kinds import Kind
from webapp.connections.manifest import export_yaml
from webapp.connections.merge import merge
from webapp.connections.queries.pages import RecordView, find_values, get_view, list_writes
from webapp.connections.records import VALUES_OF_KIND
from webapp.connections.values import SecretValues
from webapp.connections.views.edit_pages import fill_form, show_editor, vault
from webapp.connections.views.record_context import create_url
from webapp.connections.views.undo_buttons import say_saved
from webapp.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied, StaleRevision, Unavailable
from webapp.db.session import current_session
from webapp.history.queries import Write
from webapp.manifests.merge import Merge
from webapp.manifests.merge_sides import shown_sides
from webapp.web.editing import UNDECIDED, explain, merge_choices, read_revision
from webapp.web.errors import describe
from webapp.web.highlight import yaml_lines
from webapp.web.rendering import render
from webapp.web.toasts import say

MERGED = "This is the merged record. It is not saved yet."


def show_conflict(
    viewer: Viewer,
    locator: str,
    form: DescribedForm,
    base: Any,
    *,
    status: int = 409,
    error: str = "",
) -> BaseResponse:
    """Return the merge page: what I typed beside what the record says now.

    Args:
        viewer: who typed.
        locator: of the record, which is read again.
        form: what was typed; it is carried along whole, but for the value of a secret.
        base: the record as it stood when the form was opened; None when that is not kept.
        status: of the answer.
        error: a sentence over the page.
    """
    session = current_session()
    record = get_view(session, viewer, locator)
    merged = _merge(form, base, record.values)
    typed_value = isinstance(form, SecretForm) and form.forgets_value
    if merged.changes_nothing and not typed_value:
        drop_draft(viewer, request.form.get("draft"))
        say("Nothing to save: the record says this already")
        return redirect(url_for("connections.record", locator=locator), 303)
    sides = _sides(viewer, record, form, merged, list_writes(session, record, form.based_on))
    hidden = [("revision", form.revision.data), ("draft", request.form.get("draft", "")), *form.sent_back()]
    shown = form if typed_value else None
    return render(
        "connections/conflict.html", status, **sides, base=base, hidden=hidden, error=error, form=shown
    )


def _sides(
    viewer: Viewer, record: RecordView, form: DescribedForm, merged: Merge, writes: Sequence[Write]
) -> dict[str, Any]:
    """Return what the page says about the two sides."""
    choices = merge_choices()
    return {
        **shown_sides(merged.clashes, merged.taken, writes, viewer.user_id, record.updated_at),
        "record": record,
        "choices": choices,
        "version": merged.resolve(choices)["version"],
        "typed_version": form.version.data,
        "their_value": any("value" in write.changed for write in writes),
    }


def save_merge(viewer: Viewer, record: RecordView, form: DescribedForm, base: Any) -> BaseResponse:
    """Save what a person decided on the merge page, or show it again when the record moved once more."""
    session, kind, seen_at = current_session(), record.kind, read_revision("merge_revision")
    seen = find_values(session, record, seen_at)
    if seen is None:
        return show_conflict(viewer, record.locator, form, base)
    found, choices = _merge(form, base, seen), merge_choices()
    result = VALUES_OF_KIND[kind.key].from_dict(found.resolve(choices))
    shown = fill_form(session, record, result, seen, seen_at)
    shown.reason.data = form.reason.data
    if isinstance(shown, SecretForm) and isinstance(form, SecretForm) and isinstance(result, SecretValues):
        shown.secret_value.data = form.secret_value.data
        result = replace(result, value=form.secret_value.data or None)
    if request.form.get("action") == "edit":
        return show_editor(shown, kind, record=record, note=MERGED)
    if found.undecided(choices):
        return show_conflict(viewer, record.locator, form, base, status=422, error=UNDECIDED)
    if not shown.validate():
        return show_editor(shown, kind, record=record, status=422)
    try:
        writer = replace(viewer, reason=form.reason.data)
        saved = service.update_record(writer, record.id, seen_at, result, vault())
    except StaleRevision:
        return show_conflict(viewer, record.locator, shown, seen)
    except (InvalidInput, Conflict, Unavailable) as error:
        return show_editor(shown, kind, record=record, status=explain(shown, error))
    drop_draft(viewer, request.form.get("draft"))
    say_saved(kind, saved)
    return redirect(url_for("connections.record", locator=record.locator), 303)


def show_lost(kind: Kind, form: DescribedForm, error: NotFound | PermissionDenied) -> Response:
    """Return the page for a form whose record is gone or not mine to change; it keeps what was typed."""
    problem = describe(error)
    text = export_yaml(form.to_values()) if form.validate() else ""
    return render(
        "connections/lost.html",
        problem.status,
        problem=problem,
        kind=kind,
        new_url=create_url(kind),
        lines=yaml_lines(text) if text else [],
        hidden=form.sent_back(),
    )


def _merge(form: DescribedForm, base: Any, theirs: Any) -> Merge:
    return merge(base, theirs, form.to_values(), _labels(form))


def _labels(form: DescribedForm) -> Mapping[str, str]:
    return {
        item.name: form[FORM_NAMES.get(item.name, item.name)].label.text for item in fields(form.values_class)
    }
