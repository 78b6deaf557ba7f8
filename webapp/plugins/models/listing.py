"""Rows that make lists fast: the searchable text and the counts that the writing transaction keeps."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.columns import BigId
from webapp.extensions import Base


class PluginSearch(Base):
    """The folded name, description and tags of a plugin, indexed by trigrams within its account.

    `plugin_id` and `account_id` repeat the record's. Rows in the bin have no search row. On SQLite the migration
    adds the FTS5 table `plugin_search_fts` with triggers that follow this one; `scope` is the account as a word of
    three or more characters ("<9ix>"), so that the trigram index can narrow to it.
    """

    __tablename__ = "plugin_search"

    plugin_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("plugin_meta.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    account_id: Mapped[int] = mapped_column(BigId)
    scope: Mapped[str] = mapped_column(String(24))
    body: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        Index(
            "ix_plugin_search_trigrams",
            "account_id",
            "body",
            postgresql_using="gin",
            postgresql_ops={"body": "gin_trgm_ops"},
        ).ddl_if(dialect="postgresql"),
    )


class PluginTally(Base):
    """How many records that are not in the bin an owner has per class and readiness; kept by deltas."""

    __tablename__ = "plugin_tallies"

    account_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    user_profile_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("user_profiles.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    plugin_class: Mapped[str] = mapped_column(String(10), primary_key=True)
    readiness: Mapped[str] = mapped_column(String(10), primary_key=True)
    records: Mapped[int] = mapped_column(Integer, default=0)

    __table_args__ = (CheckConstraint("records >= 0", name="records"),)
