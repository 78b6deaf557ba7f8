"""What people write about themselves, their own login sessions, and the account that they work in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.models import Account, LoginSession, User, UserProfile
from webapp.accounts.service.fields import (
    DISPLAY_NAME_MAX,
    email_errors,
    refuse,
    text_errors,
    tidy,
)
from webapp.accounts.service.signing import started
from webapp.accounts.sessions import end_session, session_key, start_session
from webapp.accounts.values import DENSITIES, Preferences, ProfileValues, in_order
from webapp.accounts.zones import find_zone
from webapp.core.clock import utcnow
from webapp.core.errors import Conflict, FieldError, InvalidInput, NotFound
from webapp.db.session import touch_account, transaction

log = structlog.get_logger(__name__)


class ProfileChanged(Conflict):
    """The profile is not as it was when the form was opened, for example because of another window."""

    default_message = "Your profile was changed in another window. Check it and save again."


def profile_mark(values: ProfileValues) -> str:
    """Return a short text that stands for this state of a profile; the form carries it back."""
    return hashlib.sha256(json.dumps(values.to_dict(), sort_keys=True).encode()).hexdigest()[:16]


def update_profile(viewer: Viewer, expected: str, values: ProfileValues) -> None:
    """Write what the viewer says about themselves.

    Args:
        viewer: whose profile it is.
        expected: the mark of the state that they have changed.
        values: the new state.

    Raises:
        InvalidInput: a value is refused; all errors at once.
        ProfileChanged: it is not in the expected state any more.
    """
    name, email = tidy(values.display_name), values.email.strip()
    zone = values.preferences.time_zone
    refuse(
        {
            "display_name": text_errors(name, DISPLAY_NAME_MAX),
            "email": email_errors(email) if email else [],
            "time_zone": [FieldError("There is no such time zone.", "zone")]
            if _is_unknown(viewer, zone)
            else [],
        }
    )
    with transaction() as session:
        user = session.get(User, viewer.user_id, with_for_update=True, populate_existing=True)
        if user is None:
            raise NotFound
        if profile_mark(read_profile(user)) != expected:
            raise ProfileChanged
        renamed = user.display_name != name
        user.display_name, user.email = name, email or None
        user.preferences = values.preferences.to_stored()
        user.updated_at = utcnow()
        if renamed:
            _touch_accounts_of(session, user.id)
    log.info("profile_saved", user_id=viewer.user_id, renamed=renamed)


def choose_list_looks(viewer: Viewer, columns: Iterable[str], density: str) -> None:
    """Let the plugin list show these columns in this density; whatever is neither is left out.

    Raises:
        InvalidInput: there is no such density.
    """
    if density not in DENSITIES:
        raise InvalidInput.of("density", f"A density is {' or '.join(DENSITIES)}.", "density")
    with transaction() as session:
        user = session.get(User, viewer.user_id, with_for_update=True, populate_existing=True)
        if user is None:
            raise NotFound
        # Only these two: a theme that was never chosen stays one of the device (accounts.frame.keep_theme).
        chosen = {"columns": list(in_order(columns)), "density": density}
        user.preferences = {**(user.preferences or {}), **chosen}
        user.updated_at = utcnow()
    log.info("list_looks_chosen", user_id=viewer.user_id)


def read_profile(user: User) -> ProfileValues:
    """Return what a person has written about themselves."""
    preferences = Preferences.from_stored(user.preferences)
    return ProfileValues(user.display_name or user.username, user.email or "", preferences)


def end_own_session(viewer: Viewer, key: str) -> bool:
    """End one of the viewer's login sessions; tell whether it was the one of this request.

    Raises:
        NotFound: none of their sessions has that key; it may have ended by itself.
    """
    with transaction() as session:
        rows = session.execute(
            select(LoginSession.id, LoginSession.token_hash).where(LoginSession.user_id == viewer.user_id)
        )
        found = next((row.id for row in rows if session_key(row.token_hash) == key), None)
        if found is None:
            raise NotFound
        end_session(session, found)
    log.info("session_ended", user_id=viewer.user_id)
    return bool(found == viewer.login_session_id)


def end_other_sessions(viewer: Viewer) -> int:
    """End every login session of the viewer but this one; return how many they were."""
    with transaction() as session:
        ended = session.execute(
            delete(LoginSession)
            .where(LoginSession.user_id == viewer.user_id, LoginSession.id != viewer.login_session_id)
            .returning(LoginSession.id)
        ).all()
    log.info("other_sessions_ended", user_id=viewer.user_id, sessions=len(ended))
    return len(ended)


def switch_account(viewer: Viewer, profile_id: int, user_agent: str = "") -> Viewer:
    """End the viewer's login session and start one in another account of theirs; it lasts as long as the first would.

    Raises:
        NotFound: it is not a profile of theirs, or it or its account is not active; the answer does not tell which.
    """
    with transaction() as session:
        profile = session.scalar(
            select(UserProfile)
            .join(Account, Account.id == UserProfile.account_id)
            .where(
                UserProfile.id == profile_id,
                UserProfile.user_id == viewer.user_id,
                UserProfile.is_active,
                Account.is_active,
            )
        )
        if profile is None:
            raise NotFound
        token = move_session(session, viewer, profile, user_agent)
    log.info("account_switched", user_id=viewer.user_id, profile_id=profile_id)
    return started(token)


def move_session(session: Session, viewer: Viewer, profile: UserProfile, user_agent: str) -> str:
    """End the viewer's login session and start one for another profile of theirs, inside the caller's transaction.

    The new one has a token of its own and the time limit of the old one: switching is no way to stay in for ever.

    Raises:
        NotFound: the session has ended in the meantime.
    """
    current = session.get(LoginSession, viewer.login_session_id or 0, with_for_update=True)
    if current is None:
        raise NotFound
    since = (current.created_at, current.expires_at)
    end_session(session, current.id)
    return start_session(session, profile, user_agent, since=since)


def _is_unknown(viewer: Viewer, zone: str) -> bool:
    # One that was stored stays, whatever this computer knows about zones today.
    return bool(zone) and zone != viewer.settings.time_zone and find_zone(zone) != zone


def _touch_accounts_of(session: Session, user_id: int) -> None:
    """Note that lists with the person's name have changed, in every account that may hold records of theirs."""
    for account_id in session.scalars(select(UserProfile.account_id).where(UserProfile.user_id == user_id)):
        touch_account(session, account_id)
