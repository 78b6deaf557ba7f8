"""Answers of a cell: the form in place or as a page, and what follows a save on the page around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl

from flask import make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.drafts import drop_draft
from webapp.accounts.identity import Viewer
from webapp.accounts.queries import load_viewer
from webapp.accounts.redirects import path_of_url, safe_next
from webapp.core.errors import NotFound, PermissionDenied
from webapp.core.text import fold
from webapp.db.session import current_session
from webapp.history.writers import who_saved
from webapp.plugins.cell_form import CellForm, FieldValue
from webapp.plugins.queries.facets import come_at_once
from webapp.plugins.queries.listing import is_listed, load_row
from webapp.plugins.queries.lists import prepare
from webapp.plugins.queries.record import Record, get_record, list_writes
from webapp.plugins.queries.stars import load_stars
from webapp.plugins.queries.usage import find_use
from webapp.plugins.service import Saved
from webapp.plugins.views.list_state import LIST_SPEC, parse_state, to_criteria
from webapp.plugins.views.listing import counts_context, later_url
from webapp.plugins.views.record_context import overview
from webapp.plugins.views.returning import with_aliases
from webapp.plugins.views.rows import render_rows
from webapp.plugins.views.stars import fill_in_stars
from webapp.web import htmx
from webapp.web.errors import BadParameter, describe
from webapp.web.listing import ListState
from webapp.web.rendering import render_either
from webapp.web.toasts import Undo, say, toast_value

OUT_OF_FILTER = "It no longer matches the filter and leaves the list with the next load."
OUT_OF_ORDER = "It takes its place in the order with the next load."

Kind = Literal["row", "record", "page"]


@dataclass(frozen=True)
class Place:
    """Where a cell was opened, and the address of the list or record to come back to."""

    kind: Kind
    back: str

    @property
    def state(self) -> ListState:
        """Return the list that is come back to."""
        return _list_state(self.back)

    @property
    def around(self) -> Kind:
        """Return what the cell is a part of on the page that is come back to."""
        return "row" if self.back.partition("?")[0] == LIST_SPEC.path else "record"


def asked_place(locator: str) -> Place:
    """Return the place of a cell that is asked for by the page that htmx acts on, or by a link."""
    inside = htmx.wants_fragment()
    page = htmx.current_url() if inside else request.headers.get("Referer", "")
    return _place("" if inside else "page", path_of_url(page, request.host), locator)


def sent_place(fields: MultiDict[str, str], locator: str) -> Place:
    """Return the place that the form of a cell carries."""
    return _place(fields.get("place", "page"), safe_next(fields.get("back")), locator)


def _place(kind: str, back: str | None, locator: str) -> Place:
    path = (back or "").partition("?")[0]
    home = url_for("plugins.record", locator=locator)
    if path == LIST_SPEC.path:
        state = _list_state(back or "")
        return Place("page" if kind == "page" else "row", state.url(after=state.after, before=state.before))
    return Place("page" if kind == "page" or path != home.partition("?")[0] else "record", home)


def _list_state(address: str) -> ListState:
    args = MultiDict(parse_qsl(address.partition("?")[2], keep_blank_values=True))
    args.poplist("draft")
    try:
        return parse_state(args)
    except BadParameter:
        return parse_state(MultiDict())


def _prefix(record: Record, kind: Kind) -> str:
    return f"row-{record.id}" if kind == "row" else kind


def show_cell(
    record: Record,
    form: CellForm,
    place: Place,
    *,
    state: str = "open",
    status: int = 200,
    draft: str = "",
    clash: dict[str, Any] | None = None,
) -> BaseResponse:
    """Return the form of a cell.

    Args:
        record: what is edited.
        form: with what stands in the field, and its errors.
        place: where it is shown.
        state: open, draft (typed, not saved), refused, or clash (two buttons decide).
        status: of the answer.
        draft: token of what was typed when a session ended.
        clash: who else changed the field, to what.
    """
    field = form.control.name
    id_ = f"{_prefix(record, place.kind)}-{field}"
    form.named(id_, f"{form.control.label.text} of {record.values.name}")
    return render_either(
        "plugins/cell.html",
        "plugins/_cell.html",
        status,
        record=record,
        form=form,
        field=field,
        id=id_,
        place=place,
        state=state,
        draft=draft or request.form.get("draft", "")[:64],
        clash=clash,
    )


def show_clash(viewer: Viewer, locator: str, form: CellForm, place: Place) -> BaseResponse:
    """Return the cell with what somebody else made of the field meanwhile, and the choice."""
    session = current_session()
    record = get_record(session, viewer, locator)
    field = form.control.name
    writes = [write for write in list_writes(session, record, form.based_on) if field in write.changed]
    clash = {"who": who_saved(writes, viewer.user_id).sentence, "theirs": getattr(record.values, field)}
    # Whoever has seen it and saves again means it.
    form.revision.data = str(record.revision)
    return show_cell(record, form, place, state="clash", status=409, clash=clash)


def show_lost_cell(field: str, error: NotFound | PermissionDenied, typed: str, place: Place) -> BaseResponse:
    """Return what stands in a cell whose record is gone or not mine to change; what was typed can be copied."""
    problem = describe(error)
    return render_either(
        "plugins/cell_lost.html",
        "plugins/_cell_lost.html",
        problem.status,
        problem=problem,
        field=field,
        typed=typed,
        place=place,
    )


def show_not_undone(message: str, place: Place | None = None) -> BaseResponse:
    """Say why an undo did nothing."""
    if not htmx.wants_fragment() and place:
        say(message, category="error")
        return redirect(place.back, 303)
    return _beside("plugins/_cell_not_undone.html", 409, message=message)


def show_kept(viewer: Viewer, record: Record, field: str, place: Place) -> BaseResponse:
    """Return the page around a cell as it stands, for somebody who let the other side's text stay."""
    drop_draft(viewer, request.form.get("draft"))
    if not htmx.wants_fragment():
        return redirect(place.back, 303)
    return _follow(viewer, record, field, place, None)


def show_saved(
    viewer: Viewer, saved: Saved, field: str, place: Place, wanted: FieldValue, *, undone: bool = False
) -> BaseResponse:
    """Return what follows a save: the fresh row or parts of the record, the counts, and a word with an undo.

    Args:
        viewer: who saved.
        saved: the record as it was left behind.
        field: what was edited.
        place: where.
        wanted: what the field was to say.
        undone: whether this was an undo.
    """
    drop_draft(viewer, request.form.get("draft"))
    record = get_record(current_session(), viewer, saved.locator)
    message, undo = _words(record, saved, field, place, wanted, undone)
    if not htmx.wants_fragment():
        say(message, undo=undo)
        row = f"#row-{record.id}" if place.around == "row" else ""
        return redirect(f"{place.back}{row}", 303)
    return _follow(viewer, record, field, place, toast_value(message, undo=undo))


def _words(
    record: Record, saved: Saved, field: str, place: Place, wanted: FieldValue, undone: bool
) -> tuple[str, Undo | None]:
    """Return what the toast says, and how to take the save back."""
    if not saved.changed:
        return with_aliases(f"Nothing to save: the {field} of {saved.name} says this already", saved), None
    verb, label = ("Took back", "Redo") if undone else ("Saved", "Undo")
    message = f"{verb} the {field} of {saved.name}"
    meant = dict(saved.aliases)
    if isinstance(wanted, tuple) and {fold(meant.get(tag, tag)) for tag in wanted} != set(
        map(fold, record.values.tags)
    ):
        message += ", beside what somebody else changed meanwhile"
    message = with_aliases(message, saved)
    fields: dict[str, str | int] = {
        "revision": saved.revision,
        "restore": saved.revision - 1,
        "back": place.back,
        "place": place.around,
    }
    live = f"{_prefix(record, place.around)}-{field}-edit"
    return message, Undo(url_for("plugins.cell", locator=saved.locator, field=field), fields, label, live)


def _follow(
    viewer: Viewer, record: Record, field: str, place: Place, toast: dict[str, Any] | None
) -> BaseResponse:
    session = current_session()
    # The write has raised the generation that its counts are cached by.
    viewer = load_viewer(session, viewer.get_id()) or viewer
    if place.kind == "row":
        context = _list_parts(session, viewer, record, field, place.state)
        if toast and context["moved"]:
            toast["message"] += f". {context['moved'].removesuffix('.')}"
        return _beside("plugins/_cell_in_list.html", **context, toast_value=toast)
    return _beside(
        "plugins/_cell_on_record.html",
        **overview(session, viewer, record, find_use(session, viewer, record.id)),
        toast_value=toast,
    )


def _list_parts(
    session: Session, viewer: Viewer, record: Record, field: str, state: ListState
) -> dict[str, Any]:
    found = prepare(session, viewer, to_criteria(state))
    row = load_row(session, record.id)
    moved = ""
    if not is_listed(session, found.reading, record.id):
        moved = OUT_OF_FILTER
    elif state.sort_key == field:
        moved = OUT_OF_ORDER
    at_once = come_at_once(found)
    rows_html = render_rows(viewer, state, [row] if row else [], fresh=True, moved=moved)
    return {
        "rows_html": fill_in_stars(rows_html, load_stars(session, viewer)),
        "moved": moved,
        **(counts_context(session, state, found) if at_once else {}),
        "row_id": f"row-{record.id}",
        "later_url": None if at_once else later_url(state),
    }


def _beside(template: str, status: int = 200, /, **context: Any) -> BaseResponse:
    """Return parts that go to their own places, wherever the form that asked has gone meanwhile."""
    response = make_response(render_template(template, **context), status)
    return htmx.vary(htmx.retarget(response, "body", "none"))
