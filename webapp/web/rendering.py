"""Rendering: one partial, two callers; conditional answers; where static files are."""

from __future__ import annotations

import hashlib
from collections.abc import MutableMapping
from typing import Any

from flask import Response, make_response, render_template, request
from flask.templating import Environment

from webapp.web import htmx


class OneGlobalsEnvironment(Environment):
    """Jinja with one set of globals for all templates.

    Jinja lays a map over the globals for each template, and asks at each import whether two of them differ: 24 times
    on a page of the list, a twentieth of its time. Nothing here gives a template globals of its own.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of the environment themselves."""
        return super().make_globals(d) if d else self.globals


def render(page: str, status: int = 200, /, **context: Any) -> Response:
    """Return a full page."""
    return make_response(render_template(page, **context), status)


def render_either(page: str, fragment: str, status: int = 200, /, **context: Any) -> Response:
    """Return the fragment when htmx asks for one, else the page that includes the very same file."""
    response = make_response(render_template(fragment if htmx.wants_fragment() else page, **context), status)
    return htmx.vary(response)


def weak_etag(*parts: object) -> str:
    """Return a short tag over everything that the answer depends on."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def is_unchanged(tag: str) -> bool:
    """Tell whether the browser already holds the answer with this tag."""
    return request.if_none_match.contains_weak(tag)


def not_modified(tag: str) -> Response:
    """Return 304 with the headers of the answer that it stands for."""
    return revalidated(Response(status=304), tag)


def revalidated(response: Response, tag: str) -> Response:
    """Let the browser keep the answer but ask each time whether it still holds (lists, DESIGN §5)."""
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    return htmx.vary(response)


def download(text: str, name: str, mimetype: str) -> Response:
    """Return a text as a file; `name` holds letters, digits, underscores and dots only, so it needs no quoting."""
    response = Response(text, content_type=f"{mimetype}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
