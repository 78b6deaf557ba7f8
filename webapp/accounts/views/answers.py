"""What several views of accounts answer with: redirects, waiting, drafts, and who may be here."""

from __future__ import annotations

from typing import cast

from flask import Response, current_app, make_response, redirect, request, url_for

from webapp.accounts.identity import Viewer
from webapp.accounts.permissions import may_manage_account
from webapp.accounts.signin import get_viewer
from webapp.accounts.throttle import Throttle
from webapp.core.errors import PermissionDenied

STAFF_ONLY = "These pages are for the staff of your account. Ask one of them."


def get_staff() -> Viewer:
    """Return who is signed in.

    Raises:
        PermissionDenied: they do not manage the account that they work in.
    """
    viewer = get_viewer()
    if not may_manage_account(viewer):
        raise PermissionDenied(STAFF_ONLY)
    return viewer


def get_throttle() -> Throttle:
    """Return the counters of attempts."""
    return cast(Throttle, current_app.extensions["plugdeck_throttle"])


def remote_address() -> str:
    """Return where the request comes from."""
    return request.remote_addr or ""


def user_agent() -> str:
    """Return what the browser calls itself."""
    return request.headers.get("User-Agent", "")


def wait_message(seconds: int) -> str:
    """Return the sentence for somebody who has tried too often."""
    minutes = -(-seconds // 60)
    return f"Too many attempts. Wait {minutes} {'minute' if minutes == 1 else 'minutes'} and try again."


def too_many(response: Response, seconds: int) -> Response:
    """Tell a program, too, when to try again."""
    response.headers["Retry-After"] = str(seconds)
    return response


def see_other(location: str) -> Response:
    """Lead to another page after a form."""
    return make_response(redirect(location, 303))


def go_home() -> Response:
    """Lead to the list, as the person likes it."""
    return see_other(url_for("home"))
