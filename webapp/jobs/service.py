"""Asking for jobs, stopping them and clearing them away."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, cast

from sqlalchemy import CursorResult, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from webapp.core.clock import utcnow
from webapp.core.errors import NotFound
from webapp.db.session import transaction
from webapp.jobs.models import Job, JobPayload
from webapp.jobs.queries import belongs_to
from webapp.jobs.values import OPEN_STATES, JobOwner, State

KEPT_FOR = dt.timedelta(days=7)
"""How long a job that is over stays on its page."""
NEXT = "next"
PAYLOAD_KEPT_FOR = dt.timedelta(hours=24)
"""How long what a job was given waits for the job that goes on with it."""


def enqueue(
    kind: str,
    owner: JobOwner | None,
    *,
    title: str,
    arguments: Mapping[str, Any] | None = None,
    payload: Iterable[bytes] = (),
) -> str:
    """Ask for a job; return the key that finds it. Without an owner it is the installation's own.

    Args:
        kind: that a handler is registered for.
        owner: whose job it is.
        title: what it is about, as its page says it.
        arguments: plain JSON for the handler.
        payload: sealed pieces for the handler, stored one at a time.
    """
    with transaction() as session:
        job = _new(kind, owner, title, arguments)
        session.add(job)
        session.flush()
        for position, content in enumerate(payload):
            session.execute(
                insert(JobPayload), [{"job_id": job.id, "position": position, "content": content}]
            )
        return job.key


def go_on(
    key: str, kind: str, owner: JobOwner, *, title: str, arguments: Mapping[str, Any] | None = None
) -> str:
    """Ask for a job that takes over what another one of the person was given; return its key.

    The earlier one remembers it as `next` in its result: asked a second time, the same key is returned.

    Raises:
        NotFound: there is no such job, it is not over, or what it was given is gone.
    """
    with transaction() as session:
        before = session.scalar(select(Job).where(Job.key == key, *belongs_to(owner)).with_for_update())
        if before is None or before.state in OPEN_STATES:
            raise NotFound
        if NEXT in before.result:
            return str(before.result[NEXT])
        job = _new(kind, owner, title, arguments)
        session.add(job)
        session.flush()
        moved = session.execute(
            update(JobPayload).where(JobPayload.job_id == before.id).values(job_id=job.id),
            execution_options={"synchronize_session": False},
        )
        if not cast("CursorResult[Any]", moved).rowcount:
            raise NotFound
        before.result = {**before.result, NEXT: job.key}
        return job.key


def request_cancel(owner: JobOwner, key: str) -> State:
    """Stop a job: one that waits at once, one that runs as soon as it asks; return the state that it is in now.

    Raises:
        NotFound: the person has no such job.
    """
    with transaction() as session:
        job = session.scalar(select(Job).where(Job.key == key, *belongs_to(owner)).with_for_update())
        if job is None:
            raise NotFound
        if job.state == "queued":
            job.state, job.finished_at = "cancelled", utcnow()
            _drop_payload(session, job.id)
        elif job.state == "running":
            job.cancel_requested = True
        return cast(State, job.state)


def ensure_recent(kind: str, title: str, every: dt.timedelta) -> bool:
    """Ask for a job of the installation unless there was one of its kind within `every`; tell whether it was asked for.

    Two processes may ask at the same moment; such jobs bear to run twice.
    """
    with transaction() as session:
        last = session.execute(
            select(Job.created_at).where(Job.kind == kind).order_by(Job.id.desc()).limit(1)
        ).scalar_one_or_none()
        if last is not None and last > utcnow() - every:
            return False
        session.add(_new(kind, None, title, None))
        return True


def forget_old(session: Session) -> None:
    """Remove jobs that were over long ago, and what waits for nobody, inside the caller's transaction."""
    now = utcnow()
    over = select(Job.id).where(Job.state.not_in(OPEN_STATES), Job.finished_at <= now - PAYLOAD_KEPT_FOR)
    session.execute(
        delete(JobPayload).where(JobPayload.job_id.in_(over.scalar_subquery())),
        execution_options={"synchronize_session": False},
    )
    own = (Job.user_id.is_(None)) & (Job.finished_at <= now - PAYLOAD_KEPT_FOR)
    session.execute(
        delete(Job).where(Job.state.not_in(OPEN_STATES), or_(own, Job.finished_at <= now - KEPT_FOR)),
        execution_options={"synchronize_session": False},
    )


def _drop_payload(session: Session, job_id: int) -> None:
    session.execute(
        delete(JobPayload).where(JobPayload.job_id == job_id),
        execution_options={"synchronize_session": False},
    )


def _new(kind: str, owner: JobOwner | None, title: str, arguments: Mapping[str, Any] | None) -> Job:
    return Job(
        key=secrets.token_hex(12),
        kind=kind,
        account_id=owner.account_id if owner else None,
        user_id=owner.user_id if owner else None,
        user_profile_id=owner.profile_id if owner else None,
        title=title,
        arguments=dict(arguments or {}),
    )
