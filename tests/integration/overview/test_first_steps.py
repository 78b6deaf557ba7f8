"""An account without plugins shows what to begin with, on the list and on the overview, until it has one."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, plugin_values, viewer_of
from tests.integration.plugins.test_bin_pages import toast
from tests.pages import PageClient
from webapp.help.concepts import CONCEPTS
from webapp.plugins import service
from webapp.plugins.models import PluginMeta
from webapp.plugins.samples import SAMPLE

PAGES = ("/plugins/", "/plugins/?scope=mine", "/overview/", "/overview/?scope=mine")
ADD = {"method": "post", "action": "/plugins/sample"}


@pytest.mark.parametrize("path", PAGES)
def test_a_first_time_account_is_shown_what_to_begin_with(client: PageClient, ann: Person, path: str) -> None:
    factories.plugin(factories.person(), plugin_values("elsewhere"))
    factories.plugin(factories.person(of=factories.platform()), plugin_values("common"))
    page = client.page(path)
    assert page.one("main").one("h2", text="This account has no plugins yet")
    for concept in CONCEPTS:
        assert page.one("main").one("a", href=f"/help/{concept.word}")
    upload = client.page(page.one("a", text="Open it in Manifests")["href"])
    assert upload.one("textarea", id="text").text.strip() == page.one("pre", id="first-manifest").text.strip()


def test_the_sample_is_ready_and_taken_away_by_one_press(
    client: PageClient, ann: Person, session: Session
) -> None:
    answer = client.submit(client.page("/plugins/"), path="/plugins/", form=ADD)
    assert answer.status_code == 303
    record = client.page(answer.headers["Location"])
    assert record.one("h1").text == SAMPLE.name
    assert f"{SAMPLE.name} added" in toast(record).text
    found = session.scalars(select(PluginMeta)).one()
    assert (found.readiness, found.revision, found.user_profile_id) == ("ready", 1, ann.profile_id)
    assert "This account has no plugins yet" not in client.page("/plugins/").text
    assert "This account has no plugins yet" not in client.page("/overview/").text
    client.page("/activity/").one("a", text=SAMPLE.name)
    client.post(f"/plugins/{found.record_locator}/undo", data={"revision": "1"})
    assert "This account has no plugins yet" in client.page("/plugins/").text


def test_a_second_press_adds_no_second_one(client: PageClient, ann: Person, session: Session) -> None:
    first = client.post("/plugins/sample").headers["Location"]
    again = client.post("/plugins/sample")
    assert again.headers["Location"] == first
    assert (
        "is there already" in toast(client.page(first)).text or "is there already" in client.page(first).text
    )
    assert session.scalar(select(func.count()).select_from(PluginMeta)) == 1


def test_a_colleagues_sample_is_shown_and_not_written(
    client: PageClient, ann: Person, session: Session
) -> None:
    service.add_sample(viewer_of(factories.person(of=ann.account)))
    assert client.post("/plugins/sample").status_code == 303
    assert session.scalar(select(func.count()).select_from(PluginMeta)) == 1


def test_what_is_in_the_bin_or_does_not_match_is_another_matter(client: PageClient, ann: Person) -> None:
    saved = factories.plugin(ann)
    page = client.page("/plugins/?q=qqqqqq")
    assert "No plugin matches this filter" in page.text and not page.all("form", None, **ADD)
    service.delete_plugin(viewer_of(ann), saved.id, saved.revision)
    assert client.page("/plugins/").one("form", **ADD)
    assert not client.page("/plugins/?scope=platform").all("form", None, **ADD)


def test_somebody_without_a_plugin_of_their_own_is_no_beginner(client: PageClient, ann: Person) -> None:
    factories.plugin(factories.person(of=ann.account))
    page = client.page("/plugins/?scope=mine")
    assert "You own no plugins yet" in page.text and not page.all("form", None, **ADD)


def test_it_takes_a_token(client: PageClient, ann: Person, session: Session) -> None:
    assert client.post("/plugins/sample", csrf=False).status_code == 400
    assert session.scalar(select(func.count()).select_from(PluginMeta)) == 0


def test_nobody_adds_anything(client: PageClient, session: Session) -> None:
    assert client.post("/plugins/sample").headers["Location"].startswith("/login")
