"""The rows of jobs and of what they were given."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.columns import BigId, OrderedJson, UtcDateTime, counter, created, flag_off, pk, text
from webapp.extensions import Base

KEY_MAX = 32
KIND_MAX = 40


class Job(Base):
    """Work to do, being done or done. `lease` names the thread that runs it, until `lease_until`.

    A job without a person is the installation's own.
    """

    __tablename__ = "jobs"

    id: Mapped[pk]
    key: Mapped[str] = mapped_column(String(KEY_MAX), unique=True)
    kind: Mapped[str] = mapped_column(String(KIND_MAX))
    account_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("accounts.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"))
    user_profile_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("user_profiles.id", ondelete="CASCADE")
    )
    title: Mapped[text]
    state: Mapped[str] = mapped_column(String(12), default="queued")
    # What is being done, in words, and how much of it.
    stage: Mapped[text]
    done: Mapped[counter]
    total: Mapped[counter]
    cancel_requested: Mapped[flag_off]
    lease: Mapped[str] = mapped_column(String(KEY_MAX), default="", server_default="")
    lease_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    created_at: Mapped[created]
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    arguments: Mapped[Any] = mapped_column(OrderedJson, default=dict)
    result: Mapped[Any] = mapped_column(OrderedJson, default=dict)

    __table_args__ = (
        Index("ix_jobs_state", "state", "lease_until"),
        Index("ix_jobs_owner", "user_id", "account_id", "id"),
        Index("ix_jobs_kind", "kind", "id"),
        CheckConstraint(
            "state IN ('queued', 'running', 'done', 'refused', 'failed', 'cancelled')", name="state"
        ),
        {"sqlite_autoincrement": True},
    )


class JobPayload(Base):
    """A piece of what a job was given, sealed: texts of manifests may hold secrets. It goes when the job is over."""

    __tablename__ = "job_payloads"

    id: Mapped[pk]
    job_id: Mapped[int] = mapped_column(BigId, ForeignKey("jobs.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        Index("uq_job_payloads_position", "job_id", "position", unique=True),
        {"sqlite_autoincrement": True},
    )
