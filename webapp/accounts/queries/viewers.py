"""Who asks: the one statement that loads the viewer of a request, and what signing in needs to know."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import ScalarSelect, Select, String, bindparam, cast, func, select
from sqlalchemy.orm import Session, aliased

from webapp.accounts.identity import Place, Viewer
from webapp.accounts.models import (
    PLATFORM_ACCOUNT_NUMBER,
    Account,
    DefaultView,
    Installation,
    LoginSession,
    SavedView,
    User,
    UserProfile,
)
from webapp.accounts.sessions import IDLE, hash_token
from webapp.core.clock import utcnow
from webapp.core.errors import NotFound
from webapp.core.text import fold, is_storable
from webapp.db.session import Guard, current_session, reading_connection

RIGHTS_CHANGED = "What you may do here was changed a moment ago, so nothing was saved. Load the page again."
_Platform = aliased(Account)
_OtherProfile = aliased(UserProfile)
_OtherAccount = aliased(Account)
# No name of an account holds a line break, no number and no role a colon.
_LINE, _PART = "\n", ":"


@dataclass(frozen=True)
class Credentials:
    """What checking a password needs to know about a person, and nothing else."""

    user_id: int
    username: str
    password_hash: str = field(repr=False)
    is_active: bool
    # Made when the parameters of hashing have changed since the password was stored.
    new_hash: str | None = field(default=None, repr=False)


def _places() -> ScalarSelect[str]:
    """Return the other accounts that the person may switch to, as one text: a line of profile, role, number, name."""
    parts = cast(_OtherProfile.id, String) + _PART + _OtherProfile.role
    parts = parts + _PART + _OtherAccount.account_number + _PART + _OtherAccount.name
    return (
        select(func.aggregate_strings(parts, _LINE))
        .join(_OtherAccount, _OtherAccount.id == _OtherProfile.account_id)
        .where(
            _OtherProfile.user_id == User.id,
            _OtherProfile.id != UserProfile.id,
            _OtherProfile.is_active,
            _OtherAccount.is_active,
        )
        .correlate(User, UserProfile)
        .scalar_subquery()
    )


def _read_places(text: str | None) -> tuple[Place, ...]:
    places = []
    for line in text.split(_LINE) if text else ():
        profile_id, role, number, name = line.split(_PART, 3)
        places.append(Place(int(profile_id), name, number, role))
    return tuple(sorted(places, key=lambda place: (fold(place.account_name), place.account_number)))


def _viewers() -> Select[Any]:
    """Return the select of active people in active accounts, with everything a viewer holds."""
    return (
        select(
            User.id.label("user_id"),
            User.username,
            User.display_name,
            User.is_superuser,
            User.preferences,
            UserProfile.id.label("profile_id"),
            UserProfile.role,
            UserProfile.star_generation,
            Account.id.label("account_id"),
            Account.name.label("account_name"),
            Account.account_number,
            Account.generation.label("account_generation"),
            _Platform.id.label("platform_account_id"),
            _Platform.generation.label("platform_generation"),
            Installation.identity.label("installation"),
            Installation.epoch,
            _places().label("places"),
            SavedView.id.label("default_view_id"),
            SavedView.query.label("default_query"),
        )
        .select_from(User)
        .join(UserProfile, UserProfile.user_id == User.id)
        .join(Account, Account.id == UserProfile.account_id)
        .join(Installation, Installation.id == 1)
        .outerjoin(_Platform, _Platform.account_number == PLATFORM_ACCOUNT_NUMBER)
        .outerjoin(DefaultView, DefaultView.user_profile_id == UserProfile.id)
        .outerjoin(SavedView, (SavedView.id == DefaultView.saved_view_id) & SavedView.deleted_at.is_(None))
        .where(User.is_active, UserProfile.is_active, Account.is_active)
    )


def _viewer(row: Any, **more: Any) -> Viewer:
    return Viewer(
        user_id=row.user_id,
        username=row.username,
        display_name=row.display_name or row.username,
        is_superuser=row.is_superuser,
        profile_id=row.profile_id,
        role=row.role,
        account_id=row.account_id,
        account_name=row.account_name,
        account_number=row.account_number,
        account_generation=row.account_generation,
        platform_account_id=row.platform_account_id,
        platform_generation=row.platform_generation or 0,
        installation=row.installation,
        epoch=row.epoch,
        star_generation=row.star_generation,
        preferences=row.preferences or {},
        places=_read_places(row.places),
        default_view_id=row.default_view_id,
        default_query=row.default_query,
        **more,
    )


@cache
def _by_token() -> Select[Any]:
    """Return the select of the viewer of a request, built once: building it costs more than running it."""
    return (
        _viewers()
        .add_columns(LoginSession.id.label("login_session_id"), LoginSession.last_seen_at)
        .join(
            LoginSession,
            (LoginSession.user_profile_id == UserProfile.id) & (LoginSession.user_id == User.id),
        )
        .where(
            LoginSession.token_hash == bindparam("token_hash"),
            LoginSession.expires_at > bindparam("now"),
            LoginSession.last_seen_at > bindparam("idle_since"),
        )
    )


def load_viewer(session: Session, token: str, now: dt.datetime | None = None) -> Viewer | None:
    """Return who the token of a cookie stands for, in one statement.

    None when the session is unknown, ended, idle or too old, or when the person, their profile or its account is not
    active.
    """
    now = now or utcnow()
    asked = {"token_hash": hash_token(token), "now": now, "idle_since": now - IDLE}
    # By the session's connection: the session itself would take as long again to find that no entity is wanted.
    row = reading_connection(session).execute(_by_token(), asked).one_or_none()
    if row is None:
        return None
    return _viewer(row, token=token, login_session_id=row.login_session_id, seen_at=row.last_seen_at)


def rights_of(viewer: Viewer) -> Guard:
    """Return what tells whether somebody may still do what they could when they were loaded, by the same session."""
    select_viewer = (
        "SELECT 1 FROM user_profiles p JOIN users u ON u.id = p.user_id JOIN accounts a ON a.id = p.account_id "
        "WHERE p.id = :viewer_profile AND p.is_active AND u.is_active AND a.is_active "
        "AND p.role = :viewer_role AND u.is_superuser = :viewer_superuser"
    )
    values: dict[str, object] = {
        "viewer_profile": viewer.profile_id,
        "viewer_role": viewer.role,
        "viewer_superuser": viewer.is_superuser,
    }
    if viewer.login_session_id is not None:
        select_viewer += " AND EXISTS (SELECT 1 FROM login_sessions s WHERE s.id = :viewer_session)"
        values["viewer_session"] = viewer.login_session_id
    return Guard(select_viewer, values, RIGHTS_CHANGED)


def get_cli_viewer(username: str) -> Viewer:
    """Return the viewer that a command acts as (`--as USERNAME`), in the person's first profile.

    Raises:
        NotFound: there is no such person, they are disabled, or they have no active profile.
    """
    row = None
    if is_storable(username):
        row = (
            current_session()
            .execute(_viewers().where(User.username_key == fold(username)).order_by(UserProfile.id).limit(1))
            .one_or_none()
        )
    if row is None:
        raise NotFound(f"There is no active user {username!r}. See who exists with: plugdeck users list")
    return _viewer(row, origin="cli")


def get_job_viewer(profile_id: int) -> Viewer:
    """Return the viewer that a job acts as, in the profile that asked for it.

    Raises:
        NotFound: the person, their profile or its account is not active any more.
    """
    row = current_session().execute(_viewers().where(UserProfile.id == profile_id)).one_or_none()
    if row is None:
        raise NotFound("Who asked for this may not sign in any more, so nothing was done.")
    return _viewer(row, origin="manifest")


def find_credentials(session: Session, username: str) -> Credentials | None:
    """Return what is needed to check the password of a username, however it is cased."""
    if not is_storable(username):
        return None
    row = session.execute(
        select(User.id, User.username, User.password_hash, User.is_active).where(
            User.username_key == fold(username)
        )
    ).one_or_none()
    return None if row is None else Credentials(*row)


def find_sign_in_profile(session: Session, user_id: int) -> UserProfile | None:
    """Return the profile a person signs in to: of the active ones the last used, so that they are back where they were.

    One that was never used comes last, the oldest of them first.
    """
    return session.scalar(
        select(UserProfile)
        .join(Account, Account.id == UserProfile.account_id)
        .where(UserProfile.user_id == user_id, UserProfile.is_active, Account.is_active)
        .order_by(UserProfile.last_seen_at.desc().nulls_last(), UserProfile.id)
        .limit(1)
    )
