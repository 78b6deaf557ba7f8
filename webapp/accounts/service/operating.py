"""What an operator does: accounts, people, passwords and roles, by command line."""

from __future__ import annotations

import secrets

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts import passwords
from webapp.accounts.models import ROLE_STAFF, ROLE_SUPERUSER, ROLES, Account, User, UserProfile
from webapp.accounts.queries import AccountRow
from webapp.accounts.service.fields import (
    ACCOUNT_NAME_MAX,
    DISPLAY_NAME_MAX,
    email_errors,
    number_errors,
    refuse,
    text_errors,
    tidy,
    username_errors,
)
from webapp.accounts.service.signing import store_password
from webapp.accounts.service.superusers import keep_one_superuser, lock_superusers
from webapp.accounts.sessions import end_sessions_of
from webapp.core.clock import utcnow
from webapp.core.errors import Conflict, FieldError, InvalidInput, NotFound
from webapp.core.text import fold, is_storable
from webapp.db.session import transaction

_NUMBER_ATTEMPTS = 20

log = structlog.get_logger(__name__)


def create_account(name: str, number: str | None = None) -> AccountRow:
    """Create a tenant and return it.

    Args:
        name: shown to its people.
        number: nnnn-nnnn-nnnn; a random free one when not given.

    Raises:
        InvalidInput: the name or number cannot be used.
        Conflict: the number is taken.
    """
    name = tidy(name)
    errors = {"name": text_errors(name, ACCOUNT_NAME_MAX)}
    if number is not None:
        errors["number"] = number_errors(number)
    refuse(errors)
    with transaction() as session:
        if number and _account_exists(session, number):
            raise Conflict(f"The account number {number} is taken. Use another, or leave it out.")
        account = Account(name=name, account_number=number or _free_number(session))
        session.add(account)
        session.flush()
        made = AccountRow(account.id, account.account_number, name, is_active=True)
    log.info("account_created", account_id=made.id)
    return made


def create_user(
    username: str,
    account_number: str,
    role: str,
    password: str,
    display_name: str = "",
    email: str | None = None,
) -> int:
    """Create a person with one profile and return their id; a superuser has a staff profile in that account.

    Raises:
        InvalidInput: a value cannot be used.
        NotFound: there is no account with that number.
        Conflict: somebody has that username, however it is cased.
    """
    display_name = tidy(display_name)
    refuse(
        {
            "username": username_errors(username),
            "account": number_errors(account_number),
            "role": [] if role in ROLES else [FieldError(f"A role is one of {', '.join(ROLES)}.", "role")],
            "name": text_errors(display_name, DISPLAY_NAME_MAX) if display_name else [],
            "email": email_errors(email) if email else [],
            "password": passwords.check_password(password, username),
        }
    )
    password_hash = passwords.hash_password(password)
    with transaction() as session:
        account = session.scalar(select(Account).where(Account.account_number == account_number))
        if account is None:
            raise NotFound(
                f"There is no account {account_number}. See which exist with: plugdeck accounts list"
            )
        if session.scalar(select(User.id).where(User.username_key == fold(username))) is not None:
            raise Conflict(f"The username {username} is taken. Choose another.")
        user = User(
            username=username,
            username_key=fold(username),
            display_name=display_name or username,
            email=email or None,
            password_hash=password_hash,
            is_superuser=role == ROLE_SUPERUSER,
        )
        session.add(user)
        session.flush()
        profile_role = ROLE_STAFF if role == ROLE_SUPERUSER else role
        session.add(UserProfile(user_id=user.id, account_id=account.id, role=profile_role))
        session.flush()
        user_id = user.id
    log.info("user_created", user_id=user_id, role=role)
    return user_id


def set_password(username: str, password: str) -> None:
    """Give a person another password and end their login sessions.

    Raises:
        NotFound: nobody has that username.
        InvalidInput: the password breaks a rule.
    """
    passwords.require_good_password(password, username)
    new_hash = passwords.hash_password(password)
    with transaction() as session:
        user = _get_user(session, username)
        user_id = user.id
        store_password(session, user, new_hash)
    log.info("password_set", user_id=user_id)


def disable_user(username: str) -> None:
    """Keep a person out from their next request on; one who is disabled already stays so.

    Raises:
        NotFound: nobody has that username.
        Conflict: they are the last active superuser.
    """
    with transaction() as session:
        # Two superusers cannot disable each other at the same moment.
        lock_superusers(session)
        user = _get_user(session, username)
        was_in = user.is_active
        user.is_active = False
        user.updated_at = utcnow()
        session.flush()
        if was_in and user.is_superuser:
            keep_one_superuser(session, user.username, "disabled")
        user_id = user.id
        end_sessions_of(session, user_id)
    log.info("user_disabled", user_id=user_id)


def enable_user(username: str) -> None:
    """Let a person in again who was disabled everywhere; where only their profile is disabled, staff enable it.

    Raises:
        NotFound: nobody has that username.
    """
    with transaction() as session:
        user = _get_user(session, username)
        user.is_active = True
        user.updated_at = utcnow()
        user_id = user.id
    log.info("user_enabled", user_id=user_id)


def set_role(username: str, role: str, account_number: str | None = None) -> str:
    """Change what a person may do from their next request on.

    Args:
        username: of the person.
        role: `superuser` in every account, else `member` or `staff` in one, which takes superuser away.
        account_number: in which account; not needed for somebody with one profile.

    Returns:
        The number of the account that the role is for; empty for a superuser.

    Raises:
        NotFound: nobody has that username, or no profile in that account.
        InvalidInput: there is no such role, or the person has several profiles and no account is given.
        Conflict: they are the last active superuser.
    """
    refuse({"role": [] if role in ROLES else [FieldError(f"A role is one of {', '.join(ROLES)}.", "role")]})
    with transaction() as session:
        lock_superusers(session)
        user = _get_user(session, username)
        was_superuser = user.is_superuser
        number = "" if role == ROLE_SUPERUSER else _set_role_in(session, user, role, account_number)
        user.is_superuser = role == ROLE_SUPERUSER
        user.updated_at = utcnow()
        session.flush()
        if was_superuser and role != ROLE_SUPERUSER:
            keep_one_superuser(session, user.username, "demoted")
        user_id = user.id
    log.info("role_set", user_id=user_id, role=role, account=number)
    return number


def _set_role_in(session: Session, user: User, role: str, account_number: str | None) -> str:
    """Give the role to the person's profile in the account, or to their only one; return its account number."""
    statement = (
        select(UserProfile, Account.account_number)
        .join(Account, Account.id == UserProfile.account_id)
        .where(UserProfile.user_id == user.id)
    )
    if account_number:
        refuse({"account": number_errors(account_number)})
        statement = statement.where(Account.account_number == account_number)
    rows = session.execute(statement).all()
    if not rows:
        raise NotFound(f"{user.username} has no profile there. See who is where with: plugdeck users list")
    if len(rows) > 1:
        raise InvalidInput.of(
            "account",
            f"{user.username} works in {len(rows)} accounts. Say in which with --account.",
            "several",
        )
    profile, number = rows[0]
    profile.role, profile.updated_at = role, utcnow()
    return str(number)


def _get_user(session: Session, username: str) -> User:
    user = None
    if is_storable(username):
        user = session.scalar(
            select(User)
            .where(User.username_key == fold(username))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    if user is None:
        raise NotFound(f"There is no user {username!r}. See who exists with: plugdeck users list")
    return user


def _account_exists(session: Session, number: str) -> bool:
    return session.scalar(select(Account.id).where(Account.account_number == number)) is not None


def _free_number(session: Session) -> str:
    for _ in range(_NUMBER_ATTEMPTS):
        digits = f"{secrets.randbelow(10**12):012}"
        number = f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"
        if not _account_exists(session, number):
            return number
    raise Conflict("No free account number was found. Give one with --number.")
