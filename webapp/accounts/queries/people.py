"""Reads of the people of an account, and of a person's own profile and login sessions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from webapp.accounts import belongings
from webapp.accounts.identity import Viewer, initials, parse_profile_key, profile_key, role_label
from webapp.accounts.models import Account, LoginSession, User, UserProfile
from webapp.accounts.permissions import may_manage_person
from webapp.accounts.sessions import IDLE, session_key
from webapp.core.clock import utcnow
from webapp.core.errors import NotFound

PEOPLE_ON_A_PAGE = 100


@dataclass(frozen=True)
class PersonRow:
    """Somebody of an account, as its staff see them."""

    profile_id: int
    username: str
    username_key: str
    name: str
    role: str
    is_superuser: bool
    # In this account; `is_out` tells of somebody whom an operator has disabled everywhere.
    is_active: bool
    is_out: bool
    last_seen_at: dt.datetime | None
    is_me: bool
    manageable: bool
    plugins: int = 0

    @property
    def key(self) -> str:
        """Return what stands for the person in addresses."""
        return profile_key(self.profile_id)

    @property
    def initials(self) -> str:
        """Return one or two letters for the avatar."""
        return initials(self.name)

    @property
    def role_label(self) -> str:
        """Return the role as a person reads it."""
        return role_label(self.role, is_superuser=self.is_superuser)


@dataclass(frozen=True)
class PeoplePage:
    """Some people of an account in the order of their usernames, and where the next ones begin."""

    people: tuple[PersonRow, ...]
    total: int
    next_after: str | None


@dataclass(frozen=True)
class SessionRow:
    """A login session, as its owner sees it."""

    key: str
    user_agent: str
    account_name: str
    signed_in_at: dt.datetime
    last_seen_at: dt.datetime
    is_this: bool


def list_people(
    session: Session, viewer: Viewer, after: str = "", limit: int = PEOPLE_ON_A_PAGE
) -> PeoplePage:
    """Return the people of the viewer's account whose folded username comes after `after`, with their plugins."""
    statement = _people(viewer).where(User.username_key > after).order_by(User.username_key).limit(limit + 1)
    rows = session.execute(statement).all()
    counts = belongings.count_listed(session, viewer.account_id, [row.id for row in rows[:limit]])
    people = tuple(_person(viewer, row, counts[row.id]) for row in rows[:limit])
    total = session.scalar(
        select(func.count()).select_from(UserProfile).where(UserProfile.account_id == viewer.account_id)
    )
    return PeoplePage(people, total or 0, people[-1].username_key if len(rows) > limit else None)


def get_person(session: Session, viewer: Viewer, key: str) -> PersonRow:
    """Return somebody of the viewer's account.

    Raises:
        NotFound: the key is malformed, or stands for nobody of this account; the answer does not tell which.
    """
    profile_id = parse_profile_key(key)
    row = None
    if profile_id is not None:
        row = session.execute(_people(viewer).where(UserProfile.id == profile_id)).one_or_none()
    if row is None:
        raise NotFound
    return _person(viewer, row, 0)


def list_active_people(session: Session, viewer: Viewer) -> Sequence[PersonRow]:
    """Return everybody who can sign in to the viewer's account, by name."""
    rows = session.execute(_people(viewer).where(UserProfile.is_active, User.is_active))
    people = [_person(viewer, row, 0) for row in rows]
    return sorted(people, key=lambda person: (person.name.casefold(), person.username_key))


def get_own_user(session: Session, viewer: Viewer) -> User:
    """Return the viewer's own row, as it is now.

    Raises:
        NotFound: it is gone.
    """
    user = session.get(User, viewer.user_id, populate_existing=True)
    if user is None:
        raise NotFound
    return user


def list_own_sessions(session: Session, viewer: Viewer) -> list[SessionRow]:
    """Return the viewer's login sessions that let somebody in, this one first, then by when they were last used."""
    now = utcnow()
    rows = session.execute(
        select(LoginSession, Account.name)
        .join(UserProfile, UserProfile.id == LoginSession.user_profile_id)
        .join(Account, Account.id == LoginSession.account_id)
        .where(
            LoginSession.user_id == viewer.user_id,
            LoginSession.expires_at > now,
            LoginSession.last_seen_at > now - IDLE,
            UserProfile.is_active,
            Account.is_active,
        )
        .order_by(LoginSession.last_seen_at.desc(), LoginSession.id.desc())
    )
    found = [
        SessionRow(
            session_key(row.token_hash),
            row.user_agent,
            account_name,
            row.created_at,
            row.last_seen_at,
            row.id == viewer.login_session_id,
        )
        for row, account_name in rows
    ]
    return sorted(found, key=lambda item: not item.is_this)


def _people(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    """Return the select of everybody who has a profile in the viewer's account."""
    return (
        select(
            UserProfile.id,
            UserProfile.role,
            UserProfile.is_active,
            UserProfile.last_seen_at,
            User.username,
            User.username_key,
            User.display_name,
            User.is_superuser,
            User.is_active.label("user_is_active"),
        )
        .join(User, User.id == UserProfile.user_id)
        .where(UserProfile.account_id == viewer.account_id)
    )


def _person(viewer: Viewer, row: Any, plugins: int) -> PersonRow:
    return PersonRow(
        profile_id=row.id,
        username=row.username,
        username_key=row.username_key,
        name=row.display_name or row.username,
        role=row.role,
        is_superuser=row.is_superuser,
        is_active=row.is_active,
        is_out=not row.user_is_active,
        last_seen_at=row.last_seen_at,
        is_me=row.id == viewer.profile_id,
        manageable=may_manage_person(viewer, row.id, is_superuser=row.is_superuser),
        plugins=plugins,
    )
