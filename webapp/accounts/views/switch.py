"""Going on in another account of one's own."""

from __future__ import annotations

from flask import Response, request

from webapp.accounts.identity import parse_profile_key
from webapp.accounts.service.profile import switch_account
from webapp.accounts.signin import get_viewer, remember_viewer
from webapp.accounts.views import bp
from webapp.accounts.views.answers import go_home, user_agent
from webapp.core.errors import NotFound
from webapp.web.toasts import say


@bp.post("/account/switch")
def switch() -> Response:
    """Start a login session in the chosen account and show its list."""
    viewer = get_viewer()
    profile_id = parse_profile_key(request.form.get("profile", ""))
    if profile_id is None:
        raise NotFound
    if profile_id != viewer.profile_id:
        viewer = switch_account(viewer, profile_id, user_agent())
        remember_viewer(viewer)
        say(f"You work in {viewer.account_name} now")
    return go_home()
