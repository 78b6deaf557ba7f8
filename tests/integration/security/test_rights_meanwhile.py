"""A right that is taken away while a request of who had it waits for its turn to write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from tests import factories
from tests.integration.manifests import samples
from tests.pages import PageClient, sign_in
from webapp.accounts.queries.viewers import RIGHTS_CHANGED
from webapp.extensions import db
from webapp.jobs.running import JobRun, run_next
from webapp.manifests.importing import ImportJobs
from webapp.plugins import service
from webapp.plugins.models import PluginMeta

TAKEN_AWAY = {
    "role": "UPDATE user_profiles SET role = 'member' WHERE id = :profile",
    "profile": "UPDATE user_profiles SET is_active = false WHERE id = :profile",
    "person": "UPDATE users SET is_active = false WHERE id = :user",
    "account": "UPDATE accounts SET is_active = false WHERE id = :account",
    "session": "DELETE FROM login_sessions WHERE user_id = :user",
}


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that lets a statement of somebody else be committed just before a service begins to write."""

    def before(name: str, statement: str, values: dict[str, int]) -> None:
        real = getattr(service, name)

        def late(*arguments: Any, **named: Any) -> Any:
            with db.engine.connect() as connection, connection.begin():
                connection.execute(text(statement), values)
            return real(*arguments, **named)

        monkeypatch.setattr(service, name, late)

    return before


@pytest.mark.parametrize("statement", TAKEN_AWAY.values(), ids=list(TAKEN_AWAY))
def test_a_write_is_refused_when_the_right_to_it_is_gone_by_the_time_of_its_commit(
    app: Flask, client: PageClient, session: Session, meanwhile: Callable[..., None], statement: str
) -> None:
    ann = factories.person()
    boss = factories.person(of=ann.account, role="staff")
    saved = factories.plugin(ann, name="gobstopper")
    session.rollback()
    sign_in(client, boss)
    page = client.page(path := f"/plugins/{saved.locator}/edit")
    values = {"profile": boss.profile_id, "user": boss.user_id, "account": boss.account.id}
    meanwhile("update_plugin", statement, values)
    answer = client.submit(page, {"description": "Mine now."}, path=path, form={"id": "edit-form"})
    assert answer.status_code == 403
    assert RIGHTS_CHANGED in answer.text
    found = session.get_one(PluginMeta, saved.id)
    assert (found.description, found.revision) != ("Mine now.", saved.revision + 1)


@pytest.mark.sqlite_only
def test_an_import_of_somebody_whose_rights_change_while_it_is_planned_leaves_nothing(
    make_app: Callable[..., Flask], session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(import_job_documents=2)
    boss = factories.person(role="staff")
    client = app.test_client()
    sign_in(client, boss)
    yaml = samples.documents(*(samples.static(name) for name in ("toffee", "sherbet", "fudge")))
    job = client.post("/manifests/", data={"do": "apply", "text": yaml}).headers["Location"]
    real = ImportJobs._plan

    def long(self: ImportJobs, run: JobRun) -> Any:
        planned = real(self, run)
        with db.engine.connect() as connection, connection.begin():
            connection.execute(text(TAKEN_AWAY["role"]), {"profile": boss.profile_id})
        return planned

    monkeypatch.setattr(ImportJobs, "_plan", long)
    with app.app_context():
        assert run_next(app.extensions["job_kinds"])
    assert RIGHTS_CHANGED in client.get(job).text
    session.rollback()
    assert session.scalar(select(func.count()).select_from(PluginMeta)) == 0
