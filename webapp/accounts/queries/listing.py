"""Every account and person, page by page, for the command line."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.models import ROLE_SUPERUSER, Account, User, UserProfile

PAGE = 200


@dataclass(frozen=True)
class AccountRow:
    """An account as the command line lists it."""

    id: int
    number: str
    name: str
    is_active: bool


@dataclass(frozen=True)
class UserRow:
    """A person and one of their profiles as the command line lists them."""

    profile_id: int
    username: str
    display_name: str
    account_number: str
    role: str
    is_active: bool


def list_accounts(session: Session, after_id: int = 0, limit: int = PAGE) -> list[AccountRow]:
    """Return the next accounts in the order in which they were made."""
    rows = session.execute(
        select(Account.id, Account.account_number, Account.name, Account.is_active)
        .where(Account.id > after_id)
        .order_by(Account.id)
        .limit(limit)
    )
    return [AccountRow(*row) for row in rows]


def list_users(session: Session, after_id: int = 0, limit: int = PAGE) -> list[UserRow]:
    """Return the next profiles in the order in which they were made, a person once for each account."""
    rows = session.execute(
        select(
            UserProfile.id,
            User.username,
            User.display_name,
            Account.account_number,
            UserProfile.role,
            User.is_superuser,
            (User.is_active & UserProfile.is_active).label("is_active"),
        )
        .join(User, User.id == UserProfile.user_id)
        .join(Account, Account.id == UserProfile.account_id)
        .where(UserProfile.id > after_id)
        .order_by(UserProfile.id)
        .limit(limit)
    )
    return [
        UserRow(
            profile_id=row.id,
            username=row.username,
            display_name=row.display_name or row.username,
            account_number=row.account_number,
            role=ROLE_SUPERUSER if row.is_superuser else row.role,
            is_active=row.is_active,
        )
        for row in rows
    ]
