from __future__ import annotations

import threading

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.integration.plugins.editing import edit_of, stored
from tests.integration.plugins.merging import BASE, FORM, merge, save
from tests.pages import PageClient, sign_in
from webapp.history.models import Revision
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import Saved


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return a member who is signed in."""
    person = factories.person("ann_shaw")
    sign_in(client, person)
    return person


@pytest.fixture
def veruca(session: Session, ann: Person) -> Person:
    """Return a colleague who manages the account."""
    return factories.person("veruca_salt", role="staff", of=ann.account)


@pytest.fixture
def saved(ann: Person) -> Saved:
    """Return a plugin of Ann's."""
    return factories.plugin(ann, BASE)


def run(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)


def test_of_many_saves_at_once_one_wins_and_the_others_are_asked(
    app: Flask, session: Session, ann: Person, saved: Saved
) -> None:
    clients = []
    for _ in range(4):
        client = app.test_client()
        assert isinstance(client, PageClient)
        sign_in(client, ann)
        clients.append((client, client.page(edit_of(saved))))
    statuses: list[int] = []
    start = threading.Barrier(len(clients))

    def save_one(number: int) -> None:
        client, page = clients[number]
        start.wait(60)
        statuses.append(save(client, page, saved, {"description": f"Writer {number}."}).status_code)

    run([threading.Thread(target=save_one, args=(number,)) for number in range(len(clients))])
    assert sorted(statuses) == [303, 409, 409, 409]
    record = stored(session, ann, saved)
    assert record.revision == 2
    assert session.scalar(select(func.count()).select_from(Revision)) == 2


def test_of_many_appenders_nobody_is_lost(app: Flask, session: Session, ann: Person, saved: Saved) -> None:
    """Each adds an annotation of their own and merges as long as somebody else was first (F02)."""
    start = threading.Barrier(4)

    def append(number: int) -> None:
        client = app.test_client()
        assert isinstance(client, PageClient)
        sign_in(client, ann)
        page = client.page(edit_of(saved))
        rows = len(page.one("ul", data_rows="annotations").all("li"))
        start.wait(60)
        mine = {f"annotations-{rows}-key": f"by/{number}", f"annotations-{rows}-value": "here"}
        response = save(client, page, saved, mine)
        for _ in range(20):
            if response.status_code == 303:
                return
            assert response.status_code == 409
            response = merge(client, response, saved)

    run([threading.Thread(target=append, args=(number,)) for number in range(4)])
    annotations = stored(session, ann, saved).values.annotations
    assert sorted(key for entry in annotations for key in entry if key.startswith("by/")) == [
        f"by/{number}" for number in range(4)
    ]
    assert stored(session, ann, saved).revision == 5


def test_of_many_new_plugins_of_one_name_one_is_created(app: Flask, session: Session, ann: Person) -> None:
    statuses: list[int] = []
    start = threading.Barrier(4)

    def create() -> None:
        client = app.test_client()
        assert isinstance(client, PageClient)
        sign_in(client, ann)
        page = client.page("/plugins/new")
        start.wait(60)
        response = client.submit(
            page, {"name": "sweets"}, path="/plugins/new", form=FORM, button="Create plugin"
        )
        statuses.append(response.status_code)

    run([threading.Thread(target=create) for _ in range(4)])
    assert statuses.count(303) == 1
    assert set(statuses) <= {303, 409, 422}
    assert session.scalar(select(func.count()).select_from(PluginMeta)) == 1
