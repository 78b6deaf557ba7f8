"""Running one job under a lease: claim it, report how far it is, end it in the transaction that does its work.

A thread that dies keeps its lease until it runs out; then another one takes the job over from the beginning. That is
safe because what a job does for good happens in one transaction, which also ends the job, and only for who holds the
lease.
"""

from __future__ import annotations

import datetime as dt
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import structlog
from sqlalchemy import CursorResult, delete, or_, select, update
from sqlalchemy.orm import Session

from webapp.core.clock import utcnow
from webapp.core.errors import PlugdeckError
from webapp.db.session import current_session, transaction
from webapp.jobs.models import Job, JobPayload
from webapp.jobs.queries import iter_payload
from webapp.jobs.values import JobOwner, Outcome

LEASE = dt.timedelta(seconds=45)
WRITING_LEASE = dt.timedelta(seconds=150)
"""For the transaction at the end, in which no sign of life can be written."""
REPORT_SECONDS = 0.7
ATTEMPTS_MAX = 3

UNEXPECTED = (
    "Something went wrong on the server. Nothing was written. Try again; if it happens again, tell an admin."
)
GAVE_UP = "The server was stopped each time while this was running. Nothing was written. Start it again."

log = structlog.get_logger(__name__)


class JobCancelled(Exception):
    """The person has stopped the job."""


class LeaseLost(Exception):
    """Another thread has taken the job over, or it is gone."""


@dataclass
class JobRun:
    """One job in the hands of the thread that runs it."""

    id: int
    key: str
    kind: str
    owner: JobOwner | None
    arguments: Mapping[str, Any]
    lease: str
    is_stopping: Callable[[], bool] = field(repr=False, default=lambda: False)
    _reported: float = field(default=0.0, repr=False)
    _stage: str = field(default="", repr=False)
    _ended: bool = field(default=False, repr=False)

    def payload(self) -> Iterator[bytes]:
        """Yield the pieces that the job was given."""
        return iter_payload(current_session(), self.id)

    def report(self, stage: str, done: int = 0, total: int = 0) -> None:
        """Say how far the job is, which is written at most every moment; it ends the read transaction.

        Raises:
            JobCancelled: the person has stopped it.
            LeaseLost: it is not ours any more, or the server stops.
        """
        now = time.monotonic()
        if stage == self._stage and now - self._reported < REPORT_SECONDS:
            return
        self._reported, self._stage = now, stage
        if self.is_stopping():
            raise LeaseLost
        self._update(stage=stage, done=done, total=total, lease_until=utcnow() + LEASE)

    def begin_writing(self, stage: str) -> None:
        """Say that the transaction at the end comes now.

        Raises:
            JobCancelled: the person has stopped it.
            LeaseLost: it is not ours any more.
        """
        self._update(stage=stage, done=0, total=0, lease_until=utcnow() + WRITING_LEASE)

    def end(self, session: Session, outcome: Outcome) -> None:
        """End the job inside the caller's transaction, so that its work and its end are one.

        Raises:
            JobCancelled: the person has stopped it; the caller's transaction has to be taken back.
            LeaseLost: it is not ours any more.
        """
        self._change(session, state=outcome.state, result=dict(outcome.result), **_over())
        if not outcome.keeps_payload:
            _drop_payload(session, self.id)
        self._ended = True

    @property
    def ended(self) -> bool:
        """Tell whether the handler has ended the job itself."""
        return self._ended

    def _update(self, **columns: Any) -> None:
        with transaction() as session:
            self._change(session, **columns)

    def _change(self, session: Session, **columns: Any) -> None:
        mine = (Job.id == self.id, Job.lease == self.lease, Job.state == "running")
        changed = session.execute(
            update(Job).where(*mine, Job.cancel_requested.is_(False)).values(**columns),
            execution_options={"synchronize_session": False},
        )
        if not cast("CursorResult[Any]", changed).rowcount:
            if session.scalar(select(Job.id).where(*mine)) is not None:
                raise JobCancelled
            raise LeaseLost


Handler = Callable[[JobRun], Outcome]


def claim(is_stopping: Callable[[], bool] = lambda: False) -> JobRun | None:
    """Take the oldest job that waits, or that a dead thread has left; None when there is none."""
    session = current_session()
    session.rollback()
    now = utcnow()
    free = or_(Job.state == "queued", (Job.state == "running") & (Job.lease_until < now))
    found = session.scalar(select(Job.id).where(free).order_by(Job.id).limit(1))
    if found is None:
        return None
    lease = secrets.token_hex(8)
    with transaction() as session:
        job = session.scalar(select(Job).where(Job.id == found, free).with_for_update(skip_locked=True))
        if job is None:
            return None
        if job.cancel_requested or job.attempts >= ATTEMPTS_MAX:
            job.state = "cancelled" if job.cancel_requested else "failed"
            job.result = {} if job.cancel_requested else {"message": GAVE_UP}
            job.finished_at = utcnow()
            _drop_payload(session, job.id)
            return None
        job.state, job.lease, job.lease_until = "running", lease, now + LEASE
        job.attempts += 1
        return JobRun(job.id, job.key, job.kind, _owner(job), job.arguments or {}, lease, is_stopping)


def run(job: JobRun, handlers: Mapping[str, Handler]) -> None:
    """Run a claimed job to its end; nothing that a handler raises gets further than its row."""
    try:
        outcome = handlers[job.kind](job)
        if not job.ended:
            with transaction() as session:
                job.end(session, outcome)
    except JobCancelled:
        _finish(job, "cancelled", {})
    except LeaseLost:
        _give_back(job)
    except PlugdeckError as error:
        _finish(job, "failed", {"message": error.message})
    except Exception:
        log.exception("job_failed", kind=job.kind, job=job.key)
        _finish(job, "failed", {"message": UNEXPECTED})


def run_next(handlers: Mapping[str, Handler], is_stopping: Callable[[], bool] = lambda: False) -> bool:
    """Run one job, when there is one; tell whether there was."""
    job = claim(is_stopping)
    if job is None:
        return False
    run(job, handlers)
    return True


def _finish(job: JobRun, state: str, result: Mapping[str, Any]) -> None:
    with transaction() as session:
        session.execute(
            update(Job)
            .where(Job.id == job.id, Job.lease == job.lease, Job.state == "running")
            .values(state=state, result=dict(result), **_over()),
            execution_options={"synchronize_session": False},
        )
        _drop_payload(session, job.id)


def _give_back(job: JobRun) -> None:
    """Let another thread have the job at once, when the server of this one stops."""
    with transaction() as session:
        session.execute(
            update(Job)
            .where(Job.id == job.id, Job.lease == job.lease, Job.state == "running")
            .values(state="queued", lease="", lease_until=None, attempts=Job.attempts - 1, stage=""),
            execution_options={"synchronize_session": False},
        )


def _over() -> dict[str, Any]:
    return {"finished_at": utcnow(), "lease": "", "lease_until": None, "stage": ""}


def _drop_payload(session: Session, job_id: int) -> None:
    session.execute(
        delete(JobPayload).where(JobPayload.job_id == job_id),
        execution_options={"synchronize_session": False},
    )


def _owner(job: Job) -> JobOwner | None:
    if job.user_id is None or job.user_profile_id is None or job.account_id is None:
        return None
    return JobOwner(job.user_id, job.user_profile_id, job.account_id)
