"""Who may own a plugin: the active people of its account. The one place that says who that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, contains_eager

from webapp.accounts.models import User, UserProfile
from webapp.core.text import fold, is_storable

OWNERS_MAX = 200
"""More people than this are not offered in a list; their username is typed."""


@dataclass(frozen=True)
class PossibleOwner:
    """A person that a plugin can be handed to."""

    profile_id: int
    username: str
    name: str


def _owners(account_id: int) -> Select[Any]:
    return (
        select(UserProfile)
        .join(UserProfile.user)
        .where(UserProfile.account_id == account_id, UserProfile.is_active, User.is_active)
        .options(contains_eager(UserProfile.user))
    )


def list_owners(session: Session, account_id: int) -> Sequence[PossibleOwner]:
    """Return whom a plugin of the account can be handed to, by username; one more than `OWNERS_MAX` at most."""
    found = session.scalars(_owners(account_id).order_by(User.username_key).limit(OWNERS_MAX + 1))
    return [_possible(profile) for profile in found]


def find_owner(session: Session, account_id: int, profile_id: int) -> UserProfile | None:
    """Return the profile when it can own a plugin of the account."""
    found: UserProfile | None = session.scalar(_owners(account_id).where(UserProfile.id == profile_id))
    return found


def find_owner_named(session: Session, account_id: int, username: str) -> PossibleOwner | None:
    """Return who has the username, however it is cased, when they can own a plugin of the account."""
    if not is_storable(username):
        return None
    found = session.scalar(_owners(account_id).where(User.username_key == fold(username)))
    return None if found is None else _possible(found)


def _possible(profile: UserProfile) -> PossibleOwner:
    return PossibleOwner(
        profile.id, profile.user.username, profile.user.display_name or profile.user.username
    )
