"""Rendering the editor: the same page for a new plugin, a record, a refused form and a draft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import Response, request, url_for
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.redirects import with_parameter
from webapp.accounts.signin import find_kept, find_typed
from webapp.core.text import NAME_MAX
from webapp.plugins.advice import advice_for
from webapp.plugins.form_checks import Connections
from webapp.plugins.forms import PluginForm
from webapp.plugins.queries.record import Record, find_values, list_connections
from webapp.plugins.values import PARAMETER_TYPES, PluginValues
from webapp.web.editing import DRAFT_NOTE, OfferedDraft, draft_token, live_check, words_of_fields
from webapp.web.rendering import render

LIVE = frozenset(
    {
        *("name", "description", "version", "model", "temperature", "max_tokens", "system_role"),
        *("data_description", "static_data", "sql_query", "endpoint", "body", "limit"),
    }
)
"""The fields that are checked as a person leaves them; lists and rows are checked when the form is sent."""

BLANK = PluginValues(name="", plugin_class="static")


def live_attributes(record: Record | None) -> Callable[[str], dict[str, str]]:
    """Return the function that gives the attributes by which htmx checks a field as a person leaves it."""

    def live(name: str) -> dict[str, str]:
        locator = record.locator if record else None
        return live_check(url_for("plugins.check_field", field=name, record=locator))

    return live


def connections_of(session: Session, account_id: int) -> Connections:
    """Return what the form offers as connections."""
    return Connections(*list_connections(session, account_id))


def read_form(
    session: Session, viewer: Viewer, record: Record | None
) -> tuple[PluginForm, PluginValues | None]:
    """Return the form as it was sent, and the record as it stood at the revision that the form was opened with."""
    connections = connections_of(session, record.account_id if record else viewer.account_id)
    if record is None:
        return PluginForm.read(request.form, connections=connections), None
    base = find_values(session, record, PluginForm.read(request.form).based_on)
    return PluginForm.read(request.form, base=base, connections=connections), base


def show_editor(
    form: PluginForm,
    *,
    record: Record | None = None,
    status: int = 200,
    note: str = "",
    dirty: bool = True,
    offered: OfferedDraft | None = None,
) -> Response:
    """Return the editor.

    Args:
        form: with what stands in the fields, and their errors.
        record: what is edited; None for a new plugin.
        status: of the answer.
        note: a sentence over the form.
        dirty: whether the form already says something else than the record.
        offered: a draft that the person may go on with instead.
    """
    problems = form.problems()
    wrong = {(problem.id or "").partition("-")[0] for problem in problems}
    changed = form.touched if dirty and form.base else []
    return render(
        "plugins/edit.html",
        status,
        form=form,
        record=record,
        action=_form_address(record),
        problems=problems,
        note=note,
        dirty=dirty,
        changes=[(form[name].label.text, name in wrong) for name in changed],
        bumps=form.bumps(),
        draft=draft_token(),
        offered=offered,
        live=live_attributes(record),
        types=PARAMETER_TYPES,
    )


def show_opened(session: Session, viewer: Viewer, record: Record | None) -> Response:
    """Return the editor as it is opened: with the record, or with what a person had typed when their session ended."""
    connections = connections_of(session, record.account_id if record else viewer.account_id)
    draft = find_typed()
    if draft is not None:
        base = find_values(session, record, PluginForm.read(draft).based_on) if record else None
        form = PluginForm.read(draft, base=base, connections=connections)
        return show_editor(form, record=record, note=DRAFT_NOTE)
    blank = replace(BLANK, name=request.args.get("name", "")[:NAME_MAX])
    values, revision = (record.values, record.revision) if record else (blank, None)
    form = PluginForm.show(
        values, base=record.values if record else None, revision=revision, connections=connections
    )
    if record:
        form.advice = advice_for(form)
    return show_editor(form, record=record, dirty=False, offered=_offer(session, record, connections))


def _form_address(record: Record | None) -> str:
    return url_for("plugins.edit", locator=record.locator) if record else url_for("plugins.new")


def _offer(session: Session, record: Record | None, connections: Connections) -> OfferedDraft | None:
    """Return what the person last typed into this form and did not save; None when it says nothing new."""
    address = _form_address(record)
    kept = find_kept(address)
    if kept is None:
        return None
    base = find_values(session, record, PluginForm.read(kept.fields).based_on) if record else BLANK
    form = PluginForm.read(kept.fields, base=base or BLANK, connections=connections)
    if not form.touched:
        return None
    words = words_of_fields([form[name].label.text for name in form.touched])
    return OfferedDraft(with_parameter(address, "draft", kept.token), kept.token, kept.saved_at, words)
