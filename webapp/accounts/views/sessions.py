"""One's own login sessions: where somebody is signed in, and ending it."""

from __future__ import annotations

from flask import Response, request, url_for

from webapp.accounts.devices import describe_device, is_handheld
from webapp.accounts.queries.people import list_own_sessions
from webapp.accounts.service.profile import end_other_sessions, end_own_session
from webapp.accounts.signin import LOGIN_PATH, forget_viewer, get_viewer
from webapp.accounts.views import bp
from webapp.accounts.views.answers import see_other
from webapp.core.errors import NotFound
from webapp.db.session import current_session
from webapp.web.filters import plural
from webapp.web.rendering import render
from webapp.web.toasts import say


@bp.get("/account/sessions")
def sessions() -> Response:
    """Show where the viewer is signed in."""
    viewer = get_viewer()
    return render(
        "accounts/sessions.html",
        sessions=list_own_sessions(current_session(), viewer),
        describe=describe_device,
        is_handheld=is_handheld,
        has_places=bool(viewer.places),
    )


@bp.post("/account/sessions/end")
def end_session() -> Response:
    """End one of them; it may be this one."""
    try:
        was_this = end_own_session(get_viewer(), request.form.get("session", ""))
    except NotFound:
        say("That session had ended already")
        return see_other(url_for("accounts.sessions"))
    if was_this:
        forget_viewer()
        return see_other(LOGIN_PATH)
    say("The session is ended; that browser has to sign in again")
    return see_other(url_for("accounts.sessions"))


@bp.post("/account/sessions/end-others")
def end_others() -> Response:
    """End all of them but this one."""
    ended = end_other_sessions(get_viewer())
    say(f"Signed out of {plural(ended, 'other session')}" if ended else "There was no other session")
    return see_other(url_for("accounts.sessions"))
