"""What the holder of an invitation sees: joining with the account that they have, or as somebody new."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import Response, request

from webapp.accounts import service
from webapp.accounts.forms import NewcomerForm, SignInToJoinForm
from webapp.accounts.frame import keep_theme
from webapp.accounts.identity import Viewer
from webapp.accounts.passwords import HINT
from webapp.accounts.queries.invitations import Invited, find_invitation
from webapp.accounts.service import WrongCredentials
from webapp.accounts.service import invitations as joining
from webapp.accounts.sessions import hash_token
from webapp.accounts.signin import find_viewer, public, remember_viewer
from webapp.accounts.views import bp
from webapp.accounts.views.answers import (
    get_throttle,
    go_home,
    remote_address,
    too_many,
    user_agent,
    wait_message,
)
from webapp.core.errors import InvalidInput, NotFound, PermissionDenied
from webapp.db.session import current_session
from webapp.web.csrf import TOKEN_MESSAGE, keeps_input, token_failed
from webapp.web.editing import refused_status
from webapp.web.rendering import render
from webapp.web.toasts import say

KNOWN, NEW = "known", "new"


def _known_form(*, sent: bool) -> SignInToJoinForm:
    return (
        SignInToJoinForm(prefix=f"{KNOWN}-") if sent else SignInToJoinForm(formdata=None, prefix=f"{KNOWN}-")
    )


def _new_form(invited: Invited, *, sent: bool) -> NewcomerForm:
    if sent:
        return NewcomerForm(prefix=f"{NEW}-")
    return NewcomerForm(formdata=None, prefix=f"{NEW}-", data={"display_name": invited.name})


@dataclass
class _Page:
    """One invitation, and the forms on its page."""

    token: str
    invited: Invited
    viewer: Viewer | None
    known: SignInToJoinForm
    new: NewcomerForm
    error: str = ""
    status: int = 200
    wait: int = field(default=0)

    def refuse(self, status: int, error: str = "") -> Response:
        """Return the page with what is wrong."""
        self.status, self.error = status, error
        return self.show()

    def show(self) -> Response:
        """Return the page."""
        return render(
            "accounts/invitation.html",
            self.status,
            token=self.token,
            invited=self.invited,
            known=self.known,
            new=self.new,
            error=self.error,
            hint=HINT,
        )


@bp.get("/invite/<token>")
@public
def invitation(token: str) -> Response:
    """Show what the invitation is for and how to accept it; every link that cannot be used gets the same page."""
    page = _open(token, "")
    return page.show() if page else _gone()


@bp.post("/invite/<token>", endpoint="accept_invitation")
@public
@keeps_input
def accept_invitation(token: str) -> Response:
    """Let the holder join: as who is signed in, by their password, or as somebody new."""
    action = request.form.get("action", "")
    page = _open(token, action)
    if page is None:
        return _gone()
    if token_failed():
        return page.refuse(400, TOKEN_MESSAGE)
    try:
        if action == NEW:
            return _join_as_new(page)
        if action == KNOWN:
            return _join_by_password(page)
        if page.viewer is None:
            return page.refuse(422, "Sign in, or choose a username, to join.")
        return _joined(joining.join(token, page.viewer, user_agent()))
    except NotFound:
        return _gone()
    except PermissionDenied as error:
        return page.refuse(403, error.message)


def _open(token: str, action: str) -> _Page | None:
    invited = find_invitation(current_session(), token)
    if invited is None:
        return None
    known, new = _known_form(sent=action == KNOWN), _new_form(invited, sent=action == NEW)
    return _Page(token, invited, find_viewer(), known, new)


def _join_by_password(page: _Page) -> Response:
    form = page.known
    if not form.validate():
        return page.refuse(refused_status())
    # The same counters as on the sign-in page: an invitation is no second row of attempts.
    throttle, username = get_throttle(), form.username.data.strip()
    if wait := throttle.count(username, remote_address()):
        return too_many(page.refuse(429, wait_message(wait)), wait)
    try:
        found = service.authenticate(username, form.password.data)
        viewer = joining.join_by_password(page.token, found, user_agent(), page.viewer)
    except WrongCredentials as error:
        return page.refuse(422, error.message)
    throttle.forgive(username, remote_address())
    return _joined(viewer)


def _join_as_new(page: _Page) -> Response:
    form = page.new
    if not form.validate():
        return page.refuse(refused_status())
    # Whoever holds the link may ask whether a username is taken, but not for a list of them.
    throttle, counted = get_throttle(), f"invitation {hash_token(page.token)}"
    if wait := throttle.count(counted, remote_address()):
        return too_many(page.refuse(429, wait_message(wait)), wait)
    try:
        viewer = joining.join_as_new(
            page.token,
            form.username.data,
            form.display_name.data,
            form.password.data,
            user_agent(),
            page.viewer,
        )
    except InvalidInput as error:
        if not any(problem.code == "taken" for problem in error.errors.get("username", ())):
            throttle.forgive(counted, remote_address())
        form.add_errors(error.errors)
        return page.refuse(422)
    throttle.forgive(counted, remote_address())
    return _joined(viewer)


def _joined(viewer: Viewer) -> Response:
    remember_viewer(viewer)
    say(f"You work in {viewer.account_name} now")
    return keep_theme(go_home(), viewer)


def _gone() -> Response:
    return render("accounts/invitation_gone.html", 404)
