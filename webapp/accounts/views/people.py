"""The people of an account, for its staff: roles, disabling, open invitations."""

from __future__ import annotations

from flask import Response, request, url_for

from webapp.accounts import belongings
from webapp.accounts.models import ROLE_STAFF
from webapp.accounts.queries.invitations import list_open_invitations
from webapp.accounts.queries.people import get_person, list_people
from webapp.accounts.service.fields import USERNAME_KEY_MAX
from webapp.accounts.service.people import change_role, disable_person, enable_person
from webapp.accounts.views import bp
from webapp.accounts.views.answers import get_staff, see_other
from webapp.core.text import is_storable
from webapp.db.session import current_session
from webapp.web.errors import BadParameter
from webapp.web.rendering import render
from webapp.web.toasts import Undo, say


@bp.get("/account/people")
def people() -> Response:
    """Show who works in the account, page by page, and who is invited."""
    viewer, session = get_staff(), current_session()
    after = request.args.get("after", "")
    if len(after) > USERNAME_KEY_MAX or not is_storable(after):
        raise BadParameter("after", after, "after is not a page of this list.", url_for("accounts.people"))
    page = list_people(session, viewer, after)
    return render(
        "accounts/people.html",
        page=page,
        after=after,
        invitations=list_open_invitations(session, viewer),
    )


@bp.post("/account/people/<key>/role")
def set_role(key: str) -> Response:
    """Make somebody a member or staff."""
    viewer = get_staff()
    person = get_person(current_session(), viewer, key)
    role = request.form.get("role", "")
    before = change_role(viewer, person.profile_id, role)
    words = "staff now: they manage this account" if role == ROLE_STAFF else "a member now"
    undo = _undo("accounts.set_role", key, role=before.role) if before.role != role else None
    say(f"{before.name} is {words}", undo=undo)
    return _back()


@bp.post("/account/people/<key>/disable")
def disable(key: str) -> Response:
    """Keep somebody out of the account; then offer to hand over what they own."""
    viewer = get_staff()
    person = get_person(current_session(), viewer, key)
    before = disable_person(viewer, person.profile_id)
    message = f"{before.name} is disabled and signed out of {viewer.account_name}"
    say(message, undo=_undo("accounts.enable", key) if before.was_active else None)
    if belongings.count_all(current_session(), viewer.account_id, person.profile_id):
        return see_other(url_for("accounts.hand_over", key=key))
    return _back()


@bp.post("/account/people/<key>/enable")
def enable(key: str) -> Response:
    """Let somebody in again."""
    viewer = get_staff()
    person = get_person(current_session(), viewer, key)
    before = enable_person(viewer, person.profile_id)
    message = f"{before.name} may sign in to {viewer.account_name} again"
    say(message, undo=None if before.was_active else _undo("accounts.disable", key))
    return _back()


def _undo(endpoint: str, key: str, **fields: str) -> Undo:
    return Undo(url_for(endpoint, key=key), fields)


def _back() -> Response:
    return see_other(url_for("accounts.people"))
