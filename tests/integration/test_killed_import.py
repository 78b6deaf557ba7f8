"""A server that is killed in the middle of an import: nothing of it is there, and the next server brings all of it (F06)."""

from __future__ import annotations

import datetime as dt
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from benchmarks.documents import manifests
from tests import factories
from tests.databases import Database
from tests.servers import HttpBrowser, running_server
from webapp.core.clock import utcnow
from webapp.db.session import transaction
from webapp.history.models import Revision
from webapp.jobs import service as jobs
from webapp.jobs.models import Job
from webapp.jobs.values import JobOwner
from webapp.manifests.forms import Upload
from webapp.manifests.importing import APPLY_KIND, payload_of
from webapp.plugins.models import PluginMeta, PluginSearch, PluginTally
from webapp.plugins.service import create_plugin

DOCUMENTS = 3_000
WAIT_SECONDS = 120


def wait_for(session: Session, key: str, holds: Callable[[Job], bool]) -> Job:
    """Return the job once it is as it should be."""
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        session.rollback()
        job = session.scalars(select(Job).where(Job.key == key)).one()
        if holds(job):
            return job
        time.sleep(0.02)
    raise AssertionError(f"the job is {job.state}: {job.stage}")


def count(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(PluginMeta)) or 0


@pytest.mark.soak
@pytest.mark.parametrize("stage", ["Reading", "Writing"])
def test_a_killed_import_leaves_nothing_and_the_next_server_brings_all_of_it(
    app: Flask, database: Database, session: Session, tmp_path: Path, stage: str
) -> None:
    who = factories.person()
    kept = create_plugin(factories.viewer_of(who), factories.plugin_values("acknowledged"))
    owner = JobOwner(factories.viewer_of(who).user_id, who.profile_id, who.account.id)
    payload = payload_of(Upload(text=manifests(DOCUMENTS)), app.extensions["vault"])
    key = jobs.enqueue(APPLY_KIND, owner, title="many", payload=payload)
    with running_server(tmp_path / "one", database.url) as server:
        wait_for(
            session,
            key,
            lambda job: job.state == "running" and (stage == "Reading" or job.stage.startswith(stage)),
        )
        time.sleep(0.2)
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()
    assert count(session) == 1, "nothing of it, and what was acknowledged"
    if database.kind == "sqlite":
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
    session.rollback()
    # As much later as the lease of a killed server holds: two and a half minutes at most.
    with transaction() as writing:
        writing.execute(
            update(Job).where(Job.key == key).values(lease_until=utcnow() - dt.timedelta(seconds=1))
        )
    with running_server(tmp_path / "two", database.url) as server:
        assert HttpBrowser(server).get("/healthz").status == 200
        job = wait_for(session, key, lambda job: job.state not in ("queued", "running"))
        assert (job.state, job.attempts) == ("done", 2)
    assert count(session) == 1 + DOCUMENTS
    assert session.get_one(PluginMeta, kept.id).revision == 1
    session.rollback()
    for of_all in (
        select(func.count()).select_from(PluginSearch),
        select(func.sum(PluginTally.records)),
        select(func.count()).select_from(Revision).where(Revision.action == "create"),
    ):
        assert session.scalar(of_all) == 1 + DOCUMENTS
