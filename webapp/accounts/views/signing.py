"""Signing in and out."""

from __future__ import annotations

import contextlib
from functools import partial
from urllib.parse import unquote

from flask import Response, current_app, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError

from webapp.accounts import service
from webapp.accounts.drafts import drop_draft
from webapp.accounts.frame import keep_theme
from webapp.accounts.held import read_held
from webapp.accounts.redirects import safe_next, with_parameter
from webapp.accounts.service import WrongCredentials
from webapp.accounts.signin import (
    LOGIN_PATH,
    find_viewer,
    forget_viewer,
    public,
    remember_viewer,
    render_sign_in,
)
from webapp.accounts.views import bp
from webapp.accounts.views.answers import (
    get_throttle,
    remote_address,
    see_other,
    too_many,
    user_agent,
    wait_message,
)
from webapp.core import meters
from webapp.core.errors import PlugdeckError
from webapp.web.csrf import keeps_input, token_failed

REFUSED = meters.counter("plugdeck_sign_ins_refused_total", "Sign-ins with a wrong name or password.")
SIGN_IN_TOKEN_MESSAGE = (
    "This page was open for too long, so you were not signed in. Try once more. "
    "If it happens again, let this site keep cookies."
)


@bp.get(LOGIN_PATH)
@public
def login() -> Response:
    """Show the sign-in page, or go on when somebody is signed in."""
    target = safe_next(request.args.get("next"))
    return _go_on(target) if find_viewer() else render_sign_in(next_url=target)


@bp.post(LOGIN_PATH, endpoint="sign_in")
@public
@keeps_input
def sign_in() -> Response:
    """Check username and password, start a login session and go on where the person was."""
    target = safe_next(request.form.get("next"))
    held_text = request.form.get("held", "")
    username = request.form.get("username", "").strip()
    show = partial(render_sign_in, username=username, next_url=target, held=held_text)
    viewer = find_viewer()
    if token_failed():
        if viewer and not held_text:
            return _go_on(target)  # The second click of a double click, for example.
        return show(400, error=SIGN_IN_TOKEN_MESSAGE)
    throttle, address = get_throttle(), remote_address()
    if wait := throttle.count(username, address):
        return too_many(show(429, error=wait_message(wait)), wait)
    path = unquote((target or "").partition("?")[0])
    held = held_text if path and read_held(held_text, current_app.extensions["vault"]) else ""
    try:
        found = service.authenticate(username, request.form.get("password", ""))
        viewer, draft = service.sign_in(found, user_agent=user_agent(), previous=viewer, held=held, path=path)
    except WrongCredentials as error:
        REFUSED.inc()
        return show(422, error=error.message)
    if draft:
        # The form comes back as it was sent, so what was kept of it before is no other draft.
        drop_draft(viewer, dict(read_held(held, current_app.extensions["vault"])).get("draft"))
    throttle.forgive(username, address)
    remember_viewer(viewer)
    _clean_up()
    return keep_theme(_go_on(with_parameter(target, "draft", draft) if target and draft else target), viewer)


@bp.post("/logout")
@public
@keeps_input
def logout() -> Response:
    """End the login session, and with it every copy of its cookie; being signed out already is fine."""
    viewer = find_viewer()
    if viewer and token_failed():
        raise CSRFError
    if viewer:
        service.sign_out(viewer)
    forget_viewer()
    response = see_other(LOGIN_PATH)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _go_on(target: str | None) -> Response:
    path = (target or "").partition("?")[0]
    return see_other(target if target and path not in (LOGIN_PATH, "/logout") else url_for("home"))


def _clean_up() -> None:
    # Somebody has just signed in; that old rows stay a while longer is not their concern.
    with contextlib.suppress(PlugdeckError, SQLAlchemyError):
        service.clean_up()
