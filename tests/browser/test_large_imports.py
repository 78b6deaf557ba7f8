"""Large imports in a browser: the progress that a reload picks up, the plan, applying and stopping it."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import TIMEOUT_MS, SignIn, check_everywhere
from tests.factories import Person
from tests.integration.manifests import samples
from webapp.core.clock import utcnow
from webapp.db.session import transaction
from webapp.jobs.models import Job
from webapp.jobs.service import enqueue
from webapp.jobs.values import JobOwner

DOCUMENTS = 25


def _wait_for(page: Page, wanted: Locator, scripted: bool) -> None:
    """Wait for what the page shows by itself, or without JavaScript after enough reloads."""
    end = time.monotonic() + TIMEOUT_MS / 1_000
    while not scripted and not wanted.count() and time.monotonic() < end:
        page.reload()
    expect(wanted).to_be_visible()


def test_a_large_import_is_planned_and_applied(
    either_page: Page, session: Session, signed_in: SignIn, tmp_path: Path
) -> None:
    page = either_page
    signed_in(page, factories.person())
    (tmp_path / "many.yaml").write_text(
        samples.documents(*(samples.static(f"lens_{number}") for number in range(DOCUMENTS)))
    )
    page.goto("/manifests/")
    scripted = page.locator(".needs-js").first.is_visible()
    page.set_input_files("input[type=file]", tmp_path / "many.yaml")
    page.get_by_role("button", name="Check only", exact=True).last.click()
    _wait_for(page, page.get_by_role("heading", name=f"Plan for {DOCUMENTS} documents"), scripted)
    if scripted:
        check_everywhere(page)
    page.get_by_role("button", name=f"Apply {DOCUMENTS} changes").click()
    _wait_for(page, page.get_by_role("heading", name=f"{DOCUMENTS} documents applied"), scripted)
    page.get_by_text("lens_7", exact=True).click()
    page.get_by_role("link", name="Open lens_7").click()
    expect(page.get_by_role("heading", name="lens_7", level=1)).to_be_visible()


def _held_job(person: Person, **columns: object) -> str:
    """Return the key of a job that a thread seems to be running, for as long as the test wants."""
    owner = JobOwner(factories.viewer_of(person).user_id, person.profile_id, person.account.id)
    key = enqueue("manifest.held", owner, title="<b>harbour</b>.yaml")
    with transaction() as session:
        held = {"state": "running", "lease": "test", "lease_until": utcnow() + dt.timedelta(hours=1)}
        session.execute(update(Job).where(Job.key == key).values({**held, **columns}))
    return key


def test_the_progress_moves_by_itself_survives_a_reload_and_can_be_stopped(
    page: Page, session: Session, signed_in: SignIn
) -> None:
    person = factories.person()
    key = _held_job(person, stage="Reading and checking: 400 documents so far", done=10, total=40)
    signed_in(page, person)
    page.goto(f"/manifests/jobs/{key}")
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("value", "25")
    check_everywhere(page)
    with transaction() as writing:
        writing.execute(update(Job).where(Job.key == key).values(done=30))
    expect(bar).to_have_attribute("value", "75")
    page.goto("/manifests/")
    page.get_by_role("link", name="<b>harbour</b>.yaml").click()
    expect(bar).to_have_attribute("value", "75")
    page.get_by_role("button", name="Stop the import").click()
    expect(page.get_by_role("status").filter(has_text="Stopping")).to_be_visible()
    with transaction() as writing:
        writing.execute(update(Job).where(Job.key == key).values(state="cancelled", finished_at=utcnow()))
    expect(page.get_by_text("The import was stopped. Nothing was written.")).to_be_visible()
    check_everywhere(page)
