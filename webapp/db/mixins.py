"""Small mixins, one idea each."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.clock import utcnow
from webapp.db.columns import UtcDateTime


class Timestamped:
    """Rows that know when they were made and last changed (seed: TimestampedModel)."""

    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utcnow)
