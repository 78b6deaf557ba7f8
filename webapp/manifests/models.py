"""What manifests leave behind beside the records: from which source each was applied last."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.columns import BigId, binary_text, created, pk
from webapp.extensions import Base

SOURCE_MAX = 100


class AppliedSource(Base):
    """The source that a record was last applied from, such as the name of a repository; it is what `--prune` asks.

    It outlives the record, so it holds no foreign key to it.
    """

    __tablename__ = "applied_sources"

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("accounts.id", ondelete="CASCADE"))
    record_kind: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[int] = mapped_column(BigId)
    source: Mapped[str] = mapped_column(binary_text(SOURCE_MAX))
    at: Mapped[created]

    __table_args__ = (
        Index("uq_applied_sources_record", "record_kind", "record_id", unique=True),
        Index("ix_applied_sources_source", "account_id", "source"),
        {"sqlite_autoincrement": True},
    )
