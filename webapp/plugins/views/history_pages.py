"""Pages about the history of a plugin: as it is opened, and what follows when going back is not that simple."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.identity import Viewer
from webapp.accounts.timelines import Source, history_context
from webapp.core.errors import InvalidInput, NotFound
from webapp.core.locators import parse_locator
from webapp.db.session import current_session
from webapp.manifests.comparing import with_part
from webapp.manifests.form_text import show_list, show_value, show_yaml
from webapp.plugins.forms import PluginForm
from webapp.plugins.history import compare_snapshots, snapshot_yaml
from webapp.plugins.merge import parts_of
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.outline import outline
from webapp.plugins.queries.record import Record, find_values, get_record, judge_record
from webapp.plugins.values import PluginValues, StaticData
from webapp.plugins.views.conflict import show_conflict
from webapp.plugins.views.edit_pages import connections_of, show_editor
from webapp.plugins.views.record import DIRECTIVE_WORDS, frame
from webapp.web import htmx
from webapp.web.highlight import plain_lines, yaml_lines
from webapp.web.rendering import render_either
from webapp.web.revisions import RECORD, parse_asked


def plugin_id_of(locator: str) -> int:
    """Return the id that a locator of a plugin stands for.

    Raises:
        NotFound: it is none.
    """
    plugin_id = parse_locator(locator, LOCATOR_KIND)
    if plugin_id is None:
        raise NotFound
    return plugin_id


def show_history(session: Session, record: Record) -> Response:
    """Return the page of a plugin's history for the address of this request."""
    # The list that the record was opened from is kept by the tabs, and is no part of what is shared from here.
    args = request.args.copy()
    args.poplist("in")
    home = url_for("plugins.history", locator=record.locator).partition("?")[0]
    asked = parse_asked(args, home, record.revision)
    source = Source(
        LOCATOR_KIND, record.id, record.values.to_dict(), compare_snapshots, snapshot_yaml, deeds={}
    )
    context = history_context(session, source, asked)
    if asked.view == RECORD and context["said"] is not None:
        context |= _as_it_was(PluginValues.from_dict(context["said"]))
    response = render_either(
        "plugins/history.html",
        "records/_history.html",
        **frame(record),
        **context,
        readiness=judge_record(session, record).state,
        tab="history",
        as_it_was="plugins/_as_it_was.html",
        restore_url=url_for("plugins.restore_revision", locator=record.locator),
        manifest_url=url_for("plugins.manifest_yaml", locator=record.locator, revision=asked.chosen),
    )
    return htmx.push_url(response, asked.url()) if htmx.wants_fragment() else response


def show_stale_restore(viewer: Viewer, record: Record, seen: int, wanted: int, part: str) -> BaseResponse:
    """Return the merge page for a record that was changed after the page with the restore button was made."""
    session = current_session()
    base = find_values(session, record, seen)
    mine = _wanted(session, record, base or record.values, wanted, part)
    connections = connections_of(session, record.account_id)
    form = PluginForm.show(mine, base=base, revision=seen, connections=connections)
    form.reason.data = viewer.reason
    return show_conflict(viewer, record.locator, form, base)


def show_refused_restore(record: Record, wanted: int, part: str, error: InvalidInput) -> BaseResponse:
    """Return the editor with what was to be restored, and what stands in its way beside the fields."""
    session = current_session()
    form = PluginForm.show(
        _wanted(session, record, record.values, wanted, part),
        base=record.values,
        revision=record.revision,
        connections=connections_of(session, record.account_id),
    )
    form.reason.data = request.form.get("reason", "")
    for problem in error.errors.get("name", ()):
        # The free name stands in the field at once: whoever restores wants the record, and may rename it later.
        form.name.data = problem.suggestion or form.name.data
    form.add_errors(error.errors)
    note = f"This is what the plugin said at revision {wanted:,}. It is not saved yet."
    return show_editor(form, record=record, status=422, note=note)


def show_overlap(viewer: Viewer, locator: str, revision: int) -> BaseResponse:
    """Return the merge page for a write that somebody wants back, of which a field was changed again since."""
    session = current_session()
    record = get_record(session, viewer, locator)
    base, mine = (find_values(session, record, number) for number in (revision, revision - 1))
    if base is None or mine is None:
        raise NotFound
    connections = connections_of(session, record.account_id)
    form = PluginForm.show(mine, base=base, revision=revision, connections=connections)
    return show_conflict(viewer, locator, form, base)


def _wanted(session: Session, record: Record, now: PluginValues, wanted: int, part: str) -> PluginValues:
    then = find_values(session, record, wanted)
    if then is None:
        raise NotFound
    if not part:
        return then
    snapshots = now.to_dict(), then.to_dict()
    taken = with_part(parts_of(*snapshots), *snapshots, part)
    if taken is None:
        raise NotFound
    return PluginValues.from_dict(taken)


def _as_it_was(values: PluginValues) -> dict[str, Any]:
    """Return what the parts of the record's page need to show other values than those of now."""
    data = values.data
    static = data.static_data if isinstance(data, StaticData) else None
    return {
        "then": values,
        "connection_url": None,
        "directives": DIRECTIVE_WORDS,
        "yaml_lines": yaml_lines,
        "plain_lines": plain_lines,
        "show_value": show_value,
        "show_yaml": show_yaml,
        "allowed": lambda parameter: show_list(parameter.enum or ()),
        "outline": outline(static) if static is not None else None,
    }
