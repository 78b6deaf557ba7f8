"""Tags of an account and their place on plugins."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.rules import TAG_MAX
from webapp.db.columns import BigId, binary_text, pk
from webapp.extensions import Base

# NFKC and casefold can make one character eighteen.
TAG_KEY_MAX = 18 * TAG_MAX


class Tag(Base):
    """A word for finding plugins: unique per account by its folded key, spelled as first given.

    `uses` counts the records that carry it and are not in the bin; the writing transaction keeps it.
    """

    __tablename__ = "tags"

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("accounts.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(TAG_MAX))
    key: Mapped[str] = mapped_column(binary_text(TAG_KEY_MAX))
    uses: Mapped[int] = mapped_column(Integer, default=0, server_default="0")

    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        UniqueConstraint("id", "account_id"),
        Index("ix_tags_account_uses", "account_id", "uses"),
        CheckConstraint("uses >= 0", name="uses"),
        CheckConstraint("length(name) >= 1", name="name"),
        {"sqlite_autoincrement": True},
    )


class TagAlias(Base):
    """Another word for a tag: whoever writes it gets the tag. It is never the name of a tag as well (ADR 0017)."""

    __tablename__ = "tag_aliases"

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(BigId)
    tag_id: Mapped[int] = mapped_column(BigId)
    name: Mapped[str] = mapped_column(String(TAG_MAX))
    key: Mapped[str] = mapped_column(binary_text(TAG_KEY_MAX))

    __table_args__ = (
        ForeignKeyConstraint(
            ["tag_id", "account_id"],
            ["tags.id", "tags.account_id"],
            name="fk_tag_aliases_tag",
            ondelete="CASCADE",
        ),
        UniqueConstraint("account_id", "key"),
        Index("ix_tag_aliases_tag", "tag_id", "account_id"),
        CheckConstraint("length(name) >= 1", name="name"),
        {"sqlite_autoincrement": True},
    )


class PluginTag(Base):
    """One tag on one plugin, in the order the person wrote them; both belong to the same account."""

    __tablename__ = "plugin_tags"

    plugin_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tag_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId)
    position: Mapped[int] = mapped_column(Integer)

    tag: Mapped[Tag] = relationship(
        lazy="joined",
        innerjoin=True,
        viewonly=True,
        # With the plugin its tags are read anew: somebody else may have spelled one of them in another way.
        cascade="refresh-expire",
        primaryjoin="foreign(PluginTag.tag_id) == Tag.id",
    )

    __table_args__ = (
        ForeignKeyConstraint(
            ["plugin_id", "account_id"],
            ["plugin_meta.id", "plugin_meta.account_id"],
            name="fk_plugin_tags_plugin",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["tag_id", "account_id"],
            ["tags.id", "tags.account_id"],
            name="fk_plugin_tags_tag",
            ondelete="CASCADE",
        ),
        Index("ix_plugin_tags_tag", "tag_id", "plugin_id"),
    )
