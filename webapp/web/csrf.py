"""Forged requests: a token bound to the session, and the browser's own word on where a request comes from.

Routes whose form is long are marked with `keeps_input`: a token that fails lets the view run, `Form.validate` then
refuses, and the form is shown again with everything that was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import MultiDict

from webapp.core.errors import PermissionDenied
from webapp.extensions import csrf

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
TOKEN_MESSAGE = (
    "This page was open through a sign-in or for too long, so nothing was saved. Check it and send it again."
)

P = ParamSpec("P")
R = TypeVar("R")


def keeps_input(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that shows its form again, with what was typed, when the CSRF token fails."""
    view._keeps_input = True  # type: ignore[attr-defined]  # a mark on the function, read in check_request
    return view


def holds(read: Callable[[], MultiDict[str, str]]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a view of which more than the fields of its form outlives the end of a session: what `read` returns."""

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        view._holds = read  # type: ignore[attr-defined]  # a mark on the function, read in input_to_hold
        return view

    return mark


def input_to_hold() -> MultiDict[str, str]:
    """Return what the request holds of what a person typed or chose, as fields of its form."""
    view = current_app.view_functions.get(request.endpoint or "")
    read: Callable[[], MultiDict[str, str]] | None = getattr(view, "_holds", None)
    return read() if read else request.form


def init_csrf(app: Flask) -> None:
    """Check every unsafe request before its view runs."""
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False)
    csrf.init_app(app)
    app.before_request(check_request)


def check_request() -> None:
    """Refuse an unsafe request that another site sent or that has no valid token.

    Raises:
        PermissionDenied: the browser says that another site sent it.
        CSRFError: the token is missing or wrong and the view cannot show the form again.
    """
    if request.method in SAFE_METHODS:
        return
    if _is_foreign():
        raise PermissionDenied("This request came from another site. Open the page here and try again.")
    try:
        csrf.protect()
    except CSRFError:
        view = current_app.view_functions.get(request.endpoint or "")
        if not getattr(view, "_keeps_input", False):
            raise
        g.csrf_failed = True


def token_failed() -> bool:
    """Tell whether this request goes on only to show its form again."""
    return bool(g.get("csrf_failed", False))


def _is_foreign() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is None:
        return False  # Not a browser of this decade; the token decides.
    try:
        return urlsplit(origin).netloc != request.host
    except ValueError:  # No address, so none of ours.
        return True
