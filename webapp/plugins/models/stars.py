"""Stars: what a person marks for themselves; nobody else sees them, and they are no part of the record."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.clock import utcnow
from webapp.db.columns import BigId, UtcDateTime
from webapp.extensions import Base


class Star(Base):
    """A plugin that a profile has starred. A plugin in the bin keeps its stars; they go when it is removed."""

    __tablename__ = "stars"

    user_profile_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("user_profiles.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    plugin_id: Mapped[int] = mapped_column(
        BigId,
        ForeignKey("plugin_meta.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    )
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utcnow)
