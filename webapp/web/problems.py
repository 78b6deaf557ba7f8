"""What an error says and how it is sent: as a page, as a fragment for htmx, or as `application/problem+json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlsplit

import structlog
from flask import Response, current_app, json, make_response, render_template, request
from markupsafe import escape

from webapp.core.errors import FieldError
from webapp.web import htmx
from webapp.web.csrf import SAFE_METHODS
from webapp.web.security import request_id

log = structlog.get_logger(__name__)

Step = tuple[str, str]

HOME: Step = ("Go to plugins", "/plugins/")
# Who is not signed in would only be asked to sign in there.
FOR_NOBODY: tuple[Step, ...] = (("Sign in", "/login"), ("Read the help", "/help/"))
PROBLEM_JSON = "application/problem+json"
JSON_TYPES = (PROBLEM_JSON, "application/json")
# What may be otherwise a moment later, or after a look at the page as it is now.
PASSING = frozenset({409, 429, 500, 503})
GO_BACK = "Go back in your browser: what you typed is still there."

_PATH_SAFE = "/:@!$&'()*+,;=~-._"


@dataclass(frozen=True)
class Problem:
    """What an error says: status, title, a sentence, and links to the next step.

    `retry_after` is the number of seconds to wait, `errors` are those of single fields; both go to programs.
    """

    status: int
    title: str
    message: str
    next_steps: tuple[Step, ...] = (HOME,)
    retry_after: int | None = None
    errors: Mapping[str, Sequence[FieldError]] = field(default_factory=dict)

    @property
    def steps_for_nobody(self) -> tuple[Step, ...]:
        """Return the links for somebody who is not signed in."""
        kept = tuple(step for step in self.next_steps if step != HOME)
        return kept if self.status >= 500 and kept else kept + FOR_NOBODY


def problem_response(problem: Problem) -> Response:
    """Return the page, the fragment or the JSON of a problem, whatever this request takes."""
    problem = _suited(problem)
    if wants_json():
        response = make_response(json.dumps(_members(problem)), problem.status)
        response.mimetype = PROBLEM_JSON
    else:
        response = make_response(_html(problem), problem.status)
        if htmx.wants_fragment():
            htmx.keep_address(response)
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    return htmx.vary_by_accept(htmx.vary(response))


def asks_for_json() -> bool:
    """Tell whether this request says that it rather takes JSON than HTML."""
    accept = request.accept_mimetypes
    best = accept.best_match(("text/html", *JSON_TYPES))
    return best in JSON_TYPES and accept[best] > accept["text/html"]


def wants_json() -> bool:
    """Tell whether to answer with JSON: the request says so, or asks for a `.json` address and not for a page.

    A person who follows a link to such an address gets a page.
    """
    if htmx.wants_fragment():
        return False
    return asks_for_json() or (request.path.endswith(".json") and not _names_html())


def _names_html() -> bool:
    return any(name == "text/html" and weight for name, weight in request.accept_mimetypes)


def _members(problem: Problem) -> dict[str, Any]:
    """Return the members of RFC 9457, and the request id."""
    found: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.message,
        "request_id": request_id(),
    }
    if problem.errors:
        found["errors"] = [
            {"field": name, "message": error.message, "code": error.code, "suggestion": error.suggestion}
            for name, errors in problem.errors.items()
            for error in errors
        ]
    return found


def _suited(problem: Problem) -> Problem:
    """Return the problem with the next step that fits this very request."""
    if htmx.wants_fragment():
        page = _page_of_fragment()
        step = ("Reload the page", page) if page and problem.status in PASSING else None
    elif request.method not in SAFE_METHODS:
        # A link would load the form anew, without what was typed; the browser's own way back keeps it.
        keeps = problem.status in PASSING | {400, 413, 422} and problem.next_steps[:1] == (HOME,)
        return replace(problem, message=f"{problem.message} {GO_BACK}") if keeps else problem
    else:
        address = _own_address()
        step = ("Try again", address) if address and problem.status in PASSING else None
    return replace(problem, next_steps=(step, *problem.next_steps)) if step else problem


def _own_address() -> str | None:
    path = quote(request.path, safe=_PATH_SAFE)
    query = request.query_string.decode("ascii", "replace")
    return _local(f"{path}?{query}" if query else path)


def _page_of_fragment() -> str | None:
    try:
        parts = urlsplit(htmx.current_url())
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or parts.netloc != request.host:
        return None
    return _local(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def _local(address: str) -> str | None:
    """Return an address of this site as it is, and None for what a browser could read as another one's."""
    plain = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if plain and address.isprintable() and len(address) < 2_000 else None


def _html(problem: Problem) -> str:
    fragment = htmx.wants_fragment()
    template = "errors/_error.html" if fragment else "errors/error.html"
    try:
        return render_template(template, problem=problem, request_id=request_id(), fragment=fragment)
    except Exception as error:  # Even when the frame of every page is broken there is an answer.
        log.error("error_page_broken", exc_info=error)
        return _bare(problem, fragment)


def _bare(problem: Problem, fragment: bool) -> str:
    """Return the problem without any template."""
    level = "h2" if fragment else "h1"
    body = (
        f'<section id="error"><{level}>{escape(problem.title)}</{level}><p>{escape(problem.message)}</p>'
        f"<p>Quote <code>{escape(request_id())}</code> when you report this.</p></section>"
    )
    if fragment:
        return body
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(problem.title)} · Plugdeck</title></head><body><main>{body}</main></body></html>\n"
    )


def request_limit() -> str:
    """Return how much this request may hold, as people read it."""
    limit = request.max_content_length or current_app.config["MAX_CONTENT_LENGTH"]
    return f"{limit / 1024 / 1024:g} MB"
