"""Invitations: a link that staff hand to somebody, who joins the account with it once (docs/adr/0005)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from webapp.accounts import passwords
from webapp.accounts.identity import Viewer
from webapp.accounts.models import ROLE_MEMBER, ROLE_STAFF, Invitation, User, UserProfile
from webapp.accounts.queries.invitations import Invited, find_invitation
from webapp.accounts.queries.viewers import Credentials
from webapp.accounts.service.fields import (
    DISPLAY_NAME_MAX,
    refuse,
    text_errors,
    tidy,
    username_errors,
)
from webapp.accounts.service.people import require_staff
from webapp.accounts.service.profile import move_session
from webapp.accounts.service.signing import WrongCredentials, started
from webapp.accounts.sessions import end_session, hash_token, new_token, start_session
from webapp.core.clock import utcnow
from webapp.core.errors import FieldError, InvalidInput, NotFound, PermissionDenied
from webapp.core.text import fold
from webapp.db.session import transaction

VALID_FOR = dt.timedelta(days=7)
KEPT_FOR = dt.timedelta(days=30)

log = structlog.get_logger(__name__)


def invite(viewer: Viewer, name: str, role: str) -> str:
    """Make an invitation to the viewer's account and return its token, which is stored nowhere.

    Args:
        viewer: who invites.
        name: whom, for the list of open invitations.
        role: member or staff.

    Raises:
        PermissionDenied: the viewer does not manage their account.
        InvalidInput: the name or role is refused.
    """
    name = tidy(name)
    refuse(
        {
            "name": text_errors(name, DISPLAY_NAME_MAX),
            "role": []
            if role in (ROLE_MEMBER, ROLE_STAFF)
            else [FieldError("A role is member or staff.", "role")],
        }
    )
    token, now = new_token(), utcnow()
    with transaction() as session:
        require_staff(session, viewer)
        session.add(
            Invitation(
                account_id=viewer.account_id,
                invited_by_id=viewer.profile_id,
                token_hash=hash_token(token),
                name=name,
                role=role,
                created_at=now,
                expires_at=now + VALID_FOR,
            )
        )
    log.info("invited", account_id=viewer.account_id, role=role, by=viewer.user_id)
    return token


def revoke(viewer: Viewer, invitation_id: int) -> str:
    """Let an open invitation of the viewer's account end now; return whom it was for.

    Raises:
        NotFound: the account has no such invitation, or it was used or has ended already.
        PermissionDenied: the viewer does not manage their account.
    """
    with transaction() as session:
        require_staff(session, viewer)
        name = session.scalar(
            update(Invitation)
            .where(
                Invitation.id == invitation_id,
                Invitation.account_id == viewer.account_id,
                Invitation.used_at.is_(None),
                Invitation.revoked_at.is_(None),
            )
            .values(revoked_at=utcnow())
            .returning(Invitation.name)
        )
        if name is None:
            raise NotFound
    log.info("invitation_revoked", invitation_id=invitation_id, by=viewer.user_id)
    return str(name)


def join(token: str, viewer: Viewer, user_agent: str = "") -> Viewer:
    """Let somebody who is signed in join the account; return the viewer of a new login session in it.

    Who works there already goes there, and the invitation stays open.

    Raises:
        NotFound: the invitation cannot be used (any more).
        PermissionDenied: they were disabled in that account.
    """
    with transaction() as session:
        profile = _join(session, token, lambda _session: viewer.user_id)
        new = move_session(session, viewer, profile, user_agent)
    return started(new)


def join_by_password(
    token: str, found: Credentials, user_agent: str = "", previous: Viewer | None = None
) -> Viewer:
    """Let somebody join who was authenticated just now; return the viewer of their login session in the account.

    Raises:
        NotFound: the invitation cannot be used (any more).
        PermissionDenied: they were disabled in that account.
        WrongCredentials: they were disabled or given another password in the meantime.
    """

    def check(session: Session) -> int:
        user = session.get(User, found.user_id, with_for_update=True, populate_existing=True)
        if user is None or not user.is_active or user.password_hash != found.password_hash:
            raise WrongCredentials
        if found.new_hash:
            user.password_hash = found.new_hash
        return user.id

    return _join_and_start(token, check, user_agent, previous)


def join_as_new(
    token: str,
    username: str,
    display_name: str,
    password: str,
    user_agent: str = "",
    previous: Viewer | None = None,
) -> Viewer:
    """Create a person who joins the account; return the viewer of their login session in it.

    That a username is taken is told to the holder of an invitation, because a name has to be chosen.

    Raises:
        NotFound: the invitation cannot be used (any more).
        InvalidInput: a value is refused; all errors at once.
    """
    username, display_name = username.strip(), tidy(display_name)
    refuse(
        {
            "username": username_errors(username),
            "display_name": text_errors(display_name, DISPLAY_NAME_MAX),
            "password": passwords.check_password(password, username),
        }
    )
    password_hash = passwords.hash_password(password)

    def create(session: Session) -> int:
        if session.scalar(select(User.id).where(User.username_key == fold(username))) is not None:
            raise InvalidInput.of("username", "This username is taken. Choose another.", "taken")
        user = User(
            username=username,
            username_key=fold(username),
            display_name=display_name,
            password_hash=password_hash,
        )
        session.add(user)
        session.flush()
        return user.id

    return _join_and_start(token, create, user_agent, previous)


def forget_old_invitations(session: Session) -> None:
    """Remove invitations that ended long ago, inside the caller's transaction."""
    session.execute(delete(Invitation).where(Invitation.expires_at <= utcnow() - KEPT_FOR))


def _join_and_start(
    token: str, find_user: Callable[[Session], int], user_agent: str, previous: Viewer | None
) -> Viewer:
    with transaction() as session:
        profile = _join(session, token, find_user)
        if previous and previous.login_session_id:
            end_session(session, previous.login_session_id)
        new = start_session(session, profile, user_agent)
    return started(new)


def _join(session: Session, token: str, find_user: Callable[[Session], int]) -> UserProfile:
    """Use the invitation up and return the profile; who has one in the account already keeps it as it is."""
    invited = find_invitation(session, token)
    if invited is None:
        raise NotFound
    user_id = find_user(session)
    profile = session.scalar(
        select(UserProfile).where(
            UserProfile.user_id == user_id, UserProfile.account_id == invited.account_id
        )
    )
    if profile is None:
        _use_up(session, invited)
        profile = UserProfile(user_id=user_id, account_id=invited.account_id, role=invited.role)
        session.add(profile)
        session.flush()
        log.info("joined", user_id=user_id, account_id=invited.account_id, role=invited.role)
    elif not profile.is_active:
        raise PermissionDenied(
            f"You were disabled in {invited.account_name}. Ask {invited.invited_by} to enable you again."
        )
    return profile


def _use_up(session: Session, invited: Invited) -> None:
    # Of two people who hold the link at the same moment, the second one waits here and then finds it used.
    used = session.scalar(
        update(Invitation)
        .where(
            Invitation.id == invited.id,
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > utcnow(),
        )
        .values(used_at=utcnow())
        .returning(Invitation.id)
    )
    if used is None:
        raise NotFound
