"""An act: what it wrote, the texts that it applied, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.identity import Viewer, initials
from webapp.accounts.queries.names import list_usernames
from webapp.accounts.redirects import safe_next
from webapp.accounts.signin import get_viewer
from webapp.accounts.timelines import THROUGH
from webapp.activity import service
from webapp.activity.kinds import Kinds
from webapp.activity.queries.acts import (
    Act,
    Written,
    get_source,
    get_unit,
    list_written,
    load_act,
    whereabouts_of,
)
from webapp.activity.views import bp
from webapp.activity.views.feed import record_kinds
from webapp.activity.views.feed_context import (
    DEEDS,
    counts_in_words,
    record_link,
    records_in_words,
    unit_url,
)
from webapp.core.locators import format_locator
from webapp.db.session import current_session
from webapp.history.models import Unit
from webapp.history.queries import unit_key
from webapp.history.tally import from_tally
from webapp.manifests.comparing import ShownPart, shown_parts
from webapp.web import htmx
from webapp.web.editing import read_reason
from webapp.web.errors import BadParameter
from webapp.web.filters import avatar_colour
from webapp.web.highlight import yaml_lines
from webapp.web.listing import decode_cursor, encode_cursor
from webapp.web.record_forms import parse_revision
from webapp.web.rendering import download, render, render_either
from webapp.web.sharing import history_url
from webapp.web.toasts import Undo, say

ORDER = "record"


@dataclass(frozen=True)
class ShownRecord:
    """What an act did to one record: where it is now, and what differs."""

    written: Written
    name: str
    deed: str
    noun: str
    icon: str
    url: str | None
    parts: tuple[ShownPart, ...]


def undo_of_unit(unit_id: int) -> Undo:
    """Return the button that takes an act back as a whole."""
    return Undo(url_for("activity.undo", unit=unit_key(unit_id)), {})


@bp.get("/activity/<unit>")
def unit(unit: str) -> Response:
    """Show an act: who did it and why, its records with what differs, the texts that it applied."""
    session, viewer, kinds = current_session(), get_viewer(), record_kinds()
    found = get_unit(session, viewer, unit)
    written, more = list_written(session, viewer, found, _read_after(unit))
    last = encode_cursor(ORDER, [written[-1].record_kind, written[-1].record_id]) if more else ""
    return render_either(
        "activity/unit.html",
        "activity/_records.html",
        **unit_context(session, load_act(session, viewer, found), kinds),
        records=_shown_records(session, viewer, kinds, written),
        more_url=url_for("activity.unit", unit=unit, after=last) if more else None,
        is_first=not request.args,
        in_feed=htmx.wants_fragment(),
    )


@bp.get("/activity/<unit>/sources/<position>")
def source(unit: str, position: str) -> Response:
    """Download a text as it was uploaded, comments and all, with the values of secrets masked."""
    session = current_session()
    found = get_source(session, get_unit(session, get_viewer(), unit), parse_revision(position))
    return download(found.content, f"{unit}-{position}.yaml", "application/yaml")


@bp.post("/activity/<unit>/undo")
def undo(unit: str) -> BaseResponse:
    """Take an act back; ask first when something would be lost for good, and report what was not taken back."""
    session, viewer, kinds = current_session(), get_viewer(), record_kinds()
    found = get_unit(session, viewer, unit)
    if "confirmed" not in request.form and losses(found, kinds):
        return redirect(url_for("activity.unit", unit=unit, _anchor="undo"), 303)
    report = service.undo_unit(replace(viewer, reason=read_reason()), unit, kinds)
    done = report.of("undone")
    if not report.is_complete:
        # What was refused stays on the page until the person has seen it; a toast would be gone.
        act = load_act(session, viewer, get_unit(session, viewer, unit))
        context = unit_context(session, act, kinds)
        return render("activity/report.html", 200 if done else 409, **context, report=report)
    if report.undo_id is None:
        say("Nothing to undo: everything is as it was before", category="info")
        return redirect(safe_next(request.form.get("next")) or url_for("activity.unit", unit=unit), 303)
    here = safe_next(request.form.get("next"))
    undo_again = replace(undo_of_unit(report.undo_id), label="Redo", fields={"next": here} if here else {})
    words = records_in_words((result.span.record_kind for result in done), kinds)
    say(f"{report.title}, {words}", undo=undo_again)
    return redirect(here or unit_url(report.undo_id), 303)


def losses(unit: Unit, kinds: Kinds) -> list[str]:
    """Return what is lost for good when an act is taken back, so that a person is asked first."""
    found = [kinds[name].loses(action) for action, name in from_tally(unit.tally) if name in kinds]
    return list(dict.fromkeys(filter(None, found)))


def leavings(unit: Unit, kinds: Kinds) -> list[str]:
    """Return what stays as it is when an act is taken back."""
    found = [kinds[name].leaves(action) for action, name in from_tally(unit.tally) if name in kinds]
    return list(dict.fromkeys(filter(None, found)))


def unit_context(session: Session, act: Act, kinds: Kinds) -> dict[str, Any]:
    """Return what every page about an act says of it."""
    unit = act.unit
    names = list_usernames(session, [unit.actor_id])
    return {
        "act": act,
        "unit": unit,
        "key": unit_key(unit.id),
        "initials": initials(unit.actor_name),
        "hue": avatar_colour(names.get(unit.actor_id or 0, unit.actor_name)),
        "through": THROUGH.get(unit.origin, unit.origin),
        "counts": counts_in_words(unit.tally, kinds),
        "losses": losses(unit, kinds),
        "leavings": leavings(unit, kinds),
        "unit_url": unit_url,
        "yaml_lines": yaml_lines,
        "kinds": kinds,
        "history_of": lambda span: history_url(format_locator(span.record_kind, span.record_id)),
        "at_once": service.AT_ONCE,
    }


def _read_after(unit: str) -> tuple[str, int] | None:
    for name, value in request.args.items():
        values = decode_cursor(value, ORDER, (str, int)) if name == "after" else None
        if values is None:
            message = f"{name[:40]} is not a page of this act. Start again from its beginning."
            raise BadParameter(name, value, message, url_for("activity.unit", unit=unit))
        return values[0], values[1]
    return None


def _shown_records(
    session: Session, viewer: Viewer, kinds: Kinds, written: Sequence[Written]
) -> list[ShownRecord]:
    places = whereabouts_of(session, viewer, kinds, [(item.record_kind, item.record_id) for item in written])
    found = []
    for item in written:
        kind = kinds.get(item.record_kind)
        where = places.get((item.record_kind, item.record_id), "")
        # What a record said that is gone, or in somebody else's bin, is not shown any more.
        parts = shown_parts(kind.compare(item.before, item.after)) if kind and where else []
        if item.action in ("delete", "restore"):
            parts = []
        found.append(
            ShownRecord(
                item,
                str(item.after["name"]),
                DEEDS[item.action],
                kind.noun if kind else "record",
                kind.icon if kind else "box",
                record_link(item.record_kind, item.record_id, item.last, where),
                tuple(parts),
            )
        )
    return found
