"""Signing in and out, and one's own password."""

from __future__ import annotations

from dataclasses import replace

import structlog
from sqlalchemy.orm import Session

from webapp.accounts import passwords
from webapp.accounts.drafts import keep_draft
from webapp.accounts.identity import Viewer
from webapp.accounts.models import User, UserProfile
from webapp.accounts.queries.viewers import Credentials, find_credentials, find_sign_in_profile, load_viewer
from webapp.accounts.service.fields import USERNAME_MAX
from webapp.accounts.sessions import end_session, end_sessions_of, start_session
from webapp.core.clock import utcnow
from webapp.core.errors import PlugdeckError
from webapp.db.session import current_session, transaction

log = structlog.get_logger(__name__)


class WrongCredentials(PlugdeckError):
    """No active person has this username and password; it does not tell which of the three is wrong."""

    default_message = "The username or the password is wrong. Check both and try again."


def authenticate(username: str, password: str) -> Credentials:
    """Return who has this username and password.

    Unknown, disabled and mistaken people get the same answer after the same time. The read transaction ends before
    the password is checked, so that the tenth of a second this takes holds no connection.

    Raises:
        WrongCredentials: the password is wrong, or nobody active has that username.
    """
    session = current_session()
    found = find_credentials(session, username) if len(username) <= USERNAME_MAX else None
    session.rollback()
    if found is None:
        passwords.verify_nothing()
        log.info("sign_in_refused", user_id=None)  # Never the name: people type their password there.
        raise WrongCredentials
    right, new_hash = passwords.verify_and_update(password, found.password_hash)
    if not (right and found.is_active):
        log.info("sign_in_refused", user_id=found.user_id, active=found.is_active)
        raise WrongCredentials
    return replace(found, new_hash=new_hash)


def sign_in(
    found: Credentials,
    *,
    user_agent: str = "",
    previous: Viewer | None = None,
    held: str = "",
    path: str = "",
) -> tuple[Viewer, str | None]:
    """Start a login session for somebody who was authenticated.

    Args:
        found: who, from `authenticate`.
        user_agent: what the browser calls itself.
        previous: who was signed in with this browser until now; that session ends.
        held: the sealed fields of a form that was sent when the session had ended; they become a draft.
        path: of that form.

    Returns:
        The viewer, whose `token` belongs into the cookie, and the token of the draft if there is one.

    Raises:
        WrongCredentials: the person was disabled or given another password in the meantime, or has no account.
    """
    draft = None
    with transaction() as session:
        user = session.get(User, found.user_id, with_for_update=True, populate_existing=True)
        if user is None or not user.is_active or user.password_hash != found.password_hash:
            raise WrongCredentials
        profile = find_sign_in_profile(session, user.id)
        if profile is None:
            raise WrongCredentials
        if found.new_hash:
            user.password_hash = found.new_hash
        if previous and previous.login_session_id:
            end_session(session, previous.login_session_id)
        token = start_session(session, profile, user_agent)
        if held:
            draft = keep_draft(session, user.id, path, held)
    log.info("signed_in", user_id=found.user_id)
    return started(token), draft


def keep_input(viewer: Viewer, held: str, path: str) -> str:
    """Store, sealed, what the viewer had typed into the form at `path`; return the token of the draft."""
    with transaction() as session:
        return keep_draft(session, viewer.user_id, path, held)


def sign_out(viewer: Viewer) -> None:
    """End the viewer's login session, and with it every copy of its cookie."""
    if viewer.login_session_id is not None:
        with transaction() as session:
            end_session(session, viewer.login_session_id)
        log.info("signed_out", user_id=viewer.user_id)


def change_password(viewer: Viewer, current: str, new: str, user_agent: str = "") -> Viewer:
    """Give the viewer another password, end all their login sessions and start a new one.

    Returns:
        The viewer of the new session.

    Raises:
        WrongCredentials: `current` is not their password.
        InvalidInput: the new password breaks a rule; the errors stand under "password".
    """
    found = authenticate(viewer.username, current)
    passwords.require_good_password(new, viewer.username)
    new_hash = passwords.hash_password(new)
    with transaction() as session:
        user = session.get(User, viewer.user_id, with_for_update=True, populate_existing=True)
        profile = session.get(UserProfile, viewer.profile_id)
        if user is None or profile is None or user.password_hash != found.password_hash:
            raise WrongCredentials
        store_password(session, user, new_hash)
        token = start_session(session, profile, user_agent)
    log.info("password_changed", user_id=viewer.user_id)
    return started(token)


def started(token: str) -> Viewer:
    """Return the viewer of a session that was just started."""
    viewer = load_viewer(current_session(), token)
    if viewer is None:  # Disabled between the two statements.
        raise WrongCredentials
    return viewer


def store_password(session: Session, user: User, password_hash: str) -> None:
    """Give a person another password inside the caller's transaction; it ends every session of theirs."""
    user.password_hash = password_hash
    user.updated_at = utcnow()
    session.flush()
    end_sessions_of(session, user.id)
