"""When somebody else was first: the merge page, and saving a merge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.drafts import drop_draft
from webapp.accounts.identity import Viewer
from webapp.core.errors import Conflict, InvalidInput, StaleRevision, Unavailable
from webapp.db.session import current_session
from webapp.history.queries import Write
from webapp.manifests.merge_sides import shown_sides
from webapp.plugins import service
from webapp.plugins.forms import PluginForm
from webapp.plugins.merge import PluginMerge, merge
from webapp.plugins.queries.record import Record, find_values, get_record, list_writes
from webapp.plugins.values import PluginValues
from webapp.plugins.views.edit_pages import connections_of, show_editor
from webapp.plugins.views.returning import with_aliases
from webapp.plugins.views.undo_buttons import undo_of
from webapp.web.editing import UNDECIDED, explain, merge_choices, read_revision
from webapp.web.rendering import render
from webapp.web.toasts import say


def show_conflict(
    viewer: Viewer,
    locator: str,
    form: PluginForm,
    base: PluginValues | None,
    *,
    status: int = 409,
    error: str = "",
) -> BaseResponse:
    """Return the merge page: what I typed beside what the record says now.

    Args:
        viewer: who typed.
        locator: of the record, which is read again.
        form: what was typed; it is carried along whole.
        base: the record as it stood when the form was opened; None when that is not kept.
        status: of the answer.
        error: a sentence over the page.
    """
    session = current_session()
    record = get_record(session, viewer, locator)
    merged = merge(base, record.values, form.to_values())
    if merged.changes_nothing:
        drop_draft(viewer, request.form.get("draft"))
        say("Nothing to save: the plugin says this already")
        return redirect(url_for("plugins.record", locator=locator), 303)
    hidden = [
        ("revision", form.revision.data),
        ("draft", request.form.get("draft", "")),
        *form.sent_back(),
    ]
    context = _sides(viewer, record, form, merged, list_writes(session, record, form.based_on))
    return render("plugins/conflict.html", status, **context, base=base, hidden=hidden, error=error)


def _sides(
    viewer: Viewer, record: Record, form: PluginForm, merged: PluginMerge, writes: Sequence[Write]
) -> dict[str, Any]:
    """Return what the page says about the two sides."""
    choices = merge_choices()
    return {
        **shown_sides(merged.clashes, merged.taken, writes, viewer.user_id, record.updated_at),
        "record": record,
        "choices": choices,
        "version": merged.resolve(choices).version,
        "typed_version": form.version.data,
    }


def save_merge(viewer: Viewer, record: Record, form: PluginForm, base: PluginValues | None) -> BaseResponse:
    """Save what a person decided on the merge page, or show it again when the record moved once more."""
    seen_at = read_revision("merge_revision")
    seen = find_values(current_session(), record, seen_at)
    if seen is None:
        return show_conflict(viewer, record.locator, form, base)
    found, choices = merge(base, seen, form.to_values()), merge_choices()
    result = found.resolve(choices)
    connections = connections_of(current_session(), record.account_id)
    shown = PluginForm.show(result, base=seen, revision=seen_at, connections=connections)
    shown.reason.data = form.reason.data
    if request.form.get("action") == "edit":
        return show_editor(shown, record=record, note=_edit_note(found, choices))
    if found.undecided(choices):
        return show_conflict(viewer, record.locator, form, base, status=422, error=UNDECIDED)
    if not shown.validate():
        return show_editor(shown, record=record, status=422)
    try:
        writer = replace(viewer, reason=form.reason.data)
        saved = service.update_plugin(writer, record.id, seen_at, result)
    except StaleRevision:
        return show_conflict(viewer, record.locator, shown, seen)
    except (InvalidInput, Conflict, Unavailable) as error:
        return show_editor(shown, record=record, status=explain(shown, error))
    drop_draft(viewer, request.form.get("draft"))
    if saved.changed:
        say(with_aliases(f"Saved {result.version}", saved), undo=undo_of(saved))
    else:
        say("Nothing to save: the plugin says this already")
    return redirect(url_for("plugins.record", locator=saved.locator), 303)


def _edit_note(found: PluginMerge, choices: Mapping[str, str]) -> str:
    open_fields = [clash.label for clash in found.undecided(choices)]
    if not open_fields:
        return "This is the merged plugin. It is not saved yet."
    return (
        f"This is the merged plugin, with what you typed in: {', '.join(open_fields)}. It is not saved yet."
    )
