"""Running jobs: who takes one, how it ends, what happens when its thread dies or its person stops it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from webapp.accounts.models import Account
from webapp.core.clock import utcnow
from webapp.core.errors import Conflict, NotFound
from webapp.db.session import transaction
from webapp.jobs import service
from webapp.jobs.models import Job, JobPayload
from webapp.jobs.queries import get_job, list_jobs
from webapp.jobs.running import GAVE_UP, UNEXPECTED, JobCancelled, JobRun, LeaseLost, claim, run, run_next
from webapp.jobs.thread import JobThread, Periodic
from webapp.jobs.values import JobOwner, Outcome


@pytest.fixture
def owner(session: Session) -> JobOwner:
    """Return somebody who asks for jobs."""
    return _owner(factories.person())


def _owner(person: Person) -> JobOwner:
    return JobOwner(factories.viewer_of(person).user_id, person.profile_id, person.account.id)


def _ask(owner: JobOwner | None, **more: Any) -> str:
    return service.enqueue("test", owner, title="a.yaml", payload=[b"one", b"two"], **more)


def _lose_lease(session: Session) -> None:
    with transaction() as writing:
        writing.execute(update(Job).values(lease_until=utcnow() - dt.timedelta(seconds=1)))


def _pieces(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(JobPayload)) or 0


def _run_with(handler: Callable[[JobRun], Outcome]) -> None:
    assert run_next({"test": handler})


def test_a_job_is_given_its_payload_and_leaves_a_result(session: Session, owner: JobOwner) -> None:
    key = _ask(owner, arguments={"how": "well"})
    seen: list[Any] = []

    def handler(job: JobRun) -> Outcome:
        seen.append((list(job.payload()), job.arguments, job.owner))
        job.report("Half way", 1, 2)
        found = get_job(session, owner, key)
        seen.append((found.state, found.stage, found.percent))
        return Outcome("done", {"answer": 42})

    _run_with(handler)
    assert seen == [([b"one", b"two"], {"how": "well"}, owner), ("running", "Half way", 50)]
    found = get_job(session, owner, key)
    assert (found.state, found.result, found.is_open) == ("done", {"answer": 42}, False)
    assert _pieces(session) == 0
    assert not run_next({})


def test_two_threads_never_run_the_same_job(owner: JobOwner) -> None:
    _ask(owner)
    assert claim() is not None
    assert claim() is None


def test_the_oldest_job_comes_first(owner: JobOwner) -> None:
    keys = [_ask(owner), _ask(owner)]
    assert [job.key for job in (claim(), claim()) if job] == keys


def test_a_job_of_a_dead_thread_is_taken_over_and_the_dead_one_can_do_nothing(
    session: Session, owner: JobOwner
) -> None:
    key = _ask(owner)
    dead = claim()
    assert dead is not None
    _lose_lease(session)
    taken = claim()
    assert taken is not None
    assert taken.key == key
    with pytest.raises(LeaseLost):
        dead.report("Still here")
    with pytest.raises(LeaseLost), transaction() as writing:
        writing.execute(update(Account).values(name="Written by a dead one"))
        dead.end(writing, Outcome("done"))
    session.rollback()
    assert "Written by a dead one" not in session.scalars(select(Account.name)).all()
    run(taken, {"test": lambda _job: Outcome("done")})
    assert get_job(session, owner, key).state == "done"


def test_a_job_that_kills_its_server_each_time_is_given_up(session: Session, owner: JobOwner) -> None:
    key = _ask(owner)
    for _ in range(3):
        assert claim() is not None
        _lose_lease(session)
    assert claim() is None
    found = get_job(session, owner, key)
    assert (found.state, found.result) == ("failed", {"message": GAVE_UP})
    assert _pieces(session) == 0


def test_a_job_that_waits_is_stopped_at_once(session: Session, owner: JobOwner) -> None:
    key = _ask(owner)
    assert service.request_cancel(owner, key) == "cancelled"
    assert claim() is None
    assert _pieces(session) == 0
    assert service.request_cancel(owner, key) == "cancelled"


def test_a_job_that_runs_is_stopped_when_it_reports(session: Session, owner: JobOwner) -> None:
    key = _ask(owner)

    def handler(job: JobRun) -> Outcome:
        assert service.request_cancel(owner, key) == "running"
        job.report("Next step")
        raise AssertionError

    _run_with(handler)
    assert get_job(session, owner, key).state == "cancelled"
    assert _pieces(session) == 0


def test_what_a_stopped_job_wrote_in_its_last_transaction_is_taken_back(
    session: Session, owner: JobOwner
) -> None:
    key = _ask(owner)

    def handler(job: JobRun) -> Outcome:
        service.request_cancel(owner, key)
        with pytest.raises(JobCancelled), transaction() as writing:
            writing.execute(update(Account).values(name="Never"))
            job.end(writing, Outcome("done"))
        raise JobCancelled

    _run_with(handler)
    session.rollback()
    assert "Never" not in session.scalars(select(Account.name)).all()
    assert get_job(session, owner, key).state == "cancelled"


def test_a_job_that_is_over_cannot_be_stopped(owner: JobOwner) -> None:
    key = _ask(owner)
    _run_with(lambda _job: Outcome("done"))
    assert service.request_cancel(owner, key) == "done"


@pytest.mark.parametrize(
    ("error", "message"), [(Conflict("In words."), "In words."), (ZeroDivisionError(), UNEXPECTED)]
)
def test_an_error_ends_the_job_in_words(
    session: Session, owner: JobOwner, error: Exception, message: str
) -> None:
    key = _ask(owner)

    def handler(_job: JobRun) -> Outcome:
        raise error

    _run_with(handler)
    found = get_job(session, owner, key)
    assert (found.state, found.result) == ("failed", {"message": message})
    assert _pieces(session) == 0


def test_a_server_that_stops_gives_its_job_back(session: Session, owner: JobOwner) -> None:
    key = _ask(owner)
    job = claim(lambda: True)
    assert job is not None
    run(job, {"test": lambda job: job.report("On") or Outcome("done")})  # type: ignore[func-returns-value]
    assert get_job(session, owner, key).state == "queued"
    assert claim() is not None


def test_a_second_job_goes_on_with_what_the_first_was_given(session: Session, owner: JobOwner) -> None:
    key = _ask(owner)
    with pytest.raises(NotFound):
        service.go_on(key, "next", owner, title="a.yaml")
    _run_with(lambda _job: Outcome("done", keeps_payload=True))
    following = service.go_on(key, "next", owner, title="a.yaml")
    assert service.go_on(key, "next", owner, title="a.yaml") == following
    seen: list[bytes] = []

    def handler(job: JobRun) -> Outcome:
        seen.extend(job.payload())
        return Outcome("done")

    assert run_next({"next": handler})
    assert seen == [b"one", b"two"]
    assert get_job(session, owner, key).result == {"next": following}


def test_a_job_is_seen_by_its_person_in_its_account_only(session: Session, owner: JobOwner) -> None:
    key = _ask(owner)
    colleague = _owner(factories.person(of=factories.AccountRef(owner.account_id, "", "")))
    elsewhere = JobOwner(owner.user_id, owner.profile_id, factories.account().id)
    for other in (colleague, elsewhere):
        with pytest.raises(NotFound):
            get_job(session, other, key)
        with pytest.raises(NotFound):
            service.request_cancel(other, key)
        with pytest.raises(NotFound):
            service.go_on(key, "next", other, title="")
        assert list_jobs(session, other, "te") == []
    assert [job.key for job in list_jobs(session, owner, "te")] == [key]
    assert list_jobs(session, owner, "other") == []


def test_old_jobs_and_what_waits_for_nobody_are_forgotten(session: Session, owner: JobOwner) -> None:
    keys = [_ask(owner), _ask(owner)]
    for _ in keys:
        _run_with(lambda _job: Outcome("done", keeps_payload=True))
    waiting = _ask(owner)
    ages = {keys[0]: dt.timedelta(days=8), keys[1]: dt.timedelta(hours=25)}
    with transaction() as writing:
        for key, age in ages.items():
            writing.execute(update(Job).where(Job.key == key).values(finished_at=utcnow() - age))
        service.forget_old(writing)
    session.rollback()
    assert set(session.scalars(select(Job.key))) == {keys[1], waiting}
    assert _pieces(session) == 2


def test_the_thread_runs_jobs_and_those_that_come_by_themselves(
    app: Flask, session: Session, owner: JobOwner
) -> None:
    key = _ask(owner)
    ran: list[str] = []

    def handler(job: JobRun) -> Outcome:
        ran.append(job.kind)
        if job.kind == "hourly":
            thread.stop()
        return Outcome("done")

    hourly = Periodic("hourly", "Every hour", dt.timedelta(hours=1))
    thread = JobThread(app, {"test": handler, "hourly": handler}, [hourly])
    thread._loop()
    assert ran == ["test", "hourly"]
    assert get_job(session, owner, key).state == "done"
    assert not service.ensure_recent("hourly", "Every hour", hourly.every)
