"""What the pages about deleted records show: the bin, a record in it, a name that is taken, a stale deletion."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from webapp.accounts.identity import Viewer, initials
from webapp.core.errors import NotFound
from webapp.history.writers import shown_writes, who_saved
from webapp.manifests.merge_sides import shown_taken
from webapp.plugins.manifest import export_yaml
from webapp.plugins.merge import merge
from webapp.plugins.move_forms import RestoreForm
from webapp.plugins.queries.bin import BinnedRecord, Place, find_binned_record, from_mark
from webapp.plugins.queries.record import find_values, get_record, list_writes
from webapp.plugins.views.record_context import links_words
from webapp.web.editing import read_revision
from webapp.web.errors import BadParameter
from webapp.web.highlight import yaml_lines
from webapp.web.listing import decode_cursor, encode_cursor
from webapp.web.rendering import render

ORDER = "-deleted"


def get_binned_record(session: Session, viewer: Viewer, locator: str) -> BinnedRecord:
    """Return the record of a locator that is in the bin and the viewer's to restore.

    Raises:
        NotFound: there is none; the answer does not tell why.
    """
    found = find_binned_record(session, viewer, locator)
    if found is None:
        raise NotFound
    return found


def show_binned(session: Session, viewer: Viewer, locator: str, *, again: bool = False) -> Response:
    """Return the page of a record in the bin.

    Args:
        session: to read with.
        viewer: who may restore it.
        locator: of the record.
        again: it was deleted once more after the page that asked was made.

    Raises:
        NotFound: there is no such record, or it is not the viewer's to restore.
    """
    found = get_binned_record(session, viewer, locator)
    return render(
        "plugins/binned.html",
        409 if again else 200,
        line=found.line,
        values=found.values,
        owner_initials=initials(found.line.owner_name),
        lines=yaml_lines(export_yaml(found.values)),
        again=again,
    )


def show_name_taken(found: BinnedRecord, form: RestoreForm, status: int, here: str, taken: str) -> Response:
    """Return the page that asks for another name to restore a record under.

    Args:
        found: the record in the bin.
        form: with the name that is offered.
        status: of the answer.
        here: where to go afterwards.
        taken: the name that somebody has.
    """
    form.revision.data = str(found.line.revision)
    return render("plugins/restore.html", status, line=found.line, form=form, here=here, taken=taken)


def show_stale_deletion(session: Session, viewer: Viewer, locator: str, here: str) -> Response:
    """Return the page that says what happened to a record since the page with the button was made."""
    record = get_record(session, viewer, locator)
    seen = read_revision()
    writes = list_writes(session, record, seen) if seen else []
    base = find_values(session, record, seen) if seen else None
    who = who_saved(writes, viewer.user_id)
    changes = shown_taken(merge(base, record.values, base).taken, who.name) if base else []
    return render(
        "plugins/delete.html",
        409,
        record=record,
        who=who,
        writes=shown_writes(writes),
        changes=changes,
        here=here,
        links_text=links_words(viewer, record),
        stale=True,
    )


def read_place(args: MultiDict[str, str]) -> tuple[Place | None, Place | None]:
    """Return the places that `after` and `before` of the address stand for.

    Raises:
        BadParameter: a parameter is unknown or no mark of the bin.
    """
    address = url_for("plugins.bin_page")
    places: dict[str, Place | None] = {"after": None, "before": None}
    for name, value in args.items(multi=True):
        if name not in places:
            raise BadParameter(name, value, f"{name[:40]} is not a filter of the bin.", address)
        mark = decode_cursor(value, ORDER, (int, int))
        place = from_mark(mark) if mark else None
        if place is None or any(places.values()):
            message = f"{name} is not a page of the bin. Start again from its beginning."
            raise BadParameter(name, value, message, address)
        places[name] = place
    return places["after"], places["before"]


def page_url(name: str, mark: Sequence[int]) -> str:
    """Return the address of the page after or before a line of the bin."""
    return f"{url_for('plugins.bin_page')}?{name}={encode_cursor(ORDER, list(mark))}"


def here_in_bin() -> str:
    """Return the address of this page of the bin, for coming back."""
    return request.full_path.rstrip("?")
