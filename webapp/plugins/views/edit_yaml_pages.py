"""Rendering the editor of a plugin's manifest: as it is opened, with problems or a preview, and for a lost record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse
from wtforms import Field

from webapp.accounts.identity import Viewer
from webapp.accounts.redirects import with_parameter
from webapp.accounts.signin import find_kept, find_typed, get_viewer
from webapp.core.errors import NotFound, PermissionDenied
from webapp.manifests.checks import shape
from webapp.manifests.edits import problem_key
from webapp.manifests.presenting import DiffRow, diff_rows, named_fields, place_of
from webapp.plugins.manifest_text import KINDS, TypedManifest, read_manifest
from webapp.plugins.queries.bin import find_binned_record
from webapp.plugins.queries.record import Record, list_connections
from webapp.plugins.values import PluginValues
from webapp.plugins.views.returning import plugin_url
from webapp.web.editing import OfferedDraft, draft_token
from webapp.web.errors import describe
from webapp.web.fields import ReasonField
from webapp.web.forms import Form
from webapp.web.rendering import render

ROWS_MAX = 100


class AboutSaving(Form):
    """What a person says about a save."""

    reason = ReasonField()


def _always(record: Record) -> dict[str, Any]:
    return {
        "record": record,
        "kinds": KINDS,
        "place_of": place_of,
        "problem_key": problem_key,
        "completes_names": record.account_id == get_viewer().account_id,
        "draft": draft_token(),
    }


def unix(text: str) -> str:
    """Return a text with the line ends that were typed: browsers send those of a text field as CRLF."""
    return text.replace("\r\n", "\n")


def read_typed(session: Session, record: Record, text: str, base: PluginValues | None) -> TypedManifest:
    """Return what a text says about a record; `base` is the record as it stood when the editor was opened."""
    names = {record.values.name, base.name if base else record.values.name}
    connections = list_connections(session, record.account_id)
    return read_manifest(text, record.values, names=names, connections=connections)


def told_about(record: Record, typed: TypedManifest) -> dict[str, Any]:
    """Return what a script shows about a text while it is being typed."""
    return shape(typed.problems, {typed.source: typed.lines}, [typed.source], _summary(record, typed))


def show_yaml(
    record: Record,
    text: str,
    revision: int,
    typed: TypedManifest | None = None,
    *,
    status: int = 200,
    note: str = "",
    dirty: bool = False,
    preview: bool = False,
    sent: MultiDict[str, str] | None = None,
    offered: OfferedDraft | None = None,
) -> Response:
    """Return the editor.

    Args:
        record: what is edited.
        text: what stands in it.
        revision: that the text is based on.
        typed: the text as it was read; None when it is the record's own.
        status: of the answer.
        note: a sentence over the form.
        dirty: whether the text already says something else than the record.
        preview: whether to show what saving would change.
        sent: the form that the text came with; that of this request when it is not given.
        offered: a draft that the person may go on with instead.
    """
    return render(
        "plugins/edit_yaml.html",
        status,
        text=text,
        revision=revision,
        typed=typed,
        note=note,
        dirty=dirty,
        rows=_rows(record, typed) if typed and preview else None,
        reason=_reason(request.form if sent is None else sent),
        offered=offered,
        **_always(record),
    )


def find_offer(session: Session, record: Record, shown: str) -> OfferedDraft | None:
    """Return the text that the person last typed here and did not save; None when it is what is shown anyhow."""
    address = url_for("plugins.edit_yaml", locator=record.locator)
    kept = find_kept(address)
    text = unix(kept.fields.get("text", "")) if kept else ""
    if kept is None or not text.strip() or text == shown:
        return None
    typed = read_typed(session, record, text, None)
    words = "It cannot be read yet." if typed.values is None else f"{_summary(record, typed)}."
    return OfferedDraft(with_parameter(address, "draft", kept.token), kept.token, kept.saved_at, words)


def _rows(record: Record, typed: TypedManifest) -> Sequence[DiffRow]:
    return diff_rows(typed.changes(record.values)[:ROWS_MAX])


def _reason(sent: MultiDict[str, str]) -> Field:
    about = AboutSaving(formdata=sent)
    if request.method == "POST":
        about.validate()
    return about.reason


def show_lost_text(
    session: Session, viewer: Viewer, locator: str, error: NotFound | PermissionDenied
) -> BaseResponse:
    """Answer a request for the editor of a record that is gone, or not this viewer's to change.

    Raises:
        NotFound: nothing was typed, and there is nothing to restore.
        PermissionDenied: nothing was typed.
    """
    binned = find_binned_record(session, viewer, locator) if isinstance(error, NotFound) else None
    typed = request.form if request.method == "POST" else find_typed()
    text = unix(typed.get("text", "")) if typed else ""
    if not text.strip():
        if binned and request.method != "POST":
            return redirect(plugin_url(locator))
        raise error
    problem = describe(error)
    return render(
        "plugins/lost_yaml.html",
        problem.status,
        problem=problem,
        text=text,
        bin_url=plugin_url(locator) if binned else None,
        name=binned.line.name if binned else "",
        check_url=url_for("manifests.send"),
    )


def _summary(record: Record, typed: TypedManifest) -> str:
    changes = typed.changes(record.values)
    if not changes:
        return "Nothing differs from the record"
    count = f"{len(changes)} {'field differs' if len(changes) == 1 else 'fields differ'}"
    return f"{count} from the record: {named_fields(changes)}"
