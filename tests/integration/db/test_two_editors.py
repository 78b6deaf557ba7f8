"""Two editors of one record at the same moment, through the pages: what each of them typed is there in the end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.integration.plugins.editing import FORM, edit_of
from tests.pages import PageClient, sign_in, tree
from webapp.history.models import Revision
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import Saved

ROUNDS = 3


def _edit(client: PageClient, saved: Saved, field: str, text: str) -> None:
    """Save a field through the form; where somebody was first, save the merge, as often as it takes."""
    path = edit_of(saved)
    answer = client.submit(client.page(path), {field: text}, path=path, form=FORM)
    while answer.status_code == 409:
        page = tree(answer)
        merge = page.one("form", id="merge-form")
        button = next(found.text for found in merge.all("button") if found.text.startswith("Save merged"))
        answer = client.submit(page, path=path, form={"id": "merge-form"}, button=button)
    assert answer.status_code == 303, tree(answer).one("main").text


def test_two_editors_of_different_fields_lose_nothing(app: Flask, session: Session) -> None:
    ann = factories.person("ann_shaw")
    bob = factories.person("bob_lee", of=ann.account, role="staff")
    saved = factories.plugin(ann, factories.plugin_values("sweets", version="1.0.0"))
    session.rollback()
    gate = threading.Barrier(2)

    def work(somebody: Person, field: str) -> None:
        client = app.test_client()
        assert isinstance(client, PageClient)
        sign_in(client, somebody)
        try:
            for number in range(1, ROUNDS + 1):
                gate.wait()
                _edit(client, saved, field, f"Written by {somebody.username}, round {number}.")
        except BaseException:
            gate.abort()  # Or the other one would wait for ever.
            raise

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work, ann, "description"), pool.submit(work, bob, "system_role")]:
            done.result()
    found = session.get_one(PluginMeta, saved.id)
    assert found.prompt is not None
    assert found.description == f"Written by ann_shaw, round {ROUNDS}."
    assert found.prompt.system_role == f"Written by bob_lee, round {ROUNDS}."
    # Every save is in history, each on top of the one before.
    assert session.scalar(select(func.count()).select_from(Revision)) == 1 + 2 * ROUNDS
    assert found.revision == 1 + 2 * ROUNDS
