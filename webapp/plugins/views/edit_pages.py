"""Rendering the editor: the same page for a new plugin, a record, a refused form and a draft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import Response, make_response, render_template, request, url_for
from sqlalchemy.orm import Session

from webapp.accounts.drafts import KeptDraft
from webapp.accounts.frame import page_etag
from webapp.accounts.identity import Viewer
from webapp.accounts.kept_pages import kept_page
from webapp.accounts.redirects import with_parameter
from webapp.accounts.signin import find_kept, find_typed
from webapp.core.errors import PermissionDenied
from webapp.core.text import NAME_MAX
from webapp.plugins.advice import advice_for
from webapp.plugins.form_checks import Connections
from webapp.plugins.forms import PluginForm
from webapp.plugins.queries.record import Record, find_values, get_record, list_connections
from webapp.plugins.service import NO_RIGHT
from webapp.plugins.values import PARAMETER_TYPES, PluginValues
from webapp.web.editing import (
    DRAFT_NOTE,
    OfferedDraft,
    draft_token,
    live_check,
    sent_draft,
    words_of_fields,
)

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
    form: PluginForm, *, record: Record | None = None, status: int = 200, note: str = "", dirty: bool = True
) -> Response:
    """Return the editor with a form that says something else than the record, or may do so.

    Args:
        form: with what stands in the fields, and their errors.
        record: what is edited; None for a new plugin.
        status: of the answer.
        note: a sentence over the form.
        dirty: whether the form already says something else than the record.
    """
    return make_response(_render_editor(form, record, draft_token(), note=note, dirty=dirty), status)


def show_opened(session: Session, viewer: Viewer, record: Record | None) -> Response:
    """Return the editor as it is opened: with the record, or with what a person had typed when their session ended."""
    draft = find_typed()
    if draft is not None:
        connections = connections_of(session, record.account_id if record else viewer.account_id)
        base = find_values(session, record, PluginForm.read(draft).based_on) if record else None
        form = PluginForm.read(draft, base=base, connections=connections)
        return show_editor(form, record=record, note=DRAFT_NOTE)
    kept = find_kept(_form_address(record.locator if record else None))
    return make_response(_render_opened(session, viewer, record, draft_token(), kept))


def show_record_opened(session: Session, viewer: Viewer, locator: str) -> Response:
    """Return the editor of a plugin as it is opened; the page is kept while nothing is written that it shows.

    Raises:
        NotFound: the viewer sees no such plugin.
        PermissionDenied: they see it and may not change it.
    """
    # A superuser changes accounts whose generations nobody has asked for.
    tag = None if viewer.is_superuser or sent_draft() else page_etag(viewer)
    if tag is None:
        return show_opened(session, viewer, get_manageable(session, viewer, locator))
    draft, kept = draft_token(), find_kept(_form_address(locator))

    def make() -> str:
        return _render_opened(session, viewer, get_manageable(session, viewer, locator), draft, kept)

    # What a draft is offered for is shown once or twice, and says how long ago it was kept.
    return make_response(make() if kept else kept_page(viewer.generations, tag, make, (draft,)))


def get_manageable(session: Session, viewer: Viewer, locator: str) -> Record:
    """Return a plugin that the viewer may change.

    Raises:
        NotFound: the viewer sees no such plugin.
        PermissionDenied: they see it and may not change it.
    """
    record = get_record(session, viewer, locator)
    if not record.manageable:
        raise PermissionDenied(NO_RIGHT)
    return record


def _render_opened(
    session: Session, viewer: Viewer, record: Record | None, draft: str, kept: KeptDraft | None = None
) -> str:
    connections = connections_of(session, record.account_id if record else viewer.account_id)
    blank = replace(BLANK, name=request.args.get("name", "")[:NAME_MAX])
    values, revision = (record.values, record.revision) if record else (blank, None)
    form = PluginForm.show(
        values, base=record.values if record else None, revision=revision, connections=connections
    )
    if record:
        form.advice = advice_for(form)
    offered = _offer(session, record, connections, kept) if kept else None
    return _render_editor(form, record, draft, dirty=False, offered=offered)


def _render_editor(
    form: PluginForm,
    record: Record | None,
    draft: str,
    *,
    note: str = "",
    dirty: bool,
    offered: OfferedDraft | None = None,
) -> str:
    """Return the page; `draft` is the token that it is kept under while it is filled in, `offered` what was kept."""
    problems = form.problems()
    wrong = {(problem.id or "").partition("-")[0] for problem in problems}
    changed = form.touched if dirty and form.base else []
    return render_template(
        "plugins/edit.html",
        form=form,
        record=record,
        action=_form_address(record.locator if record else None),
        problems=problems,
        note=note,
        dirty=dirty,
        changes=[(form[name].label.text, name in wrong) for name in changed],
        bumps=form.bumps(),
        draft=draft,
        offered=offered,
        live=live_attributes(record),
        types=PARAMETER_TYPES,
    )


def _form_address(locator: str | None) -> str:
    return url_for("plugins.edit", locator=locator) if locator else url_for("plugins.new")


def _offer(
    session: Session, record: Record | None, connections: Connections, kept: KeptDraft
) -> OfferedDraft | None:
    """Return what the person last typed into this form and did not save; None when it says nothing new."""
    base = find_values(session, record, PluginForm.read(kept.fields).based_on) if record else BLANK
    form = PluginForm.read(kept.fields, base=base or BLANK, connections=connections)
    if not form.touched:
        return None
    words = words_of_fields([form[name].label.text for name in form.touched])
    address = with_parameter(_form_address(record.locator if record else None), "draft", kept.token)
    return OfferedDraft(address, kept.token, kept.saved_at, words)
