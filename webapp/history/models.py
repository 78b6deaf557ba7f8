"""Revisions: what a record looked like after each write, and who made it so; units of many writes; their sources."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.columns import BigId, OrderedJson, created, pk, text
from webapp.extensions import Base

ACTIONS = ("create", "update", "delete", "restore")
ORIGINS = ("form", "inline", "manifest", "cli")


def _alone(name: str, *columns: str) -> Index:
    """Return an index of the writes that are no part of an act."""
    where = sql_text("unit_id IS NULL")
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


class Unit(Base):
    """Many writes that were one act, such as an applied upload: one line in the feed, taken back as a whole."""

    __tablename__ = "history_units"

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("accounts.id", ondelete="CASCADE"))
    actor_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id", ondelete="SET NULL"))
    actor_name: Mapped[text]
    origin: Mapped[str] = mapped_column(String(20))
    at: Mapped[created]
    # What was done, as the feed says it: "Applied plugins.yaml".
    title: Mapped[text]
    reason: Mapped[text]
    # How many records it wrote.
    records: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    # What it did to which kinds, and how often: "create:pluginmeta=31 update:secret=2"; see `history.tally`.
    tally: Mapped[text]
    # The act that this one took back; None for any other.
    undoes_id: Mapped[int | None] = mapped_column(BigId)

    __table_args__ = (
        Index("ix_history_units_account_at", "account_id", "at", "id"),
        Index("ix_history_units_undoes", "undoes_id"),
        {"sqlite_autoincrement": True},
    )


class UnitSource(Base):
    """A text that was applied as it was uploaded, comments and all, with the values of secrets masked."""

    __tablename__ = "history_sources"

    id: Mapped[pk]
    unit_id: Mapped[int] = mapped_column(BigId, ForeignKey("history_units.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[text]
    content: Mapped[text]

    __table_args__ = (
        Index("uq_history_sources_position", "unit_id", "position", unique=True),
        {"sqlite_autoincrement": True},
    )


class Revision(Base):
    """One write of one record; it outlives the record, so it holds no foreign key to it."""

    __tablename__ = "revisions"

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("accounts.id", ondelete="CASCADE"))
    record_kind: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[int] = mapped_column(BigId)
    revision: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id", ondelete="SET NULL"))
    actor_name: Mapped[text]
    origin: Mapped[str] = mapped_column(String(20))
    at: Mapped[created]
    # Why, in the writer's words; mostly empty.
    reason: Mapped[text]
    # The act that this write was a part of; None when it stands alone. A unit goes only with its account, as this does.
    unit_id: Mapped[int | None] = mapped_column(BigId)
    # The revision whose text this write brought back; None for any other.
    restored: Mapped[int | None] = mapped_column(BigInteger)
    snapshot: Mapped[Any] = mapped_column(OrderedJson)
    changed: Mapped[Any] = mapped_column(OrderedJson)

    __table_args__ = (
        Index("uq_revisions_record", "record_kind", "record_id", "revision", unique=True),
        # The feed walks along these: the writes of an act stand in it as one line, which `history_units` holds.
        # What follows the id is only filtered by, so that rows that do not match are never read.
        _alone("ix_revisions_alone", "account_id", "at", "id", "action", "origin"),
        _alone(
            "ix_revisions_alone_actor",
            "account_id",
            "actor_id",
            "at",
            "id",
            "record_kind",
            "action",
            "origin",
        ),
        _alone("ix_revisions_alone_kind", "account_id", "record_kind", "at", "id", "action", "origin"),
        _alone("ix_revisions_alone_everywhere", "at", "id", "actor_id", "record_kind", "action", "origin"),
        Index("ix_revisions_unit", "unit_id", "record_kind", "record_id"),
        CheckConstraint("action IN ('create', 'update', 'delete', 'restore')", name="action"),
        CheckConstraint("revision >= 1", name="revision"),
        {"sqlite_autoincrement": True},
    )
