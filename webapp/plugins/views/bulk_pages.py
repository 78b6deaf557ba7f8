"""What acts on many plugins show: the form, what it would do, and what it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, current_app, make_response, redirect, render_template
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.identity import Viewer
from webapp.core.locators import format_locator
from webapp.plugins.bulk_forms import FORMS, BulkForm, HandOverChoiceForm
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.owners import OWNERS_MAX, list_owners
from webapp.plugins.queries.selecting import list_some_names
from webapp.plugins.selection import pack
from webapp.plugins.service import Outcome, Refusal, preview_bin
from webapp.plugins.views.bulk_selection import RESTORE, Selection, reach_of
from webapp.plugins.views.returning import plugin_url
from webapp.web import htmx
from webapp.web.filters import plural
from webapp.web.rendering import render_either
from webapp.web.toasts import Undo, say, toast_value

NAMES_SHOWN = 5
REFUSED_SHOWN = 200
DONE_EVENT = "bulk-done"


@dataclass(frozen=True)
class ShownRefusal:
    """A record that stays as it is: its name, why, and where it is."""

    name: str
    reason: str
    url: str


def bulk_form(session: Session, viewer: Viewer, act: str, sent: MultiDict[str, str] | None) -> BulkForm:
    """Return the form of an act, as it was sent or as it is opened."""
    kind = FORMS[act]
    people = list_owners(session, viewer.account_id) if act == "owner" and not viewer.is_superuser else []
    if 0 < len(people) <= OWNERS_MAX:
        form: BulkForm = HandOverChoiceForm(formdata=sent)
        form["owner"].choices = [(one.username, f"{one.name} ({one.username})") for one in people]
    else:
        form = kind(formdata=sent)
    form.prepare(session, viewer)
    return form


def show_form(
    session: Session,
    viewer: Viewer,
    act: str,
    form: BulkForm,
    chosen: Selection,
    status: int = 200,
    *,
    previewed: bool = False,
) -> Response:
    """Return the form, as a page or for the dialog of the list.

    Args:
        session: to read with.
        viewer: who looks.
        act: the word of the act.
        form: as it is opened, or as it was sent.
        chosen: the records.
        status: of the answer.
        previewed: whether what was sent is good for a preview.
    """
    form.chosen.data, form.next.data = pack(chosen.revisions), chosen.here
    ready = previewed or act in ("delete", RESTORE)
    return render_either(
        "plugins/bulk.html",
        "plugins/_bulk_form.html",
        status,
        act=act,
        form=form,
        number=len(chosen.revisions),
        names=list_some_names(session, reach_of(viewer, act), chosen.revisions, NAMES_SHOWN),
        here=chosen.here,
        inline=htmx.wants_fragment(),
        is_list=isinstance(form, HandOverChoiceForm),
        **_preview_context(session, viewer, form, chosen, ready=ready),
    )


def show_preview(
    session: Session, viewer: Viewer, form: BulkForm, chosen: Selection, *, valid: bool
) -> Response:
    """Return what the form would do now, while it is being filled in."""
    context = _preview_context(session, viewer, form, chosen, ready=valid)
    return htmx.vary_by_source(make_response(render_template("plugins/_bulk_preview.html", **context)))


def show_done(form: BulkForm, chosen: Selection, outcome: Outcome) -> BaseResponse:
    """Return to the list with a toast, or report which records stay as they are, and why."""
    if not outcome.is_complete:
        return _report(form, chosen, outcome)
    undo = _undo_of(outcome, chosen.here) if outcome.unit_id else None
    message = form.said(outcome.changed) if undo else "Nothing to change: every plugin is as you want it"
    if not htmx.wants_fragment():
        say(message, undo=undo, category="success" if undo else "info")
        return redirect(chosen.here, 303)
    toast = toast_value(message, undo=undo)
    response = htmx.vary(make_response(render_template("plugins/_bulk_done.html", toast=toast)))
    return htmx.keep_page(htmx.trigger(response, _done(form, outcome, report=False)))


def _report(form: BulkForm, chosen: Selection, outcome: Outcome) -> Response:
    inline = htmx.wants_fragment()
    undo = _undo_of(outcome, chosen.here) if outcome.unit_id else None
    response = render_either(
        "plugins/bulk_report.html",
        "plugins/_bulk_report.html",
        200 if outcome.changed else 409,
        form=form,
        outcome=outcome,
        said=form.said(outcome.changed),
        refused=shown_refusals(outcome.refused),
        more=max(0, len(outcome.refused) - REFUSED_SHOWN),
        undo=undo,
        toast_later=toast_value(form.said(outcome.changed), undo=undo) if inline and undo else None,
        here=chosen.here,
        inline=inline,
    )
    return htmx.trigger(response, _done(form, outcome, report=True)) if inline else response


def shown_refusals(refused: Sequence[Refusal]) -> list[ShownRefusal]:
    """Return the first of the refused records, by name, with their addresses."""
    first = sorted(refused, key=lambda item: (item.name, item.id))[:REFUSED_SHOWN]
    return [
        ShownRefusal(item.name, item.reason, plugin_url(format_locator(LOCATOR_KIND, item.id)))
        for item in first
    ]


def _preview_context(
    session: Session, viewer: Viewer, form: BulkForm, chosen: Selection, *, ready: bool
) -> dict[str, Any]:
    """Return what the form would do; until it is filled in, only what it cannot be about."""
    revisions = chosen.revisions
    outcome = form.preview(session, viewer, revisions) if ready else preview_bin(session, viewer, revisions)
    return {
        "ready": ready,
        "able": plural(outcome.changed + outcome.same, "plugin"),
        "outcome": outcome,
        "refused": shown_refusals(outcome.refused),
        "more": max(0, len(outcome.refused) - REFUSED_SHOWN),
    }


def _undo_of(outcome: Outcome, here: str) -> Undo:
    undo: Undo = current_app.extensions["undo_of_unit"](outcome.unit_id)
    return replace(undo, fields={"next": here})


def _done(form: BulkForm, outcome: Outcome, *, report: bool) -> dict[str, object]:
    """Return what the page has to know: have the records left the list, is there a report to read."""
    return {DONE_EVENT: {"changed": outcome.changed, "gone": form.removes, "report": report}}
