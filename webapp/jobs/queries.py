"""Reading jobs: a person sees their own, in the account that they work in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.core.errors import NotFound
from webapp.jobs.models import Job, JobPayload
from webapp.jobs.values import JobOwner, ShownJob

LISTED = 10


def get_job(session: Session, owner: JobOwner, key: str) -> ShownJob:
    """Return a job of the person; raises NotFound for any other."""
    row = session.scalar(select(Job).where(Job.key == key, *belongs_to(owner)))
    if row is None:
        raise NotFound
    return _shown(row, row.result)


def list_jobs(session: Session, owner: JobOwner, prefix: str) -> list[ShownJob]:
    """Return the person's latest jobs whose kind begins with `prefix`, newest first, without their results."""
    statement = (
        select(*(column for column in Job.__table__.c if column.name != "result"))
        .where(Job.kind.startswith(prefix, autoescape=True), *belongs_to(owner))
        .order_by(Job.id.desc())
        .limit(LISTED)
    )
    return [_shown(row, {}) for row in session.execute(statement)]


def count_states(session: Session) -> dict[str, int]:
    """Return how many jobs are in each state, whoever they belong to: for operators, and nothing of what they hold."""
    rows = session.execute(select(Job.state, func.count()).group_by(Job.state))
    return {row[0]: row[1] for row in rows}


def has_payload(session: Session, key: str) -> bool:
    """Tell whether what a job was given is still there."""
    statement = select(JobPayload.id).join(Job, Job.id == JobPayload.job_id).where(Job.key == key).limit(1)
    return session.scalar(statement) is not None


def iter_payload(session: Session, job_id: int) -> Iterator[bytes]:
    """Yield the pieces of what a job was given, in their order, one at a time."""
    positions = session.scalars(
        select(JobPayload.position).where(JobPayload.job_id == job_id).order_by(JobPayload.position)
    ).all()
    for position in positions:
        yield session.scalars(
            select(JobPayload.content).where(JobPayload.job_id == job_id, JobPayload.position == position)
        ).one()


def belongs_to(owner: JobOwner) -> tuple[Any, ...]:
    """Return the conditions under which a job is a person's own."""
    return Job.user_id == owner.user_id, Job.account_id == owner.account_id


def _shown(row: Any, result: Any) -> ShownJob:
    return ShownJob(
        key=row.key,
        kind=row.kind,
        title=row.title,
        state=row.state,
        stage=row.stage,
        done=row.done,
        total=row.total,
        cancel_requested=row.cancel_requested,
        created_at=row.created_at,
        finished_at=row.finished_at,
        arguments=row.arguments or {},
        result=result or {},
    )
