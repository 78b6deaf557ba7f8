"""Large imports: the pages of their jobs, and that nothing but all of one is ever there."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.databases import Database
from tests.factories import ENCRYPTION_KEY, SECRET_KEY, Person
from tests.integration.manifests import samples
from tests.pages import PARTIAL, PageClient, sign_in, tree
from webapp.connections.models import Secret
from webapp.core.clock import utcnow
from webapp.db.session import transaction
from webapp.extensions import db
from webapp.history.models import Revision, Unit
from webapp.jobs import service as jobs
from webapp.jobs.models import Job, JobPayload
from webapp.jobs.running import run_next
from webapp.jobs.values import JobOwner
from webapp.manifests.forms import Upload
from webapp.manifests.importing import APPLY_KIND, payload_of, read_payload
from webapp.manifests.sources import Source
from webapp.plugins.models import PluginMeta, bulk_rows
from webapp.plugins.service import create_plugin, update_plugin

CANARY = "xyzzy-canary-value"
DOCUMENTS = 60
Run = Callable[[], bool]


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """Return an application for which five documents are many."""
    return make_app(import_job_documents=5)


@pytest.fixture
def run(app: Flask) -> Run:
    """Return a function that does what the thread of a server does: run one job."""

    def run_one() -> bool:
        with app.app_context():
            return run_next(app.extensions["job_kinds"])

    return run_one


@pytest.fixture
def browser(client: PageClient, member: Person) -> PageClient:
    """Return the browser of the member."""
    sign_in(client, member)
    return client


def _many(count: int = 6, **changes: str) -> str:
    return samples.documents(*(samples.static(f"p_{number:03d}", **changes) for number in range(count)))


def _send(browser: PageClient, yaml: str, do: str = "check") -> str:
    answer = browser.post("/manifests/", data={"do": do, "text": yaml})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def _count(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(PluginMeta)) or 0


def _apply(browser: PageClient, page: str) -> TestResponse:
    return browser.post(f"{page}/apply")


def test_a_large_upload_is_planned_by_a_job_and_applied_by_another(
    browser: PageClient, run: Run, session: Session
) -> None:
    page = _send(browser, _many())
    waiting = browser.page(page)
    assert waiting.one("p", id="stage").text == "Waiting for its turn."
    assert waiting.one("progress")["aria-labelledby"] == "stage"
    assert run()
    planned = browser.page(page)
    assert planned.one("h2").text == "Plan for 6 documents"
    assert _count(session) == 0
    applying = _apply(browser, page).location
    assert applying
    assert _apply(browser, page).location == applying
    assert run()
    applied = browser.page(applying)
    assert applied.one("h2").text == "6 documents applied"
    assert "Open p_000" in applied.text
    assert _count(session) == 6
    assert session.scalars(select(Unit.records)).all() == [6]
    assert session.scalar(select(func.count()).select_from(JobPayload)) == 0
    assert "see how it was applied" in browser.page(page).text
    listed = browser.page("/manifests/")
    assert {link["href"] for link in listed.all("a", text="pasted text")} == {page, applying}


def test_an_applied_import_has_its_reason_and_can_be_undone_as_a_whole(
    browser: PageClient, run: Run, session: Session
) -> None:
    page = _send(browser, _many())
    assert run()
    applying = browser.post(f"{page}/apply", data={"reason": "New harbour"}).location
    assert applying
    assert run()
    assert session.scalars(select(Unit.reason)).all() == ["New harbour"]
    undo = browser.page(applying).one("button", text="Undo all of it")
    assert undo["type"] == "submit"
    form = next(form for form in browser.page(applying).all("form") if "/activity/" in form["action"])
    browser.post(form["action"])
    live = select(func.count()).select_from(PluginMeta).where(PluginMeta.deleted_at.is_(None))
    session.rollback()
    assert session.scalar(live) == 0


def test_a_reason_that_is_too_long_is_told_where_it_was_typed(browser: PageClient, run: Run) -> None:
    answer = browser.post("/manifests/", data={"do": "apply", "text": _many(), "reason": "x" * 501})
    assert answer.status_code == 422
    assert not run()


def test_a_small_upload_is_no_job(browser: PageClient, session: Session) -> None:
    assert browser.post("/manifests/", data={"do": "apply", "text": _many(5)}).status_code == 200
    assert _count(session) == 5


def test_apply_at_once_needs_one_job(browser: PageClient, run: Run, session: Session) -> None:
    page = _send(browser, _many(), do="apply")
    assert run()
    assert browser.page(page).one("h2").text == "6 documents applied"
    assert _count(session) == 6


def test_problems_are_shown_with_their_places_and_nothing_is_written(
    browser: PageClient, run: Run, session: Session
) -> None:
    page = _send(browser, samples.documents(_many(), samples.static("wrong", **{"1.2.0": "one"})), do="apply")
    assert run()
    found = browser.page(page)
    assert found.one("strong").text == "1 problem. Nothing is written."
    assert "document 7" in found.text
    assert found.all("pre")
    assert not found.all("button", text="Apply")
    assert _apply(browser, page).status_code == 404
    assert _count(session) == 0
    assert session.scalar(select(func.count()).select_from(JobPayload)) == 0


def test_a_plan_that_does_not_hold_any_more_is_shown_anew(
    browser: PageClient, run: Run, session: Session, member: Person
) -> None:
    page = _send(browser, _many())
    assert run()
    factories.plugin(member, name="p_003")
    moved = _apply(browser, page).location
    assert moved
    assert run()
    again = browser.page(moved)
    assert "A record was changed after the plan was made" in again.text
    assert "1 update" in again.text
    assert _count(session) == 1
    last = _apply(browser, moved).location
    assert last
    assert run()
    assert browser.page(last).one("h2").text == "6 documents applied"
    assert _count(session) == 6


def test_the_fragment_is_the_progress_and_leads_to_the_page_when_it_is_over(
    browser: PageClient, run: Run
) -> None:
    page = _send(browser, _many())
    fragment = browser.get(page, headers=PARTIAL)
    assert tree(fragment).one("div", id="progress")["hx-get"] == page
    assert run()
    assert browser.get(page, headers=PARTIAL).headers["HX-Redirect"] == page


def test_an_import_that_waits_can_be_stopped(browser: PageClient, run: Run, session: Session) -> None:
    page = _send(browser, _many(), do="apply")
    assert browser.post(f"{page}/cancel").location == page
    assert "Nothing was written" in browser.page(page).text
    assert not run()
    assert _count(session) == 0


def test_an_import_that_is_applied_is_too_late_to_stop(browser: PageClient, run: Run) -> None:
    page = _send(browser, _many(), do="apply")
    assert run()
    browser.post(f"{page}/cancel")
    assert "too late" in browser.page(page).text


def test_stopping_while_it_is_written_takes_everything_back(
    browser: PageClient, run: Run, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = _send(browser, _many(), do="apply")
    real = bulk_rows.insert_rows

    def stopping(session: Session, model: Any, rows: Any) -> None:
        session.execute(update(Job).values(cancel_requested=True))
        real(session, model, rows)

    monkeypatch.setattr(bulk_rows, "insert_rows", stopping)
    assert run()
    assert "stopped" in browser.page(page).text
    assert _count(session) == 0


def test_secrets_are_sealed_while_they_wait_and_never_shown(
    browser: PageClient, run: Run, session: Session
) -> None:
    yaml = samples.documents(_many(), samples.secret("one", CANARY), samples.secret("other"))
    page = _send(browser, yaml)
    held = session.scalars(select(JobPayload.content)).all()
    assert held
    assert not any(b"apiVersion" in piece for piece in held)
    assert run()
    assert CANARY not in browser.page(page).text
    result = str(session.scalars(select(Job.result)).all())
    assert CANARY not in result
    applying = _apply(browser, page).location
    assert applying
    assert run()
    assert CANARY not in browser.page(applying).text
    assert session.scalar(select(func.count()).select_from(Secret)) == 2


def test_nobody_else_sees_an_import(app: Flask, browser: PageClient, run: Run, colleague: Person) -> None:
    page = _send(browser, _many())
    assert run()
    other = app.test_client()
    assert isinstance(other, PageClient)
    sign_in(other, colleague)
    for answer in (other.get(page), other.post(f"{page}/cancel"), other.post(f"{page}/apply")):
        assert answer.status_code == 404
    assert "large imports" not in other.page("/manifests/").text


def test_files_that_are_gone_cannot_be_applied(browser: PageClient, run: Run) -> None:
    page = _send(browser, _many())
    assert run()
    with transaction() as writing:
        for piece in writing.scalars(select(JobPayload)):
            writing.delete(piece)
    assert "Upload them again" in browser.page(page).text
    assert _apply(browser, page).status_code == 404


def test_every_kind_of_content_comes_back_from_its_payload(app: Flask) -> None:
    files = (
        Source("a", "x" * 1_200_000),
        Source("b", b"\xff\xfea\x00"),
        Source("c", "ü\n".encode()),
        Source("d", b""),
    )
    upload = Upload(text="pasted: true", files=files, sealed="sealed")
    sources, sealed = read_payload(payload_of(upload, app.extensions["vault"]), app.extensions["vault"])
    assert sealed == "sealed"
    assert [(source.name, source.content) for source in sources] == [
        ("pasted text", "pasted: true"),
        ("a", "x" * 1_200_000),
        ("b", b"\xff\xfea\x00"),
        ("c", "ü\n"),
        ("d", ""),
    ]


@pytest.fixture
def paused(
    app: Flask, session: Session, member: Person, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], None]]:
    """Hold an import in the middle of its transaction; give the function that lets it go on to its end."""
    reached, go_on = threading.Event(), threading.Event()
    real = bulk_rows.BulkWrite._store_search

    def waiting(self: Any, written: Any) -> None:
        real(self, written)
        if threading.current_thread() is writer:
            reached.set()
            assert go_on.wait(60)

    def write() -> None:
        with app.app_context():
            run_next(app.extensions["job_kinds"])
            db.session.remove()

    _enqueue(app, member)
    writer = threading.Thread(target=write)
    monkeypatch.setattr(bulk_rows.BulkWrite, "_store_search", waiting)
    writer.start()
    assert reached.wait(60)

    def finish() -> None:
        go_on.set()
        writer.join(120)

    yield finish
    finish()


def _enqueue(app: Flask, member: Person) -> str:
    owner = JobOwner(factories.viewer_of(member).user_id, member.profile_id, member.account.id)
    upload = Upload(text=_many(DOCUMENTS))
    return jobs.enqueue(APPLY_KIND, owner, title="many", payload=payload_of(upload, app.extensions["vault"]))


def test_readers_do_not_wait_for_an_import_and_see_nothing_of_it_before_its_end(
    browser: PageClient, paused: Callable[[], None], session: Session
) -> None:
    assert "p_000" not in browser.page("/plugins/").text
    assert _count(session) == 0
    paused()
    assert "p_000" in browser.page("/plugins/?sort=name").text
    assert _count(session) == DOCUMENTS


@pytest.mark.postgresql_only
def test_writers_of_other_accounts_do_not_wait_for_an_import(
    session: Session, paused: Callable[[], None]
) -> None:
    for stranger in (factories.person(), factories.person(of=factories.platform())):
        viewer = factories.viewer_of(stranger)
        with transaction() as writing:
            # Whoever has to wait for a lock fails here.
            writing.execute(text("SET LOCAL lock_timeout = '200ms'"))
            saved = create_plugin(viewer, factories.plugin_values("p_000", tags=("harbour",)))
            values = factories.plugin_values("p_000", tags=("other",))
            update_plugin(viewer, saved.id, saved.revision, values)
    paused()
    assert _count(session) == DOCUMENTS + 2


KILLED = """
import sys, time
from webapp.app import create_app
from webapp.jobs.running import run_next
from webapp.plugins.models import bulk_rows

bulk_rows.AT_ONCE = 20
real, calls = bulk_rows.BulkWrite._portion, []

def hanging(self, writes):
    found = real(self, writes)
    calls.append(1)
    if len(calls) == 2:
        print("in the middle", flush=True)
        time.sleep(600)
    return found

bulk_rows.BulkWrite._portion = hanging
app = create_app()
with app.app_context():
    run_next(app.extensions["job_kinds"])
"""


def test_an_import_that_is_killed_in_the_middle_leaves_nothing_and_is_taken_over(
    app: Flask, database: Database, session: Session, member: Person, run: Run, tmp_path: Path
) -> None:
    key = _enqueue(app, member)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PLUGDECK_")}
    environment |= {
        "PLUGDECK_DATABASE_URL": database.url,
        "PLUGDECK_INSTANCE_DIR": str(tmp_path / "killed"),
        "PLUGDECK_SECRET_KEY": SECRET_KEY,
        "PLUGDECK_ENCRYPTION_KEYS": ENCRYPTION_KEY,
    }
    command = [sys.executable, "-c", KILLED]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "in the middle"
        process.kill()
        process.wait(30)
    assert _count(session) == 0
    assert session.scalar(select(func.count()).select_from(Revision)) == 0
    assert session.scalar(select(Job.state).where(Job.key == key)) == "running"
    assert not run()
    with transaction() as writing:
        writing.execute(update(Job).values(lease_until=utcnow()))
    assert run()
    assert _count(session) == DOCUMENTS
    assert session.scalar(select(Job.state).where(Job.key == key)) == "done"
