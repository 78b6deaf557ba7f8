"""Reads of invitations. One is worth what its inviter is: it holds as long as they may invite."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer, role_label
from webapp.accounts.models import ROLE_STAFF, Account, Invitation, User, UserProfile
from webapp.accounts.sessions import hash_token
from webapp.core.clock import utcnow
from webapp.core.locators import format_locator, parse_locator

INVITATION_KIND = "invitation"

_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,100}")


@dataclass(frozen=True)
class Invited:
    """An invitation that can be used now."""

    id: int
    name: str
    role: str
    expires_at: dt.datetime
    account_id: int
    account_name: str
    account_number: str
    invited_by: str

    @property
    def key(self) -> str:
        """Return what stands for the invitation in addresses."""
        return format_locator(INVITATION_KIND, self.id)

    @property
    def role_label(self) -> str:
        """Return the role as a person reads it."""
        return role_label(self.role)


def parse_invitation_key(key: str) -> int | None:
    """Return the id of the invitation that a key stands for, or None."""
    return parse_locator(key, INVITATION_KIND)


def find_invitation(session: Session, token: str) -> Invited | None:
    """Return the invitation that a token stands for; None when it is unknown, used, revoked or over."""
    if not _TOKEN.fullmatch(token):
        return None
    row = session.execute(_open().where(Invitation.token_hash == hash_token(token))).one_or_none()
    return None if row is None else _invited(row)


def list_open_invitations(session: Session, viewer: Viewer) -> list[Invited]:
    """Return the invitations to the viewer's account that can still be used, the newest first."""
    rows = session.execute(
        _open().where(Invitation.account_id == viewer.account_id).order_by(Invitation.id.desc())
    )
    return [_invited(row) for row in rows]


def _open() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Invitation.id,
            Invitation.name,
            Invitation.role,
            Invitation.expires_at,
            Account.id.label("account_id"),
            Account.name.label("account_name"),
            Account.account_number,
            User.display_name,
            User.username,
        )
        .join(Account, Account.id == Invitation.account_id)
        .join(UserProfile, UserProfile.id == Invitation.invited_by_id)
        .join(User, User.id == UserProfile.user_id)
        .where(
            Account.is_active,
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > utcnow(),
            UserProfile.is_active,
            User.is_active,
            or_(UserProfile.role == ROLE_STAFF, User.is_superuser),
        )
    )


def _invited(row: Any) -> Invited:
    return Invited(
        row.id,
        row.name,
        row.role,
        row.expires_at,
        row.account_id,
        row.account_name,
        row.account_number,
        row.display_name or row.username,
    )
