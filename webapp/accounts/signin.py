"""Who asks: Flask-Login on top of login sessions in the database, and what people without a session see.

Every route needs a signed-in person unless its view is marked with `public`; one handler enforces it, so a new route
is closed before anybody thinks about it. Static files are answered outside of Flask.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar
from urllib.parse import quote

import structlog
from flask import (
    Flask,
    Response,
    current_app,
    g,
    make_response,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import current_user, login_user
from flask_wtf.csrf import generate_csrf
from werkzeug.datastructures import MultiDict

from webapp.accounts import passwords
from webapp.accounts.drafts import KeptDraft, find_draft, find_kept_draft
from webapp.accounts.held import hold_fields
from webapp.accounts.identity import Viewer
from webapp.accounts.queries import load_viewer
from webapp.accounts.queries.viewers import rights_of
from webapp.accounts.redirects import address_of, path_of_url
from webapp.accounts.sessions import SEEN_EVERY, note_seen
from webapp.accounts.throttle import Throttle
from webapp.config import Settings
from webapp.core.clock import utcnow
from webapp.core.errors import PlugdeckError
from webapp.db.session import current_session, guard_writes
from webapp.extensions import db, login_manager
from webapp.web import htmx
from webapp.web.csrf import SAFE_METHODS, input_to_hold
from webapp.web.problems import Problem, asks_for_json, problem_response
from webapp.web.rendering import render_either

LOGIN_PATH = "/login"
SESSION_ENDED = (
    "Your session has ended. Go on: when you save you are asked to sign in, and what you typed is kept."
)

P = ParamSpec("P")
R = TypeVar("R")


class SignInRequired(PlugdeckError):
    """Nobody is signed in, and this page is not for everybody."""

    default_message = "Sign in to go on."


def init_sign_in(app: Flask, settings: Settings) -> None:
    """Load the viewer of each request and ask everybody else to sign in."""
    # The session row is what ends a session.
    login_manager.session_protection = None
    login_manager.init_app(app, add_context_processor=False)
    login_manager.user_loader(_load)
    passwords.use_costs(passwords.CHEAP if settings.testing else passwords.Costs())
    app.extensions["plugdeck_throttle"] = Throttle(settings.secret_key, settings.cache_url)
    app.config["DEMO_HINT"] = "tobias" if settings.demo else None
    app.register_error_handler(SignInRequired, ask_to_sign_in)
    app.before_request(require_viewer)


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that answers without a signed-in person."""
    view._is_public = True  # type: ignore[attr-defined]  # a mark on the function, read in require_viewer
    return view


def in_background(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that is asked while a person goes on with their page: an ended session leaves the page as it is."""
    view._in_background = True  # type: ignore[attr-defined]  # a mark on the function, read in ask_to_sign_in
    return view


def unattended(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that a page asks by itself, again and again: it does not count as somebody being there.

    So an open page does not keep a login session from ending after its idle time.
    """
    view._is_unattended = True  # type: ignore[attr-defined]  # a mark on the function, read in require_viewer
    return view


def resumes_at(endpoint: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a view whose form is a part of other pages: after signing in a person comes back to `endpoint`.

    It takes the arguments of the view, finds in its `draft` what was typed, and may lead on from there. Without the
    mark a person comes back to the page that the form stood on.
    """

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        view._resumes_at = endpoint  # type: ignore[attr-defined]  # a mark on the function, read in _resume_address
        return view

    return mark


def require_viewer() -> None:
    """Refuse a request without a viewer before its view runs.

    An address that no route has is answered with 404 whoever asks.

    Raises:
        SignInRequired: nobody is signed in and the view is not public.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or getattr(view, "_is_public", False):
        return
    viewer = get_viewer()
    structlog.contextvars.bind_contextvars(user_id=viewer.user_id, account_id=viewer.account_id)
    guard_writes(current_session(), rights_of(viewer))
    if not getattr(view, "_is_unattended", False):
        _note_seen(viewer)


def find_viewer() -> Viewer | None:
    """Return who is signed in, loaded once a request, or None."""
    person = current_user._get_current_object()
    return person if isinstance(person, Viewer) else None


def find_loaded_viewer() -> Viewer | None:
    """Return who is signed in when this request has asked already; it asks nobody itself."""
    person = g.get("_login_user")
    return person if isinstance(person, Viewer) else None


def get_viewer() -> Viewer:
    """Return who is signed in.

    Raises:
        SignInRequired: nobody is.
    """
    viewer = find_viewer()
    if viewer is None:
        raise SignInRequired
    return viewer


def find_typed() -> MultiDict[str, str] | None:
    """Return what the viewer had typed at this address when their session ended (`?draft=`), or None."""
    vault = current_app.extensions["vault"]
    return find_draft(current_session(), get_viewer(), request.args.get("draft"), request.path, vault)


def find_kept(form: str) -> KeptDraft | None:
    """Return what the viewer last typed into the form that is sent to an address and did not save, or None."""
    return find_kept_draft(current_session(), get_viewer(), form, current_app.extensions["vault"])


def remember_viewer(viewer: Viewer) -> None:
    """Make this browser's cookie point to the viewer's login session, and to nothing that it held before."""
    session.clear()
    login_user(viewer)
    # For Flask-Login's own session protection, which is off: the address and browser of a person may change.
    session.pop("_id", None)
    session.pop("_fresh", None)
    # Made now and not by the first page: two pages opened at once would each make another one.
    g.pop("csrf_token", None)
    generate_csrf()


def forget_viewer() -> None:
    """Empty this browser's cookie."""
    session.clear()


def ask_to_sign_in(_error: SignInRequired) -> Response:
    """Answer a request that nobody has signed in for, losing nothing that was typed."""
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "_in_background", False) and htmx.wants_fragment():
        return _session_ended_notice()
    if asks_for_json():
        return problem_response(Problem(401, "Sign in to go on", SignInRequired.default_message))
    unsafe = request.method not in SAFE_METHODS
    if unsafe and getattr(view, "_keeps_input", False):
        return _sign_in_page_with_input()
    next_url = _page_address()
    location = f"{LOGIN_PATH}?next={quote(next_url, safe='/')}" if next_url else LOGIN_PATH
    if htmx.is_htmx():
        return htmx.redirect_page(make_response("", 401), location)
    if request.headers.get("Sec-Fetch-Dest") == "empty":
        # A script asked for data; a redirect would hand it the sign-in page as if it were that.
        return make_response("", 401)
    response = make_response("", 303 if unsafe else 302)
    response.location = location
    return response


def render_sign_in(
    status: int = 200,
    *,
    error: str = "",
    username: str = "",
    next_url: str | None = None,
    held: str | None = None,
) -> Response:
    """Return the sign-in page.

    Args:
        status: of the answer.
        error: a sentence over the form.
        username: what was typed before.
        next_url: where to go afterwards, already judged by `safe_next`.
        held: fields that a form kept when its session ended, from `hold_fields`.
    """
    return render_either(
        "accounts/login.html",
        "accounts/_login_part.html",
        status,
        error=error or None,
        username=username,
        next_url=next_url,
        held=held or None,
        demo_hint=current_app.config["DEMO_HINT"],
    )


def _load(token: str) -> Viewer | None:
    return load_viewer(current_session(), token)


def _note_seen(viewer: Viewer) -> None:
    now = utcnow()
    if viewer.login_session_id is None or viewer.seen_at is None or now - viewer.seen_at < SEEN_EVERY:
        return
    note_seen(db.engine, viewer.login_session_id, now)


def _page_address() -> str | None:
    """Return the page to come back to: this address, or for anything but a page view the page it came from."""
    if htmx.is_htmx() and (page := path_of_url(htmx.current_url(), request.host)):
        return page
    if request.method in SAFE_METHODS:
        return address_of(request.path, request.query_string.decode("ascii", "replace"))
    return path_of_url(request.headers.get("Referer", ""), request.host)


def _resume_address() -> str | None:
    """Return where to come back to with what was typed: where the view says, else the page, else this address."""
    endpoint = getattr(current_app.view_functions[request.endpoint or ""], "_resumes_at", None)
    if endpoint:
        return url_for(endpoint, **(request.view_args or {}))
    page = _page_address() if htmx.is_htmx() else None
    return page or address_of(request.path, request.query_string.decode("ascii", "replace"))


def _session_ended_notice() -> Response:
    # No token is made here: this answer may arrive beside that of the form itself, whose cookie it would replace.
    text = render_template("accounts/_session_ended.html", message=SESSION_ENDED)
    return htmx.keep_page(htmx.vary(make_response(text, 401)))


def _sign_in_page_with_input() -> Response:
    held = hold_fields(input_to_hold(), current_app.extensions["vault"])
    next_url = _resume_address()
    if held is None:
        message = (
            "Your session has ended. Sign in again; what you sent was too large to keep, and was not saved."
        )
    elif held:
        message = "Your session has ended. What you typed is kept, but not saved: sign in and go on with it."
    else:
        message = "Your session has ended. Nothing was saved; sign in and do it again."
    response = render_sign_in(401, error=message, next_url=next_url, held=held)
    if htmx.wants_fragment():
        # The form asked for a part of its page; this answer takes the place of the whole.
        htmx.retarget(response, "body")
    return response
