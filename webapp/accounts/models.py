"""Account, User, UserProfile and what signing in needs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.clock import utcnow
from webapp.db.columns import (
    BigId,
    OrderedJson,
    UtcDateTime,
    binary_text,
    created,
    flag_off,
    flag_on,
    moment,
    pk,
)
from webapp.db.mixins import Timestamped
from webapp.extensions import Base

PLATFORM_ACCOUNT_NUMBER = "3141-5926-5359"
ROLE_MEMBER = "member"
ROLE_STAFF = "staff"
ROLE_SUPERUSER = "superuser"
ROLES = (ROLE_MEMBER, ROLE_STAFF, ROLE_SUPERUSER)

_LIVE = text("deleted_at IS NULL")
_NUMBER_GLOB = "-".join(["[0-9]" * 4] * 3)


class Installation(Base):
    """The single row that tells this installation, and this state of its data, from any other (cache keys)."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    identity: Mapped[str] = mapped_column(String(32))
    epoch: Mapped[int] = mapped_column(BigInteger, default=1, server_default="1")

    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)


class Account(Timestamped, Base):
    """A tenant. Its generation is raised by every write that changes what its pages show."""

    __tablename__ = "accounts"

    id: Mapped[pk]
    account_number: Mapped[str] = mapped_column(binary_text(14), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    is_active: Mapped[flag_on]
    generation: Mapped[int] = mapped_column(BigInteger, default=1, server_default="1")

    __table_args__ = (
        CheckConstraint(f"account_number GLOB '{_NUMBER_GLOB}'", name="account_number").ddl_if(
            dialect="sqlite"
        ),
        CheckConstraint("account_number ~ '^[0-9]{4}-[0-9]{4}-[0-9]{4}$'", name="account_number").ddl_if(
            dialect="postgresql"
        ),
        {"sqlite_autoincrement": True},
    )


class User(Timestamped, Base):
    """A person; usernames are global and compared case-insensitively."""

    __tablename__ = "users"

    id: Mapped[pk]
    username: Mapped[str] = mapped_column(String(150))
    username_key: Mapped[str] = mapped_column(binary_text(200), unique=True)
    display_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    email: Mapped[str | None] = mapped_column(String(254))
    password_hash: Mapped[str] = mapped_column(String(255))
    is_superuser: Mapped[flag_off]
    is_active: Mapped[flag_on]
    preferences: Mapped[Any] = mapped_column(OrderedJson, default=dict)

    profiles: Mapped[list[UserProfile]] = relationship(back_populates="user")

    __table_args__ = ({"sqlite_autoincrement": True},)


class UserProfile(Timestamped, Base):
    """A person's place and role in one account; owner of records."""

    __tablename__ = "user_profiles"

    id: Mapped[pk]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="RESTRICT"))
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("accounts.id", ondelete="RESTRICT"), index=True)
    role: Mapped[str] = mapped_column(String(20), default=ROLE_MEMBER)
    # A person may be kept out of one account and go on working in another.
    is_active: Mapped[flag_on]
    last_seen_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    # Raised by every star that is given or taken back; 0 means that there never was one.
    star_generation: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")

    user: Mapped[User] = relationship(back_populates="profiles")
    account: Mapped[Account] = relationship()

    __table_args__ = (
        UniqueConstraint("user_id", "account_id"),
        # The target of the composite foreign keys that keep a record's account true to its owner's.
        UniqueConstraint("id", "account_id"),
        CheckConstraint("role IN ('member', 'staff')", name="role"),
        {"sqlite_autoincrement": True},
    )


class LoginSession(Base):
    """One signed-in browser. The cookie holds a random id; only its hash is stored."""

    __tablename__ = "login_sessions"

    id: Mapped[pk]
    token_hash: Mapped[str] = mapped_column(binary_text(64), unique=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    user_profile_id: Mapped[int] = mapped_column(BigId)
    account_id: Mapped[int] = mapped_column(BigId)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utcnow)
    last_seen_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utcnow)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
    user_agent: Mapped[str] = mapped_column(String(300), default="", server_default="")

    __table_args__ = (
        ForeignKeyConstraint(
            ["user_profile_id", "account_id"],
            ["user_profiles.id", "user_profiles.account_id"],
            name="fk_login_sessions_profile",
            ondelete="CASCADE",
        ),
        {"sqlite_autoincrement": True},
    )


class Invitation(Base):
    """A link that lets its holder join an account once. Only the hash of its token is stored."""

    __tablename__ = "invitations"

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(BigId)
    invited_by_id: Mapped[int] = mapped_column(BigId)
    token_hash: Mapped[str] = mapped_column(binary_text(64), unique=True)
    # Whom it is meant for, as the inviting person calls them.
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[created]
    expires_at: Mapped[moment]
    used_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        ForeignKeyConstraint(
            ["invited_by_id", "account_id"],
            ["user_profiles.id", "user_profiles.account_id"],
            name="fk_invitations_invited_by",
            ondelete="CASCADE",
        ),
        CheckConstraint("role IN ('member', 'staff')", name="role"),
        Index("ix_invitations_account", "account_id", "expires_at"),
        {"sqlite_autoincrement": True},
    )


class RateLimit(Base):
    """A counter of attempts within a window, shared by all workers when there is no cache server."""

    __tablename__ = "rate_limits"

    key: Mapped[str] = mapped_column(binary_text(200), primary_key=True)
    hits: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)


class Draft(Base):
    """What a person has typed and not saved: their session ended, or the form was kept while they were typing."""

    __tablename__ = "drafts"

    id: Mapped[pk]
    token: Mapped[str] = mapped_column(binary_text(64), unique=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"))
    # In which of their accounts it was typed; NULL when a session ended, which the address leads back to.
    profile_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("user_profiles.id", ondelete="CASCADE"), nullable=True
    )
    path: Mapped[str] = mapped_column(String(500))
    # One sealed text: what was being typed may hold the value of a secret.
    fields: Mapped[Any] = mapped_column(OrderedJson)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utcnow)

    __table_args__ = (
        Index("ix_drafts_user", "user_id", "path"),
        Index("ix_drafts_profile", "profile_id", "path"),
        {"sqlite_autoincrement": True},
    )


class SavedView(Timestamped, Base):
    """A state of the plugin list under a name: a profile's own, or shared with its account.

    `query` is the query string of the list in canonical form. What was deleted stays for a day, so that it can come
    back.
    """

    __tablename__ = "saved_views"

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(BigId)
    user_profile_id: Mapped[int] = mapped_column(BigId)
    name: Mapped[str] = mapped_column(String(64))
    name_key: Mapped[str] = mapped_column(binary_text(200))
    query: Mapped[str] = mapped_column(Text)
    is_shared: Mapped[flag_off]
    deleted_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        ForeignKeyConstraint(
            ["user_profile_id", "account_id"],
            ["user_profiles.id", "user_profiles.account_id"],
            name="fk_saved_views_profile",
            ondelete="CASCADE",
        ),
        # The target of the foreign key that keeps a default inside its account.
        UniqueConstraint("id", "account_id"),
        Index(
            "uq_saved_views_name",
            "user_profile_id",
            "name_key",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index("ix_saved_views_account", "account_id", "is_shared"),
        {"sqlite_autoincrement": True},
    )


class DefaultView(Base):
    """Which view the plugin list begins with for a profile; no row for those who have chosen none."""

    __tablename__ = "default_views"

    user_profile_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(BigId)
    saved_view_id: Mapped[int] = mapped_column(BigId, index=True)

    __table_args__ = (
        ForeignKeyConstraint(
            ["user_profile_id", "account_id"],
            ["user_profiles.id", "user_profiles.account_id"],
            name="fk_default_views_profile",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["saved_view_id", "account_id"],
            ["saved_views.id", "saved_views.account_id"],
            name="fk_default_views_view",
            ondelete="CASCADE",
        ),
    )
