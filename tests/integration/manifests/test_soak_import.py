"""Ten thousand documents at once, while others read and write (`make soak`)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.documents import manifests
from tests import factories
from tests.factories import Person
from webapp.db.session import current_session
from webapp.extensions import db
from webapp.jobs import service as jobs
from webapp.jobs.models import Job
from webapp.jobs.running import run_next
from webapp.jobs.values import JobOwner
from webapp.manifests.forms import Upload
from webapp.manifests.importing import APPLY_KIND, payload_of
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import update_field

DOCUMENTS = 10_000
WAIT_MAX = 10.0
"""Seconds that another writer may wait for an import on SQLite."""


def _meanwhile(
    app: Flask, is_over: threading.Event, work: Callable[[], None]
) -> tuple[threading.Thread, list[float]]:
    """Start a thread that does the work again and again, and note how long each time took."""
    took: list[float] = []

    def repeat() -> None:
        while not is_over.is_set():
            began = time.monotonic()
            with app.app_context():
                work()
                db.session.remove()
            took.append(time.monotonic() - began)
            is_over.wait(0.05)

    thread = threading.Thread(target=repeat)
    thread.start()
    return thread, took


@pytest.mark.soak
def test_ten_thousand_documents_keep_nobody_waiting(app: Flask, session: Session, member: Person) -> None:
    writer = factories.person("harbourmaster")
    plugin = factories.plugin(writer, factories.plugin_values("berths"))
    revisions = iter(range(1, 10**9))

    def write() -> None:
        number = next(revisions)
        update_field(
            factories.viewer_of(writer), plugin.id, number, "description", f"Berth {number} is free."
        )

    def read() -> None:
        found = current_session().scalar(select(func.count()).select_from(PluginMeta))
        assert found in (1, 1 + DOCUMENTS)

    owner = JobOwner(factories.viewer_of(member).user_id, member.profile_id, member.account.id)
    upload = Upload(text=manifests(DOCUMENTS))
    key = jobs.enqueue(APPLY_KIND, owner, title="many", payload=payload_of(upload, app.extensions["vault"]))
    is_over = threading.Event()
    writing, waits = _meanwhile(app, is_over, write)
    reading, reads = _meanwhile(app, is_over, read)
    try:
        with app.app_context():
            assert run_next(app.extensions["job_kinds"])
    finally:
        is_over.set()
        writing.join(60)
        reading.join(60)
    session.rollback()
    assert session.scalar(select(Job.state).where(Job.key == key)) == "done"
    assert session.scalar(select(func.count()).select_from(PluginMeta)) == 1 + DOCUMENTS
    assert waits and max(waits) < WAIT_MAX
    assert reads and max(reads) < WAIT_MAX
