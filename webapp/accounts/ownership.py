"""What all owned records share: owner and account kept true by a composite foreign key, and metadata."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, String, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from webapp.accounts.models import UserProfile
from webapp.core.rules import VERSION_MAX
from webapp.core.text import NAME_MAX
from webapp.db.columns import BigId, OrderedJson, binary_text
from webapp.db.mixins import Timestamped


def name_checks() -> tuple[CheckConstraint, CheckConstraint]:
    """Return the constraints that let the database accept only snake_case names, one per dialect."""
    return (
        CheckConstraint(
            f"length(name) BETWEEN 1 AND {NAME_MAX} AND name NOT GLOB '*[^a-z0-9_]*' "
            "AND name NOT GLOB '_*' AND name NOT GLOB '*_' AND name NOT GLOB '*__*'",
            name="name",
        ).ddl_if(dialect="sqlite"),
        CheckConstraint(
            f"length(name) <= {NAME_MAX} AND name ~ '^[a-z0-9]+(_[a-z0-9]+)*$'", name="name"
        ).ddl_if(dialect="postgresql"),
    )


class Owned(Timestamped):
    """Records of an account: name, description, version, annotations, owner, revision (seed: MetaDataWithOwnership)."""

    name: Mapped[str] = mapped_column(binary_text(NAME_MAX))
    description: Mapped[str] = mapped_column(Text, default="", server_default="")
    version: Mapped[str] = mapped_column(String(VERSION_MAX), default="1.0.0", server_default="1.0.0")
    annotations: Mapped[Any] = mapped_column(OrderedJson, default=list)
    account_id: Mapped[int] = mapped_column(BigId)
    user_profile_id: Mapped[int] = mapped_column(BigId)
    revision: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")

    @declared_attr
    @classmethod
    def user_profile(cls) -> Mapped[UserProfile]:
        """Return the owner."""
        name: str = getattr(cls, "__name__", "")
        return relationship(
            UserProfile,
            foreign_keys=f"{name}.user_profile_id",
            primaryjoin=f"{name}.user_profile_id == UserProfile.id",
            viewonly=True,
        )


def ownership_key(table: str) -> ForeignKeyConstraint:
    """Return the composite foreign key that keeps `account_id` the account of the owner."""
    return ForeignKeyConstraint(
        ["user_profile_id", "account_id"],
        ["user_profiles.id", "user_profiles.account_id"],
        name=f"fk_{table}_owner",
        ondelete="RESTRICT",
    )
