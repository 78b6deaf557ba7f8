"""Nobody may take the last superuser away who can sign in."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.models import Account, User, UserProfile
from webapp.core.errors import Conflict


def lock_superusers(session: Session) -> None:
    """Let writers who take superusers away come one after the other, inside the caller's transaction."""
    session.scalars(select(User.id).where(User.is_superuser).order_by(User.id).with_for_update()).all()


def keep_one_superuser(session: Session, username: str, done: str) -> None:
    """Refuse what was just written when no superuser is left who can sign in.

    Args:
        session: of the transaction, in which the change is flushed already.
        username: whom the change was about.
        done: what cannot be done to them, such as "disabled".

    Raises:
        Conflict: nobody is left; the transaction takes the change back.
    """
    lock_superusers(session)
    left = session.scalar(
        select(User.id)
        .join(UserProfile, UserProfile.user_id == User.id)
        .join(Account, Account.id == UserProfile.account_id)
        .where(User.is_superuser, User.is_active, UserProfile.is_active, Account.is_active)
        .limit(1)
    )
    if left is None:
        raise Conflict(
            f"{username} is the last active superuser and cannot be {done}. Create another one first."
        )
