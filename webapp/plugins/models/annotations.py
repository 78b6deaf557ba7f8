"""Annotations as rows, so that a list can be filtered by them; the record keeps them as they were written."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.annotations import ANNOTATION_INDEXED_MAX, ANNOTATION_KEY_MAX
from webapp.db.columns import BigId, binary_text
from webapp.extensions import Base


class PluginAnnotation(Base):
    """One annotation of a live plugin, for filters; `value_key` is `core.annotations.annotation_value_key`.

    Like the searchable text it follows the record in the writing transaction, and a record in the bin has none.
    """

    __tablename__ = "plugin_annotations"

    plugin_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId)
    key: Mapped[str] = mapped_column(binary_text(ANNOTATION_KEY_MAX))
    value_key: Mapped[str] = mapped_column(binary_text(ANNOTATION_INDEXED_MAX))

    __table_args__ = (
        ForeignKeyConstraint(
            ["plugin_id", "account_id"],
            ["plugin_meta.id", "plugin_meta.account_id"],
            name="fk_plugin_annotations_plugin",
            ondelete="CASCADE",
        ),
        Index("ix_plugin_annotations_found", "account_id", "key", "value_key", "plugin_id"),
    )
