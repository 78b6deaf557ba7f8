"""Filtering a list by an annotation: links from a record, the form in the rail, and the keys that it offers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.signin import get_viewer
from webapp.core.annotations import annotation_text
from webapp.db.session import current_session
from webapp.plugins.queries.annotated import list_keys
from webapp.plugins.queries.criteria import Annotated
from webapp.plugins.queries.lists import near_accounts
from webapp.plugins.views import bp
from webapp.plugins.views.list_state import parse_state
from webapp.web import htmx

ANNOTATION_LINKED_MAX = 500
"""A longer value gets no link: the form of the list takes it."""


def annotation_links(annotations: Iterable[Mapping[str, Any]]) -> list[tuple[str, str | None]]:
    """Return, for each annotation of a record, the lists of what has its key, and of what has its value too.

    The second is None where the value is longer than an address can hold.
    """
    links: list[tuple[str, str | None]] = []
    for key, value in (pair for entry in annotations for pair in entry.items()):
        text = annotation_text(value)
        exact = _url(Annotated(key, text)) if len(text) <= ANNOTATION_LINKED_MAX else None
        links.append((_url(Annotated(key)), exact))
    return links


def _url(wanted: Annotated) -> str:
    return url_for("plugins.list_page", annotation=str(wanted))


@bp.get("/plugins/annotations")
def add_annotation() -> BaseResponse:
    """Go to the list with the annotation that the form names added to its filter."""
    args = request.args.copy()
    key, value = (args.pop(name, "").strip() for name in ("key", "value"))
    if key:
        args.add("annotation", str(Annotated(key, value or None)))
    return redirect(parse_state(args).url(), 303)


@bp.get("/plugins/annotations/keys")
def annotation_keys() -> BaseResponse:
    """Return the keys in use in the viewer's account and the platform's, as options of the form."""
    viewer = get_viewer()
    if not htmx.wants_fragment():
        return redirect(url_for("plugins.list_page"))
    keys = list_keys(current_session(), viewer, near_accounts(viewer))
    return htmx.vary(make_response(render_template("plugins/_annotation_keys.html", keys=keys)))
