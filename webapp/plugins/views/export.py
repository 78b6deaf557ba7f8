"""Exporting what a list shows, or a selection, as a file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from urllib.parse import parse_qsl, quote, urlencode

from flask import Response, redirect, request, stream_with_context
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.identity import Viewer
from webapp.accounts.signin import get_viewer
from webapp.core.clock import utcnow
from webapp.db.session import begin_snapshot, current_session
from webapp.plugins.exports import FORMATS, Format, Place, write
from webapp.plugins.queries.exporting import Exported, iter_listed, iter_selected
from webapp.plugins.queries.facets import load_counts
from webapp.plugins.queries.lists import prepare
from webapp.plugins.selection import SELECTED_MAX
from webapp.plugins.views import bp, list_context
from webapp.plugins.views.export_links import PATH, export_links, export_url
from webapp.plugins.views.export_turns import in_turn
from webapp.plugins.views.list_state import parse_state, read_place, to_criteria
from webapp.web.errors import BadParameter
from webapp.web.listing import ListState
from webapp.web.problems import Problem, problem_response
from webapp.web.rendering import render
from webapp.web.sharing import public_url


@bp.get(PATH)
def export() -> Response:
    """Send what the filter of the address shows, or the plugins that it names, as a file; ask for the format first."""
    args = request.args.copy()
    format = _read_format(args)
    if "id" in args:
        return _export_selected(args, format)
    state = parse_state(args)
    for mark in ("after", "before"):
        read_place(state, mark)  # It is wrong here when it is wrong in the list.
    session, viewer = current_session(), get_viewer()
    if format is None:
        return _choose(session, viewer, state)
    begin_snapshot(session)
    plugins = iter_listed(session, prepare(session, viewer, to_criteria(state)))
    return _send(plugins, format) or _nothing(state)


@bp.post(PATH, endpoint="export_selected")
def export_selected() -> BaseResponse:
    """Send the plugins that a form names as a file; there may be more of them than an address holds."""
    args = request.form.copy()
    args.pop("csrf_token", None)
    listed = args.pop("list", "")
    format = _read_format(args)
    if args.pop("all", None):
        state = parse_state(MultiDict(parse_qsl(listed, keep_blank_values=True)))
        return redirect(export_url(state, format.key if format else ""), 303)
    return _export_selected(args, format)


def _read_format(args: MultiDict[str, str]) -> Format | None:
    found = args.poplist("format")
    if not found:
        return None
    if len(found) > 1 or found[0] not in FORMATS:
        offered = ", ".join(FORMATS)
        message = f"format={found[-1][:40]} is not known. Use one of {offered}."
        raise BadParameter("format", found[-1], message, _address(args))
    return FORMATS[found[0]]


def _export_selected(args: MultiDict[str, str], format: Format | None) -> Response:
    locators = args.poplist("id")
    if args:
        name = next(iter(args))
        message = f"{name[:40]} cannot be used together with id. Export a selection or a filtered list."
        raise BadParameter(name[:40], args[name], message, _address(MultiDict({"id": locators})))
    if not locators:
        message = "No plugin is selected, so there is nothing to export. Select some in the list."
        return problem_response(Problem(422, "Nothing is selected", message))
    if len(locators) > SELECTED_MAX:
        message = f"id is given {len(locators):,} times. Use at most {SELECTED_MAX:,}, or a filter."
        raise BadParameter("id", "", message, PATH)
    if format is None:
        message = f"A selection needs a format. Use one of {', '.join(FORMATS)}."
        raise BadParameter("format", "", message, PATH)
    session = current_session()
    begin_snapshot(session)
    plugins = iter_selected(session, get_viewer(), locators)
    response = _send(plugins, format)
    assert response is not None, "a selection that is not empty holds a plugin"
    return response


def _send(plugins: Iterator[Exported], format: Format) -> Response | None:
    """Return the file as it is written, or None when there is nothing to write."""
    # The first portion is read before the answer begins, so that what goes wrong there is told as usual.
    first = list(itertools.islice(plugins, 2))
    if not first:
        return None
    place = Place(get_viewer().account_id, public_url())
    pieces = in_turn(get_viewer().user_id, write(format, itertools.chain(first, plugins), place))
    response = Response(stream_with_context(pieces), content_type=format.mimetype)
    stem = first[0].values.name if len(first) == 1 else f"plugins-{utcnow():%Y-%m-%d}"
    response.headers["Content-Disposition"] = f'attachment; filename="{stem}.{format.key}"'
    # Half of a file is not to be kept by anybody, whole ones hold what one person may read.
    response.headers["Cache-Control"] = "no-store"
    return response


def _choose(session: Session, viewer: Viewer, state: ListState) -> Response:
    found = prepare(session, viewer, to_criteria(state))
    matching = list_context.matching_count(load_counts(session, found).matching, 0, complete=False)
    return render(
        "plugins/export.html",
        state=state,
        count_text=list_context.count_words(matching, found.total, filtered=bool(found.criteria.filters)),
        chips=list_context.list_chips(state, found),
        back_url=state.url(),
        links=export_links(state),
    )


def _nothing(state: ListState) -> Response:
    message = "No plugin matches this filter, so there is nothing to export."
    steps = (("Go back to the list", state.url()), ("Clear all filters", list_context.clear_url(state)))
    return problem_response(Problem(404, "Nothing to export", message, steps))


def _address(args: MultiDict[str, str]) -> str:
    query = urlencode(list(args.items(multi=True)), quote_via=quote)
    return f"{PATH}?{query}" if query else PATH
