"""What history keeps and shows: acts, their uploaded texts and revisions tell nobody more than the records do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import plugin_values, viewer_of
from tests.pages import PageClient, sign_in, tree
from webapp.activity import service as acts
from webapp.core.locators import format_locator
from webapp.db.session import transaction
from webapp.history import queries
from webapp.history import service as history
from webapp.history.queries import unit_key
from webapp.manifests import service as manifests
from webapp.manifests.sources import Source
from webapp.plugins import service

CANARY = "canary7f3"
TOKENS = r'"X-CSRFToken": "[^"]*"|name="csrf_token" value="[^"]*"'
SECRET = f"""# the keys of the shop
apiVersion: smarter.sh/v1
kind: Secret
metadata:
  name: sweet_key # of the shop
  description: d
  version: 1.0.0
spec:
  config:
    # value: {CANARY}_old
    value: {CANARY}_now # {CANARY}_next, from May
    # value: |
    #   {CANARY}_older
"""


def test_no_value_of_a_secret_is_kept_with_what_was_uploaded(client: PageClient, session: Session) -> None:
    owner = factories.person(role="staff")
    sign_in(client, owner)
    page = tree(client.post("/manifests/", data={"text": SECRET, "do": "apply"}))
    (undo,) = page.all("form", lambda form: form["action"].startswith("/activity/"))
    key = undo["action"].split("/")[2]
    # A colleague reads what the account does.
    sign_in(client, factories.person(of=owner.account))
    for path in (f"/activity/{key}", f"/activity/{key}/sources/1"):
        text = client.get(path).get_data(as_text=True)
        assert CANARY not in text
        assert "the keys of the shop" in text and "of the shop" in text
    with transaction() as reading:
        stored = reading.connection().exec_driver_sql("select content from history_sources").scalars().all()
    assert CANARY not in "".join(stored)


def test_an_act_with_records_of_several_accounts_shows_and_undoes_those_that_one_may_read(
    app: Flask, client: PageClient, session: Session
) -> None:
    root, other = factories.person(role="superuser"), factories.person()
    hidden = factories.plugin(other, plugin_values(CANARY))
    viewer = viewer_of(root)
    with (
        transaction() as writing,
        history.one_unit(writing, viewer.actor, account_id=root.account.id, title="Two accounts") as unit,
    ):
        service.create_plugin(viewer, plugin_values("sweets"))
        service.update_field(viewer, hidden.id, 1, "version", "2.0.0")
        key = unit_key(unit.id)
    kinds: Any = app.extensions["history_kinds"]
    colleague = factories.person(of=root.account, role="staff")
    sign_in(client, colleague)
    assert CANARY not in client.get(f"/activity/{key}").get_data(as_text=True)
    answer = client.post(f"/activity/{key}/undo", follow_redirects=True).get_data(as_text=True)
    assert CANARY not in answer
    sign_in(client, other)
    assert client.get(f"/activity/{key}").status_code == 404
    # Whoever reads both sees and undoes the rest.
    sign_in(client, root)
    assert CANARY in client.get(f"/activity/{key}").get_data(as_text=True)
    assert [result.span.name for result in acts.undo_unit(viewer, key, kinds).of("undone")] == [CANARY]


def test_a_foreign_act_or_selection_is_answered_as_none(
    app: Flask, client: PageClient, session: Session
) -> None:
    owner = factories.person()
    viewer = viewer_of(owner)
    with (
        transaction() as writing,
        history.one_unit(writing, viewer.actor, account_id=owner.account.id, title=CANARY) as unit,
    ):
        saved = service.create_plugin(viewer, plugin_values(CANARY))
        key = unit_key(unit.id)
    none = unit_key(unit.id + 1_000), format_locator("pluginmeta", saved.id + 1_000)
    sign_in(client, factories.person(role="staff"))

    def answers(unit: str, locator: str) -> list[tuple[int, str]]:
        found = [
            client.get(f"/activity/{unit}"),
            client.get(f"/activity/{unit}/sources/1"),
            client.post(f"/activity/{unit}/undo", data={"confirmed": "y"}),
            client.get(f"/plugins/export?format=csv&id={locator}"),
            client.post("/plugins/export", data={"format": "zip", "id": [locator]}),
        ]
        texts = (answer.get_data(as_text=True).replace(unit, "-").replace(locator, "-") for answer in found)
        return [
            (answer.status_code, re.sub(r"[0-9a-f]{16}|" + TOKENS, "", text))
            for answer, text in zip(found, texts, strict=True)
        ]

    assert answers(key, saved.locator) == answers(*none)
    assert {status for status, _ in answers(key, saved.locator)} == {404}
    # One foreign plugin among own ones leaves no trace and no file.
    own = factories.plugin(factories.person(of=owner.account), plugin_values("own"))
    sign_in(client, factories.person(of=owner.account))
    assert client.get(f"/plugins/export?format=yaml&id={own.locator}&id={none[1]}").status_code == 404


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "SOURCES_MAX", 3)
    monkeypatch.setattr(queries, "SOURCE_SHOWN_MAX", 400)
    monkeypatch.setattr(queries, "SOURCES_SHOWN_MAX", 700)


def test_the_page_of_an_act_that_applied_many_texts_stays_small(
    app: Flask, client: PageClient, session: Session, small_pages: None
) -> None:
    person = factories.person()
    viewer: Any = viewer_of(person, origin="manifest")
    registry: Any = app.extensions["manifest_kinds"]
    texts = [
        f"# {'long ' * (200 if number == 2 else 0)}\n{SECRET.replace('sweet_key', f'key_{number}')}"
        for number in range(1, 6)
    ]
    sources = [Source(f"file{number}.yaml", text) for number, text in enumerate(texts, start=1)]
    unit_id = manifests.apply(viewer, manifests.plan(viewer, sources, registry), registry).unit_id
    assert unit_id is not None
    sign_in(client, person)
    page = client.page(f"/activity/{unit_key(unit_id)}")
    shown = [section for section in page.all("section") if section["id"].startswith("source-")]
    assert [section.one("h2").text for section in shown] == ["file1.yaml", "file2.yaml", "file3.yaml"]
    assert ["too long to be shown" in section.text for section in shown] == [False, True, False]
    assert "2 more texts were applied" in page.one("main").text
    last = client.get(page.one("a", href=f"/activity/{unit_key(unit_id)}/sources/5")["href"])
    assert "key_5" in last.get_data(as_text=True)
